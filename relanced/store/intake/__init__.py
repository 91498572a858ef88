"""Writing what an import says: all of it or nothing, and the same file twice changes nothing."""

from relanced.store.intake.apply import Intake, Refused, Report

__all__ = ["Intake", "Refused", "Report"]
