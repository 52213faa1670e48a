"""A compiled expression: a Python function where there is one, and cel-cpp behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cel_expr_python import cel

from caseway.engine.expression import kind, wording
from caseway.engine.expression.activation import Activation
from caseway.engine.expression.conversion import content, plain
from caseway.engine.expression.errors import ExpressionError
from caseway.engine.expression.exposure import Look
from caseway.engine.expression.kind import Schema
from caseway.engine.expression.reading import UNUSUAL
from caseway.engine.expression.selection import Part
from caseway.engine.expression.weight import Weight
from caseway.engine.private import Private

_ERROR = cel.Type.ERROR
_CODE = re.compile(r"^[A-Z_]+: ")
_KEY = re.compile(r'Key not found in map : "?(.*?)"?$', re.DOTALL)
_INDEX = re.compile(r"Index error: index=(-?\d+) size=(\d+)")
_VARIABLE = re.compile(r'No value with name "(.*)" found')
_OVERLOAD = re.compile(r"No matching overloads found : (\S+?)(?:\((.*)\))?$")
_EXACT = {"boolean": bool, "string": str, "integer": int, "array": list, "object": dict}
_PLAIN_OPERATOR = re.compile(r"_?(\S+?)_?")


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A checked expression, ready to run.

    `reads` are the dotted paths that it looks at. `establishes` is what is certain where it is true, and
    `refutes` where it is false; both are for the `known` of further expressions. `private` are the fields that it looks at
    and not everybody may see. `_translated` gives the value or
    raises one of UNUSUAL. `_looked` gives what it looks at, loops gone through.
    """

    text: str
    reads: frozenset[str]
    establishes: frozenset[str]
    refutes: frozenset[str]
    wants: Schema | None
    weight: Weight
    private: tuple[Private, ...]
    _selection: Part
    _expression: Any
    _translated: Callable[[Activation], Any] | None
    _looked: Callable[[bool], tuple[str, frozenset[Look]]]
    _exact: type | None = field(init=False)

    def __post_init__(self) -> None:
        base = None if self.wants is None else kind.kind(self.wants)[0]
        object.__setattr__(self, "_exact", None if base is None else _EXACT.get(base))

    def evaluate(self, activation: Activation) -> Any:
        """Return the value as plain JSON data: instants as RFC 3339, durations as ISO 8601, keys sorted.

        Raises ExpressionError.
        """
        if self._translated is not None:
            try:
                value = self._translated(activation)
                return value if type(value) is self._exact else _fitting(value, self.wants)
            except UNUSUAL:
                pass  # cel-cpp gives the value, or says what is wrong
        return self.interpreted(activation)

    def looks(self) -> frozenset[Look]:
        """Return all that it looks at, in the items of lists as well. It is worked out anew each time: few ask."""
        return self._looked(True)[1]

    def looks_through(self) -> tuple[str, frozenset[Look]]:
        """Return the path of the list of which it gives items, and what it looks at where of these nothing is used yet."""
        return self._looked(False)

    def interpreted(self, activation: Activation) -> Any:
        """Return the same by cel-cpp, which alone knows all that an expression may say and all that may go wrong."""
        try:
            value = plain(self._found(activation))
            return value if type(value) is self._exact else _fitting(value, self.wants)
        except ExpressionError as error:
            raise ExpressionError(error.code, wording.failed(self.text, error.message)) from None

    def _found(self, activation: Activation) -> Any:
        data = self._selection.taken(activation.variables(), activation)
        self.weight.check(data)
        try:
            value = self._expression.eval(data=data)
        except RuntimeError as error:
            raise _error(str(error)) from None
        found = content(value)
        # An error's value is its text. Asking for the type takes longer than anything else here, so texts alone are asked.
        if isinstance(found, str) and value.type() == _ERROR:
            raise _error(found)
        return found

    def __str__(self) -> str:
        return self.text


def _fitting(value: Any, wants: Schema | None) -> Any:
    """Return the value where its type is the wanted one; whole numbers come as such."""
    if wants is None:
        return value
    base, null = kind.kind(wants)
    match value, base:
        case (_, None) | (bool(), "boolean") | (str(), "string") | (list(), "array") | (dict(), "object"):
            return value
        case (bool(), _):
            pass
        case (int() | float(), "number") | (int(), "integer"):
            return value
        case (float(), "integer") if value.is_integer():
            return int(value)
        case (None, _) if null:
            return value
    raise ExpressionError(
        "wrong-type", wording.wrong_result(kind.described(wants), "null" if value is None else type(value).__name__)
    )


def _error(said: str) -> ExpressionError:
    """Say in our words what cel-cpp reports."""
    problem = _CODE.sub("", said.removesuffix(" [INTERNAL]"))
    if match := _KEY.match(problem) or _VARIABLE.match(problem):
        return ExpressionError("absent", wording.absent(match[1]))
    if match := _INDEX.match(problem):
        return ExpressionError("absent", wording.no_item(match[1], match[2]))
    if match := _OVERLOAD.match(problem):
        operator = _PLAIN_OPERATOR.fullmatch(match[1])
        shown = operator[1] if operator and match[1].startswith("_") else match[1].strip("_@")
        return ExpressionError(
            "wrong-type", wording.cannot_take(shown, match[2]) if match[2] and "<" not in shown else wording.unusable()
        )
    if "by zero" in problem:
        return ExpressionError("division-by-zero", wording.by_zero())
    if "overflow" in problem or "out of range" in problem:
        return ExpressionError("overflow", wording.out_of_range())
    if "Iteration budget" in problem:
        return ExpressionError("limit", wording.too_many_rounds())
    if problem == wording.integer_limit():
        return ExpressionError("overflow", problem)
    if "non-message type" in problem:
        return ExpressionError("wrong-type", wording.unusable())
    if said.startswith(("INVALID_ARGUMENT", "OUT_OF_RANGE")):
        return ExpressionError("bad-value", problem)
    return ExpressionError("evaluation", problem)
