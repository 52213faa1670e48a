"""The shell: load, step, commit. Alone in calling ports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from caseway.engine.acceptance import Acceptance, acceptances
from caseway.engine.actor import SYSTEM, SYSTEM_ROLE, Actor
from caseway.engine.backlog import Backlog, SetAside
from caseway.engine.case import Case, Timer
from caseway.engine.definition import Definition
from caseway.engine.errors import (
    CaseConflict,
    CaseError,
    CasewayError,
    DefinitionError,
    FaultyStep,
    InvalidInput,
    Refused,
    UnknownCase,
    WorldError,
)
from caseway.engine.event import RETRY, START, Event
from caseway.engine.journal import entry
from caseway.engine.outcome import Entry, Refusal, Step
from caseway.engine.ports import CaseLine, CaseQuery, Catalogue, Clock, Delivery, DueTimer, Ids, Store
from caseway.engine.posting import Balance, Posting
from caseway.engine.report import Report, ReportQuery, Section, grouping_refusal, scope_of, section
from caseway.engine.shape import Shape
from caseway.engine.step import FAULTY_CODES, lapse, not_set_aside, rearm, step
from caseway.engine.tally import Tally
from caseway.engine.view import CaseView, case_view, entry_views

ATTEMPTS = 8
"""How often a lost race is run again before CaseConflict reaches the caller."""

FIRINGS = 100
"""How often in a row the timers of a case may arm each other without delay; the next one is set aside."""

CATCH_UP = 10_000
"""How many overdue timers of one case fire at a time, each committed by itself."""

DELIVERY_ATTEMPTS = 5
"""How often the delivery of a message may fail before it is set aside."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """What one pass over the outbox did: effect ids delivered, and those that failed with the reason."""

    delivered: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one event of many: the journal entry, or the error that `send` would have raised."""

    case: str
    event: Event
    entry: Entry | None
    error: CasewayError | None


@dataclass(frozen=True, slots=True)
class Runtime:
    """Runs cases: starts them, sends them events, shows them. Starts no thread and keeps no state of its own.

    Wherever `actor` is left out, the local operator acts: the host itself, who sees everything and may send the events
    that name nobody in `by`. Refusals are raised as Refused; every error is a CasewayError.
    """

    store: Store
    catalogue: Catalogue
    clock: Clock
    ids: Ids
    delivery: Delivery | None = None

    def join(self, connection: Any) -> Runtime:
        """Return the same runtime writing through the caller's own open SQLAlchemy connection.

        The case is then committed or rolled back together with the caller's rows, by the caller.
        """
        return replace(self, store=self.store.join(connection))

    # what happens to a case

    def start(
        self,
        process: str,
        data: Mapping[str, Any] | None = None,
        *,
        id: str | None = None,  # noqa: A002  # the word of the glossary
        version: int | None = None,
        actor: Actor | None = None,
        now: datetime | None = None,
    ) -> Entry:
        """Open a case and return its first journal entry. Starting the same id with the same data again returns that entry."""
        definition = self.catalogue.latest(process) if version is None else self.catalogue.version(process, version)
        case_id = _checked_id(id) if id is not None else self.ids.new()
        event = Event(START, dict(data or {}), f"{case_id}:{START}", _checked_actor(actor))
        case = Case(case_id, definition.process, definition.version, definition.hash)
        for _ in range(ATTEMPTS):
            known = self._opened(case_id, event, definition.data)
            if isinstance(known, Refusal):
                raise _raised(known)
            if known:
                return known
            outcome = step(definition, case, event, self._now(now))
            if isinstance(outcome, Refusal):
                raise _raised(outcome)
            self.store.keep_definition(definition.hash, definition.process, definition.version, definition.content)
            try:
                return self.store.commit(outcome)
            except CaseConflict:
                continue
        raise CaseConflict(f"Case {case_id} is being started by others; try again.", case=case_id)

    def send(
        self,
        case: str,
        event: str,
        data: Mapping[str, Any] | None = None,
        *,
        actor: Actor | None = None,
        event_id: str | None = None,
        now: datetime | None = None,
    ) -> Entry:
        """Let an event happen to a case and return the journal entry of what came of it.

        Timers of this case that are overdue fire first, each as a step of its own. An `event_id` that the case has seen
        before returns the first outcome and changes nothing. Raises Refused, UnknownCase, FaultyStep, CaseConflict.
        """
        return self._sent(case, Event(event, dict(data or {}), event_id or "", _checked_actor(actor)), self._now(now))

    def send_many(
        self, events: Iterable[tuple[str, Event]], *, together: int = 100, now: datetime | None = None
    ) -> Iterator[Outcome]:
        """Send events to cases and yield what came of each, in order; nothing is raised for one of them.

        Each event is by itself, as with `send`; up to `together` are committed at a time. `Event.id` is what tells a
        repetition: where it is empty, the event gets a new one, and sending it again is another event.
        """
        for chunk in _chunks(events, together):
            yield from self._sent_together(chunk, self._now(now))

    def fire_due_timers(self, *, limit: int = 100, now: datetime | None = None) -> Sequence[Entry]:
        """Fire what is due in the cases of the first `limit` due timers, and return the journal entries.

        Within a case timers fire in due order; one of them may void or arm another. Cases that another worker or sender
        holds are left to it. All of it is committed together.
        """
        at = self._now(now)
        try:
            with self.store.claimed(at, limit) as (due, store):
                held = replace(self, store=store)
                return [fired for case in _cases(due) for fired in held._fire(case, at)]  # noqa: SLF001  # itself
        except CaseConflict:  # one of them cannot be written; alone, the others can
            return [fired for case in _cases(self.store.due(at, limit)) for fired in self._fire_alone(case, at)]

    def relay(self, *, limit: int = 100) -> Relayed:
        """Deliver messages from the outbox, at most `limit`, in order per case and recipient.

        At least once, with the effect id as the key that a receiver can deduplicate on. One that fails keeps later ones to
        the same recipient of the same case waiting; after several failures it is set aside.
        """
        if self.delivery is None:
            raise InvalidInput(
                "This runtime has no delivery, so it cannot relay messages; give one to caseway.open(..., delivery=...)."
            )
        delivered: list[str] = []
        failed: list[tuple[str, str]] = []
        waiting: set[tuple[str, str]] = set()
        with self.store.claimed_messages(limit) as (outgoing, store):
            for out in outgoing:
                line = (out.case, out.message.to)
                if line in waiting:
                    continue
                try:
                    self.delivery.deliver(out.case, out.message)
                except WorldError as error:
                    waiting.add(line)
                    failed.append((out.message.id, error.message))
                    store.undelivered(out.message.id, error.message, set_aside=out.attempts + 1 >= DELIVERY_ATTEMPTS)
                else:
                    delivered.append(out.message.id)
                    store.delivered(out.message.id, self.clock.now())
        return Relayed(tuple(delivered), tuple(failed))

    def retry(self, case: str, id: str, *, actor: Actor | None = None, now: datetime | None = None) -> Entry | None:  # noqa: A002  # the word of the glossary
        """Put back what was set aside: a timer, and return the journal entry that says so, or a message, and return None.

        The next `fire_due_timers` or `relay` tries it again. Raises UnknownCase, and Refused where nothing of this id is set aside.
        """
        event = Event(RETRY, {"timer": id}, self.ids.new(), _checked_actor(actor))
        at = self._now(now)
        try:
            return self._put_back(case, event, at)
        except CaseConflict:
            with self.store.locked([(case, event.id)]) as store:
                return replace(self, store=store)._put_back(case, event, at)  # noqa: SLF001  # itself

    def await_due(self, seconds: float, pause: Callable[[float], Any]) -> None:
        """Wait so many seconds, or until somebody arms a timer that is due sooner, where the database can say so.

        `pause` waits so many seconds and says whether to end, as `threading.Event.wait` does; a worker's loop calls this when
        there is nothing to do. Looking again by itself is what a worker relies on.
        """
        self.store.await_due(seconds, self.clock.now() + timedelta(seconds=seconds), pause)

    # what there is to see

    def backlog(self, *, now: datetime | None = None) -> Backlog:
        """Say what waits for workers, and how much they have set aside."""
        return self.store.backlog(self._now(now))

    def set_aside(self, *, limit: int = 100, case: str | None = None) -> Sequence[SetAside]:
        """Return what was set aside and waits for a person, of one case or of all: timers first, at most `limit` in all."""
        return self.store.set_aside(limit, case)

    def next_due(self) -> datetime | None:
        """Return when the next timer is due, in the past where one is due already; None: no timer can fire."""
        return self.store.next_due()

    def accepts(self, case: str, *, actor: Actor | None = None, now: datetime | None = None) -> Sequence[Acceptance]:
        """Return, for each event of the process, whether it would be accepted now, and why not."""
        found = self.store.load(case, "").case
        return tuple(acceptances(self.definition(found), found, _checked_actor(actor), self._now(now)))

    def show(
        self, case: str, *, actor: Actor | None = None, language: str = "en", now: datetime | None = None
    ) -> CaseView:
        """Return a case as the actor may see it."""
        found = self.store.load(case, "").case
        return case_view(self.definition(found), found, _checked_actor(actor), language, self._now(now))

    def history(self, case: str, *, actor: Actor | None = None) -> Iterator[Entry]:
        """Yield a case's journal, oldest first, as the actor may see it."""
        found = self.store.load(case, "").case
        return entry_views(self.definition(found), self.store.journal(case), found, _checked_actor(actor))

    def list(self, query: CaseQuery | None = None) -> Iterator[CaseLine]:
        """Yield the cases that a query asks for, oldest first."""
        return self.store.cases(query or CaseQuery())

    def report(
        self, query: ReportQuery | None = None, *, actor: Actor | None = None, now: datetime | None = None
    ) -> Report:
        """Count what became of the cases of a process, or of every process of the catalogue.

        Raises UnknownProcess, InvalidInput, and Refused where the field that tells groups apart is not the actor's to see.
        """
        asked = query or ReportQuery()
        names = list(self.catalogue.processes()) if asked.process is None else [asked.process]
        at = self._now(now)
        _checked_actor(actor)
        return Report(at, tuple(self._section(self.catalogue.latest(name), asked, actor, at) for name in names))

    def postings(self, *, case: str | None = None, owner: str | None = None) -> Iterator[Posting]:
        """Yield the lines of the ledger, oldest first."""
        return self.store.postings(case=case, owner=owner)

    def balances(self, *, owner: str | None = None) -> Iterator[Balance]:
        """Yield what each account holds, by owner, account and unit."""
        return self.store.balances(owner=owner)

    def definition(self, case: Case) -> Definition:
        """Return the definition that a case is pinned to, as the store kept it."""
        return self.catalogue.compiled(case.definition, lambda: self._kept(case))

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    # how

    def _section(self, definition: Definition, query: ReportQuery, actor: Actor | None, now: datetime) -> Section:
        try:
            scope = scope_of(query, definition, now)
        except ValueError as error:
            raise InvalidInput(str(error), process=definition.process) from None
        refusal = grouping_refusal(definition, scope, actor)
        if refusal:
            raise Refused(refusal)
        tally = Tally(scope)
        tally.take(self.store.histories(definition.process, since=scope.begin, until=scope.end))
        return section(definition, scope, tally, now)

    def _kept(self, case: Case) -> Mapping[str, Any]:
        content = self.store.definition(case.definition)
        if content is None:
            told = f"The definition of case {case.id} ({case.process} version {case.version}) is missing from the database."
            raise WorldError(told, case=case.id)
        return content

    def _sent(self, case: str, event: Event, now: datetime) -> Entry:
        """Run an event: once on what was read, and if that was overtaken, again with the case held against everybody."""
        event = event if event.id else replace(event, id=self.ids.new())
        try:
            outcome = self._attempt(case, event, now)
        except CaseConflict:
            with self.store.locked([(case, event.id)]) as store:
                outcome = replace(self, store=store)._attempt(case, event, now)  # noqa: SLF001  # itself
        if isinstance(outcome, Refusal):
            raise _raised(outcome)
        return outcome

    def _sent_together(self, chunk: Sequence[tuple[str, Event]], now: datetime) -> Sequence[Outcome]:
        named = [(case, event if event.id else replace(event, id=self.ids.new())) for case, event in chunk]
        try:
            with self.store.locked([(case, event.id) for case, event in named]) as store:
                held = replace(self, store=store)
                return [_outcome(case, event, held._attempt, now) for case, event in named]  # noqa: SLF001  # itself
        except (CaseConflict, InvalidInput):  # one of them cannot be read or written; alone, the others can
            return [self._sent_alone(case, event, now) for case, event in named]

    def _sent_alone(self, case: str, event: Event, now: datetime) -> Outcome:
        try:
            return _outcome(case, event, self._sent, now)
        except CaseConflict as error:
            return Outcome(case, event, None, error)

    def _attempt(self, case_id: str, event: Event, now: datetime) -> Entry | Refusal:
        loaded = self.store.load(case_id, event.id)
        definition = self.definition(loaded.case)
        if loaded.known:
            rule = definition.events.get(event.name)
            return _first_outcome(loaded.known, event, rule.data if rule else None)
        _checked_actor(event.actor)
        outcome = step(definition, self._caught_up(loaded.case, now), event, now)
        return outcome if isinstance(outcome, Refusal) else self.store.commit(outcome)

    def _put_back(self, case_id: str, event: Event, now: datetime) -> Entry | None:
        case, key = self.store.load(case_id, event.id).case, event.data["timer"]
        if all(timer.id != key for timer in case.timers):
            if self.store.put_back(case_id, key):
                return None
            raise Refused(not_set_aside(case, key))
        outcome = rearm(self._caught_up(case, now), event, now)
        if isinstance(outcome, Refusal):
            raise Refused(outcome)
        return self.store.commit(outcome)

    def _caught_up(self, case: Case, now: datetime) -> Case:
        """Fire a case's overdue timers and return the case as they leave it. CaseConflict: there are too many of them."""
        if not _overdue(case, now):
            return case
        for fired in self._catch_up(case, now):
            case = fired.after
        if _overdue(case, now):
            raise CaseConflict(f"Case {case.id} has more overdue timers than fire at a time; try again.", case=case.id)
        return case

    def _catch_up(self, case: Case, now: datetime) -> Iterator[Step]:
        """Fire a case's overdue timers in due order, each as a step of its own, those that one of them arms among them."""
        armed_before = {timer.id for timer in case.timers}
        at_once = 0
        for _ in range(CATCH_UP):
            timer = next(iter(_overdue(case, now)), None)
            if timer is None:
                return
            is_loop = timer.id not in armed_before and case.last_at is not None and timer.due <= case.last_at
            at_once = at_once + 1 if is_loop else 0
            event = Event(timer.name, {}, timer.id, SYSTEM, timer.due, now)
            fired = self._firing(case, event, now, endless=at_once > FIRINGS)
            self.store.commit(fired)
            case = fired.after
            yield fired

    def _firing(self, case: Case, event: Event, now: datetime, *, endless: bool) -> Step:
        if endless:
            told = f'The timer "{event.name}" of case {case.id} has been armed without delay {FIRINGS} times in a row.'
            return lapse(case, event, Refusal("endless-loop", told, {"timer": event.name}))
        try:
            definition = self.definition(case)
        except DefinitionError as error:  # the timers of other cases do not wait for this one
            return lapse(case, event, Refusal("faulty-definition", error.message, error.facts))
        outcome = step(definition, case, event, now)
        return lapse(case, event, outcome, definition) if isinstance(outcome, Refusal) else outcome

    def _fire(self, case_id: str, now: datetime) -> Iterator[Entry]:
        for fired in self._catch_up(self.store.load(case_id, "").case, now):
            yield entry(fired)

    def _fire_alone(self, case_id: str, now: datetime) -> Sequence[Entry]:
        try:
            with self.store.locked([(case_id, "")]) as store:
                return list(replace(self, store=store)._fire(case_id, now))  # noqa: SLF001  # itself
        except CaseConflict:
            return ()

    def _opened(self, case_id: str, event: Event, shape: Shape) -> Entry | Refusal | None:
        try:
            loaded = self.store.load(case_id, event.id)
        except UnknownCase:
            return None
        if loaded.known:
            return _first_outcome(loaded.known, event, shape)
        return Refusal("case-exists", f"Case {case_id} exists already.", {"case": case_id})

    def _now(self, now: datetime | None) -> datetime:
        clock = self.clock.now()
        if now is None:
            return clock
        if now.tzinfo is None:
            raise InvalidInput(f"The instant {now.isoformat()} has no time zone; write it with an offset, such as Z.")
        if now > clock and not self.store.rehearsal():
            raise InvalidInput(
                f"{now.isoformat()} is in the future; only a database made with `caseway db init --rehearsal` takes that."
            )
        return now


def _cases(due: Sequence[DueTimer]) -> Iterable[str]:
    return dict.fromkeys(each.case for each in due)


def _overdue(case: Case, now: datetime) -> list[Timer]:
    """Return the timers whose time has come, in due order; those due at one instant in the order they were armed."""
    due = (timer for timer in case.timers if timer.due <= now and timer.fault is None)
    return sorted(due, key=lambda timer: timer.due)


def _first_outcome(known: Entry, event: Event, shape: Shape | None) -> Entry | Refusal:
    """Return what a repeated event id did the first time, unless it now stands for another event.

    Data are compared with the defaults of their shape filled in, as the journal has them.
    """
    then, now = known.event, event
    same_data = shape.complete(then.data) == shape.complete(now.data) if shape else then.data == now.data
    if same_data and (then.name, then.actor) == (now.name, now.actor):
        return known
    return Refusal(
        "event-id-reused",
        f'The event id {event.id} of case {known.case} stands for "{then.name}" at revision {known.revision}, with other content.',
        {"event_id": event.id, "revision": known.revision},
    )


def _outcome(
    case: str, event: Event, send: Callable[[str, Event, datetime], Entry | Refusal], now: datetime
) -> Outcome:
    try:
        done = send(case, event, now)
    except CaseConflict:
        raise
    except (CaseError, DefinitionError) as error:
        return Outcome(case, event, None, error)
    return Outcome(case, event, None, _raised(done)) if isinstance(done, Refusal) else Outcome(case, event, done, None)


def _chunks(events: Iterable[tuple[str, Event]], size: int) -> Iterator[list[tuple[str, Event]]]:
    waiting = iter(events)
    while chunk := list(islice(waiting, max(size, 1))):
        yield chunk


def _raised(refusal: Refusal) -> CasewayError:
    return FaultyStep(refusal.message, **refusal.facts) if refusal.code in FAULTY_CODES else Refused(refusal)


def _checked_id(text: str) -> str:
    if not text or len(text) > 200 or not text.isprintable() or ":" in text:  # noqa: PLR2004
        raise InvalidInput(f"{text!r} cannot be a case id: 1 to 200 printable characters without a colon.")
    return text


def _checked_actor(actor: Actor | None) -> Actor | None:
    if actor is not None and SYSTEM_ROLE in actor.roles:
        raise InvalidInput(f'Nobody can act in the role "{SYSTEM_ROLE}": it is Caseway\'s own.')
    return actor
