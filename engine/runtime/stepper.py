"""Steps on what the store holds, and the timers that come first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from caseway.engine.actor import SYSTEM
from caseway.engine.case import Case, Load, Timer
from caseway.engine.definition import Definition
from caseway.engine.errors import CaseConflict, DefinitionError
from caseway.engine.event import Event
from caseway.engine.journal import entry
from caseway.engine.outcome import Entry, Refusal, Step, Unread
from caseway.engine.ports import DueTimer, Store
from caseway.engine.runtime.pins import Pins
from caseway.engine.runtime.redactor import Redactor
from caseway.engine.step import lapse, step

FIRINGS = 100
"""How often in a row the timers of a case may arm each other without delay; the next one is set aside."""

CATCH_UP = 10_000
"""How many overdue timers of one case fire at a time, each committed by itself."""


@dataclass(frozen=True, slots=True)
class Stepper:
    """Takes cases forward, and writes each step."""

    store: Store
    pins: Pins
    redactor: Redactor

    def over(self, store: Store) -> Stepper:
        """Return the same on another store, such as one that holds cases."""
        redactor = self.redactor.over(store)
        return Stepper(store, redactor.pins, redactor)

    def step(
        self, definition: Definition, case: Case, event: Event, now: datetime, *, load: Load | None = None
    ) -> Step | Refusal:
        """Let an event happen to a case, with what the store says of the once keys that it turns out to take."""
        paid: dict[str, str | None] = {}
        while True:
            try:
                return step(definition, case, event, now, load=load, paid=paid)
            except Unread as unread:
                paid |= dict.fromkeys(unread.keys) | dict(self.store.taken(unread.keys))

    def write(self, step: Step) -> Step:
        """Write a step; where it redacts, together with what it changes of all that was written before. Return it as it was written."""
        if step.erasures:
            return self.redactor.rewritten(step)
        self.store.commit(step)
        return step

    def written(self, step: Step) -> Entry:
        """Write a step, and return its line of the journal."""
        return entry(self.write(step)) if step.erasures else self.store.commit(step)

    def fire_due(self, now: datetime, limit: int) -> Sequence[Step]:
        """Fire what is due in the cases of the first `limit` due timers; all of it is written together, if it can be."""
        try:
            with self.store.claimed(now, limit) as (due, store):
                held = self.over(store)
                return [fired for case in _cases(due) for fired in held._fire(case, now)]  # noqa: SLF001  # itself
        except CaseConflict:  # one of them cannot be written; alone, the others can
            return [fired for case in _cases(self.store.due(now, limit)) for fired in self._fire_alone(case, now)]

    def caught_up(self, case: Case, now: datetime) -> Case:
        """Fire a case's overdue timers and return the case as they leave it. CaseConflict: there are too many of them."""
        if not _overdue(case, now):
            return case
        for fired in self.catch_up(case, now):
            case = fired.after
        if _overdue(case, now):
            raise CaseConflict(f"Case {case.id} has more overdue timers than fire at a time; try again.", case=case.id)
        return case

    def catch_up(self, case: Case, now: datetime) -> Iterator[Step]:
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
            fired = self.write(self._firing(case, event, now, endless=at_once > FIRINGS))
            case = fired.after
            yield fired

    def _fire(self, case: str, now: datetime) -> Iterator[Step]:
        return self.catch_up(self.store.load(case, "").case, now)

    def _fire_alone(self, case: str, now: datetime) -> Sequence[Step]:
        try:
            with self.store.locked([(case, "")]) as store:
                return list(self.over(store)._fire(case, now))  # noqa: SLF001  # itself
        except CaseConflict:
            return ()

    def _firing(self, case: Case, event: Event, now: datetime, *, endless: bool) -> Step:
        if endless:
            told = f'The timer "{event.name}" of case {case.id} has been armed without delay {FIRINGS} times in a row.'
            return lapse(case, event, Refusal("endless-loop", told, {"timer": event.name}))
        try:
            definition = self.pins.of(case)
        except DefinitionError as error:  # the timers of other cases do not wait for this one
            return lapse(case, event, Refusal("faulty-definition", error.message, error.facts))
        outcome = self.step(definition, case, event, now)
        return lapse(case, event, outcome, definition) if isinstance(outcome, Refusal) else outcome


def _cases(due: Sequence[DueTimer]) -> Iterable[str]:
    return dict.fromkeys(each.case for each in due)


def _overdue(case: Case, now: datetime) -> list[Timer]:
    """Return the timers whose time has come, in due order; those due at one instant in the order they were armed."""
    due = (timer for timer in case.timers if timer.due <= now and timer.fault is None)
    return sorted(due, key=lambda timer: timer.due)
