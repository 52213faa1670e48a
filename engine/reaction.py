"""What one step has done to a case so far. Dropped whole if anything goes wrong."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from caseway.engine import link as linking
from caseway.engine import timer as timing
from caseway.engine.case import Case, Configuration, Link, Memory, Timer, Tombstone
from caseway.engine.effect import Attachment, CancelTimer, ClawBack, Effect, Message, Payout, SetTimer, StartCase
from caseway.engine.erasure import Erasure
from caseway.engine.event import Event
from caseway.engine.expression import Activation
from caseway.engine.paid import paid_after, totals
from caseway.engine.service_level import Happened, settle
from caseway.engine.spot import Spot, covers, keys_of, lost, spot_text, swept
from caseway.engine.statechart import Microstep
from caseway.engine.taking import NOW, Taking, Trace
from caseway.engine.value import replaced
from caseway.engine.work import look

if TYPE_CHECKING:
    from caseway.engine.action import Start
    from caseway.engine.definition import Definition, TimerRule


class Reaction:
    """The subject of the statechart for one step: it starts as the case is, and ends as `after`."""

    __slots__ = (
        "_activation", "_around", "_data", "_heard", "_passed", "_raised", "actor", "assignee", "case", "definition",
        "effects", "entered", "erasures", "event", "facts", "followed", "given", "keys", "levels", "links", "memory", "now", "paid", "state", "taken",
        "timers", "tombstones", "turn", "unread", "work",
    )  # fmt: skip

    def __init__(
        self,
        definition: Definition,
        case: Case,
        event: Event,
        now: datetime,
        facts: Mapping[str, Any] = MappingProxyType({}),
        *,
        keys: Mapping[str, str | None] | None = None,
    ) -> None:
        self.definition, self.case, self.event, self.now, self.facts = definition, case, event, now, facts
        self.keys = keys
        self.unread: tuple[str, ...] = ()
        self.actor = event.actor
        self.state: Configuration = case.configuration
        self.memory: Memory = case.memory
        self.timers = case.timers
        self.work = case.work
        self.levels = case.levels
        self.links = case.links
        self.tombstones = case.tombstones
        self.paid = case.paid
        self.assignee = case.assignee
        self.entered = case.entered
        self.followed: dict[str, datetime | None] = {}
        self.turn: tuple[TimerRule, Timer] | None = None
        self.effects: list[Effect] = []
        self.erasures: list[Erasure] = []
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
        """Make the oldest queued event the current one, and return its name. None: the case is at rest."""
        if not self._raised and (self.work or self.definition.itemised):
            look(self)
        if not self._raised:
            return None
        self.event = self._raised.popleft()
        self._heard.append(self.event.name)
        self._look_again()
        return self.event.name

    def told(self, data: Mapping[str, Any]) -> None:
        """Take the data of the event as their shape completes them."""
        self.event = replace(self.event, data=data)
        self._look_again()

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
        self._arm(Timer(self.effect_id(), name, due))

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
                self.effects.append(CancelTimer(self.effect_id(), name, timer.id))
        self.timers = tuple(timer for timer in self.timers if timer.name != name)

    def tell(
        self,
        message: str,
        recipient: str,
        subject: Mapping[str, str],
        body: Mapping[str, str],
        attached: tuple[Attachment, ...] = (),
    ) -> None:
        self.effects.append(Message(self.effect_id(), message, recipient, subject, body, attached))

    def move(self, moved: Iterable[Payout | ClawBack]) -> None:
        """Move money, and take note of what has been paid then. The next effect gets its id once the one before is there."""
        done = []
        for effect in moved:
            self.effects.append(effect)
            done.append(effect)
        self.paid = paid_after(self.paid, done)
        self._look_again()

    def taken_by(self, key: str) -> str | None:
        """Return which effect has taken a once key, of this step or of one before; None: it is free, or nobody looks.

        One of which nothing is known is taken for free for now, and comes to the `unread`.
        """
        own = next((each.id for each in self.effects if isinstance(each, Payout) and each.once == key), None)
        if own is not None or self.keys is None:
            return own
        if key not in self.keys:
            self.unread = (*self.unread, key)
        return self.keys.get(key)

    def start(self, rule: Start, data: Mapping[str, Any]) -> None:
        """Have another case started, and keep the link to it."""
        effect = self.effect_id()
        own = linking.parent_of(self.links)
        parent = linking.lineage(self.case, own, rule, self.actor, self.now)
        child = linking.child_id(effect)
        self.effects.append(StartCase(effect, rule.process, child, data, self.now, parent))
        self.links = (*self.links, Link(rule.link, child, rule.process, "child"))

    def redact(self, spots: Sequence[Spot], reason: str) -> None:
        """Take what stands at some places out of the data, and have it taken out of all that was written before."""
        erasure = Erasure(self.definition, reason, tuple(spots), marks=self.marks)
        self._erase(erasure.seeing(self._data, self.definition.data.schema, spots), spots)

    def take(self, taking: Taking, traces: Iterable[Trace], reason: str) -> None:
        """Take what items of a list lose out of the data, and have it taken out of all that was written before. `traces` are other places that say it."""
        erasure = Erasure(self.definition, reason, marks=self.marks, takings=(taking,), traces=frozenset(traces))
        items: list[Spot] = [(*taking.items, index) for index in sorted(taking.chosen)]
        self._erase(erasure.tracing(), [item + field for item in items for field in taking.fields])

    @property
    def marks(self) -> frozenset[str]:
        """What redactions have left in the place of texts."""
        return frozenset(stone.mark for stone in self.tombstones)

    def _erase(self, erasure: Erasure, spots: Sequence[Spot]) -> None:
        before = self._data
        self.erasures.append(erasure)
        self.data = erasure.data(before, revision=NOW)
        by = None if self.actor is None else str(self.actor)
        paths = (*map(spot_text, spots), *swept(before, self._data, spots))
        gone = tuple(dict.fromkeys(lost(before, self._data, spots)))
        stone = Tombstone(paths, erasure.reason, self.now, by, self.case.revision + 1, gone)
        self.tombstones = (*self.tombstones, stone)
        for rule, at in self.definition.moments:  # no timer is armed anew by what is not there any more
            self.followed[rule.name] = at.instant(self._data)

    def renew(self, paths: Iterable[Sequence[str]]) -> None:
        """Take note that places in the data have new values, of which nothing was redacted: they are known again."""
        places = [tuple(path) for path in paths]
        self.tombstones = tuple(
            stone
            if stone.lost is None
            else replace(
                stone,
                lost=tuple(each for each in stone.lost if not any(covers(place, keys_of(each)) for place in places)),
            )
            for stone in self.tombstones
        )

    @property
    def hears_itself(self) -> bool:
        """Whether the event is one that the case sent to itself in this step."""
        return len(self._heard) > 1

    def hear_end(self, link: Link, state: str) -> None:
        """Take note that the case at the other end of a link has ended."""
        self.links = tuple(replace(each, state=state) if each is link else each for each in self.links)

    def has_entered(self, state: str) -> bool:
        """Say whether this step has entered a state."""
        return state in self._passed

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
                "paid": totals(self.paid, self.definition.unpaid) if self.paid else self.definition.unpaid,
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
            if not case.final:
                self._tell_parent()
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
            links=self.links,
            tombstones=self.tombstones,
            paid=self.paid,
            assignee=self.assignee,
            entered=self.entered,
            opened_at=case.opened_at or self.now,
            last_at=self.now,
            closed=standing.closed,
            final=standing.final,
        )

    def _tell_parent(self) -> None:
        parent = linking.parent_of(self.links)
        if parent is not None:
            self.effects.append(linking.end(parent, self.effect_id(), self.case.id, ", ".join(self.state), self.now))

    def effect_id(self) -> str:
        """Return the id of the effect that comes next."""
        return self.named(len(self.effects))

    def named(self, what: object) -> str:
        """Return a name that nothing else in this step, or in any other of any case, has."""
        return f"{self.case.id}:{self.case.revision + 1}:{what}"


NOBODY = {"id": "", "roles": [], "tags": []}
