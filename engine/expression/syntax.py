"""The syntax tree of a checked expression."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caseway.engine.expression import wire

AND, OR, NOT, CHOICE = "_&&_", "_||_", "!_", "_?_:_"
EQUAL, UNEQUAL, WITHIN, ADD, INDEX = "_==_", "_!=_", "@in", "_+_", "_[_]"

# Field numbers of cel.expr.CheckedExpr and what is within it.
_ID = _FUNCTION = _ENTRY = 2
_OVERLOAD = _KEY = 3
_POSITIONS = 4


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a node stands (character offset), its type (encoded; empty: unknown) and the overloads it may call."""

    offset: int = 0
    kind: bytes = b""
    overloads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Constant:
    spot: Spot
    value: Any


@dataclass(frozen=True, slots=True)
class Name:
    spot: Spot
    name: str


@dataclass(frozen=True, slots=True)
class Selection:
    """A field of an object, or with `asked`, whether it is there."""

    spot: Spot
    operand: Node
    field: str
    asked: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function or operator. The target of a member call is the first argument."""

    spot: Spot
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Items:
    spot: Spot
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A map, or where `message` names one, a protocol buffer message."""

    spot: Spot
    message: str
    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """What the macros `all`, `exists`, `exists_one`, `map` and `filter` become."""

    spot: Spot
    variable: str
    over: Node
    step: Node


Node = Constant | Name | Selection | Call | Items | Entries | Loop


def tree(serialized: bytes) -> tuple[Node, int]:
    """Read a serialized checked expression (`google.protobuf.Any` of `cel.expr.CheckedExpr`); count its nodes."""
    checked = dict(wire.fields(serialized))[2]
    references: dict[int, tuple[str, ...]] = {}
    kinds: dict[int, bytes] = {}
    offsets: dict[int, int] = {}
    root = b""
    for field, value in wire.fields(wire.content(checked)):
        match field:
            case 2:
                key, reference = _entry(value)
                references[key] = tuple(wire.text(each) for part, each in wire.fields(reference) if part == _OVERLOAD)
            case 3:
                key, kinds[key] = _entry(value)
            case 4:
                root = wire.content(value)
            case 5:
                offsets = _offsets(wire.content(value))
    reader = _Reader(offsets, kinds, references)
    return reader.node(root), reader.count


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes right below a node."""
    match node:
        case Selection(operand=operand):
            yield operand
        case Call(arguments=nodes) | Items(items=nodes):
            yield from nodes
        case Entries(entries=entries):
            for pair in entries:
                yield from pair
        case Loop(over=over, step=step):
            yield over
            yield step


def _entry(value: int | bytes) -> tuple[int, bytes]:
    entry = dict(wire.fields(wire.content(value)))
    return wire.number(entry.get(1, 0)), wire.content(entry.get(2, b""))


def _offsets(source: bytes) -> dict[int, int]:
    positions = (dict(wire.fields(wire.content(value))) for field, value in wire.fields(source) if field == _POSITIONS)
    return {wire.number(entry.get(1, 0)): wire.number(entry.get(2, 0)) for entry in positions}


@dataclass(slots=True)
class _Reader:
    offsets: Mapping[int, int]
    kinds: Mapping[int, bytes]
    references: Mapping[int, tuple[str, ...]]
    count: int = 0

    def node(self, encoded: bytes) -> Node:
        self.count += 1
        key, form, body = 0, 3, b""
        for field, value in wire.fields(encoded):
            if field == _ID:
                key = wire.number(value)
            else:
                form, body = field, wire.content(value)
        spot = Spot(self.offsets.get(key, 0), self.kinds.get(key, b""), self.references.get(key, ()))
        parts = list(wire.fields(body))
        match form:
            case 3:
                return Constant(spot, _constant(parts))
            case 4:
                return Name(spot, wire.text(dict(parts)[1]))
            case 5:
                fields = dict(parts)
                return Selection(spot, self._at(fields[1]), wire.text(fields[2]), bool(fields.get(3)))
            case 6:
                # The target (field 1) and the arguments (field 3) come in this order; field 2 is the function.
                return Call(
                    spot,
                    wire.text(dict(parts)[_FUNCTION]),
                    tuple(self._at(value) for field, value in parts if field != _FUNCTION),
                )
            case 7:
                return Items(spot, tuple(self._at(value) for field, value in parts if field == 1))
            case 8:
                message = wire.text(dict(parts).get(1, b""))
                return Entries(spot, message, tuple(self._pair(value) for field, value in parts if field == _ENTRY))
            case _:
                fields = dict(parts)
                return Loop(spot, wire.text(fields[1]), self._at(fields[2]), self._at(fields[6]))

    def _at(self, value: int | bytes) -> Node:
        return self.node(wire.content(value))

    def _pair(self, value: int | bytes) -> tuple[Node, Node]:
        entry = dict(wire.fields(wire.content(value)))
        key: Node = self._at(entry[_KEY]) if _KEY in entry else Constant(Spot(), wire.text(entry[2]))
        return key, self._at(entry[4])


def _constant(parts: list[tuple[int, int | bytes]]) -> Any:
    if not parts:
        return None
    field, value = parts[0]
    match field:
        case 2:
            return bool(value)
        case 3:
            return wire.signed(value)
        case 4:
            return wire.number(value)
        case 5:
            return struct.unpack("<d", wire.content(value))[0]
        case 6:
            return wire.text(value)
        case 7:
            return wire.content(value)
        case _:
            return None
