"""Values as rows, and rows as values.

What is written is ready for any driver, and named `<table>_<column>`: a name that no column has cannot be mistaken for one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import orjson
from sqlalchemy import Row as ResultRow

from caseway.adapters.sql.column import instant_text, widened
from caseway.adapters.sql.table import AT_ONCE
from caseway.adapters.sql.trouble import damaged
from caseway.engine.case import Case, Configuration, Load, Paid, Timer
from caseway.engine.case_record import Record, case_from_record
from caseway.engine.effect import OUTBOUND, Outbound, Purpose, recipient
from caseway.engine.effect_record import effect_from_record, effect_record
from caseway.engine.errors import InvalidInput
from caseway.engine.journal import entry_from_record, entry_record
from caseway.engine.outcome import Entry, JournalLine, Step
from caseway.engine.paid import Way, by_way
from caseway.engine.person import Person, person_from_record, person_record
from caseway.engine.ports import CaseLine, DueTimer, Outgoing
from caseway.engine.posting import Posting
from caseway.engine.worklist import Listed

Row = dict[str, Any]
_AS_JSON = ("{", '"')
"""What the text of a purpose begins with that is JSON."""
Value = TypeVar("Value")


def document(record: Mapping[str, Any] | Sequence[Any], of: str) -> str:
    """Write JSON as text. `of` names the thing for the error."""
    try:
        return orjson.dumps(record).decode()
    except TypeError as error:
        raise InvalidInput(f"{of} holds a value that JSON cannot keep: {error}.", of=of) from error


def record(text: str, of: str) -> Any:
    """Read what `document` wrote."""
    return read(text, of, lambda value: value)


def case_row(step: Step, written: Record) -> Row:
    """Write the case after a step, as `written` has it, and the revision and the definition that it had before."""
    after = step.after
    return {
        "case_id": after.id,
        "case_process": after.process,
        "case_version": after.version,
        "case_definition": after.definition,
        "case_revision": after.revision,
        "case_closed": after.closed,
        "case_final": after.final,
        "case_assignee": after.assignee,
        "case_state": state_text(after.configuration),
        "case_opened_at": widened(written["opened_at"]) if after.opened_at else instant_text(step.at),
        "case_last_at": widened(written["last_at"]) if after.last_at else instant_text(step.at),
        "case_document": document(written, f"Case {after.id}"),
        "case_was": step.before.revision,
        "case_pinned": step.before.definition,
    }


def read_case(text: str) -> Case:
    """Read a case from its document."""
    return read(text, "a case", case_from_record)


def read_paid(text: str) -> dict[Way, int]:
    """Read from the document of a case what it says that it has paid and not taken back."""
    return read(text, "a case", lambda told: by_way(Paid(**each) for each in told.get("paid", ())))


def journal_row(entry: Entry) -> Row:
    """Write a line of the journal."""
    return {
        "journal_case": entry.case,
        "journal_revision": entry.revision,
        "journal_event_id": entry.event.id,
        "journal_document": document(entry_record(entry), f'The event "{entry.event.name}" to case {entry.case}'),
    }


def read_entry(text: str) -> Entry:
    """Read a line of the journal from its document."""
    return read(text, "a line of a journal", entry_from_record)


def read_journal_line(text: str) -> JournalLine:
    """Read what a report needs of a line of the journal from its document."""
    return read(text, "a line of a journal", _journal_line)


def timer_row(case: Case, timer: Timer) -> Row:
    """Write an armed timer."""
    return {
        "timer_id": timer.id,
        "timer_case": case.id,
        "timer_process": case.process,
        "timer_name": timer.name,
        "timer_due": instant_text(timer.due),
        "timer_fault": timer.fault,
    }


def changed_timer_row(timer: Timer) -> Row:
    """Write what may change of an armed timer, and which one it is."""
    return {
        "changed_id": timer.id,
        "changed_name": timer.name,
        "changed_due": instant_text(timer.due),
        "changed_fault": timer.fault,
    }


def work_row(listed: Listed) -> Row:
    """Write a row of the index of open work."""
    return {
        "work_case": listed.case,
        "work_process": listed.process,
        "work_state": listed.state,
        "work_item": listed.item,
        "work_role": listed.role,
        "work_person": listed.person,
        "work_kind": listed.kind,
        "work_due": instant_text(listed.due),
        "work_opened_at": instant_text(listed.opened_at),
    }


def unlisted_row(row: Row) -> Row:
    """Write which row of the index goes."""
    return {f"unlisted_{name}": row[f"work_{name}"] for name in ("case", "state", "item", "person")}


def load_row(load: Load) -> Row:
    """Write whose work was counted, and at which revision."""
    return {"load_process": load.process, "load_person": load.person, "load_was": load.revision}


def read_due(row: ResultRow[Any]) -> DueTimer:
    """Read an armed timer that can fire."""
    return DueTimer(row.case, Timer(row.id, row.name, row.due))


def outbox_row(case: str, effect: Outbound) -> Row:
    """Write what waits in the outbox: a message, or what is for another case."""
    return {
        "outbox_effect": effect.id,
        "outbox_case": case,
        "outbox_recipient": recipient(effect),
        "outbox_document": document(effect_record(effect), f"The effect {effect.id}"),
    }


def read_outgoing(row: ResultRow[Any]) -> Outgoing:
    """Read a message that waits for its delivery."""
    message = read(row.document, f"the outbox of case {row.case}", _outbound)
    not_before = None if row.not_before == AT_ONCE else row.not_before
    return Outgoing(row.case, message, row.attempts, row.error, not_before)


def person_row(person: Person, at: datetime) -> Row:
    """Write a person of our directory, as they are since an instant."""
    text = document(person_record(person), f"The person {person.id}")
    return {"id": person.id, "document": text, "updated_at": at}


def read_person(text: str) -> Person:
    """Read a person of our directory from their document."""
    return read(text, "a person", person_from_record)


def posting_row(posting: Posting) -> Row:
    """Write a line of the book."""
    return {
        "posting_effect": posting.effect,
        "posting_line": posting.line,
        "posting_kind": posting.kind,
        "posting_at": instant_text(posting.at),
        "posting_owner": posting.owner,
        "posting_account": posting.account,
        "posting_amount": posting.amount,
        "posting_unit": posting.unit,
        "posting_purpose": _purpose_text(posting.purpose),
        "posting_case": posting.case,
        "posting_revision": posting.revision,
        "posting_process": posting.process,
        "posting_version": posting.version,
        "posting_payout": posting.payout,
        "posting_implements": document(list(posting.implements), f"Payout {posting.effect}"),
        "posting_batch": posting.batch,
    }


def read_posting(values: Sequence[Any], seq: int | None = None) -> Posting:
    """Read a line of the book from its columns, which are in the order of the fields, and its place in the order of writing."""
    *before, purpose, case_, revision, process, version, payout, implements, batch = values
    source = (case_, revision, process, version, payout, read(implements, f"payout {before[0]}", _rules), batch)
    told: tuple[Any, ...] = (*before, _read_purpose(purpose), *source, seq)
    return sound(Posting(*told))


def sound(posting: Posting) -> Posting:
    """Return a line of the book that is made of numbers and texts where it must be. SQLite keeps anything in any column. WorldError: it is not."""
    names = posting.effect, posting.owner, posting.account, posting.unit
    if not (
        isinstance(posting.line, int) and isinstance(posting.amount, (int, float)) and {*map(type, names)} == {str}
    ):
        raise damaged(f"line {posting.line!r} of {posting.effect!r}", TypeError(f"{posting.amount!r} of {names}"))
    return posting


def _purpose_text(purpose: Purpose) -> str:
    """Write what money moved for: a text as it is, and as JSON what is in several languages, or looks as if it were."""
    if isinstance(purpose, str) and not purpose.startswith(_AS_JSON):
        return purpose
    return orjson.dumps(purpose).decode()


def _read_purpose(text: Any) -> Any:
    """Read what `_purpose_text` wrote. What it would have written in another way is taken as it stands."""
    if isinstance(text, str) and text.startswith(_AS_JSON):
        with suppress(ValueError):
            told = orjson.loads(text)
            texts = told.values() if isinstance(told, dict) else (told,)
            if all(isinstance(each, str) for each in texts) and _purpose_text(told) == text:
                return told
    return text


def _rules(implements: Any) -> tuple[str, ...]:
    if not isinstance(implements, list):
        raise TypeError(f"{implements!r} is no list")
    return tuple(implements)


def once_row(case: str, key: str, effect: str) -> Row:
    """Write a once key that an effect of a case takes."""
    return {"once_key": key, "once_effect": effect, "once_case": case}


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


def _journal_line(record: Mapping[str, Any]) -> JournalLine:
    at = datetime.fromisoformat(record["at"])
    return JournalLine(record["case"], at, record["event"]["name"], tuple(record["target"]), record["change"])


def _outbound(record: Mapping[str, Any]) -> Outbound:
    effect = effect_from_record(record)
    if not isinstance(effect, OUTBOUND):
        raise TypeError(f"{effect.id} is nothing that leaves a case")
    return effect


def read(text: str, of: str, parse: Callable[[Any], Value]) -> Value:
    """Read JSON and what `parse` makes of it. `of` names the thing for the WorldError where it makes no sense."""
    try:
        return parse(orjson.loads(text))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(of, error) from error
