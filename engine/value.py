"""Values that a process computes: CEL, literals, and lists and objects of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from caseway.engine.duration import parse_duration
from caseway.engine.expression import Activation, ExpressionError, Program
from caseway.engine.guard import Faulty


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, truth value, null or fixed text."""

    value: Any

    def evaluate(self, activation: Activation) -> Any:  # noqa: ARG002  # the other values need it
        return self.value


@dataclass(frozen=True, slots=True)
class Computed:
    """A CEL expression. `place` says where in the document it stands."""

    program: Program
    place: str

    def evaluate(self, activation: Activation) -> Any:
        try:
            return self.program.evaluate(activation)
        except ExpressionError as error:
            raise Faulty(self.place, self.program.text, str(error)) from error


@dataclass(frozen=True, slots=True)
class Items:
    """A list of values."""

    values: tuple[Value, ...]

    def evaluate(self, activation: Activation) -> Any:
        return [value.evaluate(activation) for value in self.values]


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of values."""

    values: Mapping[str, Value]

    def evaluate(self, activation: Activation) -> Any:
        return {name: value.evaluate(activation) for name, value in self.values.items()}


Value = Literal | Computed | Items | Fields


@dataclass(frozen=True, slots=True)
class Delay:
    """How long a timer waits: fixed, or an ISO 8601 duration that the case's data hold."""

    value: timedelta | Computed

    def evaluate(self, activation: Activation) -> timedelta:
        if isinstance(self.value, timedelta):
            return self.value
        text = self.value.evaluate(activation)
        try:
            return parse_duration(text)
        except ValueError as error:
            raise Faulty(self.value.place, self.value.program.text, str(error)) from error


def replaced(data: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return `data` with the value at `path`; objects on the way are copied, or made where there are none."""
    first, rest = path[0], path[1:]
    if rest:
        value = replaced(data.get(first) or {}, rest, value)
    return {**data, first: value}


def found(data: Any, path: Sequence[str]) -> Any:
    """Return what stands at `path`, or None where nothing does."""
    for name in path:
        if not isinstance(data, Mapping) or name not in data:
            return None
        data = data[name]
    return data
