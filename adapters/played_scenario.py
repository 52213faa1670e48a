"""Scenarios that were played, each in a store of its own and in simulated time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from caseway.adapters.catalogue import Only
from caseway.adapters.checked_file import SCENARIO_SUFFIX, Checked, checked_scenarios, files
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.definition import Definition
from caseway.engine.runtime import Runtime
from caseway.engine.scenario import EPOCH, Play, Scenario, scenarios


@dataclass(frozen=True, slots=True)
class Played:
    """A scenario that was played: `failures` says what was not as expected."""

    path: Path
    process: str
    version: int
    scenario: str
    proves: tuple[str, ...]
    failures: tuple[str, ...]


def played(paths: Sequence[Path]) -> Iterator[Played | Checked]:
    """Play the scenarios in files and folders; a file that is not sound comes as Checked instead."""
    for path in files(paths):
        if not path.name.endswith(SCENARIO_SUFFIX):
            continue
        found, content = checked_scenarios(path)
        if found.definition is None or not found.is_sound:
            yield found
            continue
        for scenario in scenarios(content):
            yield _play(path, found.definition, scenario, content.get("people", {}))


def _play(path: Path, definition: Definition, scenario: Scenario, people: Mapping[str, Any]) -> Played:
    runtime = Runtime(MemoryStore(rehearsal=True), Only(definition), SimulatedClock(EPOCH), _Numbers())
    failures = tuple(Play(runtime, definition, scenario, people).failures())
    return Played(path, definition.process, definition.version, scenario.name, scenario.proves, failures)


class _Numbers:
    """Ids in order, so that a scenario runs the same each time."""

    def __init__(self) -> None:
        self._next = count(1)

    def new(self) -> str:
        return f"{next(self._next)}"
