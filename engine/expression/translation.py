"""Checked expressions as Python functions, where these are certain to mean the same.

Asking cel-cpp takes longer than most expressions need: what they read is converted, and so is the value. Translated is a
closed part of CEL: reading fields, comparing, `&&`, `||`, `!`, `?:`, whole numbers, texts, lists of these, `exists` and
`all`. A function knows the smooth way alone: where a field is not there, a value is not just what its shape says, or a
number leaves its bounds, it raises one of UNUSUAL, and cel-cpp is asked, which gives the value or says what is wrong. So
`&&` and `||` need not absorb errors here, and no error is worded twice.

The functions are closures and no Python source: nothing that a document says can become code.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from caseway.engine.bound import INTEGER
from caseway.engine.expression import operation, syntax
from caseway.engine.expression.activation import Activation
from caseway.engine.expression.bound import ITERATIONS, RESULT_LENGTH
from caseway.engine.expression.conversion import Form, plain
from caseway.engine.expression.reading import (
    ABSENT,
    BOOL,
    EXACT,
    INSTANT,
    INT,
    NULL,
    NULLABLE_BOOL,
    NULLABLE_TEXT,
    TEXT,
    Unusual,
    exact,
    item,
    reading,
)
from caseway.engine.expression.syntax import Call, Constant, Items, Loop, Name, Node, Selection

Seen = list[Any]
"""What a program reads, in the order of its paths, and last the item of its loop."""
Piece = Callable[[Seen], Any]

_ROUNDS = ITERATIONS // 2
"""Longer lists are left to cel-cpp, which counts the rounds."""


class _Untranslatable(Exception):  # noqa: N818  # caught by `translated` alone
    """A part of an expression that has no function here."""


def translated(root: Node, form: Form, reads: frozenset[str]) -> Callable[[Activation], Any] | None:
    """Return a function that gives an expression's value as plain data, or raises one of UNUSUAL; None: there is none.

    `form` is that of all variables, `reads` are the paths that cel-cpp is given.
    """
    translation = _Translation()
    try:
        part, finish = translation.part(root), _finish(root.spot.kind)
    except _Untranslatable:
        return None
    if translation.kinds.keys() != reads:
        return None
    paths = [(path.split("."), encoded) for path, encoded in translation.kinds.items()]
    readings = tuple(reading(names, encoded, reduce(Form.of, names, form)) for names, encoded in paths)

    def evaluate(activation: Activation) -> Any:
        variables = activation.variables()
        seen: Seen = []
        for read in readings:  # a comprehension is a call
            seen.append(read(variables, activation))
        return finish(part(seen))

    return evaluate


@dataclass(slots=True)
class _Translation:
    """One walk over an expression. `kinds` are the types at the paths that it reads (empty: any); there is one loop at most."""

    kinds: dict[str, bytes] = field(default_factory=dict)
    variable: str | None = None
    looped: bool = False

    def part(self, node: Node) -> Piece:
        """Return what gives a node's value, of a Python type that its CEL type may have; ABSENT passes through."""
        match node:
            case Constant(value=value):
                return _constant(node.spot.kind, value)
            case Name() | Selection():
                return self._field(node)
            case Items(items=items):
                return _gathered([self.part(each) for each in items])
            case Loop():
                return self._loop(node)
            case Call():
                return self._call(node)
        raise _Untranslatable

    def truth(self, node: Node) -> Piece:
        """Return what gives true or false, and nothing else that Python would take for one of them."""
        if node.spot.kind == NULLABLE_BOOL:
            return _checked(self.part(node), BOOL)
        if node.spot.kind != BOOL:
            raise _Untranslatable
        return self.part(node)

    # names and fields

    def _field(self, node: Name | Selection) -> Piece:
        if isinstance(node, Selection) and node.asked:
            return self._asked(node)
        path = self._path(node)
        if path is None:
            return _checked(self._found(node), node.spot.kind)
        if exact(node.spot.kind) is None and node.spot.kind != INSTANT:
            raise _Untranslatable
        return self._read(path, node.spot.kind)

    def _asked(self, node: Selection) -> Piece:
        owner = self._path(node.operand)
        if owner is not None:
            read = self._read(f"{owner}.{node.field}")
            return lambda seen: read(seen) is not ABSENT
        found, name = self._found(node.operand), node.field
        return lambda seen: name in _object(found(seen))

    def _path(self, node: Node) -> str | None:
        """Return the path at which the value stands in the variables, or None where it is found otherwise."""
        match node:
            case Name(name=name) if name != self.variable:
                return name
            case Selection(operand=operand, field=name, asked=False):
                owner = self._path(operand)
                return owner and f"{owner}.{name}"
        return None

    def _read(self, path: str, encoded: bytes = b"") -> Piece:
        self.kinds[path] = self.kinds.get(path) or encoded
        return operator.itemgetter(list(self.kinds).index(path))

    def _found(self, node: Node) -> Piece:
        """Return what gives whatever stands within a list that was read."""
        match node:
            case Name(name=self.variable):
                return operator.itemgetter(-1)
            case Selection(operand=operand, field=name, asked=False):
                owner = self._found(operand)
                return lambda seen: _object(owner(seen))[name]
            case Call(function=syntax.INDEX, arguments=(many, at)) if (
                item(many.spot.kind) is not None and at.spot.kind == INT
            ):
                items, index = self.part(many), self.part(at)
                return lambda seen: operation.indexed(items(seen), index(seen))
        raise _Untranslatable

    # operators and calls

    def _call(self, node: Call) -> Piece:
        match node.function, node.arguments:
            case syntax.AND, (one, other):
                left, right = self.truth(one), self.truth(other)
                return lambda seen: left(seen) and right(seen)
            case syntax.OR, (one, other):
                left, right = self.truth(one), self.truth(other)
                return lambda seen: left(seen) or right(seen)
            case syntax.NOT, (one,):
                truth = self.truth(one)
                return lambda seen: not truth(seen)
            case syntax.CHOICE, (asked, one, other):
                condition, left, right = self.truth(asked), self._branch(one, node), self._branch(other, node)
                return lambda seen: left(seen) if condition(seen) else right(seen)
            case syntax.EQUAL, (one, other):
                return _applied(operator.eq, *self._compared(one, other))
            case syntax.UNEQUAL, (one, other):
                return _applied(operator.ne, *self._compared(one, other))
            case syntax.WITHIN, (one, many):
                return self._within(one, many)
            case syntax.INDEX, _:
                return _checked(self._found(node), node.spot.kind)
        return self._operation(node)

    def _branch(self, node: Node, choice: Call) -> Piece:
        wanted, found = exact(choice.spot.kind), exact(node.spot.kind)
        if wanted is None or found is None or not found <= wanted:
            raise _Untranslatable
        return self.part(node)

    def _compared(self, one: Node, other: Node) -> tuple[Piece, Piece]:
        if NULL in (one.spot.kind, other.spot.kind):
            return self._nullable(one), self._nullable(other)
        if not _alike(one, other):
            raise _Untranslatable
        return self.part(one), self.part(other)

    def _nullable(self, node: Node) -> Piece:
        """Return what gives null where a value is, and else whatever stands there."""
        if not isinstance(node, (Name, Selection)) or (isinstance(node, Selection) and node.asked):
            return self.part(node)
        path = self._path(node)
        return self._found(node) if path is None else self._read(path, node.spot.kind)

    def _within(self, one: Node, many: Node) -> Piece:
        if isinstance(many, Items):
            fits = all(_alike(one, each) for each in many.items)
        else:
            # Among data, Python would find a number that is equal to true or to 1.0. A text is equal to itself alone.
            fits = one.spot.kind in (TEXT, NULLABLE_TEXT)
        if not fits:
            raise _Untranslatable
        return _applied(operation.within, self.part(one), self.part(many))

    def _operation(self, node: Call) -> Piece:
        overload = node.spot.overloads[0] if len(node.spot.overloads) == 1 else ""
        parts = [self.part(argument) for argument in node.arguments]
        if overload in operation.ARITHMETIC:
            return _bounded(operation.ARITHMETIC[overload], *parts)
        if overload in operation.PLAIN:
            return _applied(operation.PLAIN[overload], *parts)
        raise _Untranslatable

    def _loop(self, node: Loop) -> Piece:
        match node.step:
            case Call(function=syntax.AND | syntax.OR as joined, arguments=(_, condition)) if not self.looped:
                self.looped = True
                over = self.part(node.over)
                if item(node.over.spot.kind) is None:
                    raise _Untranslatable
                self.variable = node.variable
                holds = self.truth(condition)
                self.variable = None
                return _looked_through(over, holds, until=joined == syntax.OR)
        raise _Untranslatable


def _alike(one: Node, other: Node) -> bool:
    """Say whether the values of two nodes are of one scalar type, or null."""
    kinds = one.spot.kind, other.spot.kind
    if INSTANT in kinds:
        return kinds == (INSTANT, INSTANT)
    left, right = (EXACT.get(encoded) for encoded in kinds)
    return left is not None and right is not None and left | EXACT[NULL] == right | EXACT[NULL]


def _constant(encoded: bytes, value: Any) -> Piece:
    cut = isinstance(value, str) and "\0" in value
    large = isinstance(value, int) and value < -INTEGER
    if type(value) not in EXACT.get(encoded, ()) or cut or large:
        raise _Untranslatable
    return lambda _: value


def _checked(part: Piece, encoded: bytes) -> Piece:
    """Return what gives a value within a list that was read, if it is of its type; conversion has changed instants."""
    wanted = exact(encoded)
    if wanted is None:
        raise _Untranslatable

    def checked(seen: Seen) -> Any:
        value = part(seen)
        if type(value) not in wanted:
            raise Unusual
        return value

    return checked


def _gathered(parts: Sequence[Piece]) -> Piece:
    def gathered(seen: Seen) -> list[Any]:
        values = []
        for part in parts:
            value = part(seen)
            if value is ABSENT:
                raise Unusual
            values.append(value)
        return values

    return gathered


def _applied(function: Callable[..., Any], left: Piece, right: Piece | None = None) -> Piece:
    if right is None:
        return lambda seen: function(left(seen))
    return lambda seen: function(left(seen), right(seen))


def _bounded(function: Callable[[int, int], int], left: Piece, right: Piece) -> Piece:
    def bounded(seen: Seen) -> int:
        number = function(left(seen), right(seen))
        if -INTEGER <= number <= INTEGER:
            return number
        raise Unusual

    return bounded


def _looked_through(over: Piece, holds: Piece, *, until: bool) -> Piece:
    def looked(seen: Seen) -> bool:
        items = over(seen)
        if len(items) > _ROUNDS:
            raise Unusual
        seen.append(None)
        for each in items:
            seen[-1] = each
            if bool(holds(seen)) is until:
                return until
        return not until

    return looked


def _object(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise Unusual
    return value


def _finish(encoded: bytes) -> Callable[[Any], Any]:
    """Return what makes plain data of a value of a type."""
    if item(encoded) in EXACT:
        return _listed
    if encoded in EXACT or encoded == INSTANT:
        return plain
    raise _Untranslatable


def _listed(values: list[Any]) -> list[Any]:
    if sum(len(value) for value in values if type(value) is str) > RESULT_LENGTH:
        raise Unusual
    return [plain(value) for value in values]
