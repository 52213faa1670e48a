"""What the ledger is asked that nobody can mean: raises InvalidInput, before anything is done."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from caseway.engine.errors import InvalidInput
from caseway.engine.money import UNIT_FORM, is_unit
from caseway.engine.payee import owner_id
from caseway.engine.settlement import BATCH_ID_FORM, NOTE_FORM, is_batch_id, is_note


def payee_ids(names: Collection[str]) -> tuple[str, ...]:
    """Return the ids of payees as the book has them, each once."""
    if isinstance(names, str):
        raise InvalidInput(
            f"Payees are named in a list: [{names!r}], and not {names!r}, of which each letter would be a name."
        )
    return tuple(dict.fromkeys(map(owner_id, names)))


def check_unit(unit: str) -> None:
    if not isinstance(unit, str) or not is_unit(unit):
        raise InvalidInput(f"{unit!r} is no unit; {UNIT_FORM}.")


def check_minimum(minimum: int) -> None:
    if type(minimum) is not int:
        raise InvalidInput(
            f"The minimum is a whole number of minor units, such as 1000 for 10.00 EUR, and not {minimum!r}."
        )


def check_batch_id(text: str | None) -> None:
    if text is not None and not is_batch_id(text):
        raise InvalidInput(f"{text!r} cannot be the id of a batch: {BATCH_ID_FORM}.")


def check_by(by: str | None) -> None:
    if by is not None:
        check_note("by", by)


def check_note(what: str, text: str) -> None:
    if not is_note(text):
        raise InvalidInput(f'"{what}" is {NOTE_FORM}.')


def check_period(since: datetime | None, until: datetime | None) -> None:
    for told in (since, until):
        if told is not None and told.tzinfo is None:
            raise InvalidInput(f"The instant {told.isoformat()} has no time zone; write it with an offset, such as Z.")
    if since is not None and until is not None and since > until:
        raise InvalidInput(f"The period ends at {until.isoformat()}, before it begins at {since.isoformat()}.")
