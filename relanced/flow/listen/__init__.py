"""Listening: what providers and people say is kept first, read later, and put into effect once."""

from relanced.flow.listen.asking import Asking
from relanced.flow.listen.keeping import keeper
from relanced.flow.listen.reading import Reading
from relanced.flow.listen.verbs import VERBS
from relanced.flow.listen.watching import Watching

__all__ = ["VERBS", "Asking", "Reading", "Watching", "keeper"]
