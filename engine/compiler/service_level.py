"""Service levels: the states and events that a budget of time looks at, and what reports hold it against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from caseway.engine.compiler.compilation import INTEGER, Compilation
from caseway.engine.compiler.expression import Expressions
from caseway.engine.compiler.state import words
from caseway.engine.compiler.tree import Branch, apart
from caseway.engine.definition import LevelRule
from caseway.engine.fault import Path
from caseway.engine.value import Delay


def service_levels(compilation: Compilation, expressions: Expressions, root: Branch) -> dict[str, LevelRule]:
    """Compile every service level. Faults are reported, and what is faulty is left out."""
    states = {branch.path: branch for branch in root.below() if branch.kind != "history"}
    written = compilation.content.get("service_levels") or {}
    made = (_Level(compilation, expressions, states, name, rule).rule() for name, rule in written.items())
    return {rule.name: rule for rule in made if rule}


class _Level:
    """One service level while it is compiled."""

    def __init__(
        self,
        compilation: Compilation,
        expressions: Expressions,
        states: Mapping[str, Branch],
        name: str,
        written: Mapping[str, Any],
    ) -> None:
        self.compilation, self.expressions, self.states = compilation, expressions, states
        self.name, self.written = name, written
        self.path: Path = ("service_levels", name)

    def rule(self) -> LevelRule | None:
        written = self.written
        budget = self._budget()
        runs_in, stands_still_in, met_in = map(self._states, ("runs_in", "stands_still_in", "met_in"))
        met_on, restarts_on = map(self._events, ("met_on", "restarts_on"))
        self._check_standing_still(runs_in)
        target = written.get("target") or {}
        on_time, late = (self._target(target, key) for key in ("on_time", "late"))
        implements = self.compilation.implements(written, self.path)
        if budget is None:
            return None
        return LevelRule(
            name=self.name,
            budget=budget,
            runs_in=runs_in,
            stands_still_in=stands_still_in,
            met_in=met_in,
            met_on=met_on,
            restarts_on=restarts_on,
            warnings=self._warnings(),
            on_time=on_time,
            late=late,
            title=words(written.get("title")),
            implements=implements,
        )

    def _budget(self) -> Delay | None:
        if "budget" not in self.written:
            return None
        with self.expressions.making("level", self.name):
            return self.expressions.delay(self.compilation.scope, self.written["budget"], (*self.path, "budget"))

    def _states(self, key: str) -> frozenset[str]:
        return frozenset(self._known("state", key, self.states))

    def _events(self, key: str) -> frozenset[str]:
        return frozenset(self._known("event", key, self.compilation.events))

    def _known(self, what: str, key: str, among: Mapping[str, Any]) -> Iterator[str]:
        for index, name in enumerate(self.written.get(key) or ()):
            if self.compilation.known(what, name, among, (*self.path, key, index)):
                yield name

    def _check_standing_still(self, runs_in: frozenset[str]) -> None:
        """Report states to stand still in that are never active while the service level runs."""
        if len(runs_in) < len(self.written.get("runs_in") or ()):  # some are misspelt
            return
        for index, path in enumerate(self.written.get("stands_still_in") or ()):
            if path in self.states and not any(self._meet(path, running) for running in runs_in):
                self.compilation.fault(
                    "never-stands-still",
                    f'"{self.name}" does not run in {path} anyway',
                    (*self.path, "stands_still_in", index),
                    f"it runs in {', '.join(sorted(runs_in)) or 'no state'}; outside these it stands still by itself",
                    value=path,
                )

    def _meet(self, path: str, running: str) -> bool:
        """Say whether two states can be active at the same time."""
        nested = f"{path}.".startswith(f"{running}.") or f"{running}.".startswith(f"{path}.")
        return nested or apart(self.states[path], self.states[running])

    def _warnings(self) -> tuple[int, ...]:
        percents = self.written.get("warnings") or ()
        if list(percents) != sorted(set(percents)):
            self.compilation.fault(
                "unsorted-warnings",
                f'the warnings of "{self.name}" do not rise: {", ".join(map(str, percents))}',
                (*self.path, "warnings"),
                f"write {_written(sorted(set(percents)))}",
                value=list(percents),
            )
        return tuple(sorted(set(percents)))

    def _target(self, target: Mapping[str, Any], key: str) -> int | None:
        """Return a number that reports hold a service level against: written as such, or a parameter."""
        if key not in target:
            return None
        path = (*self.path, "target", key)
        fixed = self.expressions.fixed(self.expressions.value(self.compilation.scope, target[key], path, INTEGER))
        highest = 100 if key == "on_time" else None
        if isinstance(fixed, int) and (fixed < 0 or (highest is not None and fixed > highest)):
            self.compilation.fault(
                "bad-target",
                f'the target "{key}" is {fixed}',
                path,
                "write a percentage from 0 to 100" if highest else "write 0 or more",
                value=target[key],
            )
        return fixed if isinstance(fixed, int) else None


def _written(numbers: list[int]) -> str:
    """Write numbers as YAML and JSON do."""
    return f"[{', '.join(map(str, numbers))}]"
