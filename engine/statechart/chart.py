"""The machine: one per definition, shared by all its cases and by threads, since nothing of a run is kept on it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from transitions import Event, EventData, Machine, MachineError, State

from caseway.engine.case import Configuration as Names
from caseway.engine.case import Memory
from caseway.engine.errors import FaultyStep
from caseway.engine.statechart.microstep import (
    Configuration,
    Landing,
    Microstep,
    entry_set,
    exit_set,
    landings,
    leaves_of,
    opening,
    recollection,
    without_conflicts,
)
from caseway.engine.statechart.subject import Subject
from caseway.engine.statechart.tree import ROOT, Arc, Node, check_places

ALWAYS = ""
"""The name of the event that needs no event."""

SHOWN = 6
"""How many configurations an error names before it stops."""


class EndlessLoop(FaultyStep):
    """Eventless transitions or raised events that never come to rest. `states` are the configurations gone round."""

    code = "endless-loop"

    def __init__(self, trail: Sequence[Names]) -> None:
        circle = list(dict.fromkeys("+".join(names) for names in trail[len(trail) // 2 :]))
        self.states = tuple(circle)
        shown = " -> ".join(f'"{state}"' for state in circle[:SHOWN]) + (" -> ..." if len(circle) > SHOWN else "")
        super().__init__(
            f"eventless transitions and raised events have not come to rest after {len(trail)} microsteps, going round {shown}; "
            "one of them needs a guard that ends it, or an event from outside to wait for",
            states=list(circle),
        )


class Trigger(Event):
    """An event by name. The stock event tries the arcs of one state; this one selects among those of a configuration."""

    machine: Statechart
    transitions: dict[str, list[Arc]]  # type: ignore[assignment]  # the chart makes no other kind

    def trigger(self, model: object, *args: Any, **kwargs: Any) -> bool:
        """Trigger as the stock event does, without its queue: the subject has one."""
        return self._trigger(EventData(None, self, self.machine, model, args, kwargs))

    def candidates(self, configuration: Configuration) -> tuple[tuple[Arc, ...], ...]:
        """Return the arcs to be asked: a tuple for each active leaf that has any, inner before outer."""
        found = configuration.candidates.get(self.name)
        if found is None:
            self.machine.make_room()
            found = configuration.candidates[self.name] = tuple(self._candidates(configuration))
        return found

    def _candidates(self, configuration: Configuration) -> Iterable[tuple[Arc, ...]]:
        for leaf in () if configuration.finished else configuration.leaves:
            arcs = tuple(arc for node in (leaf, *leaf.ancestors) for arc in self.transitions.get(node.name, ()))
            if arcs:
                yield arcs

    def _is_valid_source(self, state: State) -> bool:
        if self.candidates(cast("Configuration", state)):
            return True
        raise MachineError(f'Nothing in "{state.name}" has a transition for "{self.name}".')

    def _process(self, event_data: EventData) -> bool:
        configuration = cast("Configuration", event_data.state)
        chosen = self._select(configuration, event_data)
        if chosen:
            event_data.transition = microstep = self.machine.microstep(configuration, chosen)
            event_data.result = microstep.execute(event_data)
        return bool(event_data.result)

    def _select(self, configuration: Configuration, event_data: EventData) -> tuple[Arc, ...]:
        """Ask every guard at most once, before anything moves; an outer arc is a candidate of many leaves."""
        candidates = self.candidates(configuration)
        answers: dict[Arc, bool] = {}
        for arcs in candidates:
            for arc in arcs:
                answer = answers.get(arc)
                if answer is None:
                    event_data.transition = arc
                    answer = answers[arc] = arc._eval_conditions(event_data)  # noqa: SLF001  # the stock name
                if answer:
                    break
        return tuple([arc for arc, answer in answers.items() if answer])


class Statechart(Machine):
    """A statechart that moves any number of subjects.

    `states` are dicts in document order, parents before children: `name` (full dotted path), `parent` ("" at the top),
    `kind`, `initial` (paths), `deep`, `on_enter`, `on_exit`. `transitions` are dicts: `trigger` ("" where it needs no
    event), `source`, `dest` (None, a path or several), `conditions`, `actions`, `internal`, `label`. Callbacks are given the
    subject. `initial` is where a subject starts (empty: in the first state).

    ValueError where a name is not there, a default lies outside its state, or several targets exclude each other.
    """

    state_cls, transition_cls, event_cls = Node, Arc, Trigger
    states: OrderedDict[str, Node]  # type: ignore[assignment]  # the chart makes no other kind
    events: OrderedDict[str, Trigger]  # type: ignore[assignment]  # the chart makes no other kind

    loop_limit = 100
    """How many microsteps may follow an event before the chart is said not to come to rest."""

    memo_limit = 10_000
    """How many configurations, candidate lists and microsteps are kept before all are forgotten."""

    def __init__(
        self, states: Sequence[Mapping[str, Any]], transitions: Sequence[Mapping[str, Any]], initial: Iterable[str] = ()
    ) -> None:
        super().__init__(
            None,
            [dict(state) for state in states],
            None,
            None,
            send_event=True,
            auto_transitions=False,
            queued=False,
            model_attribute="state and memory",  # two attributes carry it, and no event may have this one's name
        )
        if len(self.states) != len(states):
            raise ValueError("Two states have the same name.")
        self.root = Node(ROOT, initial=initial)
        self.always: Trigger = self._create_event(ALWAYS, self)  # type: ignore[assignment]  # of the class named above
        self.events[ALWAYS] = self.always
        self._configurations: dict[tuple[Names, Memory], Configuration] = {}
        self._kept = 0
        self._grow()
        self.add_transitions([dict(transition) for transition in transitions])
        self._aim()
        del self.events[ALWAYS]

    def _grow(self) -> None:
        for order, node in enumerate(self.states.values()):
            (self.get_state(node.within) if node.within else self.root).adopt(node, order)
        for node in (self.root, *self.states.values()):
            node.initial = tuple(map(self.get_state, node.default))
            self._check_default(node)
        if not self.root.children:
            raise ValueError("A statechart needs a state to start in.")

    def _check_default(self, node: Node) -> None:
        history = node.kind == "history"
        check_places(f'the default of "{node.name}"', node.initial, node.parent if history else node)
        if history and (not node.initial or any(each in node.parent.histories for each in node.initial)):
            raise ValueError(
                f'The history state "{node.name}" needs a default that is a state beside it or inside one.'
            )

    def _aim(self) -> None:
        for event in self.events.values():
            for source, arcs in event.transitions.items():
                for arc in arcs:
                    arc.origin, arc.targets = self.get_state(source), tuple(map(self.get_state, arc.names))
                    check_places(f'the transition of "{source}" for "{event.name}"', arc.targets, self.root)

    # what transitions asks of its machine

    def get_state(self, state: Any) -> Node:
        """Return the state of this name; ValueError where there is none."""
        return cast("Node", super().get_state(state))

    def get_model_state(self, model: Any) -> Configuration:
        """Return where a subject is, as a state of the flat machine."""
        return self._configurations.get((model.state, model.memory)) or self._configuration(model.state, model.memory)

    # run to completion

    def start(self, subject: Subject) -> None:
        """Enter the initial states and run to rest. EndlessLoop where there is none."""
        nowhere = Configuration((), {})
        data = EventData(nowhere, self.always, self, subject, (), {})
        self._microstep(nowhere, (), [opening(self.root)]).execute(data)
        self._settle(subject)

    def react(self, subject: Subject, event: str) -> bool:
        """Let one event happen and run to rest. False: every guard said no.

        MachineError where no active state has a transition for the event, EndlessLoop where there is no rest.
        """
        trigger = self.events.get(event)
        if trigger is None:
            raise MachineError(f'No state has a transition for "{event}".')
        if not trigger.trigger(subject):
            return False
        self._settle(subject)
        return True

    def candidates(self, state: Names, memory: Memory, event: str) -> tuple[tuple[Arc, ...], ...]:
        """Return the arcs that an event would ask: a tuple for each active leaf that has any, inner before outer."""
        trigger = self.events.get(event)
        if trigger is None:
            return ()
        return trigger.candidates(self._configurations.get((state, memory)) or self._configuration(state, memory))

    def _settle(self, subject: Subject) -> None:
        """Take eventless transitions, then raised events, until nothing is left to do or the whole chart is final."""
        trail: list[Names] = []
        while not (configuration := self.get_model_state(subject)).finished:
            if not self._fires(self.always, configuration, subject):
                name = subject.next_event()
                if name is None:
                    return
                if not self._fires(self.events.get(name), configuration, subject):
                    continue
            trail.append(subject.state)
            if len(trail) >= self.loop_limit:
                raise EndlessLoop(trail)

    def _fires(self, trigger: Trigger | None, configuration: Configuration, subject: Subject) -> bool:
        """Trigger where anything waits for it: an eventless or raised event that nobody handles is dropped."""
        return (
            trigger is not None
            and bool(trigger.transitions and trigger.candidates(configuration))
            and trigger.trigger(subject)
        )

    # what is worked out once and kept

    def make_room(self) -> None:
        """Count one more thing that is about to be kept, and forget all when there are too many."""
        self._kept += 1
        if self._kept > self.memo_limit:
            self._configurations, self._kept = {}, 1

    def _configuration(self, names: Names, memory: Memory) -> Configuration:
        self.make_room()
        leaves = [self.get_state(name) for name in names]
        history = {self.get_state(name): tuple(map(self.get_state, was)) for name, was in memory}
        made = self._configurations[names, memory] = Configuration(leaves, history)
        return made

    def microstep(self, configuration: Configuration, chosen: tuple[Arc, ...]) -> Microstep:
        """Return what chosen arcs do to a configuration."""
        found = configuration.microsteps.get(chosen)
        if found is None:
            self.make_room()
            arcs = without_conflicts(configuration, chosen)
            found = self._microstep(configuration, arcs, landings(arcs, configuration.history))
            configuration.microsteps[chosen] = found
        return found

    def _microstep(self, source: Configuration, arcs: tuple[Arc, ...], landing: Sequence[Landing]) -> Microstep:
        exits = exit_set(source, landing)
        history = recollection(source, exits)
        entries = entry_set(landing, history)
        leaves = leaves_of({*source.nodes}.difference(exits).union(entries))
        arrives = Configuration(leaves, history)
        known = self._configurations.get((arrives.names, arrives.memory))
        if known is None:
            self.make_room()
            known = self._configurations[arrives.names, arrives.memory] = arrives
        return Microstep(source, known, arcs, exits, entries)
