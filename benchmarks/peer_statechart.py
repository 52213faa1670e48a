"""The machine of the machine benchmark on the engines of others."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sismic.interpreter import Interpreter  # type: ignore[import-untyped]  # ships no types
from sismic.io import import_from_yaml  # type: ignore[import-untyped]  # ships no types
from statemachine.io import load

from benchmarks.machine import CHARTS, EVENT, Counted


class Sismic(Counted):
    """Sismic from YAML; its guards and actions are Python source in it."""

    def __init__(self, chart: str) -> None:
        self.chart = chart
        self.interpreter = Interpreter(_statechart(chart))
        self.interpreter.execute()

    def run(self, count: int) -> None:
        interpreter = self.interpreter
        for _ in range(count):
            interpreter.queue(EVENT)
            interpreter.execute()

    def counters(self) -> Mapping[str, Any]:
        return dict(self.interpreter.context)


class Statemachine(Counted):
    """python-statemachine from YAML, with the evaluator that it uses by default, which trusts nothing."""

    def __init__(self, chart: str) -> None:
        self.chart = chart
        # Loaded for each machine: version 3.2 fills the data in for the first machine of a document alone.
        self.machine = load(CHARTS / chart / "statemachine.yaml")()

    def run(self, count: int) -> None:
        send = self.machine.send
        for _ in range(count):
            send(EVENT)

    def counters(self) -> Mapping[str, Any]:
        return dict(vars(self.machine.model))


@cache
def _statechart(chart: str) -> Any:
    return import_from_yaml(filepath=CHARTS / chart / "sismic.yaml")
