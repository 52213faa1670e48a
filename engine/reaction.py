"""What one step has done to a case so far. Dropped whole if anything goes wrong."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from caseway.engine.actor import Actor
from caseway.engine.case import Case, Configuration, Memory, Timer, Work
from caseway.engine.effect import CancelTimer, Effect, Message, Payout, SetTimer
from caseway.engine.event import Event
from caseway.engine.expression import Activation
from caseway.engine.statechart import Microstep

if TYPE_CHECKING:
    from caseway.engine.action import Pay
    from caseway.engine.definition import Definition


class Reaction:
    """The subject of the statechart for one step: it starts as the case is, and ends as `after`."""

    __slots__ = (
        "_activation", "_data", "_raised", "actor", "assignee", "case", "definition", "effects", "entered",
        "event", "facts", "given", "memory", "now", "state", "taken", "timers", "work",
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
        self.assignee = case.assignee
        self.entered = case.entered
        self.effects: list[Effect] = []
        self.taken: list[str] = []
        self._data = self.given = case.data
        self._raised: deque[Event] = deque()
        self._activation: Activation | None = None

    # what the statechart asks of its subject

    def keep(self, outcome: object) -> None:
        pass

    def moved(self, microstep: Microstep) -> None:
        """Take note of a microstep, at the moment in which the configuration changes."""
        self.taken += [arc.label for arc in microstep.arcs if arc.label]
        if microstep.exited or microstep.entered:
            left = set(microstep.exited)
            stayed = {path: since for path, since in self.entered.items() if path not in left}
            self.entered = stayed | dict.fromkeys(microstep.entered, self.now)
            self._activation = None

    def raise_event(self, name: str, data: Mapping[str, Any] | None = None) -> None:
        """Queue an event that the case sends to itself."""
        self._raised.append(Event(name, data or {}, self.event.id, self.event.actor))

    def next_event(self) -> str | None:
        """Make the oldest queued event the current one, and return its name."""
        if not self._raised:
            return None
        self.event = self._raised.popleft()
        self._activation = None
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

    def assign(self, person: str | None) -> None:
        self.assignee, self._activation = person, None

    def arm(self, name: str, delay: timedelta) -> None:
        """Arm a timer, in place of one of the same name."""
        self.void(name)
        effect = SetTimer(self._effect_id(), name, self.now + delay)
        self.effects.append(effect)
        self.timers = (*self.timers, Timer(effect.id, name, effect.due))

    def void(self, name: str) -> None:
        """Cancel the timers of this name, if there are any."""
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
            self._activation = self.definition.scope_of(self.event.name).activation(self._variables())
        return self._activation

    def _variables(self) -> dict[str, Any]:
        event, actor = self.event, self.actor
        seen: dict[str, Any] = {"id": event.id, "name": event.name, "data": event.data}
        if event.due is not None:
            seen["due"] = event.due
        return {
            "case": self._data,
            "event": seen,
            "actor": {"id": actor.id, "roles": sorted(actor.roles), "tags": sorted(actor.tags)} if actor else NOBODY,
            "param": self.definition.parameters,
            "now": self.now,
            "fact": self.facts,
            "meta": {
                "case": self.case.id,
                "states": list(self.definition.active(self.state)),
                "opened": self.case.opened_at or self.now,
                "assignee": self.assignee,
            },
        }

    # the end

    def after(self) -> Case:
        """Return the case as this step leaves it."""
        definition = self.definition
        final = any(
            definition.states[path].kind == "final" and not definition.states[path].parent for path in self.state
        )
        if final:
            for timer in self.timers:
                self.void(timer.name)
        closed = final or any(
            definition.states[path].closed for leaf in self.state for path in definition.ancestry(leaf)
        )
        return replace(
            self.case,
            revision=self.case.revision + 1,
            configuration=self.state,
            memory=self.memory,
            data=self._data,
            timers=self.timers,
            work=self.work,
            assignee=self.assignee,
            entered=self.entered,
            opened_at=self.case.opened_at or self.now,
            last_at=self.now,
            closed=closed,
            final=final,
        )

    def _effect_id(self) -> str:
        return f"{self.case.id}:{self.case.revision + 1}:{len(self.effects)}"


NOBODY = {"id": "", "roles": [], "tags": []}
