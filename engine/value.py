"""Values that a process computes: CEL, literals, and lists and objects of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from caseway.engine.calendar import ROUND_THE_CLOCK, Reckoning
from caseway.engine.duration import duration_text, parse_duration
from caseway.engine.expression import Activation, ExpressionError, Program
from caseway.engine.guard import Faulty

if TYPE_CHECKING:
    from caseway.engine.reaction import Reaction


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
    """How long: fixed, or an ISO 8601 duration that the case's data hold; and how that time is counted.

    `place` says where in the document it stands. What cannot be counted is Faulty.
    """

    value: timedelta | Computed
    reckoning: Reckoning = ROUND_THE_CLOCK
    place: str = ""

    def length(self, activation: Activation) -> timedelta:
        """Return how long it is now."""
        if isinstance(self.value, timedelta):
            return self.value
        text = self.value.evaluate(activation)
        try:
            return parse_duration(text)
        except ValueError as error:
            raise self._faulty(error) from error

    def after(self, at: datetime, activation: Activation) -> datetime:
        """Return the first instant at which so much time has passed since `at`."""
        length = self.length(activation)
        try:
            return self.reckoning.plus(at, length)
        except ValueError as error:
            raise self._faulty(error) from error

    def before(self, at: datetime, activation: Activation) -> datetime:
        """Return the last instant from which so much time passes until `at`."""
        length = self.length(activation)
        try:
            return self.reckoning.minus(at, length)
        except ValueError as error:
            raise self._faulty(error) from error

    def again(self, since: datetime, earliest: datetime, activation: Activation) -> datetime:
        """Return the next of the instants that follow `since` one such delay after another, and do not lie before `earliest`."""
        length = self.length(activation)
        if not length:
            raise self._faulty("a series whose timers do not lie apart never rests")
        try:
            count = max(-(-self.reckoning.between(since, earliest) // length), 1)
            found = self.reckoning.plus(since, count * length)
            # Between the last working time and `earliest` no more of it may lie, and so the one before it may come out.
            return found if found >= earliest else self.reckoning.plus(since, (count + 1) * length)
        except ValueError as error:
            raise self._faulty(error) from error

    def due(self, reaction: Reaction) -> datetime:
        """Return when a timer is due that is armed with this delay now."""
        return self.after(reaction.now, reaction.activation)

    @property
    def text(self) -> str:
        """How long, as the document has it."""
        return duration_text(self.value) if isinstance(self.value, timedelta) else self.value.program.text

    def _faulty(self, problem: object) -> Faulty:
        return Faulty(self.place, self.text, str(problem))


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
