from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caseway.engine.duration import LONGEST, duration_text, duration_words, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("PT1H", timedelta(hours=1)),
        ("PT90M", timedelta(minutes=90)),
        ("P2D", timedelta(days=2)),
        ("P1W", timedelta(weeks=1)),
        ("P1DT12H30M5S", timedelta(days=1, hours=12, minutes=30, seconds=5)),
        ("PT0.25S", timedelta(milliseconds=250)),
        ("PT0,000001S", timedelta(microseconds=1)),
        ("PT0S", timedelta()),
        ("P36525D", LONGEST),
    ],
)
def test_a_duration_is_read(text, duration):
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "write for example PT1H"),
        ("P", "write for example PT1H"),
        ("PT", "write for example PT1H"),
        ("P1DT", "write for example PT1H"),
        ("1h", "write for example PT1H"),
        ("P1H", "after a T: PT1H"),
        ("P1M", "PT1M for minutes"),
        ("P1Y", "no fixed length"),
        ("P1Y2M", "no fixed length"),
        ("pt1h", "in capitals: PT1H"),
        ("-PT1H", "cannot be negative"),
        ("PT-1H", "cannot be negative"),
        ("PT1.5H", "write for example PT1H"),
        ("PT1H\n", "write for example PT1H"),
        ("PT١H", "write for example PT1H"),
        ("PT0.1234567S", "write for example PT1H"),
        ("P36526D", "longer than 100 years"),
        ("P999999999999W", "longer than 100 years"),
        ("P" + "9" * 100_000 + "D", "write for example PT1H"),
    ],
)
def test_what_is_no_duration_is_refused_with_a_remedy(text, remedy):
    with pytest.raises(ValueError) as caught:
        parse_duration(text)
    assert remedy in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(weeks=1), "P7D"),
        (timedelta(minutes=90), "PT1H30M"),
        (timedelta(days=10, seconds=20), "P10DT20S"),
        (timedelta(microseconds=100), "PT0.0001S"),
        (timedelta(seconds=10, milliseconds=500), "PT10.5S"),
    ],
)
def test_a_duration_has_one_canonical_form(duration, text):
    assert duration_text(duration) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("PT0S", "0 s"),
        ("PT1H", "1 h"),
        ("P1D", "1 day"),
        ("P1W", "7 days"),
        ("P2DT3H4M5S", "2 days 3 h 4 min 5 s"),
        ("PT90S", "1 min 30 s"),
        ("PT10M0.5S", "10 min 0.5 s"),
        ("PT100M", "1 h 40 min"),
        ("PT10S", "10 s"),
    ],
)
def test_a_duration_can_be_read_by_people(text, words):
    assert duration_words(parse_duration(text)) == words


def test_a_negative_duration_has_no_text():
    with pytest.raises(ValueError, match="negative"):
        duration_text(timedelta(seconds=-1))


@settings(derandomize=True)
@given(st.timedeltas(min_value=timedelta(), max_value=LONGEST))
def test_a_duration_reads_back_as_written(duration):
    assert parse_duration(duration_text(duration)) == duration


@settings(derandomize=True)
@given(st.text())
def test_any_text_is_a_duration_or_a_value_error(text):
    with suppress(ValueError):
        parse_duration(text)
