"""Runtime: what a host calls. Loads, steps, commits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from caseway.engine.acceptance import Acceptance, acceptances
from caseway.engine.actor import Actor, spoken
from caseway.engine.backlog import Backlog, SetAside
from caseway.engine.candidacy import is_bounded
from caseway.engine.case import Case
from caseway.engine.definition import Definition
from caseway.engine.effect import SendEvent, StartCase
from caseway.engine.errors import (
    DefinitionError,
    InvalidInput,
    Refused,
    UnknownCase,
)
from caseway.engine.event import REDACTED, RETRY, START, Event
from caseway.engine.journal import entry
from caseway.engine.link import endless, hearing, opening
from caseway.engine.outcome import Entry, Outcome
from caseway.engine.person import Person, checked
from caseway.engine.ports import (
    Bank,
    CaseLine,
    CaseQuery,
    Catalogue,
    Clock,
    Delivery,
    Directory,
    Ids,
    Renderer,
    Store,
)
from caseway.engine.redaction import Redaction, Wanted
from caseway.engine.report import Report, ReportQuery, Section, grouping_refusal, scope_of, section
from caseway.engine.runtime.enclosure import Enclosures
from caseway.engine.runtime.instant import instant
from caseway.engine.runtime.ledger import Ledger
from caseway.engine.runtime.pins import Pins
from caseway.engine.runtime.reception import Reception, unreserved
from caseway.engine.runtime.redactor import Redactor
from caseway.engine.runtime.relay import Relay, Relayed
from caseway.engine.runtime.sender import Sender
from caseway.engine.runtime.stepper import Stepper
from caseway.engine.tally import Tally
from caseway.engine.view import CaseView, case_view, entry_views
from caseway.engine.visibility import WITHHELD
from caseway.engine.work_item import WorkItem, work_item
from caseway.engine.worklist import WorkQuery


@dataclass(frozen=True, slots=True)
class Runtime:
    """Runs cases: starts them, sends them events, shows them. Starts no thread and keeps no state of its own.

    Wherever `actor` is left out, the local operator acts: the host itself, who sees everything and may send the events
    that name nobody in `by`. An actor whom the directory knows has the tags, languages and limits that it gives, and can act
    in no other roles; one whom it does not know is taken at the caller's word. Without a `directory` of the host's there is the
    one that the store keeps. Refusals are raised as Refused; every error is a CasewayError.
    """

    store: Store
    catalogue: Catalogue
    clock: Clock
    ids: Ids
    delivery: Delivery | None = None
    renderer: Renderer | None = field(default=None, kw_only=True)
    directory: Directory | None = None
    banks: Sequence[Bank] = ()
    # Made once, not for each event; a runtime on another store gets its own.
    _pins: Pins = field(init=False, repr=False, compare=False)
    _reception: Reception = field(init=False, repr=False, compare=False)
    _enclosures: Enclosures = field(init=False, repr=False, compare=False)
    _redactor: Redactor = field(init=False, repr=False, compare=False)
    _stepper: Stepper = field(init=False, repr=False, compare=False)
    _sender: Sender = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pins = Pins(self.store, self.catalogue)
        enclosures = Enclosures(self.renderer, pins)
        redactor = Redactor(self.store, pins, self.delivery, enclosures)
        reception = Reception(self.store, self.directory)
        stepper = Stepper(self.store, pins, redactor)
        parts = {
            "_pins": pins,
            "_reception": reception,
            "_enclosures": enclosures,
            "_redactor": redactor,
            "_stepper": stepper,
            "_sender": Sender(self.store, self.ids, reception, stepper),
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)

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
        event = Event(START, dict(data or {}), f"{case_id}:{START}", unreserved(actor))
        return self._sender.open(definition, case_id, event, self._now(now))

    def start_linked(self, start: StartCase, *, now: datetime | None = None) -> Entry:
        """Open the case that another one has asked for, as of the instant of that step, and return its first journal entry.

        `relay` does so with what is in the outbox. However often it is done, there is one case. Raises UnknownProcess, Refused
        where the data do not fit or cases would start each other for ever, and what `start` raises.
        """
        event = opening(start, self._now(now))
        with suppress(UnknownCase):
            known = self.store.load(start.case, event.id).known
            if known is not None and known.event.parent == start.parent:
                return known
        refusal = endless(start)
        if refusal:
            raise Refused(refusal)
        return self._sender.open(self.catalogue.latest(start.process), _checked_id(start.case), event, start.at)

    def hear_end(self, end: SendEvent, *, now: datetime | None = None) -> Entry:
        """Let a case hear that one which it started has ended, as of the instant of that end, and return the journal entry.

        `relay` does so with what is in the outbox. Hearing it again returns the first entry and changes nothing.
        """
        return self._sender.hear_end(end, hearing(end, self._now(now)))

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
        sent = Event(event, dict(data or {}), event_id or "", unreserved(actor))
        return self._sender.send(case, sent, self._now(now))

    def send_many(
        self, events: Iterable[tuple[str, Event]], *, together: int = 100, now: datetime | None = None
    ) -> Iterator[Outcome]:
        """Send events to cases and yield what came of each, in order; nothing is raised for one of them.

        Each event is by itself, as with `send`; up to `together` are committed at a time. `Event.id` is what tells a
        repetition: where it is empty, the event gets a new one, and sending it again is another event.
        """
        for chunk in _chunks(events, together):
            yield from self._sender.send_together(chunk, self._now(now))

    def fire_due_timers(self, *, limit: int = 100, now: datetime | None = None) -> Sequence[Entry]:
        """Fire what is due in the cases of the first `limit` due timers, and return the journal entries.

        Within a case timers fire in due order; one of them may void or arm another. Cases that another worker or sender
        holds are left to it. All of it is committed together.
        """
        return [entry(fired) for fired in self._stepper.fire_due(self._now(now), limit)]

    def relay(self, *, limit: int = 100, now: datetime | None = None) -> Relayed:
        """Do what waits in the outbox, at most `limit` of it: deliver messages in order per case and recipient, start linked cases,
        and let those that started one hear of its end. Where there is no delivery, messages wait, and the rest is done.

        Cases are started, and hear of an end, once; messages are delivered at least once, with the effect id as the key that a receiver can deduplicate on. One that fails is tried again later, each
        time after a longer pause, and keeps later ones to the same recipient of the same case waiting; after several failures, or
        where it is refused for good, it is set aside. No transaction is open while a message is delivered. What is being delivered
        is nobody else's for a minute; that of a worker that died comes back then.
        """
        at = None if now is None else self._now(now)
        relay = Relay(self.store, self.clock, self.delivery, self._enclosures, self)
        return relay.relay(limit, self._now(now), at)

    def retry(self, case: str, id: str, *, actor: Actor | None = None, now: datetime | None = None) -> Entry | None:  # noqa: A002  # the word of the glossary
        """Put back what was set aside: a timer, and return the journal entry that says so, or a message, and return None.

        The next `fire_due_timers` or `relay` tries it again. Raises UnknownCase, and Refused where nothing of this id is set aside.
        """
        event = Event(RETRY, {"timer": id}, self.ids.new(), unreserved(actor))
        return self._sender.put_back(case, event, self._now(now))

    def redact(
        self,
        case: str,
        paths: Sequence[str] = (),
        *,
        reason: str,
        texts: Sequence[str] = (),
        revisions: Sequence[int] = (),
        actor: Actor | None = None,
        now: datetime | None = None,
    ) -> Redaction:
        """Take content out of a case for good: what stands at some paths, texts wherever they stand, the event data of some revisions.

        It goes from the data, the journal, the outbox, the cases that were started with it, and copies of the database; a tombstone stays
        that says when, by whom, why and from where. Files that the delivery wrote, where it keeps any, are written anew. All rows are
        written together or not at all; done again, it changes nothing. Raises UnknownCase, InvalidInput, and Refused where the actor may not.
        """
        wanted = Wanted(reason, tuple(paths), tuple(texts), tuple(revisions))
        event, at = Event(REDACTED, {}, self.ids.new(), unreserved(actor)), self._now(now)
        by_whom = replace(event, actor=self._reception.identified(actor))
        return self._redactor.redact(case, wanted, by_whom, at)

    def refile(self, case: str) -> int:
        """Have the delivery write anew what it keeps of a case's messages, as they are since a redaction; return how many these are."""
        return self._redactor.refile(case)

    def await_due(self, seconds: float, pause: Callable[[float], Any]) -> None:
        """Wait so many seconds, or until somebody arms a timer that is due sooner, where the database can say so.

        `pause` waits so many seconds and says whether to end, as `threading.Event.wait` does; a worker's loop calls this when
        there is nothing to do. Looking again by itself is what a worker relies on.
        """
        self.store.await_due(seconds, self.clock.now() + timedelta(seconds=seconds), pause)

    # what there is to see

    def backlog(self, *, actor: Actor | None = None, now: datetime | None = None) -> Backlog:
        """Say what waits for workers, and how much they have set aside; when the next timer is due, to the local operator alone."""
        found = self.store.backlog(self._now(now))
        return found if actor is None else replace(found, next_due=None)

    def set_aside(self, *, limit: int = 100, case: str | None = None, actor: Actor | None = None) -> Sequence[SetAside]:
        """Return what was set aside and waits for a person, of one case or of all: timers first, at most `limit` in all.

        Why it failed is told to the local operator alone: that may quote any of the data.
        """
        found = self.store.set_aside(limit, case)
        return found if actor is None else [replace(each, why=WITHHELD) for each in found]

    def next_due(self) -> datetime | None:
        """Return when the next timer is due, in the past where one is due already; None: no timer can fire."""
        return self.store.next_due()

    def accepts(self, case: str, *, actor: Actor | None = None, now: datetime | None = None) -> Sequence[Acceptance]:
        """Return, for each event of the process, whether it would be accepted now, and why not."""
        found, who = self._reception.seen(case, actor)
        definition = self.definition(found)
        return tuple(acceptances(definition, found, who, self._now(now), self._held(definition, found, who)))

    def show(
        self, case: str, *, actor: Actor | None = None, language: str | None = None, now: datetime | None = None
    ) -> CaseView:
        """Return a case as the actor may see it, in the language asked for, else in the first one of the person's."""
        found, who = self._reception.seen(case, actor)
        definition = self.definition(found)
        held = self._held(definition, found, who)
        return case_view(definition, found, who, spoken(language, who), self._now(now), held=held)

    def history(self, case: str, *, actor: Actor | None = None) -> Iterator[Entry]:
        """Yield a case's journal, oldest first, as the actor may see it."""
        found, who = self._reception.seen(case, actor)
        return entry_views(self.definition(found), self.store.journal(case), found, who)

    def list(self, query: CaseQuery | None = None) -> Iterator[CaseLine]:
        """Yield the cases that a query asks for, oldest first."""
        return self.store.cases(query or CaseQuery())

    def work(
        self,
        actor: Actor,
        *,
        language: str | None = None,
        limit: int | None = None,
        process: str | None = None,
        now: datetime | None = None,
    ) -> Sequence[WorkItem]:
        """Return the worklist of a person: what is offered to them now and what they have, across all processes or of one, due first.

        What they may not take (they passed it, are excluded, lack a tag, have as much as they may) is not on it. Cases that need
        no person now cost nothing. Cases whose process does not compile any more are left out.
        """
        who = self._reception.identified(actor)
        if who is None:
            raise InvalidInput("A worklist is somebody's; say whose.")
        items = self._work(who, spoken(language, who), process, self._now(now))
        return tuple(items if limit is None else islice(items, max(limit, 0)))

    def report(
        self, query: ReportQuery | None = None, *, actor: Actor | None = None, now: datetime | None = None
    ) -> Report:
        """Count what became of the cases of a process, or of every process of the catalogue.

        Raises UnknownProcess, InvalidInput, and Refused where the field that tells groups apart is not the actor's to see.
        """
        asked = query or ReportQuery()
        names = list(self.catalogue.processes()) if asked.process is None else [asked.process]
        at, who = self._now(now), self._reception.identified(actor)
        return Report(at, tuple(self._section(self.catalogue.latest(name), asked, who, at) for name in names))

    @property
    def ledger(self) -> Ledger:
        """What was paid to whom, and why; settlements; who gets money where."""
        return Ledger(self.store, self.clock, self.banks, identified=self._reception.identified)

    # who there is

    def person(self, id: str) -> Person | None:  # noqa: A002  # the word of the glossary
        """Return what the directory says of somebody, or None where it knows nobody of this id."""
        return self._reception.directory().person(id)

    def persons(self, *, role: str | None = None, tag: str | None = None) -> Iterator[Person]:
        """Yield the persons of the directory who hold a role and carry a tag, where these are given."""
        return self._reception.directory().persons(role=role, tag=tag)

    def keep_persons(self, persons: Iterable[Person], *, now: datetime | None = None) -> Sequence[str]:
        """Write persons into Caseway's own directory, all or none, over what it said of them; return the ids of those it changed.

        Raises InvalidInput where something of a person has the wrong form, or where the host has a directory of its own.
        """
        try:
            fit = [checked(person) for person in persons]
        except ValueError as error:
            raise InvalidInput(f"This person cannot be kept: {error}") from None
        return self._reception.kept_directory().keep(fit, self._now(now))

    def remove_person(self, id: str) -> bool:  # noqa: A002  # the word of the glossary
        """Take a person out of Caseway's own directory, and say whether there was one. What they did stays in the journals."""
        return self._reception.kept_directory().remove(id)

    def language(self, asked: str | None = None, *, actor: Actor | None = None) -> str:
        """Return the language to answer somebody in: the one asked for, else the first one of the person's, else English."""
        return spoken(asked, None if asked else self._reception.identified(actor))

    def definition(self, case: Case) -> Definition:
        """Return the definition that a case is pinned to, as the store kept it."""
        return self._pins.of(case)

    def definition_at(self, case: str, revision: int | None = None, *, actor: Actor | None = None) -> Definition:
        """Return the version of its process that a case is on, or was on at a revision, as the store kept it.

        Raises UnknownCase, and InvalidInput where the case has no such revision.
        """
        found, _ = self._reception.seen(case, actor)
        if revision is None:
            return self.definition(found)
        line = next((each for each in self.store.journal(case) if each.revision == revision), None)
        if line is None:
            raise InvalidInput(f"Case {case} has no revision {revision}; it is at {found.revision}.", revision=revision)
        return self._pins.compiled(line.definition, f"case {case} at revision {revision}")

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    # how

    def _work(self, actor: Actor, language: str, process: str | None, now: datetime) -> Iterator[WorkItem]:
        held: dict[str, int] = {}
        for found in self.store.worklist(WorkQuery(actor.id, actor.roles, process)):
            case = found.case
            try:
                definition = self.definition(case)
            except DefinitionError:
                continue
            if case.process not in held and is_bounded(definition, case, actor):
                held[case.process] = self.store.count(case.process, actor.id).held
            item = work_item(definition, found, actor, language, now, held=held.get(case.process))
            if item is not None:
                yield item

    def _held(self, definition: Definition, case: Case, actor: Actor | None) -> int | None:
        """Return how much claimed work somebody has, where what they may claim of a case depends on it."""
        if actor is None or not is_bounded(definition, case, actor):
            return None
        return self.store.count(case.process, actor.id).held

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

    def _now(self, now: datetime | None) -> datetime:
        return instant(now, self.clock, self.store)


def _chunks(events: Iterable[tuple[str, Event]], size: int) -> Iterator[list[tuple[str, Event]]]:
    waiting = iter(events)
    while chunk := list(islice(waiting, max(size, 1))):
        yield chunk


def _checked_id(text: str) -> str:
    if not text or len(text) > 200 or not text.isprintable() or ":" in text:  # noqa: PLR2004
        raise InvalidInput(f"{text!r} cannot be a case id: 1 to 200 printable characters without a colon.")
    return text
