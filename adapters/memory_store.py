"""Cases kept in this program's memory, gone when it ends."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from threading import RLock
from typing import Any, NoReturn

from caseway.adapters.memory_agenda import MemoryAgenda
from caseway.adapters.memory_book import MemoryBook
from caseway.adapters.memory_directory import MemoryDirectory
from caseway.adapters.memory_outbox import MemoryOutbox
from caseway.adapters.memory_payees import MemoryPayeeRegistry
from caseway.engine.backlog import COUNTED, Backlog, Queue, SetAside, not_relayed, sent_at_revision
from caseway.engine.case import Case, Configuration, Load
from caseway.engine.effect import OUTBOUND, Outbound
from caseway.engine.errors import CaseConflict, InvalidInput, UnknownCase, UnknownProcess, VersionChanged
from caseway.engine.journal import entry
from caseway.engine.outcome import Entry, JournalLine, Step
from caseway.engine.ports import CaseLine, CaseQuery, DueTimer, Loaded, Outgoing
from caseway.engine.posting import once_keys, postings
from caseway.engine.worklist import Found, Listed, WorkQuery, index


@dataclass(slots=True)
class _Shelf:
    """What is kept of one case."""

    case: Case
    line: CaseLine
    entries: list[Entry] = field(default_factory=list)
    by_event: dict[str, Entry] = field(default_factory=dict)


class MemoryStore:
    """A store without a disk, for rehearsals, scenarios and tests. Threads may share it.

    What it is given it keeps as it is: whoever hands in a case must not change its data afterwards.
    """

    def __init__(self, *, rehearsal: bool = False) -> None:
        self._rehearsal = rehearsal
        self._lock = RLock()
        self._shelves: dict[str, _Shelf] = {}
        self._effects: set[str] = set()  # every message and payout ever written
        self._definitions: dict[str, Mapping[str, Any]] = {}
        self._pins: dict[tuple[str, int], str] = {}
        self._agenda = MemoryAgenda()
        self._outbox = MemoryOutbox()
        self._directory = MemoryDirectory()
        self._book = MemoryBook(self._lock, self._kept)
        self._loads: dict[tuple[str, str], int] = {}

    def load(self, case: str, event: str, person: str = "") -> Loaded:
        with self._lock:
            shelf = self._shelves.get(case)
            if shelf is None:
                raise UnknownCase(f"There is no case {case}.", case=case)
            return Loaded(shelf.case, shelf.by_event.get(event), self._directory.person(person))

    def commit(self, step: Step) -> Entry:
        line, posted, keys = entry(step), tuple(postings(step)), once_keys(step)
        messages = [effect for effect in step.effects if isinstance(effect, OUTBOUND)]
        before, after = {t.id: t for t in step.before.timers}, {t.id: t for t in step.after.timers}
        with self._lock:
            self._assert_unmoved(step)
            written = [*(m.id for m in messages), *(p.effect for p in posted if not p.line)]
            self._assert_new(step, written, after.keys() - before.keys())
            self._assert_free(step, keys)
            self._give(step)
            self._effects.update(written)
            self._keep_case(step, line)
            for gone in before.keys() - after.keys():
                self._agenda.disarm(gone)
            for timer in after.values():
                if before.get(timer.id) != timer:
                    self._agenda.disarm(timer.id)
                    self._agenda.arm(step.after.id, timer)
            self._outbox.write(step.after.id, messages)
            self._book.write(posted, keys)
        return line

    @contextmanager
    def locked(self, wanted: Sequence[tuple[str, str]]) -> Iterator[MemoryStore]:  # noqa: ARG002 - one lock holds all
        with self._lock:
            kept, parts = self._snapshot(), [(part, part.snapshot()) for part in self._parts()]
            try:
                yield self
            except BaseException:
                self.__dict__.update(kept)
                for part, snapshot in parts:
                    part.restore(snapshot)
                raise

    @contextmanager
    def claimed(self, now: datetime, limit: int) -> Iterator[tuple[Sequence[DueTimer], MemoryStore]]:
        with self.locked(()) as store:
            yield store.due(now, limit), store

    @contextmanager
    def claimed_messages(
        self, limit: int, now: datetime, until: datetime, *, only_to_cases: bool = False
    ) -> Iterator[tuple[Sequence[Outgoing], MemoryStore]]:
        with self._lock:
            claimed = self._outbox.claim(limit, now, until, only_to_cases=only_to_cases)
        try:
            yield claimed, self
        finally:
            with self._lock:
                self._outbox.release(claimed, until)

    def await_due(self, seconds: float, until: datetime, pause: Callable[[float], Any]) -> None:  # noqa: ARG002 - nobody else arms timers here
        pause(seconds)

    def journal(self, case: str) -> Iterator[Entry]:
        with self._lock:
            shelf = self._shelves.get(case)
            return iter(tuple(shelf.entries) if shelf else ())

    def histories(
        self, process: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[JournalLine]:
        with self._lock:
            journals = [
                tuple(shelf.entries)
                for _, shelf in sorted(self._shelves.items())
                if shelf.line.process == process and _within(shelf.line, since, until)
            ]
        return (_journal_line(each) for entries in journals for each in entries)

    def due(self, now: datetime, limit: int) -> Sequence[DueTimer]:
        with self._lock:
            return self._agenda.due(now, limit)

    def outgoing(self, limit: int) -> Sequence[Outgoing]:
        with self._lock:
            return list(islice(self._outbox.waiting(), max(limit, 0)))

    def delivered(self, effect: str, at: datetime) -> None:  # noqa: ARG002 - nobody asks a memory when
        with self._lock:
            self._outbox.delivered(effect)

    def undelivered(self, effect: str, error: str, *, set_aside: bool, not_before: datetime | None = None) -> None:
        with self._lock:
            self._outbox.undelivered(effect, error, set_aside=set_aside, not_before=not_before)

    def next_due(self) -> datetime | None:
        with self._lock:
            return self._agenda.next_due()

    def backlog(self, now: datetime) -> Backlog:
        with self._lock:
            due, waiting = self.due(now, COUNTED), self.outgoing(COUNTED)
            next_due = self.next_due()
            return Backlog(
                due=Queue(len(due), next_due if due else None),
                waiting=Queue(len(waiting), self._sent_at(waiting[0]) if waiting else None),
                next_due=next_due,
                timers_set_aside=min(self._agenda.count_set_aside(), COUNTED),
                messages_set_aside=min(self._outbox.count_set_aside(), COUNTED),
                failing=sum(item.attempts > 0 for item in waiting),
            )

    def set_aside(self, limit: int, case: str | None = None) -> Sequence[SetAside]:
        with self._lock:
            timers, messages = self._agenda.set_aside(), self._outbox.set_aside()
            found = [*map(_timer_set_aside, timers), *map(self._message_set_aside, messages)]
        return [each for each in found if case in {None, each.case}][: max(limit, 0)]

    def put_back(self, case: str, effect: str) -> bool:
        with self._lock:
            return self._outbox.put_back(case, effect)

    def cases(self, query: CaseQuery) -> Iterator[CaseLine]:
        with self._lock:
            lines = sorted((shelf.line for shelf in self._shelves.values()), key=_opening)
        found = (line for line in lines if _matches(line, query))
        return found if query.limit is None else islice(found, max(query.limit, 0))

    def count(self, process: str, person: str) -> Load:
        with self._lock:
            held = sum(row.kind == "mine" and (row.process, row.person) == (process, person) for row in self._index())
            return Load(process, person, held, self._loads.get((process, person), 0))

    def worklist(self, query: WorkQuery) -> Iterator[Found]:
        with self._lock:
            found = [Found(row, self._shelves[row.case].case) for row in self._index() if _concerns(row, query)]
        return iter(sorted(found, key=lambda each: each.row.order))

    def taken(self, keys: Collection[str]) -> Mapping[str, str]:
        return self._book.taken(keys)

    def take(self, key: str, effect: str) -> None:
        """Have a once key be taken by an effect that nobody saw, to rehearse what comes of that."""
        self._book.write((), {key: effect})

    def book(self) -> MemoryBook:
        return self._book

    def payees(self) -> MemoryPayeeRegistry:
        return self._book.payees()

    def keep_definition(self, hash: str, process: str, version: int, content: Mapping[str, Any]) -> None:  # noqa: A002 - the port's name
        with self._lock:
            if hash in self._definitions:
                return
            kept = self._pins.setdefault((process, version), hash)
            if kept != hash:
                raise VersionChanged(
                    f"{process} version {version} was kept with other content ({kept}, now {hash}); "
                    "a version in use never changes, so give the new content a new version number.",
                    process=process,
                    version=version,
                )
            self._definitions[hash] = content

    def definition(self, hash: str) -> Mapping[str, Any] | None:  # noqa: A002 - the port's name
        with self._lock:
            return self._definitions.get(hash)

    def sent(self, case: str) -> Sequence[Outgoing]:
        with self._lock:
            return self._outbox.of(case)

    def rewrite(
        self, case: str, lines: Sequence[Entry], messages: Sequence[Outbound], quoting: Callable[[str], str]
    ) -> None:
        with self._lock:
            shelf = self._shelves[case]
            new = {line.revision: line for line in lines}
            shelf.entries = [new.get(line.revision, line) for line in shelf.entries]
            shelf.by_event = {line.event.id: line for line in shelf.entries}
            self._outbox.rewrite(case, messages, quoting)

    def redact_copies(self, step: Step) -> Sequence[str]:  # noqa: ARG002 - nobody copies a memory
        return ()

    def directory(self) -> MemoryDirectory:
        return self._directory

    def join(self, connection: Any) -> NoReturn:
        raise InvalidInput(
            f"A store in memory cannot join {type(connection).__name__}: only an SQL store writes through a connection. "
            "Open the store by a database URL.",
        )

    def rehearsal(self) -> bool:
        return self._rehearsal

    def close(self) -> None:
        """Keep everything: there is nothing to let go of."""

    def _parts(self) -> tuple[MemoryAgenda | MemoryOutbox | MemoryBook, ...]:
        """Return what copies itself."""
        return self._agenda, self._outbox, self._book

    def _snapshot(self) -> dict[str, Any]:
        """Copy what is kept here, so that it can be as it was. What is kept of a case grows in place, so it is copied as well."""
        kept = {name: copy(value) for name, value in self.__dict__.items() if isinstance(value, (dict, list, set))}
        shelves = {case: _Shelf(s.case, s.line, list(s.entries), dict(s.by_event)) for case, s in self._shelves.items()}
        return kept | {"_shelves": shelves}

    def _assert_unmoved(self, step: Step) -> None:
        before, after = step.before, step.after
        shelf = self._shelves.get(after.id)
        opening = not before.revision
        if opening and shelf:
            raise CaseConflict(f"Case {after.id} exists already; give the new one another id.", case=after.id)
        if not opening and (shelf is None or shelf.case.revision != before.revision):
            raise CaseConflict(
                f"Case {after.id} was moved by somebody else after it was read at revision {before.revision}; "
                "read it again and repeat the event.",
                case=after.id,
                revision=before.revision,
            )
        if shelf and step.event.id in shelf.by_event:
            raise CaseConflict(
                f'The journal of case {after.id} has the event id "{step.event.id}" already; read the case again for its outcome.',
                case=after.id,
                event=step.event.id,
            )
        if (opening or before.definition != after.definition) and after.definition not in self._definitions:
            raise UnknownProcess(
                f"{after.process} version {after.version} ({after.definition}) was never kept; "
                f"keep the definition before opening case {after.id} on it.",
                process=after.process,
                version=after.version,
            )

    def _assert_new(self, step: Step, written: Sequence[str], armed: Collection[str]) -> None:
        repeated = {effect for effect in written if effect in self._effects or written.count(effect) > 1}
        repeated.update(self._agenda.armed(armed))
        if repeated:
            raise CaseConflict(
                f"Case {step.after.id} was to write effects that are written already: {', '.join(sorted(repeated))}; "
                "read the case again.",
                case=step.after.id,
            )

    def _assert_free(self, step: Step, keys: Collection[str]) -> None:
        if self._book.taken(keys):
            raise CaseConflict(
                f"Case {step.after.id} was to pay what was paid already for the same once key; "
                "read the case again and repeat the event.",
                case=step.after.id,
            )

    def _kept(self) -> Mapping[str, tuple[Case, Sequence[Entry]]]:
        return {case: (shelf.case, shelf.entries) for case, shelf in self._shelves.items()}

    def _index(self) -> Iterator[Listed]:
        return (row for shelf in self._shelves.values() for row in index(shelf.case))

    def _give(self, step: Step) -> None:
        if step.load is None:
            return
        key, load = (step.load.process, step.load.person), step.load
        if self._loads.get(key, 0) != load.revision:
            raise CaseConflict(
                f"{load.person} was given other work after it was counted; read case {step.after.id} again and repeat the event.",
                case=step.after.id,
            )
        self._loads[key] = load.revision + 1

    def _keep_case(self, step: Step, line: Entry) -> None:
        after = step.after
        shelf = self._shelves.get(after.id)
        shown = CaseLine(
            id=after.id,
            process=after.process,
            version=after.version,
            state=after.configuration,
            assignee=after.assignee,
            closed=after.closed,
            final=after.final,
            revision=after.revision,
            opened_at=shelf.line.opened_at if shelf else after.opened_at or step.at,
            last_at=after.last_at or step.at,
        )
        if shelf is None:
            shelf = self._shelves[after.id] = _Shelf(after, shown)
        shelf.case, shelf.line = after, shown
        shelf.entries.append(line)
        shelf.by_event[line.event.id] = line

    def _message_set_aside(self, item: Outgoing) -> SetAside:
        return not_relayed(item.message, item.case, self._sent_at(item), item.error or "")

    def _sent_at(self, item: Outgoing) -> datetime | None:
        revision = sent_at_revision(item.message.id)
        entries = self._shelves[item.case].entries
        return next((line.at for line in entries if line.revision == revision), None)


def _timer_set_aside(armed: DueTimer) -> SetAside:
    timer = armed.timer
    return SetAside("timer", timer.id, armed.case, timer.name, timer.due, timer.fault or "")


def _concerns(row: Listed, query: WorkQuery) -> bool:
    """Say whether a row is somebody's by name, or offered to a role of theirs."""
    is_theirs = row.role in query.roles if row.person is None else row.person == query.person
    return is_theirs and query.process in {None, row.process}


def _opening(line: CaseLine) -> tuple[datetime, str]:
    return line.opened_at, line.id


def _matches(line: CaseLine, query: CaseQuery) -> bool:
    return (
        query.process in {None, line.process}
        and query.closed in {None, line.closed}
        and query.assignee in {None, line.assignee}
        and (query.state is None or _active(line.state, query.state))
    )


def _within(line: CaseLine, since: datetime | None, until: datetime | None) -> bool:
    """Say whether a case was opened before one instant, and did not end before another."""
    ended = line.final and since is not None and line.last_at < since
    return not ended and (until is None or line.opened_at < until)


def _journal_line(line: Entry) -> JournalLine:
    return JournalLine(line.case, line.at, line.event.name, line.target, line.change)


def _active(configuration: Configuration, state: str) -> bool:
    return any(leaf == state or leaf.startswith(f"{state}.") for leaf in configuration)
