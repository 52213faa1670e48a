"""When timers are due: after a delay, at a moment in the data, again and again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from caseway.engine.compiler.compilation import Compilation, place
from caseway.engine.compiler.expression import Expressions
from caseway.engine.definition import TimerRule
from caseway.engine.expression import Scope
from caseway.engine.fault import Path
from caseway.engine.moment import Moment
from caseway.engine.private import along
from caseway.engine.value import Delay


class Timers:
    """Compiles what says when a timer is due. A fault is reported, and None returned in its place."""

    def __init__(self, compilation: Compilation, expressions: Expressions) -> None:
        self.compilation, self.expressions = compilation, expressions

    def rule(self, name: str, state: str, written: Mapping[str, Any], path: Path) -> TimerRule | None:
        """Compile the timer of a timed transition."""
        scope = self.compilation.scope
        every = self._every(scope, written, path)
        times = self._times(scope, written, path)
        first = self.when(scope, written, path) if "delay" in written or "at" in written else every
        return TimerRule(name, state, first, every, times) if first else None

    def when(self, scope: Scope, written: Mapping[str, Any], path: Path) -> Delay | Moment | None:
        """Compile `delay`, or `at` with what lies between that moment and the timer."""
        if "at" in written:
            return self._moment(scope, written, path)
        return self._delay(scope, written, "delay", path)

    def _delay(self, scope: Scope, written: Mapping[str, Any], key: str, path: Path) -> Delay | None:
        return self.expressions.delay(scope, written[key], (*path, key)) if key in written else None

    def _moment(self, scope: Scope, written: Mapping[str, Any], path: Path) -> Moment | None:
        text, at = written["at"], (*path, "at")
        minus, plus = self._delay(scope, written, "minus", path), self._delay(scope, written, "plus", path)
        name = text.removeprefix("case.")
        schema = self.compilation.field(self.compilation.data.schema, name, at)
        if schema is None:
            return None
        if schema.get("type") not in ("string", ["string", "null"], ["null", "string"]) or (
            schema.get("format") != "date-time"
        ):
            hint = "declare it with type: string and format: date-time"
            self.compilation.fault("not-a-moment", f"{text} is no date-time", at, hint, value=text)
            return None
        self.expressions.look(along(self.compilation.data.schema, name.split("."), "case"), at)
        return Moment(tuple(name.split(".")), place(at), minus, plus)

    def _every(self, scope: Scope, written: Mapping[str, Any], path: Path) -> Delay | None:
        every = self._delay(scope, written, "every", path)
        if every is not None and every.value == timedelta():
            told = "a timer that fires again after no time at all never rests"
            self.compilation.fault("endless-series", told, (*path, "every"), "write for example every: P1D")
            return None
        return every

    def _times(self, scope: Scope, written: Mapping[str, Any], path: Path) -> int | None:
        """Return how often a timer fires in all: a number, or a parameter that is one."""
        if "times" not in written:
            return None
        at = (*path, "times")
        value = self.expressions.value(scope, written["times"], at)
        if value is None:
            return None
        times = self.expressions.fixed(value)
        if type(times) is int and times > 0:
            return times
        told = f"a timer cannot fire {json.dumps(times)} times"
        self.compilation.fault("bad-times", told, at, "give a whole number from 1", value=written["times"])
        return None
