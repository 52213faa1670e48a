"""What Python does where cel-cpp would call an overload of an operator or function."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from caseway.engine.expression import function
from caseway.engine.expression.reading import ABSENT, Unusual


def indexed(values: Sequence[Any], index: int) -> Any:
    """Return an item of a list."""
    if index < 0:  # which Python would count from the end
        raise Unusual
    return values[index]


def within(value: Any, values: Sequence[Any]) -> bool:
    """Say whether a list holds a value."""
    if value is ABSENT:  # which an empty list would not look at
        raise Unusual
    return value in values


def _divided(number: int, by: int) -> int:
    """Divide and drop the fraction; Python would round down."""
    quotient = abs(number) // abs(by)
    return quotient if (number < 0) == (by < 0) else -quotient


def _rest(number: int, by: int) -> int:
    return number - by * _divided(number, by)


_ORDERS = {
    "less": operator.lt,
    "less_equals": operator.le,
    "greater": operator.gt,
    "greater_equals": operator.ge,
}
_ORDERED = ("int64", "string", "timestamp")
ARITHMETIC: Mapping[str, Callable[[int, int], int]] = {
    "add_int64": operator.add,
    "subtract_int64": operator.sub,
    "multiply_int64": operator.mul,
    "divide_int64": _divided,
    "modulo_int64": _rest,
}
"""Operators whose results may have more than 64 bits, by overload."""
PLAIN: Mapping[str, Callable[..., Any]] = {
    **{f"{order}_{kind}": operation for order, operation in _ORDERS.items() for kind in _ORDERED},
    # The smallest number here is the largest negated.
    "negate_int64": operator.neg,
    "percent_int": function.percent,
    "sum_list": function.total,
    "add_string": operator.add,
    "size_string": len,
    "string_size": len,
    "size_list": len,
    "list_size": len,
    "starts_with_string": str.startswith,
    "ends_with_string": str.endswith,
    "contains_string": operator.contains,
    "int64_to_string": int.__repr__,
    "string_to_string": str.__str__,
}
"""What else Python does in place of an overload. All of these raise TypeError on null and on what is ABSENT."""
