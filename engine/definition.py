"""One immutable version of a process, compiled: what the document says, with every name resolved and every expression checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from caseway.engine.action import Action
from caseway.engine.calendar import Calendar
from caseway.engine.document import DocumentRule
from caseway.engine.expression import Scope
from caseway.engine.guard import Guard
from caseway.engine.link import link_of
from caseway.engine.moment import Moment
from caseway.engine.payout import Pay
from caseway.engine.period import Per
from caseway.engine.private import Private, within
from caseway.engine.shape import Shape
from caseway.engine.statechart import Statechart
from caseway.engine.value import Delay, Value

Text = Mapping[str, str]
"""A text by language; under the empty language where the document gives it without one."""

Kind = Literal["state", "parallel", "final", "history"]

KEPT = 10_000
"""For how many configurations a definition remembers what they amount to; with more, it forgets all and begins anew."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A transition as its author wrote it.

    `id` is its name in journals: `<state>.on.<event>.<n>`. `event` is what triggers it: a declared event, a timer's
    name, `done.state.<path>`, or nothing for an eventless one. `place` is where it stands in the document.
    """

    id: str
    kind: Literal["on", "always", "done", "after"]
    event: str
    source: str
    targets: tuple[str, ...] = ()
    guard: Guard | None = None
    actions: tuple[Action, ...] = ()
    internal: bool = False
    title: Text = field(default_factory=dict)
    implements: tuple[str, ...] = ()
    place: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class TimerRule:
    """A timer that is armed when its state is entered and void when it is left.

    Where it fires `every` so long after `first`, `times` counts the firings in all; None: until the state is left.
    """

    name: str
    state: str
    first: Delay | Moment
    every: Delay | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Each:
    """The list in the data whose items are each a piece of work, the name of an item in expressions, and what tells them apart."""

    items: tuple[str, ...]
    name: str
    key: Value


@dataclass(frozen=True, slots=True)
class WorkRule:
    """What a state offers to whom, and by which events it is claimed (by one) or done (once by each of several), passed, given back or handed on.

    `excluded` and `tags` give one text, several or none each. `limit` is how much claimed work of the process one person has at
    most; `times` how many people do it at most.
    """

    role: str | None = None
    candidates: Value | None = None
    claim: str | None = None
    pass_: str | None = None
    excluded: tuple[Value, ...] = ()
    tags: tuple[Value, ...] = ()
    limit: int | None = None
    release: str | None = None
    reassign: str | None = None
    do: str | None = None
    each: Each | None = None
    times: int | None = None
    implements: tuple[str, ...] = ()

    def events(self) -> tuple[str, ...]:
        """Return the events by which people tell of this work."""
        named = (self.claim, self.do, self.pass_, self.release, self.reassign)
        return tuple(dict.fromkeys(event for event in named if event is not None))


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A service level: a budget of time that runs while one of some states is active, and what becomes of it.

    `warnings` are percentages of the budget. `on_time` and `late` are what reports hold it against: at least so many percent
    of its runs on time, at most so many late, in one period and group.
    """

    name: str
    budget: Delay
    runs_in: frozenset[str]
    stands_still_in: frozenset[str] = frozenset()
    met_in: frozenset[str] = frozenset()
    met_on: frozenset[str] = frozenset()
    restarts_on: frozenset[str] = frozenset()
    warnings: tuple[int, ...] = ()
    on_time: int | None = None
    late: int | None = None
    title: Text = field(default_factory=dict)
    implements: tuple[str, ...] = ()

    @property
    def breached(self) -> str:
        """The event that the clock sends when the budget is used up."""
        return f"{self.name}.breached"

    def warned(self, percent: int) -> str:
        """Return the event that the clock sends when so much of the budget is used up."""
        return f"{self.name}.warned.{percent}"

    def events(self) -> tuple[str, ...]:
        """Return every event that the clock may send for this service level."""
        return (*(self.warned(percent) for percent in self.warnings), self.breached)

    def runs(self, active: Iterable[str]) -> bool:
        """Say whether it runs while these states are active."""
        states = frozenset(active)
        return not states.isdisjoint(self.runs_in) and states.isdisjoint(self.stands_still_in)


@dataclass(frozen=True, slots=True)
class LinkRule:
    """A case of another process, or of this one, that a case may start. `scope` is what is seen while its end is heard."""

    name: str
    process: str
    scope: Scope
    title: Text = field(default_factory=dict)
    implements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guidance:
    """A hint for the people at work in a state; shown, never enforced. No roles: for everybody."""

    text: Text
    roles: tuple[str, ...] = ()
    implements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """A state of the tree, by its dotted path."""

    path: str
    parent: str
    kind: Kind
    initial: tuple[str, ...] = ()
    deep: bool = False
    entry: tuple[Action, ...] = ()
    exit: tuple[Action, ...] = ()
    transitions: tuple[Transition, ...] = ()
    timers: tuple[TimerRule, ...] = ()
    work: WorkRule | None = None
    guidance: tuple[Guidance, ...] = ()
    closed: bool = False
    title: Text = field(default_factory=dict)
    description: Text = field(default_factory=dict)
    implements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventRule:
    """An event of the process: who may send it (nobody named: anybody), the shape of its data, its scope for CEL.

    `only_if` must hold besides, and `because` says for people why it does not.
    """

    name: str
    by: tuple[str, ...]
    data: Shape
    scope: Scope
    title: Text = field(default_factory=dict)
    implements: tuple[str, ...] = ()
    only_if: Guard | None = None
    because: Text = field(default_factory=dict)

    @property
    def condition(self) -> str | None:
        """What must hold for whoever sends it, in words."""
        return None if self.only_if is None else speak(self.because) or str(self.only_if)

    @property
    def asks_its_data(self) -> bool:
        """Say whether only the event's data can tell who may send it."""
        return self.only_if is not None and any(path.startswith("event.data") for path in self.only_if.reads())


@dataclass(frozen=True, slots=True)
class ReportRule:
    """How reports count the cases: by a text in the data (its path; None: all together), and per period of a time zone."""

    by: tuple[str, ...] | None = None
    per: Per = "week"
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a configuration amounts to. `active` are its leaves and what is around them, in document order."""

    active: tuple[str, ...]
    closed: bool
    final: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a process. `hash` is that of the document's content, and `content` the document itself.

    `states` is in document order, parents first. `scope` is what expressions see where no event's data are known, and
    `timed` what they see while a timer's event runs. `moments` are the timers that follow a moment in the data, and `series`
    those that fire more than once, by name. `redactors` are the roles that may redact cases. `itemised` is the work that there is for each item of a list, with its state.
    `limits_work`: some of it only goes to whoever has not too much already.

    `made_of` says from which private fields things are made that leave a case or are shown of it, by what they are:
    `("message", name, "to")`, `("payout", name, "amount" | "payee" | "payer" | "once" | "when")`, `("timer", name)`, `("work", state)`, `("level", name)`,
    `("link", name)`. What is not there is made of what everybody may see. `audiences` are those that the data name in `x-visible-to`.
    """

    process: str
    version: int
    hash: str
    title: Text
    description: Text
    content: Mapping[str, Any]
    sources: Mapping[str, str]
    roles: Mapping[str, Text]
    parameters: Mapping[str, Any]
    data: Shape
    events: Mapping[str, EventRule]
    states: Mapping[str, State]
    initial: tuple[str, ...]
    transitions: Mapping[str, Transition]
    messages: tuple[str, ...]
    payouts: Mapping[str, Pay]
    scope: Scope
    timed: Scope
    chart: Statechart
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    levels: Mapping[str, LevelRule] = field(default_factory=dict)
    links: Mapping[str, LinkRule] = field(default_factory=dict)
    report: ReportRule = field(default_factory=ReportRule)
    redactors: tuple[str, ...] = ()
    made_of: Mapping[tuple[str, ...], tuple[Private, ...]] = field(default_factory=dict)
    documents: Mapping[str, DocumentRule] = field(default_factory=dict)
    audiences: tuple[frozenset[str], ...] = field(init=False, repr=False, compare=False)
    moments: tuple[tuple[TimerRule, Moment], ...] = field(init=False, repr=False, compare=False)
    itemised: tuple[tuple[str, WorkRule, Each], ...] = field(init=False, repr=False, compare=False)
    limits_work: bool = field(init=False, repr=False, compare=False)
    series: Mapping[str, TimerRule] = field(init=False, repr=False, compare=False)
    unpaid: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _standings: dict[tuple[str, ...], Standing] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rules = [rule for state in self.states.values() for rule in state.timers]
        moments = tuple((rule, rule.first) for rule in rules if isinstance(rule.first, Moment))
        object.__setattr__(self, "moments", moments)
        shapes = (self.data, *(rule.data for rule in self.events.values()))
        audiences = dict.fromkeys(each.roles for shape in shapes for each in within(shape.schema, ""))
        object.__setattr__(self, "audiences", tuple(audiences))
        offers = [(state.path, state.work) for state in self.states.values() if state.work is not None]
        itemised = tuple((path, work, work.each) for path, work in offers if work.each is not None)
        object.__setattr__(self, "itemised", itemised)
        object.__setattr__(self, "limits_work", any(work.limit is not None for _, work in offers))
        object.__setattr__(self, "unpaid", dict.fromkeys(self.payouts, 0))
        object.__setattr__(self, "series", {rule.name: rule for rule in rules if rule.every is not None})

    def scope_of(self, event: str) -> Scope:
        """Return what an expression may see while this event runs."""
        rule = self.events.get(event) or self.links.get(link_of(event) or "")
        return rule.scope if rule else self.timed

    def is_level_event(self, event: str) -> bool:
        """Say whether an event is one that the clock sends for a service level."""
        rule = self.levels.get(event.partition(".")[0])
        return rule is not None and event in rule.events()

    def ancestry(self, path: str) -> tuple[str, ...]:
        """Return a state and everything around it, innermost first."""
        parts = path.split(".")
        return tuple(".".join(parts[:length]) for length in range(len(parts), 0, -1))

    def active(self, configuration: tuple[str, ...]) -> tuple[str, ...]:
        """Return every active state, leaves and what is around them, in document order."""
        return self.standing(configuration).active

    def standing(self, configuration: tuple[str, ...]) -> Standing:
        """Return what a configuration amounts to; worked out when first asked for, since every step asks."""
        standing = self._standings.get(configuration)
        if standing is None:
            if len(self._standings) >= KEPT:
                self._standings.clear()
            standing = self._standings[configuration] = self._standing(configuration)
        return standing

    def _standing(self, configuration: tuple[str, ...]) -> Standing:
        names = {around for leaf in configuration for around in self.ancestry(leaf)}
        active = tuple(path for path in self.states if path in names)
        states = [self.states[path] for path in active]
        final = any(state.kind == "final" and not state.parent for state in states)
        return Standing(active, final or any(state.closed for state in states), final)


def speak(text: str | Text, language: str = "en") -> str:
    """Return a text in a language (`nl`; of `nl-BE` as well), or else in English, or else in the first there is."""
    if isinstance(text, str):
        return text
    for wanted in (language, language.partition("-")[0].lower(), "en", ""):
        if wanted in text:
            return text[wanted]
    return next(iter(text.values()), "")
