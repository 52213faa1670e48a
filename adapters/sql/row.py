"""Values as rows, and rows as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson
from sqlalchemy import Row as ResultRow

from caseway.adapters.sql.trouble import damaged
from caseway.engine.case import Case, Configuration, Timer
from caseway.engine.effect import Message
from caseway.engine.errors import InvalidInput
from caseway.engine.journal import (
    case_from_record,
    case_record,
    effect_from_record,
    effect_record,
    entry_from_record,
    entry_record,
)
from caseway.engine.outcome import Entry, Step
from caseway.engine.ports import CaseLine, DueTimer, Outgoing
from caseway.engine.posting import Posting

Row = dict[str, Any]
Value = TypeVar("Value")


def document(record: Mapping[str, Any] | list[Any], of: str) -> str:
    """Write JSON as text. `of` names the thing for the error."""
    try:
        return orjson.dumps(record).decode()
    except TypeError as error:
        raise InvalidInput(f"{of} holds a value that JSON cannot keep: {error}.", of=of) from error


def record(text: str, of: str) -> Any:
    """Read what `document` wrote."""
    return _read(text, of, lambda value: value)


def case_row(step: Step) -> Row:
    """Write the case after a step."""
    after = step.after
    return {
        "id": after.id,
        "process": after.process,
        "version": after.version,
        "definition": after.definition,
        "revision": after.revision,
        "closed": after.closed,
        "final": after.final,
        "assignee": after.assignee,
        "state": state_text(after.configuration),
        "opened_at": after.opened_at or step.at,
        "last_at": after.last_at or step.at,
        "document": document(case_record(after), f"Case {after.id}"),
    }


def read_case(text: str) -> Case:
    """Read a case from its document."""
    return _read(text, "a case", case_from_record)


def journal_row(entry: Entry) -> Row:
    """Write a line of the journal."""
    return {
        "case": entry.case,
        "revision": entry.revision,
        "event_id": entry.event.id,
        "document": document(entry_record(entry), f'The event "{entry.event.name}" to case {entry.case}'),
    }


def read_entry(text: str) -> Entry:
    """Read a line of the journal from its document."""
    return _read(text, "a line of a journal", entry_from_record)


def timer_row(case: str, timer: Timer) -> Row:
    """Write an armed timer."""
    return {"id": timer.id, "case": case, "name": timer.name, "due": timer.due, "fault": timer.fault}


def changed_timer_row(timer: Timer) -> Row:
    """Write what may change of an armed timer, and which one it is."""
    return {"at_id": timer.id, "name": timer.name, "due": timer.due, "fault": timer.fault}


def read_due(row: ResultRow[Any]) -> DueTimer:
    """Read an armed timer that can fire."""
    return DueTimer(row.case, Timer(row.id, row.name, row.due))


def outbox_row(case: str, message: Message) -> Row:
    """Write a message that waits for its delivery."""
    text = document(effect_record(message), f"Message {message.id}")
    return {"effect": message.id, "case": case, "recipient": message.to, "document": text}


def read_outgoing(row: ResultRow[Any]) -> Outgoing:
    """Read a message that waits for its delivery."""
    message = _read(row.document, f"a message of case {row.case}", _message)
    return Outgoing(row.case, message, row.attempts, row.error)


def posting_row(posting: Posting) -> Row:
    """Write a line of the book."""
    return {
        "effect": posting.effect,
        "line": posting.line,
        "case": posting.case,
        "revision": posting.revision,
        "process": posting.process,
        "version": posting.version,
        "at": posting.at,
        "owner": posting.owner,
        "account": posting.account,
        "amount": posting.amount,
        "unit": posting.unit,
        "payout": posting.payout,
        "purpose": posting.purpose,
        "implements": document(list(posting.implements), f"Payout {posting.effect}"),
    }


def read_posting(row: ResultRow[Any]) -> Posting:
    """Read a line of the book."""
    fields = {name: value for name, value in row._mapping.items() if name != "seq"}  # noqa: SLF001 - SQLAlchemy's public name
    return Posting(**fields | {"implements": tuple(record(row.implements, f"payout {row.effect}"))})


def read_line(row: ResultRow[Any]) -> CaseLine:
    """Read what a list shows of a case."""
    return CaseLine(
        id=row.id,
        process=row.process,
        version=row.version,
        state=read_state(row.state),
        assignee=row.assignee,
        closed=row.closed,
        final=row.final,
        revision=row.revision,
        opened_at=row.opened_at,
        last_at=row.last_at,
    )


def state_text(configuration: Configuration) -> str:
    """Write the active leaves so that `state_mark` of a state occurs in it while the state is active: `/a.b./c.`."""
    return "".join(f"/{leaf}." for leaf in configuration)


def state_mark(state: str) -> str:
    """Return what `state_text` contains exactly where `state` is an active leaf or above one."""
    return f"/{state.replace('/', '//')}."


def read_state(text: str) -> Configuration:
    """Read what `state_text` wrote."""
    return tuple(leaf.removesuffix(".") for leaf in text.split("/")[1:])


def _message(record: Mapping[str, Any]) -> Message:
    effect = effect_from_record(record)
    if not isinstance(effect, Message):
        raise TypeError(f"{effect.id} is no message")
    return effect


def _read(text: str, of: str, parse: Callable[[Any], Value]) -> Value:
    try:
        return parse(orjson.loads(text))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(of, error) from error
