from datetime import UTC, datetime, timedelta, timezone

import pytest

from caseway.adapters.clock import SimulatedClock
from caseway.adapters.machine import RandomIds, SystemClock
from caseway.engine.errors import InvalidInput

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_simulated_clock_stands_still_until_told_to_move():
    clock = SimulatedClock(NINE)
    assert clock.now() == clock.now() == NINE
    assert clock.advance(timedelta(hours=1)) == clock.now() == NINE + timedelta(hours=1)


def test_a_simulated_clock_can_be_set_to_any_instant():
    clock = SimulatedClock(NINE)
    clock.set(datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now().isoformat() == "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize("by", [timedelta(seconds=-1), timedelta.max])
def test_time_neither_runs_backwards_nor_ends(by):
    clock = SimulatedClock(NINE)
    with pytest.raises(InvalidInput):
        clock.advance(by)
    assert clock.now() == NINE


def test_an_instant_without_a_time_zone_is_no_instant():
    with pytest.raises(InvalidInput, match="time zone"):
        SimulatedClock(datetime(2026, 3, 2))  # noqa: DTZ001 - that is the mistake


def test_the_machine_gives_utc_and_ids_that_differ():
    assert SystemClock().now().utcoffset() == timedelta(0)
    ids = RandomIds()
    assert len({ids.new() for _ in range(100)}) == 100
