"""What every store says of the work that waits, and how it puts back what was set aside."""

from dataclasses import replace
from datetime import timedelta

import pytest

from caseway.engine import backlog
from caseway.engine.backlog import Backlog, Queue, SetAside
from tests.contracts.sample import message, minutes, moving, opened, timer

NOW = minutes(90)


def test_where_nothing_waits_the_backlog_is_empty(store):
    opened(store)

    assert store.backlog(NOW) == Backlog()
    assert store.set_aside(10) == []


def test_timers_that_are_due_are_counted_since_the_first_was(store):
    opened(store, timers=[timer("a", 60), timer("b", 90), timer("c", 91), timer("d", 1, fault="no such state")])
    opened(store, "OF-2", timers=[timer("e", 30)])

    found = store.backlog(NOW)

    assert (found.due, found.next_due) == (Queue(3, minutes(30)), minutes(30))


def test_a_timer_that_is_still_to_come_is_the_next_and_not_due(store):
    opened(store, timers=[timer("a", 120), timer("b", 100)])

    assert store.backlog(NOW) == Backlog(next_due=minutes(100))


def test_messages_that_wait_are_counted_since_the_first_was_sent(store):
    case = opened(store, effects=[message("OF-1:1:0")])
    store.commit(moving(case, at=7, effects=[message("OF-1:2:0"), message("OF-1:2:1")]))
    store.delivered("OF-1:1:0", minutes(8))

    assert store.backlog(NOW).waiting == Queue(2, minutes(7))


def test_of_the_messages_that_wait_those_that_failed_are_counted(store):
    opened(store, effects=[message("OF-1:1:0"), message("OF-1:1:1"), message("OF-1:1:2"), message("OF-1:1:3")])
    store.undelivered("OF-1:1:0", "no", set_aside=False, not_before=NOW + timedelta(hours=1))
    store.undelivered("OF-1:1:1", "no", set_aside=False)
    store.undelivered("OF-1:1:2", "no", set_aside=True)

    found = store.backlog(NOW)

    assert (found.waiting.count, found.failing, found.messages_set_aside) == (3, 2, 1)


def test_a_message_of_a_step_that_the_journal_does_not_have_waits_since_nobody_knows_when(store):
    opened(store, effects=[message("hello"), message("OF-1:9:0"), message("OF-1:x:0")])

    assert store.backlog(NOW).waiting == Queue(3, None)
    for key in ("hello", "OF-1:9:0", "OF-1:x:0"):
        store.undelivered(key, "no", set_aside=True)
    assert [item.since for item in store.set_aside(10)] == [None, None, None]


def test_no_more_is_counted_than_makes_sense(store, monkeypatch):
    for module in ("caseway.adapters.memory_store", "caseway.adapters.sql.backlog", "caseway.engine.backlog"):
        monkeypatch.setattr(f"{module}.COUNTED", 2)
    opened(
        store, timers=[timer("a", 1), timer("b", 1), timer("c", 1)], effects=[message("1"), message("2"), message("3")]
    )

    found = store.backlog(NOW)

    assert (found.due.count, found.waiting.count, found.due.is_longer) == (2, 2, True)
    assert backlog.COUNTED == 2


def test_what_was_set_aside_is_told_with_its_reason(store):
    failed = timer("OF-1:1:0", 60, fault="division by zero")
    opened(store, timers=[failed, timer("OF-1:1:1", 1)], effects=[message("OF-1:1:2"), message("OF-1:1:3")])
    store.undelivered("OF-1:1:3", "the printer is out of paper", set_aside=True)

    assert store.set_aside(10) == [
        SetAside("timer", "OF-1:1:0", "OF-1", "remind", minutes(60), "division by zero"),
        SetAside("message", "OF-1:1:3", "OF-1", "hello", minutes(0), "the printer is out of paper"),
    ]
    found = store.backlog(NOW)
    assert (found.timers_set_aside, found.messages_set_aside, found.set_aside) == (1, 1, 2)
    assert (found.due.count, found.waiting.count) == (1, 1)


def test_what_was_set_aside_comes_timers_first_by_due_then_messages_as_written(store):
    opened(
        store,
        "OF-2",
        timers=[timer("late", 9, fault="x"), timer("b", 3, fault="x")],
        effects=[message("z"), message("a")],
    )
    opened(store, "OF-1", timers=[timer("a", 3, fault="x")], effects=[message("m")])
    for key in ("a", "m", "z"):
        store.undelivered(key, "no", set_aside=True)

    def ids(limit, case=None):
        return [(item.kind, item.id) for item in store.set_aside(limit, case)]

    timers, messages = (
        [("timer", "a"), ("timer", "b"), ("timer", "late")],
        [("message", "z"), ("message", "a"), ("message", "m")],
    )
    assert ids(10) == timers + messages
    assert (ids(2), ids(4), ids(0), ids(-1)) == (timers[:2], [*timers, messages[0]], [], [])
    assert ids(10, "OF-1") == [("timer", "a"), ("message", "m")]
    assert ids(10, "OF-9") == []


def test_a_message_that_is_put_back_waits_as_one_that_never_failed(store):
    opened(store, effects=[message("OF-1:1:0"), message("OF-1:1:1")])
    for _ in range(3):
        store.undelivered("OF-1:1:0", "no", set_aside=True)

    assert store.put_back("OF-1", "OF-1:1:0")

    assert [(item.message.id, item.attempts, item.error) for item in store.outgoing(10)] == [
        ("OF-1:1:0", 0, None),
        ("OF-1:1:1", 0, None),
    ]
    assert store.set_aside(10) == []


@pytest.mark.parametrize(
    ("case", "key"), [("OF-1", "OF-1:1:0"), ("OF-2", "OF-1:1:1"), ("OF-1", "OF-1:1:2"), ("OF-1", "x")]
)
def test_only_what_was_set_aside_in_this_case_is_put_back(store, case, key):
    opened(store, effects=[message("OF-1:1:0"), message("OF-1:1:1"), message("OF-1:1:2")])
    store.undelivered("OF-1:1:1", "no", set_aside=True)
    store.undelivered("OF-1:1:2", "no", set_aside=True)
    store.delivered("OF-1:1:2", NOW)

    assert not store.put_back(case, key)
    assert [item.id for item in store.set_aside(10)] == ["OF-1:1:1"]


def test_a_timer_that_was_set_aside_and_is_armed_anew_is_due_again(store):
    case = opened(store, timers=[timer("t1", 60, fault="x")])
    store.commit(moving(case, timers=(replace(case.timers[0], id="t2", fault=None),)))

    assert store.set_aside(10) == []
    assert [due.timer.id for due in store.due(NOW + timedelta(days=1), 10)] == ["t2"]
