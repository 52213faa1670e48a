"""States and transitions as their author wrote them: a tree, in document order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from transitions import EventData, State, Transition
from transitions.core import Condition

from caseway.engine.case import Configuration as Names
from caseway.engine.statechart.subject import Callback

Kind = Literal["state", "parallel", "final", "history"]

ROOT = ""
"""The name of the state around all states."""


class Guard(Condition):
    """A condition that is given the subject and holds when its answer is truthy; the stock one compares with True."""

    def check(self, event_data: EventData) -> bool:
        """Say whether the condition holds."""
        return bool(self.func(event_data.model)) is self.target  # type: ignore[operator]  # nobody names callbacks by strings here


class Node(State):
    """A state in the tree. Its subtree is `order` to `end`, in document order.

    `initial` are the default targets: of a history state where it remembers nothing, of a compound state where it is
    entered without a target inside (empty: its first child).
    """

    def __init__(
        self,
        name: str,
        *,
        parent: str = ROOT,
        kind: Kind = "state",
        initial: Iterable[str] = (),
        deep: bool = False,
        on_enter: Sequence[Callback] = (),
        on_exit: Sequence[Callback] = (),
        ignore_invalid_triggers: bool = False,
    ) -> None:
        super().__init__(name, list(on_enter), list(on_exit), ignore_invalid_triggers, final=kind == "final")
        self.within, self.kind, self.deep, self.default = parent, kind, deep, tuple(initial)
        self.children: list[Node] = []
        self.histories: list[Node] = []
        self.initial: tuple[Node, ...] = ()
        self.ancestors: tuple[Node, ...] = ()  # innermost first, the root last
        self.order = self.end = -1

    def __contains__(self, other: Node) -> bool:
        """Say whether the other is a proper descendant."""
        return self.order < other.order <= self.end

    @property
    def parent(self) -> Node:
        """The state directly around this one; the root has none."""
        return self.ancestors[0]

    @property
    def compound(self) -> bool:
        """Whether exactly one of its children is active whenever it is."""
        return self.kind == "state" and bool(self.children)

    def adopt(self, node: Node, order: int) -> None:
        """Take a state in as the next one of the document; ValueError where it stands outside this one's part of it."""
        if order != self.end + 1 or not (self.ancestors or self.name == ROOT):
            raise ValueError(
                f'"{node.name}" is out of document order: a state comes after its parent and all before it inside.'
            )
        node.ancestors, node.order = (self, *self.ancestors), order
        (self.histories if node.kind == "history" else self.children).append(node)
        for around in (node, *node.ancestors):
            around.end = order


class Arc(Transition):
    """A transition as its author wrote it. Without targets it exits and enters nothing."""

    condition_cls = Guard
    source: str

    def __init__(
        self,
        source: str,
        dest: str | Names | None,
        conditions: Sequence[Callback] | None = None,
        *stock: Any,
        actions: Iterable[Callback] = (),
        internal: bool = False,
        label: str = "",
    ) -> None:
        if any(stock):
            raise TypeError(
                f"{label or source}: unless, before, after and prepare have no place in a statechart; use actions"
            )
        super().__init__(source, dest, conditions)  # type: ignore[arg-type]  # the stub knows one target and one condition
        self.names: Names = () if dest is None else (dest,) if isinstance(dest, str) else tuple(dest)
        self.actions, self.internal, self.label = tuple(actions), internal, label
        self.origin: Node
        self.targets: tuple[Node, ...] = ()


def check_places(what: str, places: Sequence[Node], within: Node) -> None:
    """Raise ValueError unless these states lie inside another and can all be entered together."""
    for number, place in enumerate(places):
        if place not in within:
            raise ValueError(f'{what}: "{place.name}" is not inside "{within.name}".')
        for other in places[:number]:
            if not _apart(place, other):
                raise ValueError(
                    f'{what}: "{other.name}" and "{place.name}" cannot be entered together; '
                    "several targets must be in different regions of one parallel state."
                )


def _apart(one: Node, other: Node) -> bool:
    """Say whether two states are in different regions of a parallel state; a history state stands for all around it."""
    mine, yours = (node.parent if node.kind == "history" else node for node in (one, other))
    if mine is yours or mine in yours or yours in mine:
        return False
    return next(around for around in mine.ancestors if yours in around).kind == "parallel"
