"""`caseway check` of a process of 1,000 states, 5,000 transitions and 500 distinct guards."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from benchmarks.generated import GROUPS, GUARDS, LEAVES, TRANSITIONS, document
from benchmarks.option import sized
from benchmarks.program import CASEWAY, timings
from benchmarks.report import Goal, Report, seconds
from benchmarks.rounds import Timing
from caseway.adapters.checked_file import check_process
from caseway.adapters.yaml_document import read
from caseway.engine.compiler import compile_process
from caseway.schemas.validator import faults

ROUNDS = sized(7, 1)
STATES = GROUPS * (LEAVES + 1)


def run() -> list[Report]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "v1.yaml"
        path.write_text(document(), encoding="utf-8")
        _assert_as_large_as_said(path)
        whole = timings({"caseway check": [CASEWAY, "check", str(path)]}, ROUNDS)
        parts = _parts(path)
    title = f"Check of {path.name}: {STATES:,} states, {TRANSITIONS:,} transitions, {GUARDS} distinct guards"
    goal = Goal("caseway check, by clock", 1 / whole[0].per_wall_second, most=2, unit="s")
    return [Report(title, (seconds("program", whole), seconds("within one process", parts)), (goal,))]


def _assert_as_large_as_said(path: Path) -> None:
    found = check_process(path)
    assert found.definition is not None, found.diagnostics[:3]
    assert not found.diagnostics, found.diagnostics[:3]
    assert len(found.definition.states) == STATES
    assert len(found.definition.transitions) == TRANSITIONS
    assert len({str(each.guard) for each in found.definition.transitions.values()}) == GUARDS


def _parts(path: Path) -> list[Timing]:
    """Time the parts of `check_process` in this process, where everything is imported."""
    content = read(path).content
    parts: dict[str, Callable[[], Any]] = {
        "check_process": lambda: check_process(path),
        "- read (YAML with positions)": lambda: read(path),
        "- shape (JSON Schema)": lambda: faults(content, "process"),
        "- compile (names, types, CEL, analysis, chart)": lambda: compile_process(content),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in parts}
    for _ in range(ROUNDS):
        for name, part in parts.items():
            gc.collect()
            cpu, wall = process_time(), perf_counter()
            part()
            found[name].append((process_time() - cpu, perf_counter() - wall))
    return [
        Timing(name, tuple(cpu for cpu, _ in each), tuple(wall for _, wall in each)) for name, each in found.items()
    ]
