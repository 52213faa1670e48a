"""The shell: load, step, commit. Alone in calling ports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from caseway.engine import redaction
from caseway.engine.acceptance import Acceptance, acceptances
from caseway.engine.actor import RESERVED_ROLES, SYSTEM, Actor, spoken
from caseway.engine.backlog import Backlog, SetAside
from caseway.engine.candidacy import bounded, is_bounded
from caseway.engine.case import Case, Timer
from caseway.engine.definition import Definition
from caseway.engine.document import FORMATS
from caseway.engine.effect import Attachment, File, Message, SendEvent, StartCase
from caseway.engine.errors import (
    CaseConflict,
    CaseError,
    CasewayError,
    DefinitionError,
    FaultyStep,
    InvalidInput,
    Refused,
    Undeliverable,
    UnknownCase,
    WorldError,
)
from caseway.engine.event import REDACTED, RETRY, START, Event
from caseway.engine.journal import entry
from caseway.engine.link import endless, hearing, opening
from caseway.engine.outbox import LONGEST_PAUSE, pause
from caseway.engine.outcome import Entry, Refusal, Step
from caseway.engine.person import Person, admitted, checked
from caseway.engine.ports import (
    Answer,
    CaseLine,
    CaseQuery,
    Catalogue,
    Clock,
    Delivery,
    Directory,
    DueTimer,
    Ids,
    KeptDirectory,
    Loaded,
    Outgoing,
    Renderer,
    Rewritable,
    Store,
)
from caseway.engine.posting import Balance, Posting
from caseway.engine.redaction import Redaction, Rewriting, Wanted
from caseway.engine.report import Report, ReportQuery, Section, grouping_refusal, scope_of, section
from caseway.engine.shape import Shape
from caseway.engine.step import FAULTY_CODES, lapse, not_set_aside, rearm, step
from caseway.engine.tally import Tally
from caseway.engine.view import CaseView, case_view, entry_view, entry_views
from caseway.engine.visibility import WITHHELD, refusal_view
from caseway.engine.work_item import WorkItem, work_item
from caseway.engine.worklist import WorkQuery

ATTEMPTS = 8
"""How often a lost race is run again before CaseConflict reaches the caller."""

FIRINGS = 100
"""How often in a row the timers of a case may arm each other without delay; the next one is set aside."""

CATCH_UP = 10_000
"""How many overdue timers of one case fire at a time, each committed by itself."""

DELIVERY_ATTEMPTS = 12
"""How often the delivery of a message may fail before it is set aside; from the first to the last it takes one to two hours and a half."""

LEASE = timedelta(minutes=1)
"""For how long a worker keeps messages to itself that it delivers. It begins no delivery in the second half of that time."""

Met = dict[str, Person | None]
"""Whom the directory was asked about in one call, by id, and what it said: it is not asked twice."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """What one pass over the outbox did: effect ids delivered, and those that failed with the reason.

    `answers` is what came of the events that receivers sent back at once, `linked` what came of it in other cases: those that were
    started, and those that heard of an end.
    """

    delivered: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    answers: tuple[Outcome, ...] = ()
    linked: tuple[Entry, ...] = ()


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
        return self._open(definition, case_id, event, self._now(now))

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
        return self._open(self.catalogue.latest(start.process), _checked_id(start.case), event, start.at)

    def hear_end(self, end: SendEvent, *, now: datetime | None = None) -> Entry:
        """Let a case hear that one which it started has ended, as of the instant of that end, and return the journal entry.

        `relay` does so with what is in the outbox. Hearing it again returns the first entry and changes nothing.
        """
        event = hearing(end, self._now(now))
        try:
            outcome = self._heard(end, event)
        except CaseConflict:
            with self.store.locked([(end.case, event.id)]) as store:
                outcome = replace(self, store=store)._heard(end, event)  # noqa: SLF001  # itself
        if isinstance(outcome, Refusal):
            raise _raised(outcome)
        return outcome

    def _heard(self, end: SendEvent, event: Event) -> Entry | Refusal:
        loaded = self.store.load(end.case, event.id)
        if loaded.known:
            return loaded.known
        outcome = step(self.definition(loaded.case), self._caught_up(loaded.case, end.at), event, end.at)
        return outcome if isinstance(outcome, Refusal) else self._commit(outcome)

    def _open(self, definition: Definition, case_id: str, event: Event, at: datetime) -> Entry:
        case = Case(case_id, definition.process, definition.version, definition.hash)
        met: Met = {}
        for _ in range(ATTEMPTS):
            known = self._opened(case_id, event, definition.data)
            if isinstance(known, Refusal):
                raise _raised(known)
            if known:
                return known
            by_whom = self._introduced(event, met)
            if isinstance(by_whom, Refusal):
                raise _raised(by_whom)
            outcome = step(definition, case, by_whom, at)
            if isinstance(outcome, Refusal):
                raise _raised(refusal_view(definition, outcome, case, by_whom.actor))
            self.store.keep_definition(definition.hash, definition.process, definition.version, definition.content)
            try:
                line = self._commit(outcome)
            except CaseConflict:
                continue
            return entry_view(definition, line, outcome.after, by_whom.actor)
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
        sent = Event(event, dict(data or {}), event_id or "", _checked_actor(actor))
        return self._sent(case, sent, self._now(now), {})

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

    def relay(self, *, limit: int = 100, now: datetime | None = None) -> Relayed:
        """Do what waits in the outbox, at most `limit` of it: deliver messages in order per case and recipient, start linked cases,
        and let those that started one hear of its end. Where there is no delivery, messages wait, and the rest is done.

        Cases are started, and hear of an end, once; messages are delivered at least once, with the effect id as the key that a receiver can deduplicate on. One that fails is tried again later, each
        time after a longer pause, and keeps later ones to the same recipient of the same case waiting; after several failures, or
        where it is refused for good, it is set aside. No transaction is open while a message is delivered. What is being delivered
        is nobody else's for a minute; that of a worker that died comes back then.
        """
        delivered: list[str] = []
        failed: list[tuple[str, str]] = []
        answers: list[Outcome] = []
        linked: list[Entry] = []
        waiting: set[tuple[str, str]] = set()
        begun = self.clock.now()
        ahead = max(self._now(now) - begun, timedelta())  # only where rehearsals are ahead of the clock
        claim = self.store.claimed_messages(
            limit, begun + ahead, begun + ahead + LEASE, only_to_cases=self.delivery is None
        )
        with claim as (outgoing, store):
            for out in outgoing:
                at = self.clock.now()
                if at - begun > LEASE / 2:
                    break
                if out.line in waiting:
                    continue
                try:
                    came = self._relayed(out, at if now is None else self._now(now))
                except WorldError as error:
                    failed.append((out.message.id, error.message))
                    if not _fail(store, out, error, at + ahead):
                        waiting.add(out.line)
                else:
                    if isinstance(came, Entry):
                        linked.append(came)
                    else:
                        answers += [came] if came else []
                        delivered.append(out.message.id)
                    store.delivered(out.message.id, at)
        return Relayed(tuple(delivered), tuple(failed), tuple(answers), tuple(linked))

    def retry(self, case: str, id: str, *, actor: Actor | None = None, now: datetime | None = None) -> Entry | None:  # noqa: A002  # the word of the glossary
        """Put back what was set aside: a timer, and return the journal entry that says so, or a message, and return None.

        The next `fire_due_timers` or `relay` tries it again. Raises UnknownCase, and Refused where nothing of this id is set aside.
        """
        event = Event(RETRY, {"timer": id}, self.ids.new(), _checked_actor(actor))
        at, met = self._now(now), Met()
        try:
            return self._put_back(case, event, at, met)
        except CaseConflict:
            with self.store.locked([(case, event.id)]) as store:
                return replace(self, store=store)._put_back(case, event, at, met)  # noqa: SLF001  # itself

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
        event, at, met = Event(REDACTED, {}, self.ids.new(), _checked_actor(actor)), self._now(now), Met()
        by_whom = replace(event, actor=self._identified(actor, met))
        with self.store.locked(self._family(self.store.load(case, "").case, event.id)) as store:
            done = replace(self, store=store)._redact(case, wanted, by_whom, at)  # noqa: SLF001  # itself
        return replace(done, files=sum(map(self._refiled, (case, *done.linked))))

    def refile(self, case: str) -> int:
        """Have the delivery write anew what it keeps of a case's messages, as they are since a redaction; return how many these are."""
        family = self._family(self.store.load(case, "").case, "")
        return sum(self._refiled(each) for each, _ in family)

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
        found, who = self._seen(case, actor)
        definition = self.definition(found)
        return tuple(acceptances(definition, found, who, self._now(now), self._held(definition, found, who)))

    def show(
        self, case: str, *, actor: Actor | None = None, language: str | None = None, now: datetime | None = None
    ) -> CaseView:
        """Return a case as the actor may see it, in the language asked for, else in the first one of the person's."""
        found, who = self._seen(case, actor)
        definition = self.definition(found)
        held = self._held(definition, found, who)
        return case_view(definition, found, who, spoken(language, who), self._now(now), held=held)

    def history(self, case: str, *, actor: Actor | None = None) -> Iterator[Entry]:
        """Yield a case's journal, oldest first, as the actor may see it."""
        found, who = self._seen(case, actor)
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
        who = self._identified(actor, {})
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
        at, who = self._now(now), self._identified(actor, {})
        return Report(at, tuple(self._section(self.catalogue.latest(name), asked, who, at) for name in names))

    def postings(
        self, *, case: str | None = None, owner: str | None = None, actor: Actor | None = None
    ) -> Iterator[Posting]:
        """Yield the lines of the ledger, oldest first: to an actor, those of their own accounts. Raises Refused for those of others."""
        return self.store.postings(case=case, owner=self._owner(owner, actor))

    def balances(self, *, owner: str | None = None, actor: Actor | None = None) -> Iterator[Balance]:
        """Yield what each account holds, by owner, account and unit: to an actor, their own. Raises Refused for those of others."""
        return self.store.balances(owner=self._owner(owner, actor))

    # who there is

    def person(self, id: str) -> Person | None:  # noqa: A002  # the word of the glossary
        """Return what the directory says of somebody, or None where it knows nobody of this id."""
        return self._directory().person(id)

    def persons(self, *, role: str | None = None, tag: str | None = None) -> Iterator[Person]:
        """Yield the persons of the directory who hold a role and carry a tag, where these are given."""
        return self._directory().persons(role=role, tag=tag)

    def keep_persons(self, persons: Iterable[Person], *, now: datetime | None = None) -> Sequence[str]:
        """Write persons into Caseway's own directory, all or none, over what it said of them; return the ids of those it changed.

        Raises InvalidInput where something of a person has the wrong form, or where the host has a directory of its own.
        """
        try:
            fit = [checked(person) for person in persons]
        except ValueError as error:
            raise InvalidInput(f"This person cannot be kept: {error}") from None
        return self._kept_directory().keep(fit, self._now(now))

    def remove_person(self, id: str) -> bool:  # noqa: A002  # the word of the glossary
        """Take a person out of Caseway's own directory, and say whether there was one. What they did stays in the journals."""
        return self._kept_directory().remove(id)

    def definition(self, case: Case) -> Definition:
        """Return the definition that a case is pinned to, as the store kept it."""
        return self.catalogue.compiled(
            case.definition,
            lambda: self._content(case.definition, f"case {case.id} ({case.process} version {case.version})"),
        )

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

    def _directory(self) -> Directory:
        return self.directory if self.directory is not None else self.store.directory()

    def _kept_directory(self) -> KeptDirectory:
        if self.directory is not None:
            raise InvalidInput("This runtime was opened with a directory of the host's; its persons are kept there.")
        return self.store.directory()

    def _load(self, case: str, event: str, actor: Actor | None, met: Met) -> Loaded:
        """Read a case, and with it the person who acts, where that is in the same database and not known yet."""
        if actor is None or self.directory is not None or actor.id in met:
            return self.store.load(case, event)
        loaded = self.store.load(case, event, actor.id)
        met[actor.id] = loaded.person
        return loaded

    def _seen(self, case: str, actor: Actor | None) -> tuple[Case, Actor | None]:
        """Read a case for somebody who looks at it; return who that is, too."""
        met: Met = {}
        found = self._load(case, "", actor, met).case
        return found, self._identified(actor, met)

    def _meet(self, actors: Iterable[Actor | None]) -> Met:
        """Ask the directory about many actors at once."""
        ids = {actor.id for actor in actors if actor is not None}
        if self.directory is not None:
            return {id_: self.directory.person(id_) for id_ in ids}
        return {**dict.fromkeys(ids), **(self.store.directory().known(ids) if ids else {})}

    def _admitted(self, actor: Actor, met: Met) -> Actor | Refusal:
        """Return an actor as the directory knows them, or why they may do nothing as whom they say they are."""
        if actor.id not in met:
            met[actor.id] = self._directory().person(actor.id)
        person = met[actor.id]
        if person is not None and person.id != actor.id:
            raise InvalidInput(
                f"The directory was asked for {actor.id} and told of {person.id}: ids are compared exactly."
            )
        return admitted(actor, person)

    def _identified(self, actor: Actor | None, met: Met) -> Actor | None:
        """Return who somebody is, for one who looks; raise Refused where they may not be whom they say."""
        if actor is None:
            return None
        _checked_actor(actor)
        outcome = self._admitted(actor, met)
        if isinstance(outcome, Refusal):
            raise Refused(outcome)
        return outcome

    def _introduced(self, event: Event, met: Met) -> Event | Refusal:
        """Return an event with its actor as the directory knows them, or why they may do nothing."""
        if event.actor is None or event.parent is not None:
            return event
        actor = self._admitted(event.actor, met)
        return actor if isinstance(actor, Refusal) else replace(event, actor=actor)

    def _relayed(self, out: Outgoing, now: datetime) -> Entry | Outcome | None:
        """Do what an effect in the outbox asks for; return what came of it in another case, or of an event that was answered.

        Raises WorldError where it could not be done.
        """
        if not isinstance(out.message, Message):
            return self._linked(out.message, now)
        assert self.delivery is not None, "without one, messages are not claimed"
        message = out.message if not out.message.attached else self._with_files(out.message)
        answer = self.delivery.deliver(out.case, message)
        return None if answer is None else self._answered(out, answer)

    def _with_files(self, message: Message) -> Message:
        """Make the documents that go with a message, as they were fixed when it was sent."""
        if self.renderer is None:
            raise WorldError(
                "This runtime makes no documents; give one to Runtime(..., renderer=...).", effect=message.id
            )
        made = [replace(each, files=tuple(self._files(each, self.renderer))) for each in message.attached]
        return replace(message, attached=tuple(made))

    def _files(self, attached: Attachment, renderer: Renderer) -> Iterator[File]:
        try:
            definition = self.catalogue.compiled(
                attached.definition, lambda: self._content(attached.definition, f"the document {attached.document}")
            )
            rule = definition.documents[attached.document]
        except (DefinitionError, KeyError) as error:
            raise Undeliverable(f"The document {attached.document} is not known any more: {error}") from error
        for kind in attached.formats:
            content = renderer.make(rule, attached.data, kind, attached.at)
            yield File(f"{attached.document}.{kind}", FORMATS[kind], content)

    def _content(self, definition: str, of: str) -> Mapping[str, Any]:
        """Return the document that was kept by its hash. `of` says for the error what needs it."""
        content = self.store.definition(definition)
        if content is None:
            raise WorldError(f"The definition of {of} is missing from the database.", definition=definition)
        return content

    def _linked(self, effect: StartCase | SendEvent, now: datetime) -> Entry:
        """Start a linked case, or let one hear of an end: alone in its transaction, so that no two cases are ever held at once."""
        try:
            return (
                self.start_linked(effect, now=now) if isinstance(effect, StartCase) else self.hear_end(effect, now=now)
            )
        except CaseConflict as error:
            raise WorldError(error.message, **error.facts) from error
        except (CaseError, DefinitionError) as error:
            raise Undeliverable(error.message, **error.facts) from error

    def _answered(self, out: Outgoing, answer: Answer) -> Outcome:
        """Send a receiver's answer to the case. Delivered again, the message has the same answer, which changes nothing then."""
        event = Event(answer.event, answer.data, f"{out.message.id}:answer", answer.actor)
        try:
            line = self.send(out.case, event.name, event.data, actor=event.actor, event_id=event.id)
        except CaseConflict as error:
            raise WorldError(f"It was delivered, and its answer has to wait: {error.message}") from error
        except (CaseError, DefinitionError) as error:
            return Outcome(out.case, event, None, error)
        return Outcome(out.case, event, line, None)

    def _owner(self, owner: str | None, actor: Actor | None) -> str | None:
        """Return whose accounts somebody is shown: amounts and parties are made of data that may be hidden from them."""
        who = self._identified(actor, {})
        if who is None or owner == who.id:
            return owner
        if owner is None:
            return who.id
        told = f"The accounts of {owner} are not for {who} to see; {who} sees those of {who.id}."
        raise Refused(Refusal("not-allowed", told, {"owner": owner, "actor": str(who)}))

    def _commit(self, step: Step) -> Entry:
        """Write a step; where it redacts, together with what it changes of all that was written before."""
        return entry(self._rewritten(step)[0]) if step.erasures else self.store.commit(step)

    def _rewritten(self, step: Step) -> tuple[Step, Redaction]:
        """Write a redacting step, and return it as it was written, with what came of it."""
        with self.store.locked(self._family(step.after, step.event.id)) as store:
            held = replace(self, store=store)
            written = held._rewriting(step)  # noqa: SLF001  # itself
            done = held._rewrite(written)  # noqa: SLF001  # itself
        for case in (step.after.id, *done.linked):
            self._refiled(case)
        return written.step, done

    def _redact(self, case_id: str, wanted: Wanted, event: Event, now: datetime) -> Redaction:
        found = self.store.load(case_id, event.id).case
        definition = self.definition(found)
        refusal = redaction.objection(definition, found, event.actor)
        if refusal:
            raise Refused(refusal)
        lines = list(self.store.journal(case_id))
        erasure = redaction.erasure_of(definition, found, wanted, lines).learned(lines, found)
        told = {"revisions": list(wanted.revisions)} if wanted.revisions else {}
        places = (*wanted.paths, *redaction.hits(found.data, replace(erasure, texts=frozenset(wanted.texts))))
        step_ = redaction.redact(found, replace(event, data=told), now, erasure, places)
        made = self._rewriting(step_)
        done = self._rewrite(made)
        line = done.entry and entry_view(definition, done.entry, made.step.after, event.actor)
        return replace(done, entry=line)

    def _rewriting(self, step: Step) -> Rewriting:
        case = step.before.id
        return redaction.rewriting(step, list(self.store.journal(case)), [out.message for out in self.store.sent(case)])

    def _rewrite(self, made: Rewriting) -> Redaction:
        """Write what a redaction makes of a case and of those linked to it; the store holds them. What can fail comes first."""
        step, case = made.step, made.step.after.id
        followers = self._followers(step)
        copies = [copy for each in (made, *followers) for copy in self.store.redact_copies(each.step)]
        for each in (made, *followers):
            if each is made and made.is_idle and step.event.name == REDACTED:
                continue
            self.store.commit(each.step)
            self.store.rewrite(each.step.after.id, each.lines, each.messages, _quoting(each.step))
        written = None if made.is_idle and step.event.name == REDACTED else entry(step)
        spots = [spot for erasure in step.erasures for spot in erasure.spots]
        return Redaction(
            case,
            written,
            len(made.lines),
            len(made.messages),
            linked=tuple(each.step.after.id for each in followers),
            copies=tuple(dict.fromkeys(copies)),
            too_short=redaction.too_short(step.before.data, spots),
            kept=redaction.kept((*self.store.journal(case),), step.after, step.erasures),
        )

    def _followers(self, source: Step) -> Sequence[Rewriting]:
        """Return what a redaction changes in the cases that were started with what it takes out of this one."""
        made = []
        for case_id, _ in self._family(source.after, "")[1:]:
            found = self.store.load(case_id, "").case
            lines = list(self.store.journal(case_id))
            follower = self._rewriting(redaction.followed(found, self.definition(found), source, lines))
            if not follower.is_idle:
                made.append(follower)
        return made

    def _family(self, case: Case, event: str) -> Sequence[tuple[str, str]]:
        """Return the ids of a case and of all that came of it by links, as far as these are there, as `locked` takes them."""
        found, waiting = {case.id: event}, [case]
        while waiting:
            for link in waiting.pop().links:
                if link.kind == "child" and link.case not in found:
                    with suppress(UnknownCase):
                        waiting.append(self.store.load(link.case, "").case)
                        found[link.case] = ""
        return list(found.items())

    def _refiled(self, case: str) -> int:
        """Have the delivery write anew what it keeps of a case's messages; return how many these are."""
        if not isinstance(self.delivery, Rewritable):
            return 0
        sent = (out.message for out in self.store.sent(case))
        messages = (message for message in sent if isinstance(message, Message))
        return sum(self.delivery.rewrite(case, self._with_files_if_possible(each)) for each in messages)

    def _with_files_if_possible(self, message: Message) -> Message:
        """Make the documents of a message anew; one whose documents cannot be made goes without, and so do the old ones."""
        if message.attached:
            with suppress(WorldError):
                return self._with_files(message)
        return message

    def _sent(self, case: str, event: Event, now: datetime, met: Met) -> Entry:
        """Run an event: once on what was read, and if that was overtaken, again with the case held against everybody."""
        event = event if event.id else replace(event, id=self.ids.new())
        try:
            outcome = self._attempt(case, event, now, met)
        except CaseConflict:
            with self.store.locked([(case, event.id)]) as store:
                outcome = replace(self, store=store)._attempt(case, event, now, met)  # noqa: SLF001  # itself
        if isinstance(outcome, Refusal):
            raise _raised(outcome)
        return outcome

    def _sent_together(self, chunk: Sequence[tuple[str, Event]], now: datetime) -> Sequence[Outcome]:
        named = [(case, event if event.id else replace(event, id=self.ids.new())) for case, event in chunk]
        met: Met = {}
        try:
            met |= self._meet(event.actor for _, event in named)
            with self.store.locked([(case, event.id) for case, event in named]) as store:
                attempt = partial(replace(self, store=store)._attempt, met=met)  # noqa: SLF001  # itself
                return [_outcome(case, event, attempt, now) for case, event in named]
        except (CaseConflict, InvalidInput):  # one of them cannot be read or written; alone, the others can
            return [self._sent_alone(case, event, now, met) for case, event in named]

    def _sent_alone(self, case: str, event: Event, now: datetime, met: Met) -> Outcome:
        try:
            return _outcome(case, event, partial(self._sent, met=met), now)
        except CaseConflict as error:
            return Outcome(case, event, None, error)

    def _attempt(self, case_id: str, event: Event, now: datetime, met: Met) -> Entry | Refusal:
        loaded = self._load(case_id, event.id, event.actor, met)
        definition = self.definition(loaded.case)
        if loaded.known:
            rule = definition.events.get(event.name)
            first = _first_outcome(loaded.known, event, rule.data if rule else None)
            return first if isinstance(first, Refusal) else entry_view(definition, first, loaded.case, event.actor)
        _checked_actor(event.actor)
        by_whom = self._introduced(event, met)
        if isinstance(by_whom, Refusal):
            return by_whom
        case = self._caught_up(loaded.case, now)
        person = bounded(definition, case, by_whom)
        load = None if person is None else self.store.count(case.process, person)
        outcome = step(definition, case, by_whom, now, load=load)
        if isinstance(outcome, Refusal):
            return refusal_view(definition, outcome, case, by_whom.actor)
        return entry_view(definition, self._commit(outcome), outcome.after, by_whom.actor)

    def _put_back(self, case_id: str, event: Event, now: datetime, met: Met) -> Entry | None:
        case, key = self._load(case_id, event.id, event.actor, met).case, event.data["timer"]
        event = replace(event, actor=self._identified(event.actor, met))
        if all(timer.id != key for timer in case.timers):
            if self.store.put_back(case_id, key):
                return None
            raise Refused(not_set_aside(case, key))
        outcome = rearm(self._caught_up(case, now), event, now)
        if isinstance(outcome, Refusal):
            raise Refused(outcome)
        line = self._commit(outcome)
        return line if event.actor is None else entry_view(self.definition(case), line, outcome.after, event.actor)

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
            if fired.erasures:
                fired = self._rewritten(fired)[0]
            else:
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
            first = _first_outcome(loaded.known, event, shape)
            if isinstance(first, Refusal) or event.actor is None:
                return first
            return entry_view(self.definition(loaded.case), first, loaded.case, event.actor)
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


def _fail(store: Store, out: Outgoing, error: WorldError, now: datetime) -> bool:
    """Record a delivery that failed, to be tried again later, and say whether it was set aside instead."""
    attempts = out.attempts + 1
    is_lost = isinstance(error, Undeliverable) or attempts >= DELIVERY_ATTEMPTS
    asked = timedelta(seconds=error.facts.get("retry_after", 0))
    wait = max(pause(out.message.id, attempts), min(asked, LONGEST_PAUSE))
    store.undelivered(out.message.id, error.message, set_aside=is_lost, not_before=None if is_lost else now + wait)
    return is_lost


def _quoting(step: Step) -> Callable[[str], str]:
    """Return what takes out of a sentence what a step erases."""

    def quoting(text: str) -> str:
        for erasure in step.erasures:
            text = erasure.quoting(text)
        return text

    return quoting


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
    # Of what was redacted nobody can tell any more whether it was the same.
    same_data = bool(known.redacted) or (
        shape.complete(then.data) == shape.complete(now.data) if shape else then.data == now.data
    )
    if same_data and (then.name, _claimed(then.actor), then.parent) == (now.name, _claimed(now.actor), now.parent):
        return known
    return Refusal(
        "event-id-reused",
        f'The event id {event.id} of case {known.case} stands for "{then.name}" at revision {known.revision}, with other content.',
        {"event_id": event.id, "revision": known.revision},
    )


def _claimed(actor: Actor | None) -> tuple[str, frozenset[str]] | None:
    """Return as whom somebody acted. Their tags are the directory's, which may have others by now."""
    return None if actor is None else (actor.id, actor.roles)


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
    reserved = sorted(RESERVED_ROLES.intersection(actor.roles)) if actor is not None else ()
    if reserved:
        raise InvalidInput(f'Nobody can claim the role "{reserved[0]}": it is Caseway\'s own to give.')
    return actor
