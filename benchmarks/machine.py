"""One machine on five engines: every event asks a guard that reads data and does an action that changes data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from transitions import Machine
from transitions.extensions import HierarchicalMachine

from benchmarks.option import with_peers
from benchmarks.report import Goal, Report, rates
from benchmarks.rounds import Arm, timings
from caseway.adapters import wiring
from caseway.adapters.checked_file import definition_in
from caseway.engine.case import Case
from caseway.engine.event import START, Event
from caseway.engine.outcome import Step
from caseway.engine.step import step

CHARTS = Path(__file__).parent / "charts"
COUNTERS = {"flat": ("left",), "parallel": ("left", "right")}
EVENT = "go"
LIMIT = 1_000_000_000
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def run() -> list[Report]:
    return [_report("flat"), _report("parallel")]


def _report(chart: str) -> Report:
    stock = FlatMachine if chart == "flat" else ParallelMachine
    definition = definition_in(CHARTS / chart / "v1.yaml")
    peers = _peers(chart)
    arms = [
        *peers,
        Arm("transitions (guard and action in Python)", stock),
        Arm("caseway step", lambda: Stepped(definition, chart)),
        Arm("caseway runtime, memory store", lambda: Run(chart)),
    ]
    found = timings(arms)
    *_, stepped, _ = found
    goals = tuple(
        Goal(f"{chart}: step against {peer.name}", stepped.faster_than(theirs), least=least)
        for peer, theirs, least in zip(peers, found, (2, 5), strict=False)
    )
    return Report(f"Machine, {chart}", (rates("events", found),), goals)


def _peers(chart: str) -> list[Arm]:
    if not with_peers():
        return []
    from benchmarks.peer_statechart import Sismic, Statemachine  # of the extra `bench`

    return [
        Arm("sismic", lambda: Sismic(chart)),
        Arm("python-statemachine", lambda: Statemachine(chart)),
    ]


class Counted:
    """Work whose counters say in the end how many events were really handled."""

    chart: str

    def counters(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def check(self, count: int) -> None:
        counters = {name: self.counters()[name] for name in COUNTERS[self.chart]}
        assert set(counters.values()) == {count}, f"{type(self).__name__} counted {counters} of {count} events"


class FlatMachine(Counted):
    """`transitions` with a model, as its readme shows it."""

    chart = "flat"

    def __init__(self) -> None:
        self.left = 0
        self.machine = Machine(self, ["off", "on", "ended"], initial="off", auto_transitions=False)
        for source, dest in (("off", "on"), ("on", "off")):
            self.machine.add_transition(EVENT, source, dest, conditions=self.below, before=self.count)

    def below(self) -> bool:
        return self.left < LIMIT

    def count(self) -> None:
        self.left += 1

    def run(self, count: int) -> None:
        for _ in range(count):
            self.go()  # type: ignore[attr-defined]  # transitions adds it

    def counters(self) -> Mapping[str, Any]:
        return vars(self)


class ParallelMachine(Counted):
    """`HierarchicalMachine` with a model and two regions."""

    chart = "parallel"

    def __init__(self) -> None:
        self.left = self.right = 0
        regions = [{"name": name, "initial": "off", "children": ["off", "on"]} for name in ("first", "second")]
        states: list[Any] = [{"name": "both", "parallel": regions}, "ended"]
        self.machine = HierarchicalMachine(self, states, initial="both", auto_transitions=False)
        for region, below, count in (
            ("first", self.left_below, self.count_left),
            ("second", self.right_below, self.count_right),
        ):
            for source, dest in (("off", "on"), ("on", "off")):
                path = f"both_{region}_"
                self.machine.add_transition(EVENT, path + source, path + dest, conditions=below, before=count)

    def left_below(self) -> bool:
        return self.left < LIMIT

    def right_below(self) -> bool:
        return self.right < LIMIT

    def count_left(self) -> None:
        self.left += 1

    def count_right(self) -> None:
        self.right += 1

    def run(self, count: int) -> None:
        for _ in range(count):
            self.go()  # type: ignore[attr-defined]  # transitions adds it

    def counters(self) -> Mapping[str, Any]:
        return vars(self)


class Stepped(Counted):
    """The engine alone: a case in, a case out."""

    def __init__(self, definition: Any, chart: str) -> None:
        self.chart, self.definition = chart, definition
        case = Case("case", definition.process, definition.version, definition.hash)
        self.case = self._after(case, Event(START, {}, START))

    def run(self, count: int) -> None:
        case = self.case
        for number in range(count):
            case = self._after(case, Event(EVENT, {}, str(number)))
        self.case = case

    def counters(self) -> Mapping[str, Any]:
        return self.case.data

    def _after(self, case: Case, event: Event) -> Case:
        outcome = step(self.definition, case, event, NOW)
        assert isinstance(outcome, Step), outcome
        return outcome.after


class Run(Counted):
    """Everything but the disk: idempotency, overdue timers, journal, revisions."""

    def __init__(self, chart: str) -> None:
        self.chart = chart
        self.runtime = wiring.open(processes=CHARTS)
        self.runtime.start(chart, id="case")

    def run(self, count: int) -> None:
        send = self.runtime.send
        for _ in range(count):
            send("case", EVENT)

    def counters(self) -> Mapping[str, Any]:
        return self.runtime.show("case").data
