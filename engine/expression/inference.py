"""The shape of every part of an expression: finer than its CEL type, since shapes know enums, nulls and lists of lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from caseway.engine.expression import kind, syntax
from caseway.engine.expression.kind import NULL, Schema
from caseway.engine.expression.syntax import Call, Constant, Entries, Items, Loop, Name, Node, Selection
from caseway.engine.expression.vocabulary import Vocabulary

Locals = Mapping[str, Schema | None]
"""The shapes of the variables of the loops around."""

_SCALARS: dict[type, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
}


@dataclass(frozen=True, slots=True)
class Inference:
    """What is known of the variables in scope."""

    vocabulary: Vocabulary
    variables: Mapping[str, Schema]

    def shape(self, node: Node, inner: Locals) -> Schema | None:
        """Return the shape of a node, or None where nothing is known."""
        found = self._structural(node, inner)
        return found if found is not None else self.vocabulary.schema(node.spot.kind)

    def _structural(self, node: Node, inner: Locals) -> Schema | None:
        match node:
            case Name(name=name):
                return inner[name] if name in inner else self.variables.get(name)
            case Selection(operand=operand, field=field, asked=False):
                return kind.field(self.shape(operand, inner), field)
            case Constant(value=None):
                return NULL
            case Constant(value=value):
                scalar = _SCALARS.get(type(value))
                return (
                    {**scalar, "const": value} if scalar and self.vocabulary.schema(node.spot.kind) == scalar else None
                )
            case Items(items=items):
                return {"type": "array", "items": (self.shape(items[0], inner) or {}) if items else {}}
            case Entries(message=""):
                return self._entries(node, inner)
            case Loop():
                return self._loop(node, inner)
            case Call():
                return self._call(node, inner)
        return None

    def _entries(self, node: Entries, inner: Locals) -> Schema | None:
        if not all(isinstance(key, Constant) and isinstance(key.value, str) for key, _ in node.entries):
            return None
        fields = {key.value: self.shape(value, inner) or {} for key, value in node.entries if isinstance(key, Constant)}
        return {"type": "object", "properties": fields, "required": list(fields)}

    def _call(self, node: Call, inner: Locals) -> Schema | None:
        match node.function, node.arguments:
            case syntax.CHOICE, (_, left, right):
                shapes = [self.shape(left, inner), self.shape(right, inner)]
                return _either(shapes[0], shapes[1])
            case syntax.INDEX, (over, key):
                shape = self.shape(over, inner)
                if isinstance(key, Constant) and isinstance(key.value, str):
                    return kind.field(shape, key.value)
                return kind.items(shape) or _free(shape)
            case syntax.ADD, (left, right):
                lists = [self.shape(left, inner), self.shape(right, inner)]
                return lists[0] if all(each is not None and kind.kind(each)[0] == "array" for each in lists) else None
            case (("uniq" | "sorted"), (values,)):
                return self.shape(values, inner)
        return None

    def _loop(self, node: Loop, inner: Locals) -> Schema | None:
        body = parts(node)
        if body.made is None:
            return None
        made = self.shape(body.made, {**inner, node.variable: self.item(node, inner)})
        return None if made is None else {"type": "array", "items": made}

    def item(self, node: Loop, inner: Locals) -> Schema | None:
        """Return the shape of a loop's variable."""
        over = self.shape(node.over, inner)
        if over is not None and kind.kind(over)[0] == "object":
            return _SCALARS[str]
        return kind.items(over)


@dataclass(frozen=True, slots=True)
class Body:
    """What its author wrote into a loop: a condition on each item, and what is made of it."""

    condition: Node | None = None
    made: Node | None = None


def parts(loop: Loop) -> Body:
    """Find a macro's arguments in what it became."""
    match loop.step:
        case Call(function=syntax.AND | syntax.OR, arguments=(_, condition)):
            return Body(condition)
        case Call(function=syntax.ADD, arguments=(_, Items(items=(made,)))):
            return Body(None, made)
        case Call(function=syntax.CHOICE, arguments=(condition, Call(arguments=(_, Items(items=(made,)))), _)):
            return Body(condition, made)
        case Call(function=syntax.CHOICE, arguments=(condition, _, _)):
            return Body(condition)
        case other:
            return Body(other)


def _either(left: Schema | None, right: Schema | None) -> Schema | None:
    """Return what is true of both sides of a choice: the first that says more than null, nullable where one side is."""
    if left is None or right is None or left == right:
        return left if left == right else None
    if NULL in (left, right):
        left, right = (right, left) if left == NULL else (left, right)
    base, null = kind.kind(left)
    other, also = kind.kind(right)
    if base != other and right != NULL:
        return None
    merged = {key: value for key, value in left.items() if key not in ("const", "enum")}
    return {**merged, "type": [base, "null"]} if null or also else {**merged, "type": base}


def _free(shape: Schema | None) -> Schema | None:
    free = (shape or {}).get("additionalProperties")
    return free if isinstance(free, Mapping) else None
