"""The events that all arms of a store benchmark are sent, and the case that they are sent to."""

from __future__ import annotations

from typing import Any

from benchmarks.option import sized

PROCESS = "visit"
CASES = sized(100, 5)
"""Events go to so many cases in turn."""

AGENT = "agent:jo"
ROLE = "agent"
TEXT = "Called at nine, no answer; will try again after lunch."
CUSTOMER = {"id": "customer:4711", "name": "Marijke de Vries", "place": "Utrecht"}
LIMIT = 1_000_000_000
"""The guard of every event: the case has seen fewer than these."""

_OTHERS = tuple(
    "tell" if each in {0, 3, 7, 10, 13, 17} else "settle" if each in {5, 11, 18} else "note" for each in range(20)
)


def opening() -> dict[str, Any]:
    """Return the data that a case is opened with."""
    return {"customer": dict(CUSTOMER)}


def name(case: int, turn: int) -> str:
    """Return the event that a case gets when it is its turn for the so-manieth time, counted from 0.

    One in three arms or voids a timer, one in five sends a message, one in ten pays; whichever cases are looked at.
    """
    if (turn + case) % 3 == 0:
        before = (turn + case % 3 + 2) // 3 - (case % 3 + 2) // 3
        return "put_back" if before % 2 else "take"
    return _OTHERS[(turn + 7 * case) % len(_OTHERS)]


def expected(count: int, case: int) -> int:
    """Return how many of the first `count` events go to a case."""
    return (count - case + CASES - 1) // CASES
