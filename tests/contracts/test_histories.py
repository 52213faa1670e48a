"""What reports read of every store, whatever it is made of."""

import pytest

from caseway.adapters.sql import store as sql_store
from tests.contracts.sample import HASH, minutes, moving, opened, opening


def told(store, process="orange", **bounds):
    return [(line.case, line.event, line.target) for line in store.histories(process, **bounds)]


def test_journals_come_case_by_case_in_order_of_revision(store):
    second, first = opened(store, "OF-2"), opened(store, "OF-1", at=5)
    store.commit(moving(second, configuration=("taken",)))
    store.commit(moving(first, at=6, configuration=("taken",)))
    assert told(store) == [
        ("OF-1", "start", ("offered",)),
        ("OF-1", "accept", ("taken",)),
        ("OF-2", "start", ("offered",)),
        ("OF-2", "accept", ("taken",)),
    ]


def test_a_line_says_what_changed_and_when(store):
    step = opening()
    entry = store.commit(step)
    (line,) = store.histories("orange")
    assert (line.case, line.at, line.event, line.target) == ("OF-1", minutes(0), "start", ("offered",))
    assert line.change == entry.change


def test_cases_of_other_processes_are_left_out(store):
    opened(store)
    assert told(store, "apple") == []


def test_cases_that_were_opened_later_are_left_out(store):
    for case, at in (("OF-1", 0), ("OF-2", 1), ("OF-3", 2)):
        opened(store, case, at=at)
    assert [case for case, *_ in told(store, until=minutes(1))] == ["OF-1"]


def test_cases_that_ended_before_are_left_out_with_all_their_lines(store):
    for case, at in (("OF-1", 1), ("OF-2", 2)):
        store.commit(moving(opened(store, case), at=at, closed=True, final=True))
    store.commit(moving(opened(store, "OF-3"), at=1, closed=True))
    assert [case for case, *_ in told(store, since=minutes(2))] == ["OF-2", "OF-2", "OF-3", "OF-3"]


def test_there_may_be_more_lines_than_are_read_at_a_time(store, monkeypatch):
    monkeypatch.setattr(sql_store, "LINES", 7)
    for number in range(5):
        case = opened(store, f"OF-{number}")
        for index in range(number * 3):
            step = moving(case, f"e{index}", at=index)
            store.commit(step)
            case = step.after
    assert [line.case for line in store.histories("orange")] == [
        f"OF-{number}" for number in range(5) for _ in range(number * 3 + 1)
    ]


def test_a_case_that_is_opened_while_journals_are_read_does_no_harm(store):
    store.keep_definition(HASH, "orange", 1, {})
    opened(store, "OF-1")
    lines = store.histories("orange")
    assert next(lines).case == "OF-1"
    opened(store, "OF-0")
    assert list(lines) == []


@pytest.mark.parametrize(
    "bound", [{"since": minutes(0)}, {"until": minutes(0)}, {"since": minutes(9), "until": minutes(9)}]
)
def test_where_there_are_no_cases_there_are_no_journals(store, bound):
    assert told(store, **bound) == []
