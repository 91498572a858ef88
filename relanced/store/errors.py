"""What a database may refuse, and how its own words become ours."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError


class StoreError(Exception):
    """The database could not do it; nothing was changed."""


class StoreFull(StoreError):
    """No room is left on the disk: nothing was changed, and nothing may leave until there is room again."""


class Conflict(StoreError):
    """A key of the database refused it: what was asked for is there already. Nothing was changed."""


class CommitUnknown(Exception):
    """A COMMIT failed: nobody knows whether it happened. The process must end and read again."""


def at_fault(error: Exception) -> bool:
    """Whether the database is at fault, not what was asked of it: the same may work later."""
    return isinstance(error, CommitUnknown | StoreError) and not isinstance(error, Conflict)


def unreachable(error: Exception) -> StoreError:
    """No connection could be made."""
    return StoreError(f"the database cannot be reached: {getattr(error, 'orig', None) or error}")


def unknown(error: Exception) -> CommitUnknown:
    """A COMMIT failed."""
    return CommitUnknown(f"a COMMIT failed, and nobody knows whether it happened: {error}")


def told(error: StatementError) -> Exception:
    """What the driver said, in our terms; a value that no column can hold is nobody's fault but ours, and would be
    refused again."""
    words = str(error.orig)
    if not isinstance(error, DBAPIError) or _of_data(error):
        return ValueError(words)
    if isinstance(error, IntegrityError):
        return Conflict(words)
    full = ("disk is full", "No space left", "disk full")
    return StoreFull(words) if any(f in words for f in full) else StoreError(words)


def _of_data(error: DBAPIError) -> bool:
    """Classes 22 and 54 of SQLSTATE, or what asyncpg will not even send: a NUL in a text, a number or row too large."""
    state = getattr(error.orig, "sqlstate", None) or ""
    return state.startswith(("22", "54")) or type(getattr(error.orig, "__cause__", None)).__name__ == "DataError"
