"""Reconciling: what may have left is looked for, never sent again on a guess; what waited too long is ended."""

from relanced.flow.reconcile.reconciler import Reconciler
from relanced.flow.reconcile.rounds import Rounds

__all__ = ["Reconciler", "Rounds"]
