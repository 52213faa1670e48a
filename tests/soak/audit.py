"""Holds a whole database against its journals: whatever is stored must follow from them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, create_engine, select

from caseway.adapters.folder_delivery import file_name
from caseway.adapters.sql.table import metadata
from caseway.engine import posting as book
from caseway.engine.case import Case
from caseway.engine.case_record import case_record
from caseway.engine.definition import Definition
from caseway.engine.effect import Message
from caseway.engine.event import REDACTED, START
from caseway.engine.journal import entry, entry_record, replay
from caseway.engine.outcome import Entry, Refusal
from caseway.engine.posting import Posting
from caseway.engine.runtime import Runtime
from caseway.engine.settlement import batch_postings, rejection_postings
from caseway.engine.step import lapse, step
from caseway.engine.worklist import Listed, index
from tests.balance import summed
from tests.engine.paid import known_to
from tests.redaction.repetition import unrepeatable
from tests.soak.driver import with_driver

Found = Iterator[str]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a sender was told: the revision at which an event was done, or None where it was refused."""

    case: str
    event: str
    revision: int | None


@dataclass(frozen=True, slots=True)
class Audit:
    """What was looked at, and every sentence about something that is not as it must be."""

    cases: int
    entries: int
    timers_fired: int
    messages: int
    postings: int
    acknowledged: int
    refused: int
    faults: tuple[str, ...]


def audit(
    runtime: Runtime, url: str, *, acknowledged: Sequence[Acknowledged] | None = None, folder: Path | None = None
) -> Audit:
    """Look at every row. With `acknowledged`, every event of the journals must be one of these, and these be there.

    With `folder`, every message must lie in it, each once, and nothing else.
    """
    journals = {line.id: list(runtime.store.journal(line.id)) for line in runtime.list()}
    written = [line for journal in journals.values() for line in journal]
    rows = Rows.read(url)
    faults = [
        *_of_each_case(runtime, journals, rows),
        *_of_the_book(runtime, written),
        *_of_once_keys(written, rows),
        *_of_the_outbox(written, rows, folder),
        *([] if acknowledged is None else _of_acknowledgements(journals, acknowledged)),
    ]
    messages = sum(isinstance(effect, Message) for line in written for effect in line.effects)
    fired = sum(line.event.due is not None for line in written)
    refused = sum(each.revision is None for each in acknowledged or ())
    return Audit(
        cases=len(journals),
        entries=len(written),
        timers_fired=fired,
        messages=messages,
        postings=len(rows.by_table["posting"]),
        acknowledged=len(acknowledged or ()) - refused,
        refused=refused,
        faults=tuple(faults),
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of the database as another program would see them, by table without the prefix."""

    by_table: Mapping[str, list[Mapping[str, Any]]]

    @classmethod
    def read(cls, url: str) -> Rows:
        engine = create_engine(with_driver(url))
        try:
            return cls({table.name.removeprefix("caseway_"): _rows(engine, table) for table in metadata.sorted_tables})
        finally:
            engine.dispose()

    def of(self, table: str, case: str) -> list[Mapping[str, Any]]:
        return [row for row in self.by_table[table] if row["case"] == case]


def _rows(engine: Engine, table: Table) -> list[Mapping[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def _of_each_case(runtime: Runtime, journals: Mapping[str, list[Entry]], rows: Rows) -> Found:
    strangers = {row["case"] for row in rows.by_table["journal"]} - journals.keys()
    if strangers:
        yield f"there are journals of cases that are not there: {sorted(strangers)}"
    armed: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows.by_table["timer"]:
        armed.setdefault(row["case"], []).append(row)
    stored = {row["id"]: row for row in rows.by_table["case"]}
    for name, journal in journals.items():
        case = runtime.store.load(name, "").case
        yield from (f"case {name}: {fault}" for fault in _of_case(runtime, case, journal))
        timers = {(row["id"], row["name"], row["due"], row["fault"]) for row in armed.get(name, [])}
        if timers != {(timer.id, timer.name, timer.due, timer.fault) for timer in case.timers}:
            yield f"case {name}: its timers {case.timers} are not the rows {sorted(map(str, timers))}"
        listed = {Listed(**{key: value for key, value in row.items() if key != "seq"}) for row in rows.of("work", name)}
        if listed != set(index(case)) or len(listed) != len(rows.of("work", name)):
            yield f"case {name}: its open work {index(case)} is not the rows {rows.of('work', name)}"
        columns = ("revision", "closed", "final", "assignee", "opened_at", "last_at")
        if any(stored[name][column] != getattr(case, column) for column in columns):
            yield f"case {name}: the columns {stored[name]} are not what its document says"


def _of_case(runtime: Runtime, case: Case, journal: list[Entry]) -> Found:
    if [line.revision for line in journal] != list(range(1, case.revision + 1)):
        yield f"the revisions {[line.revision for line in journal]} are not 1 to {case.revision}"
    repeated = [event for event, times in Counter(line.event.id for line in journal).items() if times > 1]
    if repeated:
        yield f"the events {repeated} happened more than once"
    replayed = replay(journal)
    if replayed != case:
        yield f"its journal replays to {replayed}, and {case} is stored"
    yield from invalid_run(runtime.definition(case), journal)


def invalid_run(definition: Definition, journal: list[Entry]) -> Found:
    """Let every recorded event happen again to what those before it left, and compare what comes of it."""
    if not journal:
        return
    case = Case(journal[0].case, definition.process, definition.version, definition.hash)
    lost = unrepeatable(journal)
    for number, line in enumerate(journal, 1):
        if line.revision in lost:
            folded = replay(journal[:number])
            assert folded is not None, "there are lines"
            case = folded
            continue
        outcome = step(definition, case, line.event, line.at, paid=known_to(line.effects))
        if isinstance(outcome, Refusal) and line.event.due is not None:
            outcome = lapse(case, line.event, outcome, definition)
        if isinstance(outcome, Refusal):
            yield f"revision {line.revision} cannot have been: {outcome.message}"
            return
        if _plain(entry(outcome)) != _plain(line):
            yield f"revision {line.revision} runs again to {_plain(entry(outcome))}, and {_plain(line)} is recorded"
            return
        case = outcome.after
    stored = replay(journal)
    assert stored is not None, "there are lines"
    if json.dumps(case_record(case), sort_keys=True) != json.dumps(case_record(stored), sort_keys=True):
        yield "running its events again gives another case than its journal"


def _plain(line: Entry) -> Any:
    return json.loads(json.dumps(entry_record(line), sort_keys=True))


def _of_the_book(runtime: Runtime, written: list[Entry]) -> Found:
    stored = _in_order(runtime.ledger.postings())
    derived = _in_order([*(posting for line in written for posting in book.postings(line)), *_of_settlements(runtime)])
    if stored != derived:
        both = set(stored) & set(derived)
        yield f"postings that no journal explains: {[each for each in stored if each not in both]}"
        yield f"postings that are missing: {[each for each in derived if each not in both]}"
        yield f"{len(stored)} postings are stored, {len(set(stored))} of them different; {len(derived)} are derived"
    sums: Counter[str] = Counter()
    for posting in stored:
        sums[posting.unit] += posting.amount
    yield from (f"the book sums to {total} {unit}, not to nothing" for unit, total in sums.items() if total)
    if list(runtime.ledger.balances()) != summed(stored):
        yield "the balances are not the sums of the postings"


def _of_settlements(runtime: Runtime) -> Iterator[Posting]:
    for batch in runtime.ledger.batches():
        yield from batch_postings(batch)
        for rejection in runtime.ledger.rejections(batch.id):
            yield from rejection_postings(batch, rejection)


def _of_once_keys(written: list[Entry], rows: Rows) -> Found:
    owed = [taken for line in written for taken in book.once_keys(line).items()]
    twice = [key for key, times in Counter(key for key, _ in owed).items() if times > 1]
    if twice:
        yield f"once keys that were taken more than once: {twice}"
    kept = {row["key"]: row["effect"] for row in rows.by_table["once"]}
    if kept != dict(owed):
        yield f"once keys that are not as the journals took them: {sorted(set(kept.items()) ^ set(owed))}"


def _in_order(postings: Iterable[Posting]) -> list[Posting]:
    return sorted(postings, key=attrgetter("effect", "line"))


def _of_the_outbox(written: list[Entry], rows: Rows, folder: Path | None) -> Found:
    sent = [effect.id for line in written for effect in line.effects if isinstance(effect, Message)]
    kept = [row["effect"] for row in rows.by_table["outbox"]]
    if sorted(sent) != sorted(kept):
        yield f"messages lost from the outbox: {sorted(set(sent) - set(kept))}; strangers in it: {sorted(set(kept) - set(sent))}"
    if folder is None:
        return
    undelivered = [row["effect"] for row in rows.by_table["outbox"] if row["delivered_at"] is None]
    if undelivered:
        yield f"messages that were not noted as delivered: {undelivered}"
    expected = {file_name(effect) for effect in sent}
    there = {path.name for path in folder.iterdir() if not path.name.startswith(".")} if folder.exists() else set()
    if expected != there:
        yield f"messages that did not arrive: {sorted(expected - there)}; that nobody sent: {sorted(there - expected)}"


def _of_acknowledgements(journals: Mapping[str, list[Entry]], acknowledged: Iterable[Acknowledged]) -> Found:
    """Compare what senders were told with what happened; timers are nobody's to acknowledge."""
    happened = {
        (line.case, line.event.id): line.revision
        for journal in journals.values()
        for line in journal
        if line.event.due is None and line.event.name != REDACTED
    }
    told: dict[tuple[str, str], int | None] = {}
    for each in acknowledged:
        key = (each.case, each.event)
        if told.setdefault(key, each.revision) != each.revision:
            yield f"{key} was acknowledged at revision {told[key]} and at {each.revision}"
        if happened.get(key) != each.revision:
            yield f"{key} was acknowledged at revision {each.revision}, and the journal has it at {happened.get(key)}"
    for case, event in happened.keys() - told.keys():
        if event != f"{case}:{START}":  # whoever started it may have been killed, and the next found the case there
            yield f"{(case, event)} happened, and nobody was told"
