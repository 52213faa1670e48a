"""How fast expressions are: translated to Python, by cel-cpp on plain data, and by the bare library."""

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
SEARCHED = f"search among {VISITS} visits, "


def run() -> list[Report]:
    small, large = Seen(SMALL), Seen(LARGE)
    arms = [
        Arm("cel-cpp alone, two fields", lambda: Bare({"amount_1": 3, "name": "anna"})),
        Arm("cel-cpp alone, all of a case of 60 fields", lambda: Bare(large.data)),
        Arm(f"case of {SMALL} fields, translated", lambda: Fresh(small.program(GUARD).evaluate, small)),
        Arm(f"case of {LARGE} fields, translated", lambda: Fresh(large.program(GUARD).evaluate, large)),
        Arm(f"case of {SMALL} fields, cel-cpp", lambda: Fresh(small.program(GUARD).interpreted, small)),
        Arm(f"case of {LARGE} fields, cel-cpp", lambda: Fresh(large.program(GUARD).interpreted, large)),
        Arm(SEARCHED + "translated", lambda: Shared(large.program(SEARCH).evaluate, large)),
        Arm(SEARCHED + "translated, activation fresh", lambda: Fresh(large.program(SEARCH).evaluate, large)),
        Arm(SEARCHED + "cel-cpp", lambda: Shared(large.program(SEARCH).interpreted, large)),
        Arm(SEARCHED + "cel-cpp, activation fresh", lambda: Fresh(large.program(SEARCH).interpreted, large)),
    ]
    found = timings(arms)
    translated, asked = found[2:4], found[4:6]
    goals = (
        Goal("a guard on 60 fields against one on 3, by cel-cpp", asked[1].faster_than(asked[0]), least=0.8),
        Goal("a translated guard against cel-cpp", translated[1].faster_than(asked[1]), least=3),
    )
    return [Report("Expression", (rates("evaluations", found),), goals)]


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
    """Work that counts how often an expression answered as it should, so that none is passed over."""

    evaluate: Callable[[], bool]
    expected: bool

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

    expected = True

    def __init__(self, case: Mapping[str, Any]) -> None:
        super().__init__()
        expression = cel.NewEnv(variables={"case": cel.Type.DYN}).compile(GUARD)
        data = {"case": case}
        self.evaluate = lambda: expression.eval(data=data).value()


class Shared(Evaluated):
    """A further expression of one step: what it sees has been converted before."""

    def __init__(self, evaluate: Callable[[Activation], bool], seen: Seen) -> None:
        super().__init__()
        activation = seen.scope.activation(seen.variables)
        self.expected = evaluate(activation)
        self.evaluate = lambda: evaluate(activation)


class Fresh(Evaluated):
    """The first expression of a step."""

    def __init__(self, evaluate: Callable[[Activation], bool], seen: Seen) -> None:
        super().__init__()
        variables = seen.variables
        self.expected = evaluate(Activation(variables))
        self.evaluate = lambda: evaluate(Activation(variables))
