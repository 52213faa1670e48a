"""What senders send: random, and the same again for the same seed, so that a sender which was killed knows where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from caseway.adapters.checked_file import definition_in
from caseway.adapters.machine import SystemClock
from caseway.engine.actor import Actor
from caseway.engine.event import Event

PROCESSES = Path(__file__).parent / "processes"
DEFINITION = definition_in(PROCESSES / "errand" / "v1.yaml")

RUNNERS = tuple(Actor(name, frozenset({"runner"})) for name in ("anna", "ben"))
CLERK = Actor("clara", frozenset({"clerk"}))

_WEIGHTS = {"take": 20, "finish": 20, "drop": 4, "say": 20, "wind": 16, "stop": 8, "give_up": 0.1}
_TOGETHER = 8


@dataclass(frozen=True, slots=True)
class Haste:
    """The machine's clock, `speed` times as fast since `origin`: the same to all processes of a run."""

    origin: datetime
    speed: int = 30

    def now(self) -> datetime:
        return self.origin + (SystemClock().now() - self.origin) * self.speed


def data_of(case: str) -> dict[str, Any]:
    """Return what a case is opened with."""
    return {"place": f"{case} street"}


def turn(seed: int, sender: int, number: int, cases: Sequence[str]) -> list[tuple[str, Event]]:
    """Return what a sender sends in its turn of this number: mostly one event, at times several together."""
    dice = Random(f"{seed}/{sender}/{number}")
    count = dice.randint(2, _TOGETHER) if dice.random() < 0.1 else 1  # a tenth
    return [_event(dice, f"{sender}-{number}-{index}", cases) for index in range(count)]


def _event(dice: Random, event_id: str, cases: Sequence[str]) -> tuple[str, Event]:
    name = dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    actor = dice.choice(RUNNERS) if name in {"take", "finish", "drop", "say"} else CLERK
    data = {"text": dice.choice(["hello", "goodbye"])} if name == "say" else {}
    return dice.choice(cases), Event(name, data, event_id, actor)
