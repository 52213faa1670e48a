"""What a translated expression reads of plain data: taken where they are just what their shape says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import MAXYEAR, datetime, timezone
from typing import Any, NoReturn

from caseway.engine.bound import INTEGER, TEXT_LENGTH
from caseway.engine.expression import wire
from caseway.engine.expression.activation import Activation
from caseway.engine.expression.conversion import Form
from caseway.engine.expression.errors import ExpressionError

BOOL, INT, TEXT, NULL, INSTANT = b"\x18\x01", b"\x18\x02", b"\x18\x05", b"\x10\x00", b"\x28\x02"
NULLABLE_BOOL, NULLABLE_INT, NULLABLE_TEXT = b"\x20\x01", b"\x20\x02", b"\x20\x05"
"""How cel-cpp encodes the types of scalars."""

EXACT: dict[bytes, frozenset[type]] = {
    BOOL: frozenset({bool}),
    INT: frozenset({int}),
    TEXT: frozenset({str}),
    NULLABLE_BOOL: frozenset({bool, type(None)}),
    NULLABLE_INT: frozenset({int, type(None)}),
    NULLABLE_TEXT: frozenset({str, type(None)}),
    NULL: frozenset({type(None)}),
}
"""The Python types that the values of a scalar may have."""

Read = Callable[[Mapping[str, Any], Activation], Any]
"""Takes a value from the plain variables of an activation."""


class Unusual(Exception):  # noqa: N818  # no error: cel-cpp is asked instead
    """Something that is left to cel-cpp."""


UNUSUAL = (
    Unusual,
    ExpressionError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""All that a translated expression may raise; it says no more than that cel-cpp is to be asked."""


class _Absent:
    """What stands for a field that is not there: whatever looks at it is left to cel-cpp."""

    def __bool__(self) -> NoReturn:
        raise Unusual

    def __eq__(self, other: object) -> NoReturn:
        raise Unusual

    def __hash__(self) -> NoReturn:
        raise Unusual


ABSENT: Any = _Absent()


def item(encoded: bytes) -> bytes | None:
    """Return the type of a list's items, or None where the type is no list."""
    inner = dict(wire.fields(encoded)).get(6)
    return None if inner is None else wire.content(dict(wire.fields(wire.content(inner))).get(1, b""))


def exact(encoded: bytes) -> frozenset[type] | None:
    """Return the Python types that the values of a type may have; None where it is neither a scalar nor a list."""
    return EXACT.get(encoded) or (None if item(encoded) is None else frozenset({list}))


def reading(names: Sequence[str], encoded: bytes, form: Form) -> Read:
    """Return what takes the value of a type at a path; it is ABSENT where only the last field is not there.

    All that a program reads is taken before anything is looked at, as it is converted for cel-cpp: a value that breaks a
    bound is an error also where `&&` or `||` would pass it over.
    """
    *owners, last = names
    taken = _instant if encoded == INSTANT else _taken(".".join(names), encoded, form)

    def read(variables: Mapping[str, Any], activation: Activation) -> Any:
        owner: Any = variables
        for name in owners:
            owner = owner[name]
            if type(owner) is not dict:
                raise Unusual
        value = owner.get(last, ABSENT)
        return value if value is ABSENT else taken(value, activation)

    return read


def _taken(path: str, encoded: bytes, form: Form) -> Callable[[Any, Activation], Any]:
    wanted = exact(encoded) or frozenset()

    def taken(value: Any, activation: Activation) -> Any:
        kind = type(value)
        if kind in wanted:
            # Nearly all values: conversion would change nothing.
            if kind is str:
                if value.isascii() and len(value) <= TEXT_LENGTH and "\0" not in value:
                    return value
            elif kind is not list and (kind is not int or -INTEGER <= value <= INTEGER):
                return value
        value = activation.computed(value, form, path)
        if wanted and type(value) not in wanted:
            raise Unusual
        return value

    return taken


def _instant(value: Any, _: Activation) -> datetime | None:
    """Return an instant whose time zone has a fixed offset, so that comparing is exact; or null."""
    if value is None:
        return None
    if type(value) is str and value.isascii() and "\0" not in value:
        value = datetime.fromisoformat(value)
    # Conversion knows which instants of the first and the last year are outside of the calendar.
    if type(value) is datetime and type(value.tzinfo) is timezone and 1 < value.year < MAXYEAR:
        return value
    raise Unusual
