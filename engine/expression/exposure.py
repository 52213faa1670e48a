"""Which private fields an expression looks at: those whose content, or presence, its value may tell of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from caseway.engine.expression import kind, syntax
from caseway.engine.expression.inference import Inference, Locals, parts
from caseway.engine.expression.kind import Schema
from caseway.engine.expression.syntax import Call, Loop, Name, Node, Selection
from caseway.engine.private import Private, own, within

Names = Mapping[str, str]
"""The paths of what the variables of the loops around stand for."""

Look = tuple[str, bool]
"""A path that an expression looks at, items of lists named by `[]`; and whether at all that is within, or only at what it is taken from."""


def exposed(root: Node, inference: Inference) -> tuple[Private, ...]:
    """Return the private fields that an expression looks at, each once.

    Of an object or list that it uses as a whole, everything private within counts; of one that it only takes a field or item
    from, what is private about it itself. Where the way through an expression cannot be followed, more is returned, not less.
    """
    exposure = _Exposure(inference)
    exposure.walk(root, {}, {}, whole=True)
    return tuple(exposure.found.values())


def looked(root: Node, inference: Inference, *, whole: bool = True) -> frozenset[Look]:
    """Return all that an expression looks at. Not `whole`: its value is only gone through, item by item."""
    exposure = _Exposure(inference)
    exposure.walk(root, {}, {}, whole=whole)
    return frozenset(exposure.looks)


def stands_for(root: Node) -> str:
    """Return the path of the list of which an expression gives items, as far as it can be told."""
    return _path(root, {})


@dataclass(slots=True)
class _Exposure:
    """One walk over an expression. `whole`: the value of the node is used as it is, with all that it holds."""

    inference: Inference
    found: dict[tuple[str, frozenset[str]], Private] = field(default_factory=dict)
    looks: set[Look] = field(default_factory=set)

    def walk(self, node: Node, inner: Locals, names: Names, *, whole: bool) -> None:
        match node:
            case Name():
                self._note(node, self.inference.shape(node, inner), names, whole=whole)
            case Selection(operand=operand, field=name, asked=asked):
                owner = self._through(operand, inner, names)
                self._note(node, kind.field(owner, name), names, whole=whole and not asked)
            case Call(function=syntax.INDEX, arguments=(over, key)):
                self._through(over, inner, names)
                self.walk(key, inner, names, whole=True)
                self._note(node, self.inference.shape(node, inner), names, whole=whole)
            case Call(function="size", arguments=(over,)):
                owner = self._through(over, inner, names)
                self._note_items(over, kind.items(owner), names)
            case Loop():
                self._loop(node, inner, names, whole=whole)
            case _:
                # Whatever else makes a value of others may tell of all that they hold.
                for child in syntax.children(node):
                    self.walk(child, inner, names, whole=True)

    def _through(self, node: Node, inner: Locals, names: Names) -> Schema | None:
        """Walk what a field or item is taken from, and return its shape; where it is not known, all of it counts."""
        shape = self.inference.shape(node, inner)
        self.walk(node, inner, names, whole=shape is None)
        return shape

    def _loop(self, node: Loop, inner: Locals, names: Names, *, whole: bool) -> None:
        self._through(node.over, inner, names)
        item = self.inference.item(node, inner)
        self._note_items(node.over, item, names)
        body = parts(node)
        inner = {**inner, node.variable: item}
        names = {**names, node.variable: f"{_path(node.over, names)}[]"}
        if body.condition is not None:
            self.walk(body.condition, inner, names, whole=True)
        if body.made is not None:
            self.walk(body.made, inner, names, whole=whole)

    def _note(self, node: Node, shape: Schema | None, names: Names, *, whole: bool) -> None:
        path = _path(node, names)
        self.looks.add((path, whole))
        for each in (within if whole else own)(shape or {}, path):
            self.found.setdefault((each.path, each.roles), replace(each, offset=node.spot.offset))

    def _note_items(self, over: Node, shape: Schema | None, names: Names) -> None:
        """Take note of items that are counted or gone through: how many there are is theirs to tell as well."""
        for each in own(shape or {}, f"{_path(over, names)}[]"):
            self.found.setdefault((each.path, each.roles), replace(each, offset=over.spot.offset))


def _path(node: Node, names: Names) -> str:
    """Name what a node stands for."""
    match node:
        case Name(name=name):
            return names.get(name, name)
        case Selection(operand=operand, field=name):
            return f"{_path(operand, names)}.{name}"
        case Call(function=syntax.INDEX, arguments=(over, _)):
            return f"{_path(over, names)}[]"
        case Loop(over=over):
            return _path(over, names)
    return "this"
