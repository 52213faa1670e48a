"""What CEL's types cannot say: fields that may be absent or null, values no enum has, orders that are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from caseway.engine.expression import bound, constant, function, kind, syntax, wording
from caseway.engine.expression.inference import Inference, Locals, parts
from caseway.engine.expression.kind import Schema
from caseway.engine.expression.syntax import Call, Constant, Entries, Items, Loop, Name, Node, Selection
from caseway.engine.expression.weight import Weight
from caseway.engine.fault import Fault, suggestion

Facts = frozenset[str]
"""What is certain: `case.note` for a field that is there, `case.note!` for one that is not null."""

NOTHING: Facts = frozenset()
STRICT: Schema = {"type": "value"}
"""What operators and functions want: anything but null."""

_BUILT_IN = frozenset({"bool", "int", "double", "string", "bytes", "uint", "list", "map", "type", "null_type"})
_GLUE = frozenset({"add_string", "add_list", "add_bytes"})
_NUMBERS = frozenset({"integer", "number"})


def path(node: Node) -> str | None:
    """Return the dotted path of a name and its fields, with constant indexes, or None."""
    match node:
        case Name(name=name):
            return name
        case Selection(operand=operand, field=name):
            owner = path(operand)
            return owner and f"{owner}.{name}"
        case Call(function=syntax.INDEX, arguments=(operand, Constant(value=key))):
            owner = path(operand)
            return owner and f"{owner}[{key!r}]"
    return None


def facts(node: Node, holds: bool) -> Facts:
    """Return what is certain where a condition holds (or where it does not)."""
    match node:
        case Selection(asked=True):
            there = path(node)
            return frozenset({there}) if holds and there else NOTHING
        case Call(function=syntax.NOT, arguments=(inner,)):
            return facts(inner, not holds)
        case Call(function=syntax.AND | syntax.OR as joined, arguments=(left, right)):
            both = facts(left, holds), facts(right, holds)
            return both[0] | both[1] if (joined == syntax.AND) is holds else both[0] & both[1]
        case Call(function=syntax.EQUAL | syntax.UNEQUAL as compared, arguments=(left, right)):
            return _compared(left, right, (compared == syntax.EQUAL) is holds)
    return NOTHING


def _compared(left: Node, right: Node, equal: bool) -> Facts:
    """Equal to a constant that is not null, or unequal to null: then it is not null."""
    for one, other in ((left, right), (right, left)):
        there = path(one)
        if there and isinstance(other, Constant) and (other.value is not None) is equal:
            return frozenset({f"{there}!"})
    return NOTHING


@dataclass(slots=True)
class Inspection:
    """One walk over a checked expression. Fills the other fields."""

    inference: Inference
    variables: Mapping[str, Schema]
    faults: list[Fault] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    weight: Weight = field(default_factory=Weight)

    def walk(self, node: Node, wants: Schema | None, known: Facts, inner: Locals, loops: int = 0) -> None:
        """Inspect a node from which a value of the shape `wants` is expected."""
        match node:
            case Name() | Selection():
                self._read(node, wants, known, inner)
                if isinstance(node, Selection):
                    self._owner(node.operand, known, inner, loops)
            case Items(items=items):
                for item in items:
                    self.walk(item, kind.items(wants) if wants is not STRICT else STRICT, known, inner, loops)
            case Entries():
                self._entries(node, wants, known, inner, loops)
            case Loop():
                self._loop(node, wants, known, inner, loops)
            case Call():
                self._call(node, wants, known, inner, loops)

    def _fault(self, code: str, said: tuple[str, str], offset: int, value: Any = None) -> None:
        self.faults.append(Fault(code, said[0], hint=said[1], value=value, offset=offset))

    # names and fields

    def _owner(self, node: Node, known: Facts, inner: Locals, loops: int) -> None:
        """Inspect what a field is taken of: there, and not null, but not read as a whole."""
        if isinstance(node, (Name, Selection)):
            self._present(node, STRICT, known, inner)
            if isinstance(node, Selection):
                self._owner(node.operand, known, inner, loops)
        else:
            self.walk(node, STRICT, known, inner, loops)

    def _read(self, node: Name | Selection, wants: Schema | None, known: Facts, inner: Locals) -> None:
        there = path(node)
        root = _root(there) if there else ""
        if there and "[" not in there and root not in inner:
            if root in self.variables:
                self.reads.add(there)
            elif root not in _BUILT_IN:
                # The position of a qualified name is its last dot.
                at = node.spot.offset - max(there.rfind("."), 0)
                self._fault("unknown-name", (wording.unknown_name(root), suggestion(root, self.variables)), at, root)
        elif there and root not in inner:
            self.reads.add(there.split("[")[0])
        self._present(node, wants, known, inner)

    def _present(self, node: Name | Selection, wants: Schema | None, known: Facts, inner: Locals) -> None:
        there = path(node)
        shown = there or (node.field if isinstance(node, Selection) else "")
        if isinstance(node, Selection):
            if node.asked:
                self._known_field(node, inner)
                return
            self._known_field(node, inner)
            owner = self.inference.shape(node.operand, inner)
            if owner is not None and kind.optional(owner, node.field) and there not in known:
                self._fault("may-be-absent", wording.may_be_absent(shown, there or ""), node.spot.offset, shown)
        shape = self.inference.shape(node, inner)
        if shape is not None and _null(shape) and not kind.nullable(wants) and f"{there}!" not in known:
            self._fault("may-be-null", wording.may_be_null(shown), node.spot.offset, shown)

    def _known_field(self, node: Selection, inner: Locals) -> None:
        """Report a field that a shape does not have where CEL's types are too coarse to see it."""
        owner = self.inference.shape(node.operand, inner)
        if owner is None or kind.kind(owner)[0] != "object" or kind.field(owner, node.field) is not None:
            return
        if isinstance(owner.get("additionalProperties"), Mapping) or "properties" not in owner:
            return
        said = (
            wording.unknown_field(path(node.operand) or "this object", node.field),
            suggestion(node.field, owner["properties"]),
        )
        self._fault("unknown-field", said, node.spot.offset, node.field)

    # lists and maps

    def _entries(self, node: Entries, wants: Schema | None, known: Facts, inner: Locals, loops: int) -> None:
        if node.message:
            self._fault("forbidden-function", wording.message_literal(), node.spot.offset, node.message)
        for key, value in node.entries:
            self.walk(key, STRICT, known, inner, loops)
            named = key.value if isinstance(key, Constant) else ""
            self.walk(value, STRICT if wants is STRICT else kind.field(wants, str(named)), known, inner, loops)

    def _loop(self, node: Loop, wants: Schema | None, known: Facts, inner: Locals, loops: int) -> None:
        self.walk(node.over, STRICT, known, inner, loops)
        self._ordered(node, inner)
        if loops == bound.LOOPS:
            message, hint = wording.too_many_loops()
            self._fault("comprehension-too-deep", (message, hint), node.spot.offset)
        body = parts(node)
        within = {**inner, node.variable: self.inference.item(node, inner)}
        certain = frozenset(fact for fact in known if _root(fact) != node.variable)
        if body.condition is not None:
            self.walk(body.condition, STRICT, certain, within, loops + 1)
            certain |= facts(body.condition, holds=True)
        if body.made is not None:
            self.weight.makes = True
            self.walk(body.made, kind.items(wants) if wants is not STRICT else None, certain, within, loops + 1)

    def _ordered(self, node: Loop, inner: Locals) -> None:
        shape = self.inference.shape(node.over, inner)
        at = node.over.spot.offset
        if shape is None or kind.kind(shape)[0] is None:
            self._fault("map-order", wording.unknown_order(), at, path(node.over))
        elif kind.kind(shape)[0] == "object":
            self._fault("map-order", wording.map_order(), at, path(node.over))

    # calls

    def _call(self, node: Call, wants: Schema | None, known: Facts, inner: Locals, loops: int) -> None:
        match node.function, node.arguments:
            case ((syntax.AND | syntax.OR as joined), (left, right)):
                self.walk(left, STRICT, known, inner, loops)
                self.walk(right, STRICT, known | facts(left, joined == syntax.AND), inner, loops)
            case syntax.CHOICE, (condition, left, right):
                self.walk(condition, STRICT, known, inner, loops)
                self.walk(left, wants, known | facts(condition, holds=True), inner, loops)
                self.walk(right, wants, known | facts(condition, holds=False), inner, loops)
            case ((syntax.EQUAL | syntax.UNEQUAL), (left, right)):
                self._possible(left, right, inner)
                self._possible(right, left, inner)
                self._compares(loops, (left, right), inner)
                self.walk(left, None, known, inner, loops)
                self.walk(right, None, known, inner, loops)
            case syntax.WITHIN, (one, many):
                self._possible(one, many, inner)
                self._possible(many, one, inner)
                self._compares(loops, (many,), inner)
                self.walk(one, None, known, inner, loops)
                self.walk(many, STRICT, known, inner, loops)
            case _:
                self._plain_call(node, known, inner, loops)

    def _plain_call(self, node: Call, known: Facts, inner: Locals, loops: int) -> None:
        name = node.function
        if loops and name == syntax.ADD and _GLUE & set(node.spot.overloads) and not self._adds_numbers(node, inner):
            self._fault("forbidden-concatenation", wording.concatenation(), node.spot.offset)
        if name == syntax.ADD and "add_list" in node.spot.overloads:
            self.weight.glues += 1
        if loops and name in function.LISTING:
            self.weight.lists |= not _once(node.arguments[0], inner, loops)
        if name in ("sorted", "uniq"):
            self._sortable(node, inner)
        if problem := constant.misread(node):
            self._fault("type", problem, _argument(node).spot.offset, _constant(_argument(node)))
        takes_null = name in ("dyn", "type")
        for argument in node.arguments:
            self.walk(argument, None if takes_null else STRICT, known, inner, loops)

    def _compares(self, loops: int, nodes: tuple[Node, ...], inner: Locals) -> None:
        """Take note of comparisons within loops whose cost grows with the data."""
        if not loops or any(isinstance(node, Constant) for node in nodes):
            return
        shapes = [self.inference.shape(node, inner) for node in nodes if not isinstance(node, Items)]
        self.weight.compares |= any(
            shape is None or kind.kind(shape)[0] in (None, "array", "object") for shape in shapes
        )

    def _adds_numbers(self, node: Call, inner: Locals) -> bool:
        shapes = [self.inference.shape(argument, inner) for argument in node.arguments]
        return all(shape is not None and kind.kind(shape)[0] in _NUMBERS for shape in shapes)

    def _sortable(self, node: Call, inner: Locals) -> None:
        item = kind.items(self.inference.shape(node.arguments[0], inner))
        base = kind.kind(item)[0] if item is not None else None
        unsortable = base in ("object", "array") and node.function == "sorted"
        if item is not None and (unsortable or base in kind.INTERNAL):
            said = wording.not_sortable(node.function, f"list of ({kind.described(item)})"), wording.sortable()
            self._fault("type", said, node.spot.offset, node.function)

    def _possible(self, one: Node, other: Node, inner: Locals) -> None:
        """Report constants that a field with an enum can never have."""
        shape = self.inference.shape(one, inner) or {}
        shape = shape if "enum" in shape else kind.items(shape) or {}
        values = shape.get("enum")
        if not values or isinstance(one, (Constant, Items)):
            return
        for each in other.items if isinstance(other, Items) else (other,):
            if isinstance(each, Constant) and each.value is not None and each.value not in values:
                owner = path(one) or "this"
                said = wording.not_in_enum(each.value, owner), suggestion(str(each.value), map(str, values))
                self._fault("not-in-enum", said, each.spot.offset, each.value)


def _root(there: str) -> str:
    """Return the variable that a path or a fact begins with."""
    return there.rstrip("!").partition(".")[0].partition("[")[0]


def _once(node: Node, inner: Locals, loops: int) -> bool:
    """Say whether each value of a list is looked at once in all rounds of a loop, and not once per round."""
    if isinstance(node, Loop):
        # cel-cpp counts the rounds of loops within loops itself.
        return True
    listed = path(node)
    return loops == 1 and listed is not None and _root(listed) in inner


def _null(shape: Schema) -> bool:
    return kind.kind(shape)[1]


def _argument(node: Call) -> Node:
    return node.arguments[-1]


def _constant(node: Node) -> Any:
    return node.value if isinstance(node, Constant) else None
