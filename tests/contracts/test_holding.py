"""What every store does while it holds cases, timers or messages for somebody."""

from dataclasses import replace
from datetime import datetime

import pytest

from caseway.engine.actor import SYSTEM
from caseway.engine.case import Case
from caseway.engine.errors import CaseConflict, UnknownCase
from caseway.engine.event import Event
from caseway.engine.journal import entry, replay
from caseway.engine.outcome import Step
from caseway.engine.ports import CaseQuery, Store
from caseway.engine.posting import PostingQuery
from tests.contracts.sample import message, minutes, moving, opened, opening, payout, timer
from tests.contracts.test_store import LATE, due_ids, everything, listed, waiting_ids


def fired(before: Case, key: str, **changes: object) -> Step:
    """The step of a timer that fires and is gone."""
    left = tuple(each for each in before.timers if each.id != key)
    step = moving(before, key, timers=left, **changes)
    return replace(step, event=Event("remind", {}, key, SYSTEM, minutes(1)))


class GivingUpError(Exception):
    """Whoever holds something changes his mind."""


# Held cases


def test_what_is_committed_while_cases_are_held_is_written_when_they_are_let_go(store):
    one, two = opened(store, "OF-1"), opened(store, "OF-2")
    with store.locked([("OF-1", "e2"), ("OF-2", "e2")]) as held:
        steps = [moving(held.load(case.id, "e2").case, effects=[payout(f"{case.id}:2:0")]) for case in (one, two)]
        assert [held.commit(step) for step in steps] == [entry(step) for step in steps]
    assert [store.load(step.after.id, "e2").known for step in steps] == [entry(step) for step in steps]
    assert [store.load(step.after.id, "").case for step in steps] == [step.after for step in steps]
    assert [line.effect for line in store.book().postings(PostingQuery(owner="anna"))] == ["OF-1:2:0", "OF-2:2:0"]


def test_a_held_case_is_as_the_last_step_left_it(store):
    opened(store)
    with store.locked([("OF-1", "e2"), ("OF-1", "e3"), ("OF-1", "start")]) as held:
        case = held.load("OF-1", "start")
        assert case.known is not None
        step = moving(held.load("OF-1", "e2").case, "e2", data={"attempts": 1})
        line = held.commit(step)
        assert held.load("OF-1", "e2") == replace(case, case=step.after, known=line)
        assert held.load("OF-1", "e3") == replace(case, case=step.after, known=None)
        held.commit(moving(step.after, "e3", data={"attempts": 2}))
    assert [each.event.id for each in store.journal("OF-1")] == ["start", "e2", "e3"]
    assert replay(store.journal("OF-1")) == store.load("OF-1", "").case


def test_an_event_id_that_nobody_said_would_be_asked_about_is_found_all_the_same(store):
    store.commit(moving(opened(store)))
    with store.locked([("OF-1", "e9")]) as held:
        known = held.load("OF-1", "e2").known
    assert known == store.load("OF-1", "e2").known
    assert known is not None


def test_where_one_step_cannot_be_written_none_of_those_held_is(store):
    case = opened(store, "OF-1", timers=[timer("a", 1)], effects=[payout("OF-1:1:0")])
    other = opened(store, "OF-2")
    before = everything(store)
    with pytest.raises(CaseConflict), store.locked([("OF-1", "e2"), ("OF-2", "e2")]) as held:  # noqa: PT012 - what fails is the end of the block
        held.commit(moving(other, timers=(timer("b", 1),), effects=[message("OF-2:2:0")]))
        held.commit(moving(case, timers=(), effects=[payout("OF-1:1:0")]))
    assert everything(store) == before
    assert store.load("OF-2", "").case == other


def test_whoever_gives_up_while_holding_cases_has_written_nothing(store):
    case = opened(store, timers=[timer("a", 1)])
    before = everything(store)
    with pytest.raises(GivingUpError), store.locked([("OF-1", "e2")]) as held:  # noqa: PT012 - what fails is the end of the block
        held.commit(moving(case, timers=(), effects=[message("OF-1:2:0")]))
        raise GivingUpError
    assert everything(store) == before


def test_a_held_case_cannot_be_moved_from_an_older_revision_nor_by_a_known_event(store):
    case = opened(store)
    with store.locked([("OF-1", "e2"), ("OF-1", "start")]) as held:
        held.load("OF-1", "start")
        step = moving(case, "e2")
        held.commit(step)
        for wrong in (moving(case, "e3"), moving(step.after, "e2"), moving(step.after, "start"), opening()):
            with pytest.raises(CaseConflict, match="OF-1"):
                held.commit(wrong)
    assert [each.event.id for each in store.journal("OF-1")] == ["start", "e2"]


def test_cases_that_are_not_there_are_passed_over(store):
    opened(store)
    with store.locked([("OF-9", "e1"), ("OF-1", "e2")]) as held:
        with pytest.raises(UnknownCase, match="OF-9"):
            held.load("OF-9", "e1")
        held.commit(moving(held.load("OF-1", "e2").case))
    assert store.load("OF-1", "").case.revision == 2


def test_nothing_can_be_held(store):
    with store.locked([]) as held:
        opened(held)
    assert listed(store) == ["OF-1"]


def test_cases_that_nobody_asked_to_hold_can_be_opened_and_moved_with_the_others(store):
    case = opened(store, "OF-2")
    with store.locked([("OF-1", "start")]) as held:
        new = opened(held, "OF-1", timers=[timer("a", 5)])
        held.commit(moving(new, timers=(timer("b", 6),)))
        held.commit(moving(case))
    assert [line.revision for line in store.cases(CaseQuery())] == [2, 2]
    assert due_ids(store) == ["b"]


def test_a_case_that_was_not_held_and_has_moved_is_a_conflict(store):
    case = opened(store)
    store.commit(moving(case, "e2"))
    before = everything(store)
    with pytest.raises(CaseConflict), store.locked([]) as held:
        held.commit(moving(case, "e3"))
    assert everything(store) == before


def test_timers_that_come_and_go_while_a_case_is_held_leave_only_the_last(store):
    case = opened(store, timers=[timer("old", 9), timer("kept", 8), timer("gone", 1)])
    with store.locked([("OF-1", "e2")]) as held:
        for count, timers in enumerate(
            (
                (timer("old", 9), timer("kept", 8), timer("new", 3), timer("brief", 2)),
                (timer("old", 7), timer("kept", 8), timer("new", 4), timer("brief", 2, fault="broken")),
                (timer("old", 7, fault="broken"), timer("kept", 8), timer("new", 5)),
                (timer("old", 6), timer("kept", 8), timer("new", 5), timer("gone", 10)),
            )
        ):
            step = moving(case, f"e{count}", timers=timers)
            held.commit(step)
            case = step.after
    assert [due.timer for due in store.due(LATE, 9)] == sorted(case.timers, key=lambda each: each.due)
    assert store.load("OF-1", "").case == case


def test_whatever_is_asked_while_cases_are_held_knows_what_was_committed(store):
    case = opened(store)
    with store.locked([("OF-1", "e2")]) as held:
        held.commit(moving(case, timers=(timer("a", 1),), effects=[message("m"), payout("p", 7)]))
        assert (due_ids(held), waiting_ids(held)) == (["a"], ["m"])
        assert [each.event.id for each in held.journal("OF-1")] == ["start", "e2"]
        assert [line.revision for line in held.cases(CaseQuery())] == [2]
        assert [line.amount for line in held.book().postings(PostingQuery(owner="anna"))] == [7]
        held.delivered("m", minutes(2))
        held.commit(moving(held.load("OF-1", "").case, "e3", effects=[message("n")]))
    assert waiting_ids(store) == ["n"]
    assert store.load("OF-1", "").case.revision == 3


def test_many_steps_of_many_cases_are_written_in_order(store):
    cases = {name: opened(store, name) for name in ("C", "A", "B")}
    wanted = [(name, f"e{count}") for count in range(30) for name in ("B", "C", "A")]
    with store.locked(wanted) as held:
        for name, event in wanted:
            step = moving(
                held.load(name, event).case, event, effects=[message(f"{name}:{event}"), payout(f"{event}{name}")]
            )
            held.commit(step)
            cases[name] = step.after
    assert waiting_ids(store) == [f"{name}:{event}" for name, event in wanted]
    assert [line.effect for line in store.book().postings(PostingQuery(owner="anna"))] == [
        f"{event}{name}" for name, event in wanted
    ]
    assert all(store.load(name, "").case == case for name, case in cases.items())
    assert all(replay(store.journal(name)) == case for name, case in cases.items())


# Claimed timers


def test_nothing_due_is_nothing_claimed(store):
    opened(store, timers=[timer("a", 5)])
    with store.claimed(minutes(4), 10) as (due, _):
        assert list(due) == []


def test_timers_are_claimed_in_due_order_and_no_more_than_were_asked_for(store):
    opened(store, "OF-1", timers=[timer("b", 2), timer("d", 4), timer("x", 1, fault="broken")])
    opened(store, "OF-2", timers=[timer("a", 1), timer("c", 3)])
    for limit, found in ((3, ["a", "b", "c"]), (1, ["a"]), (0, []), (-1, [])):
        with store.claimed(LATE, limit) as (due, _):
            assert [each.timer.id for each in due] == found


def test_what_fires_is_gone_when_the_claim_ends(store):
    opened(store, "OF-1", timers=[timer("a", 1), timer("b", 2)])
    opened(store, "OF-2", timers=[timer("c", 3)])
    with store.claimed(LATE, 10) as (due, held):
        for each in due:
            held.commit(fired(held.load(each.case, "").case, each.timer.id, effects=[payout(f"{each.timer.id}:0")]))
    assert due_ids(store) == []
    assert [each.event.id for each in store.journal("OF-1")] == ["start", "a", "b"]
    assert [line.effect for line in store.book().postings(PostingQuery(owner="anna"))] == ["a:0", "b:0", "c:0"]


def test_a_claim_that_is_given_up_has_fired_nothing(store):
    opened(store, timers=[timer("a", 1), timer("b", 2)])
    before = everything(store)
    with pytest.raises(GivingUpError), store.claimed(LATE, 10) as (due, held):  # noqa: PT012 - what fails is the end of the block
        held.commit(fired(held.load("OF-1", "").case, due[0].timer.id))
        raise GivingUpError
    assert everything(store) == before


# Claimed messages

NOW, UNTIL = minutes(5), minutes(6)


def claimable(store: Store, at: datetime, limit: int = 9) -> list[str]:
    with store.claimed_messages(limit, at, at + (UNTIL - NOW)) as (out, _):
        return [each.message.id for each in out]


def test_what_is_claimed_nobody_else_gets_until_the_claim_ends(store):
    opened(store, effects=[message("a"), message("b", "ben"), message("c")])
    with store.claimed_messages(1, NOW, UNTIL) as (out, held):
        assert [each.message.id for each in out] == ["a"]
        assert claimable(store, minutes(5.5)) == ["b"]
        held.delivered("a", minutes(5.5))
    assert claimable(store, minutes(5.5)) == ["b", "c"]


def test_what_a_worker_claimed_that_died_comes_back_when_its_time_is_over(store):
    opened(store, effects=[message("a"), message("b")])
    dead = store.claimed_messages(9, NOW, UNTIL)
    dead.__enter__()
    assert claimable(store, minutes(5.9)) == []
    assert claimable(store, UNTIL) == ["a", "b"]


def test_a_claim_that_ends_late_takes_nothing_away_from_who_claimed_next(store):
    opened(store, effects=[message("a")])
    with store.claimed_messages(9, NOW, UNTIL), store.claimed_messages(9, UNTIL, minutes(7)) as (out, _):
        assert [each.message.id for each in out] == ["a"]
        late = store.claimed_messages(9, minutes(6.5), minutes(7.5))
        with late as (nothing, _):
            assert list(nothing) == []


def test_a_message_that_failed_and_those_behind_it_wait_until_its_time_has_come(store):
    opened(store, effects=[message("a"), message("b", "ben"), message("c"), message("d")])
    with store.claimed_messages(9, NOW, UNTIL) as (_, held):
        held.undelivered("a", "nobody answers", set_aside=False, not_before=minutes(9))
    assert claimable(store, minutes(8.9)) == ["b"]
    assert claimable(store, minutes(9)) == ["a", "b", "c", "d"]


def test_what_stands_behind_a_message_that_was_set_aside_goes_on_at_once(store):
    opened(store, effects=[message("a"), message("b")])
    with store.claimed_messages(9, NOW, UNTIL) as (_, held):
        held.undelivered("a", "no such person", set_aside=True)
    assert claimable(store, NOW) == ["b"]


def test_a_message_that_failed_waits_also_behind_one_that_was_put_back_before_it(store):
    opened(store, effects=[message("a"), message("b"), message("c")])
    store.undelivered("a", "no such person", set_aside=True)
    store.undelivered("b", "nobody answers", set_aside=False, not_before=minutes(9))
    assert store.put_back("OF-1", "a")
    assert claimable(store, NOW) == ["a"]


def test_a_message_that_is_put_back_can_be_delivered_at_once(store):
    opened(store, effects=[message("a")])
    store.undelivered("a", "no such person", set_aside=True, not_before=minutes(9))
    assert store.put_back("OF-1", "a")
    assert claimable(store, NOW) == ["a"]


def test_claimed_messages_are_those_that_wait_and_no_more_than_were_asked_for(store):
    opened(store, "OF-1", effects=[message("a"), message("b", "ben"), message("c"), message("d")])
    opened(store, "OF-2", effects=[message("e")])
    store.undelivered("a", "no such person", set_aside=True)
    store.delivered("b", minutes(1))
    for limit, found in ((10, ["c", "d", "e"]), (2, ["c", "d"]), (0, []), (-1, [])):
        with store.claimed_messages(limit, NOW, UNTIL) as (out, _):
            assert [each.message.id for each in out] == found


def test_what_came_of_claimed_messages_is_recorded(store):
    opened(store, effects=[message("a"), message("b"), message("c", "ben"), message("d", "ben")])
    with store.claimed_messages(10, NOW, UNTIL) as (_, held):
        held.delivered("a", minutes(1))
        held.undelivered("c", "the folder is full", set_aside=False, not_before=minutes(7))
    assert [(each.message.id, each.attempts, each.not_before) for each in store.outgoing(9)] == [
        ("b", 0, None),
        ("c", 1, minutes(7)),
        ("d", 0, None),
    ]


def test_what_was_delivered_stays_so_where_the_claim_is_given_up(store):
    opened(store, effects=[message("a"), message("b")])
    with pytest.raises(GivingUpError), store.claimed_messages(10, NOW, UNTIL) as (_, held):  # noqa: PT012 - what fails is the end of the block
        held.delivered("a", minutes(1))
        raise GivingUpError
    assert waiting_ids(store) == ["b"]
    assert claimable(store, NOW) == ["b"]


def test_messages_stay_in_order_however_few_are_claimed_at_a_time(store: Store):
    opened(store, effects=[message(key, to) for key, to in zip("abcdef", ("x", "y", "x", "x", "y", "z"), strict=True)])
    seen = []
    for _ in range(6):
        with store.claimed_messages(1, NOW, UNTIL) as (out, held):
            for each in out:
                seen.append(each.message.id)
                held.delivered(each.message.id, minutes(1))
    assert seen == list("abcdef")
