"""The tree of states as the document nests them: who is whose parent, and what a target's name means where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from caseway.engine.definition import Kind
from caseway.engine.fault import Path

ROOT = ""


@dataclass
class Branch:
    """A state of the document: its dotted path, where it stands, and what it holds."""

    name: str
    path: str
    place: Path
    written: Mapping[str, Any]
    kind: Kind
    parent: Branch | None
    children: dict[str, Branch] = field(default_factory=dict)

    def enterable(self) -> dict[str, Branch]:
        """Return the states directly within that a case can be in: all but history."""
        return {name: child for name, child in self.children.items() if child.kind != "history"}

    def around(self) -> Iterator[Branch]:
        """Yield what this state lies in, innermost first, the root last."""
        at = self.parent
        while at is not None:
            yield at
            at = at.parent

    def below(self) -> Iterator[Branch]:
        """Yield this state's descendants in document order, parents first."""
        for child in self.children.values():
            yield child
            yield from child.below()


def grow(content: Mapping[str, Any]) -> Branch:
    """Return the root of a document's tree of states."""
    root = Branch(ROOT, ROOT, (), content, "state", None)
    _fill(root, content.get("states"), ("states",))
    return root


def _fill(parent: Branch, states: Any, place: Path) -> None:
    if not isinstance(states, Mapping):
        return
    for name, written in states.items():
        state = written if isinstance(written, Mapping) else {}
        kind = state.get("type", "state")
        path = f"{parent.path}.{name}" if parent.path else name
        branch = Branch(name, path, (*place, name), state, kind, parent)
        parent.children[name] = branch
        _fill(branch, state.get("states"), (*place, name, "states"))


def find(source: Branch, target: str) -> Branch | None:
    """Look a target up: its first part among the source's siblings, then among its parent's, and so on outward."""
    first, *rest = target.split(".")
    for around in source.around():
        found = around.children.get(first)
        for part in rest:
            found = found.children.get(part) if found else None
        if found:
            return found
    return None


def reachable_names(source: Branch) -> list[str]:
    """Return the names by which a target can be meant from here, nearest first."""
    names: dict[str, None] = {}
    for around in source.around():
        for branch in around.below():
            names[branch.path.removeprefix(f"{around.path}.") if around.path else branch.path] = None
    return list(names)


def apart(one: Branch, other: Branch) -> bool:
    """Say whether two states can be active together without one lying in the other: their common surroundings are parallel.

    A history stands for what its parent holds.
    """
    one, other = (branch.parent if branch.kind == "history" and branch.parent else branch for branch in (one, other))
    mine = [one, *one.around()]
    if other in mine or one in other.around():
        return False
    common = next(around for around in other.around() if around in mine)
    return common.kind == "parallel"
