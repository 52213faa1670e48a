"""Working time: held against a count minute by minute, and to laws that hold for any calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from caseway.engine.calendar import ROUND_THE_CLOCK, Calendar, Closed, Day, Interval, Open, is_zone, zones
from tests import program
from tests.engine.minutes import BELGIUM, NETHERLANDS, POLAND, UNITED_STATES, Minutes

MINUTE = timedelta(minutes=1)
TINY = timedelta(microseconds=1)
EXAMPLES = 150


def clock(text: str) -> tuple[Interval, ...]:
    """Read hours such as `09:00-12:30 13:00-17:00`."""
    bounds = [int(each[:2]) * 60 + int(each[3:]) for each in text.replace("-", " ").split()]
    return tuple(zip(bounds[::2], bounds[1::2], strict=True))


def week(workday: str, saturday: str = "", sunday: str = "") -> tuple[tuple[Interval, ...], ...]:
    return (clock(workday),) * 5 + (clock(saturday), clock(sunday))


OFFICE = week("09:00-17:00")
DESK = week("09:00-12:30 13:00-17:00")
SHOP = week("06:00-14:00 14:30-22:00", "06:00-12:00", "00:00-02:30 02:45-04:00")
AROUND_THE_CLOCK = week("00:00-24:00", "00:00-24:00", "00:00-24:00")
NIGHT = week(*["00:00-02:00 02:10-02:50 03:00-06:00 22:00-24:00"] * 3)
SUNDAYS = week("09:00-17:00", "", "00:00-24:00")

PAIRS = {
    "Netherlands and Belgium, with lunch and days of its own": (
        Calendar(
            "desk",
            "Europe/Amsterdam",
            DESK,
            ("NL", "BE"),
            closed=(Closed((12, 31)), Closed(date(2026, 6, 1))),
            opened=(
                Open("Good Friday"),
                Open(date(2026, 7, 21), clock("09:00-13:00")),
                Open((12, 24), clock("10:00-12:00")),
            ),
        ),
        Minutes(
            "Europe/Amsterdam",
            DESK,
            (NETHERLANDS | BELGIUM) - {date(2026, 4, 3)},
            {
                date(2025, 12, 24): clock("10:00-12:00"),
                date(2025, 12, 31): (),
                date(2026, 6, 1): (),
                date(2026, 7, 21): clock("09:00-13:00"),
                date(2026, 12, 24): clock("10:00-12:00"),
                date(2026, 12, 31): (),
            },
        ),
    ),
    "Poland, with Saturdays and the nights to Sunday": (
        Calendar("shop", "Europe/Warsaw", SHOP, ("PL",)),
        Minutes("Europe/Warsaw", SHOP, POLAND),
    ),
    "Amsterdam, around the clock": (
        Calendar("always", "Europe/Amsterdam", AROUND_THE_CLOCK),
        Minutes("Europe/Amsterdam", AROUND_THE_CLOCK),
    ),
    "Warsaw, by night": (Calendar("night", "Europe/Warsaw", NIGHT), Minutes("Europe/Warsaw", NIGHT)),
    "New York, with Sundays around the clock": (
        Calendar("store", "America/New_York", SUNDAYS, ("US",)),
        Minutes("America/New_York", SUNDAYS, UNITED_STATES),
    ),
}
CHANGES = [
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
]
"""When the clocks change, in New York and in Europe."""

# Zones that change at midnight, by half an hour, just after midnight (so that the date goes back), or leave a day out.
ODD = {
    "America/Havana": datetime(2026, 11, 1, 5, tzinfo=UTC),
    "Africa/Cairo": datetime(2026, 10, 29, 21, tzinfo=UTC),
    "America/Santiago": datetime(2026, 9, 6, 4, tzinfo=UTC),
    "America/Asuncion": datetime(2023, 3, 26, 3, tzinfo=UTC),
    "Asia/Beirut": datetime(2026, 3, 28, 22, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 4, 4, 15, tzinfo=UTC),
    "America/St_Johns": datetime(2006, 10, 29, 2, 31, tzinfo=UTC),
    "Pacific/Apia": datetime(2011, 12, 30, 10, tzinfo=UTC),
}

some_pair = st.sampled_from(sorted(PAIRS))
around_changes = st.builds(
    lambda change, minutes: change + minutes * MINUTE, st.sampled_from(CHANGES), st.integers(-2000, 2000)
)
half_hours = st.builds(lambda number: datetime(2026, 3, 1, tzinfo=UTC) + number * 30 * MINUTE, st.integers(0, 48 * 250))
any_minutes = st.builds(lambda number: datetime(2026, 3, 1, tzinfo=UTC) + number * MINUTE, st.integers(0, 1440 * 250))
instants = around_changes | half_hours | any_minutes
lengths = st.integers(1, 600) | st.integers(1, 60 * 8).map(lambda hours: hours * 60) | st.integers(1, 60 * 8 * 60)
tiny_lengths = st.timedeltas(TINY, timedelta(days=20))
tiny_instants = st.builds(lambda at, off: at + off, instants, st.timedeltas(timedelta(), MINUTE))

by_hypothesis = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)


# against a count minute by minute


@by_hypothesis
@given(some_pair, instants, lengths)
def test_working_time_is_added_as_counted_minute_by_minute(name, at, length):
    calendar, minutes = PAIRS[name]
    assert calendar.plus(at, length * MINUTE) == minutes.plus(at, length)


@by_hypothesis
@given(some_pair, instants, lengths)
def test_working_time_is_taken_away_as_counted_minute_by_minute(name, at, length):
    calendar, minutes = PAIRS[name]
    assert calendar.minus(at, length * MINUTE) == minutes.minus(at, length)


@by_hypothesis
@given(some_pair, instants, instants | st.none(), lengths)
def test_the_working_time_between_two_instants_is_that_counted_minute_by_minute(name, begin, end, length):
    calendar, minutes = PAIRS[name]
    end = begin + length * MINUTE if end is None else end
    begin, end = sorted((begin, end))
    assert calendar.between(begin, end) == minutes.between(begin, end) * MINUTE


@by_hypothesis
@given(some_pair, tiny_instants, st.timedeltas(timedelta(), MINUTE))
def test_within_a_minute_all_or_nothing_is_working_time(name, at, length):
    calendar, minutes = PAIRS[name]
    minute = at.replace(second=0, microsecond=0)
    end = min(at + length, minute + MINUTE)
    assert calendar.between(at, end) == (end - at if minutes.between(minute, minute + MINUTE) else timedelta())


@by_hypothesis
@given(
    st.sampled_from(sorted(ODD)),
    st.integers(-3000, 3000),
    st.integers(1, 4000),
    st.sampled_from([NIGHT, AROUND_THE_CLOCK]),
)
def test_odd_changes_of_time_are_exact_too(zone, offset, length, hours):
    calendar, minutes = Calendar("odd", zone, hours), Minutes(zone, hours)
    at = ODD[zone] + offset * MINUTE
    end = at + length * MINUTE
    assert calendar.between(at, end) == minutes.between(at, end) * MINUTE
    assert calendar.plus(at, length * MINUTE) == minutes.plus(at, length)
    assert calendar.minus(at, length * MINUTE) == minutes.minus(at, length)


@pytest.mark.parametrize("zone", sorted(ODD))
def test_the_odd_changes_of_time_are_where_these_tests_look_for_them(zone):
    before, after = ((ODD[zone] - TINY).astimezone(ZoneInfo(zone)), ODD[zone].astimezone(ZoneInfo(zone)))
    assert before.utcoffset() != after.utcoffset()


# laws


@by_hypothesis
@given(some_pair, tiny_instants, tiny_lengths)
def test_what_is_added_lies_between_and_no_earlier_instant_will_do(name, at, length):
    calendar, _ = PAIRS[name]
    end = calendar.plus(at, length)
    assert calendar.between(at, end) == length
    assert calendar.between(at, end - TINY) == length - TINY


@by_hypothesis
@given(some_pair, tiny_instants, tiny_lengths)
def test_what_is_taken_away_lies_between_and_no_later_instant_will_do(name, at, length):
    calendar, _ = PAIRS[name]
    begin = calendar.minus(at, length)
    assert calendar.between(begin, at) == length
    assert calendar.between(begin + TINY, at) == length - TINY


@by_hypothesis
@given(some_pair, instants, instants)
def test_what_lies_between_two_instants_leads_to_where_no_time_has_passed_before_or_after(name, one, other):
    calendar, minutes = PAIRS[name]
    begin, end = sorted((one, other))
    between = calendar.between(begin, end)
    assert calendar.plus(begin, between) == minutes.plus(begin, between // MINUTE) <= end
    assert calendar.minus(end, between) == minutes.minus(end, between // MINUTE) >= begin


@by_hypothesis
@given(some_pair, tiny_instants, tiny_lengths, tiny_lengths)
def test_two_budgets_one_after_the_other_are_their_sum(name, at, first, second):
    calendar, _ = PAIRS[name]
    assert calendar.plus(calendar.plus(at, first), second) == calendar.plus(at, first + second)
    assert calendar.minus(calendar.minus(at, first), second) == calendar.minus(at, first + second)


@by_hypothesis
@given(some_pair, st.lists(tiny_instants, min_size=3, max_size=3))
def test_two_stretches_of_time_count_as_much_as_the_whole(name, found):
    calendar, _ = PAIRS[name]
    first, second, third = sorted(found)
    assert calendar.between(first, third) == calendar.between(first, second) + calendar.between(second, third)
    assert calendar.between(third, first) == timedelta()


@by_hypothesis
@given(some_pair, tiny_instants, tiny_instants, tiny_lengths)
def test_who_starts_later_is_never_done_earlier(name, one, other, length):
    calendar, _ = PAIRS[name]
    one, other = sorted((one, other))
    assert calendar.plus(one, length) <= calendar.plus(other, length)
    assert calendar.minus(one, length) <= calendar.minus(other, length)


@by_hypothesis
@given(some_pair, tiny_instants)
def test_no_time_at_all_changes_nothing_even_where_it_is_closed(name, at):
    calendar, _ = PAIRS[name]
    assert calendar.plus(at, timedelta()) == at == calendar.minus(at, timedelta())


@by_hypothesis
@given(tiny_instants, tiny_lengths)
def test_round_the_clock_every_hour_counts(at, length):
    assert ROUND_THE_CLOCK.plus(at, length) == at + length
    assert ROUND_THE_CLOCK.minus(at, length) == at - length
    assert ROUND_THE_CLOCK.between(at, at + length) == length
    assert ROUND_THE_CLOCK.between(at + length, at) == timedelta()


# one day


BOTH = Calendar("both", "Europe/Amsterdam", OFFICE, ("NL", "BE"))
NINE_TO_FIVE = clock("09:00-17:00")
MORNING = clock("09:00-13:00")


def test_a_day_says_which_public_holidays_close_it():
    assert BOTH.day(date(2026, 7, 21)) == Day((), ("National Day",))
    assert BOTH.day(date(2026, 7, 22)) == Day(NINE_TO_FIVE)
    assert BOTH.day(date(2026, 7, 25)) == Day(())


def test_a_holiday_of_several_countries_is_named_once():
    assert BOTH.day(date(2026, 5, 14)).holidays == ("Ascension Day",)


def test_a_holiday_taken_away_leaves_an_ordinary_day_and_tells_the_entry():
    entry = Open("Good Friday", reason={"en": "It is not a day off here"})
    day = replace(BOTH, opened=(entry,)).day(date(2026, 4, 3))
    assert day == Day(NINE_TO_FIVE, ("Good Friday",), entry)
    assert day.entry is entry


def test_a_holiday_may_be_taken_away_for_part_of_the_day():
    assert replace(BOTH, opened=(Open("Good Friday", MORNING),)).day(date(2026, 4, 3)).hours == MORNING


def test_a_day_stays_closed_while_another_holiday_remains_on_it():
    # In 2008 Ascension Day fell on the first of May, the day of labour in Belgium.
    shared = date(2008, 5, 1)
    assert set(BOTH.day(shared).holidays) == {"Ascension Day", "Labor Day"}
    assert replace(BOTH, opened=(Open("Ascension Day"),)).day(shared).hours == ()
    assert replace(BOTH, opened=(Open("Ascension Day"), Open("Labor Day"))).day(shared).hours == NINE_TO_FIVE


def test_a_holiday_taken_away_is_so_too_where_it_is_kept_on_another_day():
    store = Calendar("store", "America/New_York", OFFICE, ("US",))
    assert store.day(date(2026, 7, 3)) == Day((), ("Independence Day (observed)",))
    assert replace(store, opened=(Open("Independence Day"),)).day(date(2026, 7, 3)).hours == NINE_TO_FIVE
    only_the_other = replace(store, opened=(Open("Independence Day (observed)"),))
    assert only_the_other.day(date(2026, 7, 3)).hours == NINE_TO_FIVE
    assert only_the_other.day(date(2025, 7, 4)).hours == ()


CHRISTMAS = date(2026, 12, 25)
DATE_OPEN, DATE_CLOSED = Open(CHRISTMAS, MORNING), Closed(CHRISTMAS)
YEARLY_OPEN, YEARLY_CLOSED = Open((12, 25), NINE_TO_FIVE), Closed((12, 25))
BY_NAME = Open("Christmas Day", clock("10:00-11:00"))


@pytest.mark.parametrize(
    ("closed", "opened", "hours"),
    [
        ((), (), ()),
        ((), (BY_NAME,), clock("10:00-11:00")),
        ((YEARLY_CLOSED,), (BY_NAME,), ()),
        ((), (BY_NAME, YEARLY_OPEN), NINE_TO_FIVE),
        ((YEARLY_CLOSED,), (BY_NAME, DATE_OPEN), MORNING),
        ((DATE_CLOSED,), (BY_NAME, YEARLY_OPEN), ()),
        ((DATE_CLOSED,), (DATE_OPEN,), ()),
        ((YEARLY_CLOSED,), (YEARLY_OPEN,), ()),
    ],
)
def test_a_date_beats_every_year_which_beats_a_holiday_by_name_which_beats_public_holidays(closed, opened, hours):
    assert replace(BOTH, closed=closed, opened=opened).day(CHRISTMAS).hours == hours


def test_an_opened_day_without_hours_has_those_of_its_weekday():
    calendar = replace(BOTH, opened=(Open(CHRISTMAS), Open(date(2026, 12, 26))))
    assert calendar.day(CHRISTMAS).hours == NINE_TO_FIVE
    assert calendar.day(date(2026, 12, 26)).hours == ()


def test_a_saturday_may_be_open_once():
    assert replace(BOTH, opened=(Open(date(2026, 12, 19), MORNING),)).day(date(2026, 12, 19)).hours == MORNING


def test_the_twenty_ninth_of_february_comes_in_leap_years():
    calendar = replace(BOTH, closed=(Closed((2, 29)),))
    assert calendar.day(date(2028, 2, 29)).hours == ()
    assert calendar.day(date(2027, 3, 1)).hours == NINE_TO_FIVE


# bounds, and what cannot be


AT = datetime(2026, 6, 15, 7, tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
FIRST = datetime.min.replace(tzinfo=UTC)
NEVER = Calendar("never", "Europe/Amsterdam", ((),) * 7, ("NL",))


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            lambda: NEVER.plus(AT, MINUTE),
            "calendar never is not open for 0:01:00 hours within 55 years after 2026-06",
        ),
        (
            lambda: NEVER.minus(AT, 60 * MINUTE),
            "calendar never is not open for 1:00:00 hours within 55 years before 2026-06",
        ),
        (lambda: BOTH.plus(AT, timedelta(days=36_525)), "not open for 876600:00:00 hours within 55 years"),
        (lambda: BOTH.between(AT, AT.replace(year=2100)), "more than 55 years"),
        (lambda: BOTH.plus(LAST, MINUTE), "knows only the years 1900 to 2100"),
        (lambda: BOTH.plus(FIRST, MINUTE), "knows only the years 1900 to 2100"),
        (lambda: BOTH.minus(LAST, MINUTE), "knows only the years 1900 to 2100"),
        (lambda: BOTH.minus(FIRST, MINUTE), "knows only the years 1900 to 2100"),
        (lambda: BOTH.between(LAST - MINUTE, LAST), "knows only the years 1900 to 2100"),
        (lambda: BOTH.plus(datetime(2100, 12, 1, tzinfo=UTC), 1000 * 60 * MINUTE), "knows only the years 1900 to 2100"),
        (lambda: BOTH.plus(AT, -MINUTE), "cannot be negative"),
        (lambda: BOTH.minus(AT, -MINUTE), "cannot be negative"),
        (lambda: ROUND_THE_CLOCK.plus(AT, -MINUTE), "cannot be negative"),
        (lambda: ROUND_THE_CLOCK.plus(LAST, MINUTE), "beyond the year 9999"),
        (lambda: ROUND_THE_CLOCK.minus(FIRST, MINUTE), "before the year 1"),
        (lambda: Calendar("odd", "Europe/Amsterdam", OFFICE, ("XX",)).plus(AT, MINUTE), '"XX" is no country'),
    ],
)
def test_what_cannot_be_counted_is_told_in_a_sentence(ask, sentence):
    with pytest.raises(ValueError) as caught:
        ask()
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"zone": "Europe/Atlantis"}, '"Europe/Atlantis" is not a time zone'),
        ({"hours": OFFICE[:6]}, "seven weekdays, not 6"),
        ({"hours": (((540, 1020), (1000, 1100)), *OFFICE[1:])}, "overlap"),
        ({"hours": (((540, 540),), *OFFICE[1:])}, "overlap"),
        ({"hours": (((540, 1441),), *OFFICE[1:])}, "overlap"),
        ({"opened": (Open((1, 1), ((600, 700), (540, 550))),)}, "overlap"),
    ],
)
def test_a_calendar_that_cannot_be_is_not_made(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(BOTH, **change)


def test_a_calendar_is_a_value():
    again = replace(BOTH)
    assert again == BOTH
    assert hash(again) == hash(BOTH)
    assert replace(BOTH, opened=(Open("Good Friday", reason={"en": "why"}),)) != BOTH


@pytest.mark.parametrize(
    "name",
    ["", ".", "Europe", "../etc/passwd", "/etc/localtime", "a" * 5000, "\0", "localtime", "posix/UTC", "Mars/Base"],
)
def test_what_is_no_time_zone_is_known_as_such(name):
    assert not is_zone(name)


def test_every_time_zone_is_known():
    assert {"Europe/Amsterdam", "UTC"} <= zones()
    assert all(is_zone(name) for name in zones())


def test_who_needs_no_holidays_imports_none():
    text = (
        "import sys\n"
        "from datetime import *\n"
        "from caseway.engine.calendar import Calendar\n"
        "calendar = Calendar('a', 'Europe/Amsterdam', (((540, 1020),),) * 7)\n"
        "print(calendar.plus(datetime(2026, 6, 15, 12, tzinfo=UTC), timedelta(hours=8)), 'holidays' in sys.modules)"
    )
    printed = program.done(program.PYTHON, "-c", text).stdout
    assert printed == "2026-06-16 12:00:00+00:00 False\n"
