"""Events on their way to cases: what was done before, who sends them, and what is tried again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from caseway.engine.actor import Actor
from caseway.engine.candidacy import bounded
from caseway.engine.case import Case
from caseway.engine.definition import Definition
from caseway.engine.effect import SendEvent
from caseway.engine.errors import (
    CaseConflict,
    CaseError,
    CasewayError,
    DefinitionError,
    FaultyStep,
    InvalidInput,
    Refused,
    UnknownCase,
)
from caseway.engine.event import Event
from caseway.engine.outcome import Entry, Outcome, Refusal
from caseway.engine.ports import Ids, Store
from caseway.engine.runtime.reception import Met, Reception, unreserved
from caseway.engine.runtime.stepper import Stepper
from caseway.engine.shape import Shape
from caseway.engine.step import FAULTY_CODES, not_set_aside, rearm
from caseway.engine.view import entry_view
from caseway.engine.visibility import refusal_view

ATTEMPTS = 8
"""How often a lost race is run again before CaseConflict reaches the caller."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Sender:
    """Lets events happen to cases, each once, however often it is sent. What is refused is raised."""

    store: Store
    ids: Ids
    reception: Reception
    stepper: Stepper

    def over(self, store: Store) -> Sender:
        """Return the same on another store, such as one that holds cases."""
        return replace(
            self, store=store, reception=replace(self.reception, store=store), stepper=self.stepper.over(store)
        )

    def open(self, definition: Definition, case_id: str, event: Event, at: datetime) -> Entry:
        """Open a case by its first event, or return the entry of the same event that has opened it."""
        case = Case(case_id, definition.process, definition.version, definition.hash)
        met: Met = {}
        for _ in range(ATTEMPTS):
            known = self._opened(case_id, event, definition.data)
            if isinstance(known, Refusal):
                raise _raised(known)
            if known:
                return known
            by_whom = self.reception.introduced(event, met)
            if isinstance(by_whom, Refusal):
                raise _raised(by_whom)
            outcome = self.stepper.step(definition, case, by_whom, at)
            if isinstance(outcome, Refusal):
                raise _raised(refusal_view(definition, outcome, case, by_whom.actor))
            self.store.keep_definition(definition.hash, definition.process, definition.version, definition.content)
            try:
                line = self.stepper.written(outcome)
            except CaseConflict:
                continue
            return entry_view(definition, line, outcome.after, by_whom.actor)
        raise CaseConflict(f"Case {case_id} is being started by others; try again.", case=case_id)

    def send(self, case: str, event: Event, now: datetime, met: Met | None = None) -> Entry:
        """Let an event happen: once on what was read, and if that was overtaken, again with the case held against everybody."""
        met = {} if met is None else met
        event = event if event.id else replace(event, id=self.ids.new())
        try:
            outcome = self._attempt(case, event, now, met)
        except CaseConflict:
            outcome = self._again(case, event, lambda held: held._attempt(case, event, now, met))  # noqa: SLF001  # itself
        if isinstance(outcome, Refusal):
            raise _raised(outcome)
        return outcome

    def send_together(self, chunk: Sequence[tuple[str, Event]], now: datetime) -> Sequence[Outcome]:
        """Let events happen to cases, each by itself and all written together, and return what came of each."""
        named = [(case, event if event.id else replace(event, id=self.ids.new())) for case, event in chunk]
        met: Met = {}
        try:
            met |= self.reception.meet(event.actor for _, event in named)
            with self.store.locked([(case, event.id) for case, event in named]) as store:
                attempt = partial(self.over(store)._attempt, met=met)  # noqa: SLF001  # itself
                return [_outcome(case, event, attempt, now) for case, event in named]
        except (CaseConflict, InvalidInput):  # one of them cannot be read or written; alone, the others can
            return [self._sent_alone(case, event, now, met) for case, event in named]

    def hear_end(self, end: SendEvent, event: Event) -> Entry:
        """Let a case hear of the end of one that it started."""
        try:
            outcome = self._heard(end, event)
        except CaseConflict:
            outcome = self._again(end.case, event, lambda held: held._heard(end, event))  # noqa: SLF001  # itself
        if isinstance(outcome, Refusal):
            raise _raised(outcome)
        return outcome

    def put_back(self, case: str, event: Event, now: datetime) -> Entry | None:
        """Put back what was set aside: a timer, and return the journal entry that says so, or a message."""
        met: Met = {}
        try:
            return self._put_back(case, event, now, met)
        except CaseConflict:
            return self._again(case, event, lambda held: held._put_back(case, event, now, met))  # noqa: SLF001  # itself

    def _again(self, case: str, event: Event, attempt: Callable[[Sender], _Result]) -> _Result:
        """Attempt again what was overtaken, with the case held against everybody.

        Once keys are not held: each time, others may take another one that the step needs.
        """
        for _ in range(ATTEMPTS - 1):
            with suppress(CaseConflict), self.store.locked([(case, event.id)]) as store:
                return attempt(self.over(store))
        with self.store.locked([(case, event.id)]) as store:
            return attempt(self.over(store))

    def _sent_alone(self, case: str, event: Event, now: datetime, met: Met) -> Outcome:
        try:
            return _outcome(case, event, partial(self.send, met=met), now)
        except CaseConflict as error:
            return Outcome(case, event, None, error)

    def _attempt(self, case_id: str, event: Event, now: datetime, met: Met) -> Entry | Refusal:
        loaded = self.reception.load(case_id, event.id, event.actor, met)
        definition = self.stepper.pins.of(loaded.case)
        if loaded.known:
            rule = definition.events.get(event.name)
            first = _first_outcome(loaded.known, event, rule.data if rule else None)
            return first if isinstance(first, Refusal) else entry_view(definition, first, loaded.case, event.actor)
        unreserved(event.actor)
        by_whom = self.reception.introduced(event, met)
        if isinstance(by_whom, Refusal):
            return by_whom
        stepper = self.stepper
        case = stepper.caught_up(loaded.case, now)
        person = bounded(definition, case, by_whom)
        load = None if person is None else self.store.count(case.process, person)
        outcome = stepper.step(definition, case, by_whom, now, load=load)
        if isinstance(outcome, Refusal):
            return refusal_view(definition, outcome, case, by_whom.actor)
        return entry_view(definition, stepper.written(outcome), outcome.after, by_whom.actor)

    def _heard(self, end: SendEvent, event: Event) -> Entry | Refusal:
        loaded = self.store.load(end.case, event.id)
        if loaded.known:
            return loaded.known
        stepper, case = self.stepper, loaded.case
        outcome = stepper.step(stepper.pins.of(case), stepper.caught_up(case, end.at), event, end.at)
        return outcome if isinstance(outcome, Refusal) else stepper.written(outcome)

    def _put_back(self, case_id: str, event: Event, now: datetime, met: Met) -> Entry | None:
        case, key = self.reception.load(case_id, event.id, event.actor, met).case, event.data["timer"]
        event = replace(event, actor=self.reception.identified(event.actor, met))
        if all(timer.id != key for timer in case.timers):
            if self.store.put_back(case_id, key):
                return None
            raise Refused(not_set_aside(case, key))
        outcome = rearm(self.stepper.caught_up(case, now), event, now)
        if isinstance(outcome, Refusal):
            raise Refused(outcome)
        line = self.stepper.written(outcome)
        return line if event.actor is None else entry_view(self.stepper.pins.of(case), line, outcome.after, event.actor)

    def _opened(self, case_id: str, event: Event, shape: Shape) -> Entry | Refusal | None:
        try:
            loaded = self.store.load(case_id, event.id)
        except UnknownCase:
            return None
        if loaded.known:
            first = _first_outcome(loaded.known, event, shape)
            if isinstance(first, Refusal) or event.actor is None:
                return first
            return entry_view(self.stepper.pins.of(loaded.case), first, loaded.case, event.actor)
        return Refusal("case-exists", f"Case {case_id} exists already.", {"case": case_id})


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


def _raised(refusal: Refusal) -> CasewayError:
    return FaultyStep(refusal.message, **refusal.facts) if refusal.code in FAULTY_CODES else Refused(refusal)
