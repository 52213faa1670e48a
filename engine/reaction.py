"""What one step has done to a case so far. Dropped whole if anything goes wrong."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from caseway.engine import timer as timing
from caseway.engine.actor import Actor
from caseway.engine.case import Case, Configuration, Memory, Timer, Work
from caseway.engine.effect import CancelTimer, Effect, Message, Payout, SetTimer
from caseway.engine.event import Event
from caseway.engine.expression import Activation
from caseway.engine.service_level import Happened, settle
from caseway.engine.statechart import Microstep
from caseway.engine.value import replaced

if TYPE_CHECKING:
    from caseway.engine.action import Pay
    from caseway.engine.definition import Definition, TimerRule


class Reaction:
    """The subject of the statechart for one step: it starts as the case is, and ends as `after`."""

    __slots__ = (
        "_activation", "_around", "_data", "_heard", "_passed", "_raised", "actor", "assignee", "case", "definition",
        "effects", "entered", "event", "facts", "followed", "given", "levels", "memory", "now", "state", "taken", "timers",
        "turn", "work",
    )  # fmt: skip

    def __init__(
        self,
        definition: Definition,
        case: Case,
        event: Event,
        now: datetime,
        facts: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.definition, self.case, self.event, self.now, self.facts = definition, case, event, now, facts
        self.actor = event.actor
        self.state: Configuration = case.configuration
        self.memory: Memory = case.memory
        self.timers = case.timers
        self.work = case.work
        self.levels = case.levels
        self.assignee = case.assignee
        self.entered = case.entered
        self.followed: dict[str, datetime | None] = {}
        self.turn: tuple[TimerRule, Timer] | None = None
        self.effects: list[Effect] = []
        self.taken: list[str] = []
        self._heard = [event.name]
        self._passed: list[str] = []
        self._data = self.given = case.data
        self._raised: deque[Event] = deque()
        self._activation: Activation | None = None
        self._around: dict[str, Any] | None = None

    # what the statechart asks of its subject

    def moved(self, microstep: Microstep) -> None:
        """Take note of a microstep, at the moment in which the configuration changes."""
        self.taken += [arc.label for arc in microstep.arcs if arc.label]
        if microstep.exited or microstep.entered:
            entered = dict(self.entered)
            for path in microstep.exited:
                entered.pop(path, None)
            for path in microstep.entered:
                entered[path] = self.now
            self.entered = entered
            self._passed += microstep.entered
            self._look_again()

    def raise_event(self, name: str, data: Mapping[str, Any] | None = None) -> None:
        """Queue an event that the case sends to itself."""
        self._raised.append(Event(name, data or {}, self.event.id, self.event.actor))

    def next_event(self) -> str | None:
        """Make the oldest queued event the current one, and return its name."""
        if not self._raised:
            return None
        self.event = self._raised.popleft()
        self._heard.append(self.event.name)
        self._look_again()
        return self.event.name

    # what actions do

    def begin(self, data: Mapping[str, Any]) -> None:
        """Give a new case its data, which have been found to fit."""
        self.data = self.given = data

    @property
    def data(self) -> Mapping[str, Any]:
        return self._data

    @data.setter
    def data(self, data: Mapping[str, Any]) -> None:
        self._data, self._activation = data, None

    def give(self, values: Sequence[tuple[Sequence[str], Any]]) -> None:
        """Give fields of the data new values; what they lack within has the defaults of its shape."""
        shape, data = self.definition.data, dict(self._data)
        for path, value in values:
            data = replaced(data, path, value)
        for name in {path[0]: None for path, _ in values}:
            data[name] = shape.field(name).complete(data[name])
        self.data = data

    def assign(self, person: str | None) -> None:
        self.assignee = person
        self._look_again()

    def arm(self, name: str, due: datetime) -> None:
        """Arm a timer, in place of one of the same name."""
        self.void(name)
        self._arm(Timer(self._effect_id(), name, due))

    def repeat(self, fired: Timer, due: datetime) -> None:
        """Arm the next timer of the series of one that fires."""
        self._arm(Timer(fired.next_id, fired.name, due))

    def _arm(self, timer: Timer) -> None:
        self.effects.append(SetTimer(timer.id, timer.name, timer.due))
        self.timers = (*self.timers, timer)

    def void(self, name: str) -> None:
        """Cancel the timers of this name, if there are any, and the rest of the series of one that fires."""
        if self.turn is not None and self.turn[1].name == name:
            self.turn = None
        for timer in self.timers:
            if timer.name == name:
                self.effects.append(CancelTimer(self._effect_id(), name, timer.id))
        self.timers = tuple(timer for timer in self.timers if timer.name != name)

    def tell(self, message: str, recipient: str, subject: Mapping[str, str], body: Mapping[str, str]) -> None:
        self.effects.append(Message(self._effect_id(), message, recipient, subject, body))

    def pay(self, rule: Pay, amount: int, payee: str, payer: str) -> None:
        self.effects.append(
            Payout(
                self._effect_id(), rule.payout, amount, rule.unit, payee, rule.account, payer, rule.payer_account, rule.purpose, rule.implements
            )
        )  # fmt: skip

    def offer(self, offer: Work) -> None:
        """Open a state's offer; who passed it before stays passed, and nobody has it now."""
        before = next((work for work in self.work if work.state == offer.state), None)
        self.work = tuple(work for work in self.work if work.state != offer.state)
        self.work += (replace(offer, passed=before.passed if before else ()),)
        self.assign(None)

    def withdraw(self, state: str) -> None:
        """Close a state's offer, if it is open."""
        self.work = tuple(replace(work, offered=False) if work.state == state else work for work in self.work)

    def claim(self, offers: tuple[Work, ...], actor: Actor) -> None:
        self.work = tuple(replace(work, offered=False) if work in offers else work for work in self.work)
        self.assign(actor.id)

    def pass_on(self, offers: tuple[Work, ...], actor: Actor) -> None:
        self.work = tuple(
            replace(work, passed=(*work.passed, actor.id)) if work in offers else work for work in self.work
        )

    # what expressions see

    @property
    def activation(self) -> Activation:
        """What expressions see now; kept until something that they may see changes."""
        if self._activation is None:
            if self._around is None:
                self._around = self._variables()
            seen = {**self._around, "case": self._data}
            self._activation = self.definition.scope_of(self.event.name).activation(seen)
        return self._activation

    def _look_again(self) -> None:
        """Take note that something other than the data has changed that expressions may see."""
        self._activation = self._around = None

    def _variables(self) -> dict[str, Any]:
        """Return all that expressions see but the data, which change most often."""
        event, actor = self.event, self.actor
        seen: dict[str, Any] = {"id": event.id, "name": event.name, "data": event.data}
        if event.due is not None:
            seen["due"] = event.due
        return {
            "event": seen,
            "actor": {"id": actor.id, "roles": sorted(actor.roles), "tags": sorted(actor.tags)} if actor else NOBODY,
            "param": self.definition.parameters,
            "now": self.now,
            "fact": self.facts,
            "meta": {
                "case": self.case.id,
                "states": self.definition.active(self.state),
                "opened": self.case.opened_at or self.now,
                "assignee": self.assignee,
            },
        }

    # the end

    def settle(self) -> None:
        """Let what watches the whole step take note of it, now that the case is at rest."""
        standing = self.definition.standing(self.state)
        if not standing.final:
            timing.settle(self)
        if self.definition.levels:
            settle(self, Happened(self._heard, self._passed, standing.active, standing.final))

    def after(self) -> Case:
        """Return the case as this step leaves it."""
        case, standing = self.case, self.definition.standing(self.state)
        if standing.final:
            for timer in self.timers:
                self.void(timer.name)
        # Not `replace`, which takes three times as long: every step comes here.
        return Case(
            id=case.id,
            process=case.process,
            version=case.version,
            definition=case.definition,
            revision=case.revision + 1,
            configuration=self.state,
            memory=self.memory,
            data=self._data,
            timers=self.timers,
            work=self.work,
            levels=self.levels,
            assignee=self.assignee,
            entered=self.entered,
            opened_at=case.opened_at or self.now,
            last_at=self.now,
            closed=standing.closed,
            final=standing.final,
        )

    def _effect_id(self) -> str:
        return f"{self.case.id}:{self.case.revision + 1}:{len(self.effects)}"


NOBODY = {"id": "", "roles": [], "tags": []}
