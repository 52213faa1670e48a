"""How fast CEL is: the bare library, and what evaluating safely on plain data adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cel_expr_python import cel

from benchmarks.report import Goal, Report, rates
from benchmarks.rounds import Arm, timings
from caseway.engine.expression import Activation, Language, Program, Scope

BOOLEAN = {"type": "boolean"}
INTEGER = {"type": "integer"}
STRING = {"type": "string"}
SMALL = 3
LARGE = 60
GUARD = "case.amount_1 < 1000 && case.name != 'nobody'"
SEARCH = "case.visits.exists(visit, visit.state == 'done' && visit.minutes > 45)"
VISITS = 12


def run() -> list[Report]:
    small, large = Seen(SMALL), Seen(LARGE)
    arms = [
        Arm("cel-cpp alone, two fields", lambda: Bare({"amount_1": 3, "name": "anna"})),
        Arm(f"case of {SMALL} fields, activation shared", lambda: Shared(small, GUARD)),
        Arm(f"case of {SMALL} fields, activation fresh", lambda: Fresh(small, GUARD)),
        Arm(f"case of {LARGE} fields, activation shared", lambda: Shared(large, GUARD)),
        Arm(f"case of {LARGE} fields, activation fresh", lambda: Fresh(large, GUARD)),
        Arm("cel-cpp alone, all of a case of 60 fields", lambda: Bare(large.data)),
        Arm(f"search among {VISITS} visits, activation shared", lambda: Shared(large, SEARCH)),
        Arm(f"search among {VISITS} visits, activation fresh", lambda: Fresh(large, SEARCH)),
    ]
    found = timings(arms)
    goal = Goal("a fresh activation of 60 fields against one of 3", found[4].faster_than(found[2]), least=0.8)
    return [Report("Expression", (rates("evaluations", found),), (goal,))]


class Seen:
    """A case of so many fields, and the scope in which expressions see it."""

    def __init__(self, fields: int) -> None:
        amounts = {f"amount_{number}": INTEGER for number in range(fields - 1)}
        visit = {
            "type": "object",
            "properties": {"state": STRING, "minutes": INTEGER},
            "required": ["state", "minutes"],
        }
        properties = {**amounts, "name": STRING, "visits": {"type": "array", "items": visit}}
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        visits = [{"state": "planned", "minutes": 5 * number} for number in range(VISITS)]
        self.data = {**dict.fromkeys(amounts, 3), "name": "anna", "visits": visits}
        self.variables: Mapping[str, Any] = {"case": self.data}
        self.scope: Scope = Language().scope({"case": schema})

    def program(self, text: str) -> Program:
        made, faults = self.scope.compile(text, BOOLEAN)
        assert made is not None, faults
        return made


class Evaluated:
    """Work that counts how often an expression was true, so that none is passed over."""

    evaluate: Callable[[], bool]
    expected = True

    def __init__(self) -> None:
        self.agreed = 0

    def run(self, count: int) -> None:
        evaluate, expected, agreed = self.evaluate, self.expected, 0
        for _ in range(count):
            agreed += evaluate() is expected
        self.agreed = agreed

    def check(self, count: int) -> None:
        assert self.agreed == count, f"{self.agreed} of {count} evaluations answered as they should"


class Bare(Evaluated):
    """The library on a dict, with everything in it and nothing checked."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        super().__init__()
        expression = cel.NewEnv(variables={"case": cel.Type.DYN}).compile(GUARD)
        data = {"case": case}
        self.evaluate = lambda: expression.eval(data=data).value()


class Shared(Evaluated):
    """Expressions of one step: they see the same values, converted once."""

    def __init__(self, seen: Seen, text: str) -> None:
        super().__init__()
        program, activation = seen.program(text), seen.scope.activation(seen.variables)
        self.expected = text == GUARD
        self.evaluate = lambda: program.evaluate(activation)


class Fresh(Evaluated):
    """The first expression of a step."""

    def __init__(self, seen: Seen, text: str) -> None:
        super().__init__()
        program, variables = seen.program(text), seen.variables
        self.expected = text == GUARD
        self.evaluate = lambda: program.evaluate(Activation(variables))
