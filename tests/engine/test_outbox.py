"""When what waits in the outbox may go out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from caseway.engine.outbox import FIRST_PAUSE, LONGEST_PAUSE, pause, ready
from caseway.engine.runtime import DELIVERY_ATTEMPTS

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Item:
    name: str
    line: str = "anna"
    not_before: datetime | None = None


def test_a_pause_lies_in_the_second_half_of_what_doubles_each_time():
    for attempts in range(1, 40):
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1))
        for case in range(20):
            assert longest / 2 <= pause(f"C{case}:1:0", attempts) < longest


def test_a_pause_is_the_same_whenever_it_is_asked_for():
    assert pause("C1:1:0", 3) == pause("C1:1:0", 3)


def test_what_failed_together_does_not_come_back_together():
    pauses = [pause(f"C{case}:1:0", 5) for case in range(400)]
    assert len(set(pauses)) > 380
    longest = FIRST_PAUSE * 16
    for quarter in range(4):
        begin = longest / 2 + longest / 8 * quarter
        assert 60 < sum(begin <= each < begin + longest / 8 for each in pauses) < 140


def test_an_id_that_no_text_can_hold_has_a_pause_too():
    assert pause("\ud800", 1) >= FIRST_PAUSE / 2


def test_all_attempts_together_take_one_to_two_hours_and_a_half():
    waits = [sum((pause(f"C{case}:1:0", n) for n in range(1, DELIVERY_ATTEMPTS)), timedelta()) for case in range(50)]
    assert timedelta(hours=1) < min(waits)
    assert max(waits) < timedelta(hours=2.5)


def test_nothing_overtakes_in_its_line_and_other_lines_go_on():
    later = NOW + timedelta(seconds=1)
    waiting = [
        Item("a"),
        Item("b", "ben", later),
        Item("c"),
        Item("d", "ben"),
        Item("e", "cleo", NOW),
        Item("f", "ben"),
    ]
    assert [each.name for each in ready(waiting, NOW)] == ["a", "c", "e"]
    assert [each.name for each in ready(waiting, later)] == list("abcdef")


@pytest.mark.parametrize("not_before", [None, NOW, NOW - timedelta(days=1)])
def test_what_may_go_out_now_goes_out(not_before):
    assert list(ready([Item("a", not_before=not_before)], NOW))
