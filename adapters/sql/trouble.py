"""What a database says when it fails, in sentences for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from caseway.engine.errors import CasewayError, InvalidInput, WorldError

# By the beginning of SQLite's own name for the error, the longer name first.
_SQLITE = {
    "SQLITE_BUSY_SNAPSHOT": (
        "{place} was written to after this transaction began to read it. Roll the transaction back and begin it again."
    ),
    "SQLITE_BUSY": "{place} is locked by another program that writes to it. Try again, or end that program.",
    "SQLITE_LOCKED": "{place} is locked by another connection of this program. Try again once that one is done.",
    "SQLITE_FULL": "The disk that holds {place} is full, and nothing was written. Make room and try again.",
    "SQLITE_READONLY": "{place} is read-only. Make the file and its folder writable.",
    "SQLITE_NOTADB": "{place} is not an SQLite database. Name another file, or move this one away.",
    "SQLITE_CORRUPT": "{place} is damaged. Restore a copy of it.",
    "SQLITE_CANTOPEN": "{place} cannot be opened. Is its folder there, and may you read and write the file?",
    "SQLITE_IOERR": "The disk that holds {place} failed ({reason}). Check the disk and try again.",
}
_MISSING_TABLES = ("no such table: caseway_", 'relation "caseway_')


class Place(NamedTuple):
    """A database, as a sentence names it: no password in it."""

    name: str

    def __str__(self) -> str:
        return f"The database {self.name}"


@contextmanager
def told(place: Place) -> Iterator[None]:
    """Turn whatever the database does wrong into a WorldError, and what it cannot hold into an InvalidInput."""
    try:
        yield
    except CasewayError:
        raise
    except SQLAlchemyError as error:
        raise _told(error, place) from error
    except (UnicodeEncodeError, OverflowError) as error:
        raise _unfit(error, place) from error


def damaged(of: str, error: Exception) -> WorldError:
    """Say that what the database holds makes no sense."""
    return WorldError(
        f"The database holds {of} that cannot be read ({type(error).__name__}: {error}); "
        "something else than Caseway changed it. Restore a copy of the database.",
    )


def _told(error: SQLAlchemyError, place: Place) -> CasewayError:
    if isinstance(error, PoolTimeoutError):
        return WorldError(f"{place} is busy: all connections to it are in use. Try again.", database=place.name)
    if not isinstance(error, DBAPIError):
        return _unfit(error.orig or error, place) if isinstance(error, StatementError) else _failed(str(error), place)
    reason = str(error.orig)
    if any(sign in reason for sign in _MISSING_TABLES):
        return WorldError(f"{place} has no tables of Caseway. Create them with `caseway db init`.", database=place.name)
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    for beginning, sentence in _SQLITE.items():
        if name.startswith(beginning):
            return WorldError(sentence.format(place=place, reason=reason), database=place.name, reason=reason)
    return _failed(reason, place)


def _failed(reason: str, place: Place) -> WorldError:
    return WorldError(f"{place} failed: {reason.strip()}", database=place.name, reason=reason)


def _unfit(error: BaseException, place: Place) -> InvalidInput:
    return InvalidInput(f"{place} cannot hold a value that it was given: {error}", database=place.name)
