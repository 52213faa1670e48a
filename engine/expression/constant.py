"""Constants that only evaluation would find wrong: instants, durations, patterns, time zones."""

from __future__ import annotations

from functools import cache
from typing import Any

from cel_expr_python import cel

from caseway.engine.expression import environment, function, wording
from caseway.engine.expression.syntax import Call, Constant

_PROBES = {
    "timestamp": "timestamp(text)",
    "int": "int(text)",
    "matches": "''.matches(text)",
    **dict.fromkeys(function.TIME_MEMBERS, "timestamp('2026-01-01T00:00:00Z').getHours(text)"),
}


def misread(call: Call) -> tuple[str, str] | None:
    """Return what is wrong with a call's constant text, and what is possible; None where nothing is."""
    argument = call.arguments[-1] if call.arguments else None
    if not isinstance(argument, Constant) or not isinstance(argument.value, str):
        return None
    if call.function in ("duration", function.DURATION):
        return _duration(argument.value)
    probe = _PROBES.get(call.function)
    if probe is None or (call.function in function.TIME_MEMBERS and len(call.arguments) == 1):
        return None
    if "\0" in argument.value or _program(probe).eval(data={"text": argument.value}).type() == cel.Type.ERROR:
        return wording.bad_constant(call.function, argument.value)
    return None


def _duration(text: str) -> tuple[str, str] | None:
    try:
        function.duration(text)
    except ValueError as error:
        problem, _, hint = str(error).partition("; ")
        return problem, hint
    return None


@cache
def _program(text: str) -> Any:
    return environment.runnable(environment.checked({"text": cel.Type.STRING}).compile(text).serialize())
