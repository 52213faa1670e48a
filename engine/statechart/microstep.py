"""What chosen transitions do to a set of active states: the exit and entry sets of Appendix D."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from transitions import EventData, State, Transition

from caseway.engine.case import Configuration as Names
from caseway.engine.case import Memory
from caseway.engine.statechart.subject import Callback, Subject
from caseway.engine.statechart.tree import Arc, Node

History = Mapping[Node, tuple[Node, ...]]
"""What each history state remembers."""

Landing = tuple[tuple[Node, ...], Node]
"""Targets, and the state within which they are entered."""


class Configuration(State):
    """A legal set of active states, with what history remembers: one state of the flat machine."""

    def __init__(self, leaves: Sequence[Node], history: History) -> None:
        self.names: Names = tuple(node.name for node in leaves)
        super().__init__("+".join(self.names))
        active = {around for leaf in leaves for around in (leaf, *leaf.ancestors[:-1])}
        self.nodes = sorted(active, key=_order)
        self.leaves, self.history = tuple(leaves), history
        self.memory: Memory = tuple(
            sorted((node.name, tuple(each.name for each in was)) for node, was in history.items())
        )
        self.finished = any(node.final and len(node.ancestors) == 1 for node in leaves)
        self.candidates: dict[str, tuple[tuple[Arc, ...], ...]] = {}
        self.microsteps: dict[tuple[Arc, ...], Microstep] = {}


class Microstep(Transition):
    """One transition of the flat machine: its exits, actions and entries are in order already.

    `arcs` are those chosen, without the preempted; `exited` names states innermost first, `entered` outermost first.
    """

    source: str

    def __init__(
        self,
        source: Configuration,
        arrives: Configuration,
        arcs: tuple[Arc, ...],
        exits: list[Node],
        entries: list[Node],
    ) -> None:
        super().__init__(source.name, arrives.name)
        self.arcs, self.arrives = arcs, arrives
        self.exited: Names = tuple(node.name for node in exits)
        self.entered: Names = tuple(node.name for node in entries)
        self.leaving: tuple[Callback, ...] = (
            *(call for node in exits for call in _calls(node.on_exit)),
            *(call for arc in arcs for call in arc.actions),
        )
        self.entering = tuple(_entering(source, exits, entries))

    def execute(self, event_data: EventData) -> bool:
        """Change the subject. There is nothing left to ask: the guards belong to the arcs, and all of them have spoken."""
        self._change_state(event_data)
        return True

    def _change_state(self, event_data: EventData) -> None:
        subject = cast("Subject", event_data.model)
        for call in self.leaving:
            call(subject)
        arrives = self.arrives
        subject.state, subject.memory, event_data.state = arrives.names, arrives.memory, arrives
        subject.moved(self)
        for calls, done in self.entering:
            for call in calls:
                call(subject)
            for name in done:
                subject.raise_event(name)


def opening(root: Node) -> Landing:
    """Return where a subject without a state goes."""
    return _default(root), root


def landings(arcs: Iterable[Arc], history: History) -> list[Landing]:
    """Return where arcs lead; one without targets leads nowhere."""
    return [(arc.targets, _domain(arc, history)) for arc in arcs if arc.targets]


def without_conflicts(source: Configuration, chosen: Sequence[Arc]) -> tuple[Arc, ...]:
    """Leave out every arc that would exit what another also exits: the inner source wins, else the earlier one."""
    kept: dict[Arc, set[Node]] = {}
    for arc in chosen:
        exits = set(exit_set(source, landings([arc], source.history)))
        rivals = [other for other, also in kept.items() if exits & also]
        if all(arc.origin in other.origin for other in rivals):
            for other in rivals:
                del kept[other]
            kept[arc] = exits
    return tuple(kept)


def exit_set(source: Configuration, landing: Sequence[Landing]) -> list[Node]:
    """Return the active states that are left, innermost first."""
    return [node for node in reversed(source.nodes) if any(node in domain for _, domain in landing)]


def recollection(source: Configuration, exits: Iterable[Node]) -> dict[Node, tuple[Node, ...]]:
    """Return what history remembers once these states are left."""
    remembered = dict(source.history)
    for left in exits:
        for history in left.histories:
            inside = source.leaves if history.deep else left.children
            remembered[history] = tuple(node for node in source.nodes if node in inside and node in left)
    return remembered


def entry_set(landing: Sequence[Landing], history: History) -> list[Node]:
    """Return the states that are entered, outermost first."""
    found: set[Node] = set()
    for targets, domain in landing:
        _enter(targets, domain, history, found)
    return sorted(found, key=_order)


def leaves_of(active: Iterable[Node]) -> list[Node]:
    """Return the active states that have no active child, in document order."""
    nodes = sorted(active, key=_order)
    around = {node.parent for node in nodes}
    return [node for node in nodes if node not in around]


def _enter(targets: Sequence[Node], domain: Node, history: History, found: set[Node]) -> None:
    """Add targets, what must be active inside them, and what is between them and the domain."""
    places = list(_effective(targets, history))
    for place in places:
        _enter_inside(place, history, found)
    for place in places:
        for around in place.ancestors[: place.ancestors.index(domain)]:
            found.add(around)
            _enter_regions(around, history, found)


def _enter_inside(node: Node, history: History, found: set[Node]) -> None:
    found.add(node)
    _enter_regions(node, history, found)
    if node.compound:
        _enter(_default(node), node, history, found)


def _enter_regions(node: Node, history: History, found: set[Node]) -> None:
    """Enter every region of a parallel state that nothing else has entered."""
    for region in node.children if node.kind == "parallel" else ():
        if region not in found and not any(other in region for other in found):
            _enter_inside(region, history, found)


def _default(node: Node) -> tuple[Node, ...]:
    return node.initial or (node.children[0],)


def _effective(targets: Iterable[Node], history: History) -> Iterator[Node]:
    """Replace history states by what they remember, or by their default."""
    for node in targets:
        if node.kind == "history":
            yield from _effective(history.get(node, node.initial), history)
        else:
            yield node


def _domain(arc: Arc, history: History) -> Node:
    """Return the innermost state that an arc does not leave and that holds all its targets."""
    targets, origin = list(_effective(arc.targets, history)), arc.origin
    around = (origin, *origin.ancestors) if arc.internal else origin.ancestors
    return next(node for node in around if node.kind == "state" and all(target in node for target in targets))


def _entering(
    source: Configuration, exits: list[Node], entries: list[Node]
) -> Iterator[tuple[tuple[Callback, ...], Names]]:
    """Yield entry actions with the done events that follow them, leaving out states that have neither."""
    active = set(source.nodes).difference(exits)
    for node in entries:
        active.add(node)
        done = tuple(_done(node, active)) if node.final else ()
        if node.on_enter or done:
            yield _calls(node.on_enter), done


def _done(final: Node, active: set[Node]) -> Iterator[str]:
    """Yield the done events of a final state just entered, innermost first.

    Appendix D stops at the state around the parent; section 3.4 wants every parallel state told whose regions are all
    final, so this goes on outward while that holds. Otherwise the order of finishing would decide whether it is told.
    """
    parent, *outer = final.ancestors
    if outer:
        yield f"done.state.{parent.name}"
    for around in outer:
        if around.kind != "parallel" or not _is_final(around, active):
            return
        yield f"done.state.{around.name}"


def _is_final(node: Node, active: set[Node]) -> bool:
    if node.kind == "parallel":
        return all(_is_final(region, active) for region in node.children)
    return any(child.final and child in active for child in node.children)


def _calls(callbacks: Iterable[object]) -> tuple[Callback, ...]:
    return tuple(cast("Iterable[Callback]", callbacks))


def _order(node: Node) -> int:
    return node.order
