"""What a database says when it fails, in sentences for people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, PendingRollbackError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from caseway.engine.errors import CaseConflict, CasewayError, InvalidInput, WorldError

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

# By the beginning of PostgreSQL's code for the error, the longer code first.
_POSTGRESQL = {
    "25006": "{place} is read-only: a standby server, or a transaction that was begun so. Name a server that may be written to.",
    "25P02": "An earlier statement of this transaction in {place} failed. Roll the transaction back and begin it again.",
    "28": "{place} does not let this user in ({reason}). Check user and password, and what the server allows them.",
    "3D000": "{place} does not exist on its server. Create it there, or correct the name.",
    "42501": "{place} does not allow this user to do that ({reason}). Grant the rights, or name another user.",
    "53100": "The disk that holds {place} is full, and nothing was written. Make room and try again.",
    "53200": "The server of {place} is out of memory, and nothing was written. Try again.",
    "53300": "The server of {place} takes no more connections ({reason}). Try again, or allow more.",
    "55P03": "{place} did not give a lock within the time that its settings allow. Try again.",
    "57014": "{place} broke a statement off ({reason}), and nothing was written. Try again.",
    "57P03": "The server of {place} is starting or shutting down. Try again.",
    "58": "The disk or system of {place} failed ({reason}). Check the server and try again.",
}
_UNFIT = ("22", "54000")  # a value of the wrong form or range, or larger than an index takes
_OVERTAKEN = ("40001", "40P01")

# A server that refuses a connection gives no code, only its sentence.
_REFUSED = {
    "password authentication failed": _POSTGRESQL["28"],
    "no password supplied": _POSTGRESQL["28"],
    "pg_hba.conf": _POSTGRESQL["28"],
    'role "': _POSTGRESQL["28"],
    'database "': _POSTGRESQL["3D000"],
    "database system is": _POSTGRESQL["57P03"],
    "too many clients": _POSTGRESQL["53300"],
    "remaining connection slots": _POSTGRESQL["53300"],
}
_UNREACHABLE = "The server of {place} cannot be reached ({reason}). Is it running, and is the address right?"
_LOST_READING = "The connection to {place} was lost. Try again."
_LOST_WRITING = (
    "The connection to {place} was lost while something was being written, so nobody knows whether it was. "
    "Try again with the same event id, or the same id of a batch: what was done already is not done twice."
)
_MISSING_TABLES = ("no such table: caseway_", 'relation "caseway_')
_KEYS = {"23503", "23505"}  # PostgreSQL's foreign_key_violation and unique_violation
_TABLE = re.compile(r"caseway_(case|definition|journal|timer|outbox|posting|once)")


class Place(NamedTuple):
    """A database, as a sentence names it: no password in it."""

    name: str

    def __str__(self) -> str:
        return f"The database {self.name}"

    def __format__(self, style: str) -> str:
        return f"the database {self.name}" if style == "within" else str(self)


@dataclass(slots=True)
class Telling:
    """A block that `told` made. A generator would do, at twice the price for every event."""

    place: Place
    writing: bool = False

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, SQLAlchemyError):
            raise _told(error, self.place, writing=self.writing) from error
        if isinstance(error, (UnicodeEncodeError, OverflowError)):
            raise _unfit(error, self.place) from error


def told(place: Place, *, writing: bool = False) -> Telling:
    """Turn whatever the database does wrong into a WorldError, and what it cannot hold into an InvalidInput.

    What others did at the same moment, where the database finds that only one can have it, is a CaseConflict.
    """
    return Telling(place, writing)


def damaged(of: str, error: Exception) -> WorldError:
    """Say that what the database holds makes no sense."""
    return WorldError(
        f"The database holds {of} that cannot be read ({type(error).__name__}: {error}); "
        "something else than Caseway changed it. Restore a copy of the database.",
        reason=f"{type(error).__name__}: {error}",
    )


def is_repetition(error: IntegrityError) -> bool:
    """Say whether a key was taken already or points nowhere, and not that a column may not be empty or the like."""
    reason = str(error.orig)
    return getattr(error.orig, "sqlstate", None) in _KEYS or "UNIQUE" in reason or "FOREIGN KEY" in reason


def violated(error: IntegrityError) -> str:
    """Return the table whose key was taken already; `definition` where it is one that a case refers to."""
    reason = str(error.orig)
    if "FOREIGN KEY" in reason or "_definition_fkey" in reason:
        return "definition"
    found = _TABLE.search(reason)
    return found[1] if found else ""


def _told(error: SQLAlchemyError, place: Place, *, writing: bool) -> CasewayError:
    if isinstance(error, PoolTimeoutError):
        return WorldError(f"{place} is busy: all connections to it are in use. Try again.", database=place.name)
    if isinstance(error, PendingRollbackError):
        told = f"An earlier failure ended the transaction in {place:within}. Roll it back and begin it again."
        return WorldError(told, database=place.name)
    if not isinstance(error, DBAPIError):
        return _unfit(error.orig or error, place) if isinstance(error, StatementError) else _failed(str(error), place)
    reason = str(error.orig).strip()
    code = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")
    if error.connection_invalidated:
        return _world(_LOST_WRITING if writing else _LOST_READING, place, reason)
    if any(sign in reason for sign in _MISSING_TABLES):
        return WorldError(f"{place} has no tables of Caseway. Create them with `caseway db init`.", database=place.name)
    if code.startswith(_UNFIT) or (isinstance(error, DataError) and not code):
        return _unfit(error.orig or error, place)
    if code in _OVERTAKEN:
        return _overtaken(place, reason)
    return _world(_sentence(error, code, reason), place, reason)


def _sentence(error: DBAPIError, code: str, reason: str) -> str:
    """Return the sentence for a failure, with places to fill in."""
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    known = [(_SQLITE, name), (_POSTGRESQL, code)]
    for sentences, sign in known:
        for beginning, sentence in sentences.items():
            if sign.startswith(beginning):
                return sentence
    if name or code or error.statement is not None:
        return "{place} failed: {reason}"
    return next((sentence for words, sentence in _REFUSED.items() if words in reason), _UNREACHABLE)


def _overtaken(place: Place, reason: str) -> CaseConflict:
    return CaseConflict(
        f"Somebody else wrote to {place:within} at the same moment, and only one of both can be kept. "
        "Trying again is safe; within a transaction of your own, roll it back and repeat all of it.",
        database=place.name,
        reason=reason,
    )


def _world(sentence: str, place: Place, reason: str) -> WorldError:
    spoken = re.sub(r"(?<!^)\{place\}", "{place:within}", sentence).format(place=place, reason=_line(reason))
    return WorldError(spoken, database=place.name, reason=reason)


def _line(reason: str) -> str:
    """Return the first line of what a database says, which is the one that says it."""
    return reason.splitlines()[0].rstrip(".") if reason else "no reason given"


def _failed(reason: str, place: Place) -> WorldError:
    return WorldError(f"{place} failed: {reason.strip()}", database=place.name, reason=reason)


def _unfit(error: BaseException, place: Place) -> InvalidInput:
    why = "a text that is no UTF-8." if isinstance(error, UnicodeEncodeError) else error
    return InvalidInput(f"{place} cannot hold a value that it was given: {why}", database=place.name)
