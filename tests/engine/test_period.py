from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseway.engine.period import PERS, Period, Periods

ZONES = ("UTC", "Europe/Amsterdam", "America/Havana", "Asia/Kathmandu", "Pacific/Apia", "America/Asuncion")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("per", "zone", "instant", "told"),
    [
        ("day", "UTC", "2026-05-04T23:59:59Z", ("2026-05-04", "2026-05-04T00:00Z", "2026-05-05T00:00Z")),
        ("week", "UTC", "2026-05-10T12:00Z", ("2026-W19", "2026-05-04T00:00Z", "2026-05-11T00:00Z")),
        ("week", "UTC", "2027-01-03T12:00Z", ("2026-W53", "2026-12-28T00:00Z", "2027-01-04T00:00Z")),
        ("month", "UTC", "2026-12-31T12:00Z", ("2026-12", "2026-12-01T00:00Z", "2027-01-01T00:00Z")),
        ("day", "Europe/Amsterdam", "2026-05-04T22:00Z", ("2026-05-05", "2026-05-04T22:00Z", "2026-05-05T22:00Z")),
        ("week", "Europe/Amsterdam", "2026-03-29T12:00Z", ("2026-W13", "2026-03-22T23:00Z", "2026-03-29T22:00Z")),
        ("month", "Europe/Amsterdam", "2026-10-31T23:30Z", ("2026-11", "2026-10-31T23:00Z", "2026-11-30T23:00Z")),
    ],
)
def test_an_instant_lies_in_the_period_of_its_local_date(per, zone, instant, told):
    assert Periods(per, zone).of(at(instant)) == Period(told[0], at(told[1]), at(told[2]))


@given(
    st.sampled_from(PERS),
    st.sampled_from(ZONES),
    st.lists(
        st.integers(631_152_000, 2_051_222_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)), min_size=1
    ),
)
def test_periods_hold_what_lies_in_them_and_follow_each_other(per, zone, instants):
    periods = Periods(per, zone)
    for instant in instants:
        found = periods.of(instant)
        assert found.begin <= instant < found.end
        assert periods.of(instant) is found
        assert Periods(per, zone).of(instant) == found
        assert Periods(per, zone).of(found.end).begin == found.end
        assert Periods(per, zone).of(found.begin - timedelta.resolution).end == found.begin


def test_one_goes_back_by_whole_periods():
    assert Periods("week", "UTC").back(at("2026-05-10T12:00Z"), 3).name == "2026-W16"
    assert Periods("month", "UTC").back(at("2026-05-31T12:00Z"), 5).name == "2025-12"
    assert Periods("day", "Europe/Amsterdam").back(at("2026-05-04T22:30Z"), 0).name == "2026-05-05"


@pytest.mark.parametrize("per", PERS)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"])
def test_the_calendar_has_a_first_and_a_last_period(per, zone):
    periods = Periods(per, zone)
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert periods.of(first).name == periods.back(first, 10_000).name
    assert periods.of(first).name.startswith("0001")
    assert periods.of(last).name == periods.back(last, 0).name
    assert periods.of(last).name.startswith("9999")
    assert periods.next_midnight(date.max) == last
