"""Plain data into what CEL computes with, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ctypes import py_object, pythonapi
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from caseway.engine.bound import DEPTH, INTEGER, LIST_LENGTH, NODES, TEXT_LENGTH
from caseway.engine.duration import duration_text
from caseway.engine.expression import kind, wording
from caseway.engine.expression.bound import RESULT_LENGTH
from caseway.engine.expression.errors import ExpressionError
from caseway.engine.expression.kind import Schema

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400
_NONE = py_object(None)


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A shape as conversion needs it: the kind of a scalar, the forms of what is within."""

    scalar: str | None = None
    fields: Mapping[str, Form] | None = None
    rest: Form | None = None

    def of(self, name: str) -> Form:
        """Return the form of a field."""
        return (self.fields or {}).get(name) or self.rest or ANY


ANY = Form()


def form(schema: Schema | None) -> Form:
    """Return the form of a shape. What is not declared is taken as it comes."""
    if schema is None:
        return ANY
    base = kind.refined(schema)
    if base == "array":
        return Form(rest=form(kind.items(schema)))
    if base == "object":
        free = schema.get("additionalProperties")
        fields = {name: form(declared) for name, declared in schema.get("properties", {}).items()}
        return Form(fields=fields, rest=form(free) if isinstance(free, Mapping) else None)
    return Form(scalar=base) if base in ("integer", "number", "instant") else ANY


def _harmless(text: str, shape: Form) -> bool:
    """Say whether a text may go to CEL as it is. False is not yet an error."""
    return text.isascii() and len(text) <= TEXT_LENGTH and "\0" not in text and shape.scalar != "instant"


def computable(value: Any, shape: Form, path: str) -> Any:
    """Convert plain data for CEL by their shape: instants to timestamps, 3.0 to 3 where an integer is declared.

    Raises ExpressionError where the data break a bound, where a text is no instant, or where something is no data.
    """
    exact = type(value)
    if exact is bool or value is None or (exact is str and _harmless(value, shape)):
        return value
    if exact is int and shape.scalar != "number" and -INTEGER <= value <= INTEGER:
        return value
    return _Incoming(path).convert(value, shape, 0)


def plain(found: Any) -> Any:
    """Convert what a `cel.Value` holds to plain JSON data, keys sorted. Raises ExpressionError on a broken bound."""
    if type(found) is bool:  # as that of every guard
        return found
    if isinstance(found, (list, dict)):
        return _Outgoing().container(found, 1)
    return _scalar(found)


def content(value: Any) -> Any:
    """Return what a `cel.Value` holds."""
    found = value.value()
    if found is None:
        # cel-expr-python 0.1.3 hands out None without a reference of its own; after some thousands of nulls, Python before
        # 3.12 would find that nobody holds None any more, and abort.
        pythonapi.Py_IncRef(_NONE)
    return found


def timestamp(at: datetime) -> Timestamp:
    """Return an aware instant as CEL wants it, also within lists and maps."""
    since = at - _EPOCH
    return Timestamp(seconds=since.days * _DAY + since.seconds, nanos=since.microseconds * 1000)


def span(duration: timedelta) -> Duration:
    """Return a duration as CEL wants it, also within lists and maps."""
    made = Duration()
    made.FromTimedelta(duration)
    return made


def instant_text(at: datetime) -> str:
    """Write an instant as RFC 3339 in UTC, with microseconds only where there are some."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class _Incoming:
    """One walk over data on their way in; counts what it meets."""

    __slots__ = ("nodes", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.nodes = 0

    def convert(self, value: Any, shape: Form, depth: int) -> Any:
        # The exact types of JSON come first: this runs for every value that an expression reads.
        exact = type(value)
        if exact is str:
            return value if _harmless(value, shape) else self._text(value, shape)
        if exact is bool or value is None:
            return value
        if exact is dict:
            self._enter(len(value), depth)
            return {self._key(key): self.convert(each, shape.of(key), depth + 1) for key, each in value.items()}
        if exact is list:
            return self._list(value, shape, depth)
        return self._other(value, shape, depth)

    def _other(self, value: Any, shape: Form, depth: int) -> Any:
        match value:
            case str():
                return self._text(value, shape)
            case int():
                if not -INTEGER <= value <= INTEGER:
                    raise self._limit(wording.integer_limit())
                return float(value) if shape.scalar == "number" else value
            case float():
                if not isfinite(value):
                    raise ExpressionError("bad-value", wording.not_a_number(self.path))
                whole = shape.scalar == "integer" and value.is_integer() and abs(value) <= INTEGER
                return int(value) if whole else value
            case Mapping():
                return self.convert(dict(value), shape, depth)
            case list() | tuple():
                return self._list(value, shape, depth)
            case datetime():
                return self._instant(value)
            case _:
                raise ExpressionError("wrong-type", wording.no_data(self.path, type(value).__name__))

    def _list(self, value: Sequence[Any], shape: Form, depth: int) -> list[Any]:
        if len(value) > LIST_LENGTH:
            raise self._limit(wording.list_limit(len(value)))
        self._enter(len(value), depth)
        inner = shape.rest or ANY
        return [self.convert(each, inner, depth + 1) for each in value]

    def _enter(self, size: int, depth: int) -> None:
        self.nodes += size
        if depth >= DEPTH:
            raise self._limit(wording.depth_limit())
        if self.nodes > NODES:
            raise self._limit(wording.node_limit())

    def _key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise ExpressionError("wrong-type", wording.no_key(self.path, key))
        if not _harmless(key, ANY):
            self._check(key)
        return key

    def _text(self, value: str, shape: Form) -> Any:
        self._check(value)
        if shape.scalar != "instant":
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            raise ExpressionError("bad-value", wording.no_instant(self.path, value)) from None
        return self._instant(at)

    def _instant(self, at: datetime) -> Timestamp:
        if at.tzinfo is None:
            raise ExpressionError("bad-value", wording.naive(self.path))
        try:
            return timestamp(at.astimezone(UTC))
        except OverflowError:  # before the year 1, or after 9999
            raise ExpressionError("bad-value", wording.no_instant(self.path, at.isoformat())) from None

    def _check(self, value: str) -> None:
        if len(value) > TEXT_LENGTH:
            raise self._limit(wording.text_limit(len(value)))
        # cel-cpp would silently cut a text at its first NUL.
        if "\0" in value or not (value.isascii() or _encodable(value)):
            raise ExpressionError("bad-value", wording.bad_text(self.path))

    def _limit(self, problem: str) -> ExpressionError:
        return ExpressionError("limit", f"{self.path}: {problem}")


class _Outgoing:
    """One walk over a result that is a list or a map; counts what it meets, before it is all copied."""

    __slots__ = ("length", "nodes")

    def __init__(self) -> None:
        self.nodes = self.length = 0

    def container(self, found: list[Any] | dict[Any, Any], depth: int) -> Any:
        self.nodes += len(found)
        if depth > DEPTH:
            raise ExpressionError("limit", wording.result(wording.depth_limit()))
        if self.nodes > NODES:
            raise ExpressionError("limit", wording.result(wording.node_limit()))
        if isinstance(found, list):
            if len(found) > LIST_LENGTH:
                raise ExpressionError("limit", wording.result(wording.list_limit(len(found))))
            return [self.value(each, depth) for each in found]
        for key in found:
            if not isinstance(key, str):
                raise ExpressionError("wrong-type", wording.no_key("the result", key))
        return {key: self.value(found[key], depth) for key in sorted(found)}

    def value(self, value: Any, depth: int) -> Any:
        found = content(value)
        if isinstance(found, (list, dict)):
            return self.container(found, depth + 1)
        if isinstance(found, str):
            self.length += len(found)
            if self.length > RESULT_LENGTH:
                raise ExpressionError("limit", wording.result(wording.length_limit()))
        return _scalar(found)


def _scalar(found: Any) -> Any:
    convert = _SCALARS.get(type(found))
    if convert is None:
        raise ExpressionError("wrong-type", wording.no_result(type(found).__name__))
    return convert(found)


def _same(found: Any) -> Any:
    return found


def _integer(found: int) -> int:
    if not -INTEGER <= found <= INTEGER:
        raise ExpressionError("overflow", wording.result(wording.integer_limit()))
    return found


def _float(found: float) -> float:
    if not isfinite(found):
        raise ExpressionError("bad-value", wording.not_a_number("the result"))
    return found


def _short(found: str) -> str:
    if len(found) > TEXT_LENGTH:
        raise ExpressionError("limit", wording.result(wording.text_limit(len(found))))
    return found


def _span(found: timedelta) -> str:
    try:
        return duration_text(found)
    except ValueError as error:
        raise ExpressionError("bad-value", str(error)) from None


_SCALARS: dict[type, Callable[[Any], Any]] = {
    bool: _same,
    type(None): _same,
    int: _integer,
    float: _float,
    str: _short,
    datetime: instant_text,
    timedelta: _span,
}


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
