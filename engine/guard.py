"""Whether a transition may be taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from caseway.engine.expression import Activation, ExpressionError, Program


class Faulty(Exception):  # noqa: N818  # it is caught by `step` alone, and becomes a Refusal there
    """A guard or value that failed while a case ran: where it stands, what it says, what went wrong."""

    def __init__(self, place: str, text: str, problem: str) -> None:
        super().__init__(f"{place}: {text}: {problem}")
        self.place, self.text, self.problem = place, text, problem


@dataclass(frozen=True, slots=True)
class Test:
    """A CEL expression that must be true. `place` says where in the document it stands."""

    program: Program
    place: str

    def holds(self, activation: Activation) -> bool:
        try:
            return self.program.evaluate(activation) is True
        except ExpressionError as error:
            raise Faulty(self.place, self.program.text, str(error)) from error

    def against(self, activation: Activation) -> Iterator[str]:
        if not self.holds(activation):
            yield self.program.text

    def reads(self) -> frozenset[str]:
        return self.program.reads

    def __str__(self) -> str:
        return self.program.text


@dataclass(frozen=True, slots=True)
class Always:
    """A guard that is written as true or false."""

    value: bool

    def holds(self, activation: Activation) -> bool:  # noqa: ARG002  # the other guards need it
        return self.value

    def against(self, activation: Activation) -> Iterator[str]:  # noqa: ARG002  # the other guards need it
        if not self.value:
            yield "false"

    def reads(self) -> frozenset[str]:
        return frozenset()

    def __str__(self) -> str:
        return "true" if self.value else "false"


@dataclass(frozen=True, slots=True)
class Every:
    """All must hold; asked in order, until one does not."""

    guards: tuple[Guard, ...]

    def holds(self, activation: Activation) -> bool:
        return all(guard.holds(activation) for guard in self.guards)

    def against(self, activation: Activation) -> Iterator[str]:
        for guard in self.guards:
            reasons = tuple(guard.against(activation))
            if reasons:
                yield from reasons
                return

    def reads(self) -> frozenset[str]:
        return _reads(self.guards)

    def __str__(self) -> str:
        return " and ".join(map(str, self.guards))


@dataclass(frozen=True, slots=True)
class Some:
    """At least one must hold; asked in order, until one does."""

    guards: tuple[Guard, ...]

    def holds(self, activation: Activation) -> bool:
        return any(guard.holds(activation) for guard in self.guards)

    def against(self, activation: Activation) -> Iterator[str]:
        if not self.holds(activation):
            yield str(self)

    def reads(self) -> frozenset[str]:
        return _reads(self.guards)

    def __str__(self) -> str:
        return f"any of ({'; '.join(map(str, self.guards))})"


@dataclass(frozen=True, slots=True)
class Neither:
    """None may hold."""

    guards: tuple[Guard, ...]

    def holds(self, activation: Activation) -> bool:
        return not any(guard.holds(activation) for guard in self.guards)

    def against(self, activation: Activation) -> Iterator[str]:
        yield from (f"not ({guard})" for guard in self.guards if guard.holds(activation))

    def reads(self) -> frozenset[str]:
        return _reads(self.guards)

    def __str__(self) -> str:
        return f"none of ({'; '.join(map(str, self.guards))})"


@dataclass(frozen=True, slots=True)
class Condition:
    """A guard by the name that the process gives it."""

    name: str
    guard: Guard

    def holds(self, activation: Activation) -> bool:
        return self.guard.holds(activation)

    def against(self, activation: Activation) -> Iterator[str]:
        yield from (f"{self.name}: {reason}" for reason in self.guard.against(activation))

    def reads(self) -> frozenset[str]:
        return self.guard.reads()

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Outside:
    """None of these states is active: each of them says itself what becomes of an event, and so why it comes to nothing."""

    states: tuple[str, ...]

    def holds(self, activation: Activation) -> bool:
        return not set(self.states).intersection(activation.variables()["meta"]["states"])

    def against(self, activation: Activation) -> Iterator[str]:  # noqa: ARG002  # the other guards need it
        return iter(())

    def reads(self) -> frozenset[str]:
        return frozenset()

    def __str__(self) -> str:
        return f"outside {', '.join(self.states)}"


Guard = Test | Always | Every | Some | Neither | Condition | Outside
"""`holds` answers; `against` gives the texts of what said no; `reads` the paths looked at."""


def _reads(guards: tuple[Guard, ...]) -> frozenset[str]:
    return frozenset[str]().union(*(guard.reads() for guard in guards))
