"""What every store does, whatever it is made of."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from caseway.engine.actor import SYSTEM
from caseway.engine.case import Case, Timer, Work
from caseway.engine.effect import CancelTimer, SetTimer
from caseway.engine.errors import CaseConflict, UnknownCase, UnknownProcess, VersionChanged
from caseway.engine.event import Event
from caseway.engine.journal import entry, replay
from caseway.engine.outcome import Refusal
from caseway.engine.ports import CaseQuery, Outgoing, Store
from caseway.engine.posting import Balance, PostingQuery
from tests.contracts.sample import HASH, message, minutes, moving, opened, opening, payout, timer

LATE = minutes(10_000)


def due_ids(store: Store, at: datetime = LATE, limit: int = 100) -> list[str]:
    return [due.timer.id for due in store.due(at, limit)]


def waiting_ids(store: Store, limit: int = 100) -> list[str]:
    return [item.message.id for item in store.outgoing(limit)]


def listed(store: Store, **query: object) -> list[str]:
    return [line.id for line in store.cases(CaseQuery(**query))]


def everything(store: Store, case: str = "OF-1") -> tuple[object, ...]:
    """All that a store tells of its cases, to compare before and after."""
    return (
        store.load(case, "").case,
        list(store.journal(case)),
        store.due(LATE, 100),
        store.outgoing(100),
        list(store.cases(CaseQuery())),
        list(store.book().postings()),
        list(store.book().balances()),
    )


# Cases


def test_a_case_is_loaded_as_it_was_committed(store):
    step = opening(
        timers=[timer("OF-1:1:0", 60), timer("OF-1:1:1", 90, fault="no such state")],
        memory=(("active.back", ("active.a", "active.b")),),
        assignee="anna",
        closed=True,
        work=(Work("offered", None, None), Work("late", "friend", ("ben",), ("anna",), offered=False)),
    )
    store.commit(step)
    assert store.load("OF-1", "other").case == step.after


def test_an_unknown_case_cannot_be_loaded(store):
    with pytest.raises(UnknownCase, match="OF-9"):
        store.load("OF-9", "e1")


def test_a_step_moves_the_case(store):
    step = moving(opened(store), configuration=("contacting",), assignee="anna")
    store.commit(step)
    assert store.load("OF-1", "").case == step.after


def test_load_gives_the_recorded_outcome_of_a_known_event(store):
    step = moving(opened(store))
    store.commit(step)
    assert store.load("OF-1", "e2").known == entry(step)
    assert store.load("OF-1", "e3").known is None


def test_an_event_id_known_to_another_case_is_not_known_to_this_one(store):
    opened(store, "OF-1", event="a")
    opened(store, "OF-2", event="b")
    assert store.load("OF-1", "b").known is None


def test_ids_may_be_any_text(store):
    for key in ("", "a'; DROP TABLE caseway_case; --", "Zoë/%_:1", "a b\nc", "x" * 5000):
        assert opened(store, key, event=f"{key}?") == store.load(key, "").case
        assert [line.event.id for line in store.journal(key)] == [f"{key}?"]


def test_instants_keep_their_microseconds_and_lose_their_zone(store):
    noon_in_ghent = datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=2)))
    case = opened(store, timers=[Timer("t", "remind", noon_in_ghent)], opened_at=noon_in_ghent, last_at=noon_in_ghent)
    assert store.load("OF-1", "").case == case
    (due,), (line,) = store.due(LATE + timedelta(days=365), 1), store.cases(CaseQuery())
    assert due.timer.due == line.opened_at == line.last_at == datetime(2026, 7, 1, 10, 0, 0, 1, tzinfo=UTC)


# Conflicts


def test_a_step_from_an_older_revision_is_a_conflict(store):
    case = opened(store)
    store.commit(moving(case, "e2"))
    before = everything(store)
    with pytest.raises(CaseConflict, match="OF-1"):
        store.commit(moving(case, "e3"))
    assert everything(store) == before


def test_a_step_of_a_case_that_is_not_there_is_a_conflict(store):
    with pytest.raises(CaseConflict, match="OF-1"):
        store.commit(moving(opening().after))
    assert listed(store) == []


def test_opening_a_case_twice_is_a_conflict(store):
    opened(store)
    before = everything(store)
    with pytest.raises(CaseConflict, match="OF-1 exists already"):
        store.commit(opening(event="another"))
    assert everything(store) == before


def test_an_event_id_that_the_journal_has_is_a_conflict(store):
    case = opened(store)
    before = everything(store)
    with pytest.raises(CaseConflict, match='"start"'):
        store.commit(moving(case, "start", timers=(timer("OF-1:2:0", 5),)))
    assert everything(store) == before


def test_two_cases_may_take_the_same_event_id(store):
    assert opened(store, "OF-1", event="same").id != opened(store, "OF-2", event="same").id


def test_a_case_opens_only_on_a_definition_that_was_kept(store):
    step = opening()
    with pytest.raises(UnknownProcess, match="orange version 1"):
        store.commit(replace(step, after=replace(step.after, definition="0000")))
    assert listed(store) == []


def test_a_case_moves_only_to_a_definition_that_was_kept(store):
    case = opened(store)
    with pytest.raises(UnknownProcess):
        store.commit(moving(case, definition="0000", version=2))
    store.keep_definition("0000", "orange", 2, {})
    store.commit(moving(case, definition="0000", version=2))
    assert [line.version for line in store.cases(CaseQuery())] == [2]


# All or nothing


def test_a_step_whose_posting_cannot_be_written_is_not_written_at_all(store):
    case = opened(store, timers=[timer("OF-1:1:0", 60)], effects=[payout("OF-1:1:1")])
    before = everything(store)
    effects = [message("OF-1:2:0"), payout("OF-1:2:1"), payout("OF-1:1:1")]
    with pytest.raises(CaseConflict, match="already"):
        store.commit(moving(case, timers=(timer("OF-1:2:3", 5),), effects=effects))
    assert everything(store) == before


def test_a_step_whose_message_cannot_be_written_is_not_written_at_all(store):
    case = opened(store, effects=[message("OF-1:1:0")])
    before = everything(store)
    with pytest.raises(CaseConflict, match="already"):
        store.commit(moving(case, configuration=("contacting",), effects=[message("OF-1:1:0")]))
    assert everything(store) == before


def test_a_step_that_repeats_an_effect_within_itself_is_not_written_at_all(store):
    with pytest.raises(CaseConflict):
        store.commit(opening(effects=[message("OF-1:1:0"), message("OF-1:1:0")]))
    assert listed(store) == []
    assert waiting_ids(store) == []


def test_a_case_whose_timer_id_is_taken_is_not_opened(store):
    opened(store, timers=[timer("t", 1)])
    with pytest.raises(CaseConflict):
        opened(store, "OF-2", timers=[timer("t", 2)])
    assert listed(store) == ["OF-1"]


def test_a_store_works_on_after_a_conflict(store):
    case = opened(store)
    with pytest.raises(CaseConflict):
        store.commit(opening())
    store.commit(moving(case))
    assert store.load("OF-1", "e2").case.revision == 2


# Journal


def test_the_journal_tells_every_step_in_order_with_all_its_effects(store):
    first = opening(effects=[SetTimer("OF-1:1:0", "remind", minutes(60)), message("OF-1:1:1")])
    second = moving(first.after, effects=[CancelTimer("OF-1:2:0", "remind", "OF-1:1:0"), payout("OF-1:2:1")])
    fired = Event("remind", {}, "OF-1:1:0", SYSTEM, minutes(60))
    refusal = Refusal("guarded", "A guard said no.", {"guard": "case.attempts > 3"})
    third = replace(moving(second.after, refusal=refusal, data={"attempts": 3}), event=fired)
    for step in (first, second, third):
        store.commit(step)
    assert list(store.journal("OF-1")) == [entry(first), entry(second), entry(third)]


def test_an_unknown_case_has_no_journal(store):
    opened(store)
    assert list(store.journal("OF-9")) == []


def test_replaying_the_journal_gives_the_case(store):
    case = opened(store, timers=[timer("OF-1:1:0", 60)])
    for count in range(2, 6):
        changes = {
            "timers": (timer(f"OF-1:{count}:0", count),),
            "memory": (("h", (f"s{count}",)),),
            "final": count == 5,
        }
        step = moving(case, f"e{count}", data={"attempts": count, "list": [{"n": count}]}, **changes)
        store.commit(step)
        case = step.after
    assert replay(store.journal("OF-1")) == store.load("OF-1", "").case == case


def test_a_long_journal_comes_whole_and_in_order(store):
    case = opened(store)
    for count in range(2, 220):
        step = moving(case, f"e{count}")
        store.commit(step)
        case = step.after
    assert [line.revision for line in store.journal("OF-1")] == list(range(1, 220))


# Timers


def test_timers_come_due_in_order_of_time_then_id(store):
    opened(store, "OF-2", timers=[timer("c", 20), timer("a", 20)])
    opened(store, "OF-1", timers=[timer("b", 20), timer("z", 10), timer("later", 20.0001)])
    assert [(due.case, due.timer.id) for due in store.due(minutes(20), 10)] == [
        ("OF-1", "z"),
        ("OF-2", "a"),
        ("OF-1", "b"),
        ("OF-2", "c"),
    ]


def test_a_due_timer_says_what_it_sends_and_when_it_should_have(store):
    opened(store, timers=[timer("t", 20, name="expire")])
    (due,) = store.due(LATE, 10)
    assert due.timer == timer("t", 20, name="expire")


@pytest.mark.parametrize(("limit", "found"), [(2, ["a", "b"]), (0, []), (-1, [])])
def test_no_more_timers_come_than_were_asked_for(store, limit, found):
    opened(store, timers=[timer("b", 2), timer("c", 3), timer("a", 1)])
    assert due_ids(store, limit=limit) == found


def test_a_step_arms_and_cancels_timers(store):
    case = opened(store, timers=[timer("a", 1), timer("b", 2)])
    store.commit(moving(case, timers=(timer("b", 2), timer("c", 3))))
    assert due_ids(store) == ["b", "c"]


def test_a_timer_that_fires_arms_the_next_of_its_series(store):
    case = opened(store, timers=[timer("OF-1:1:0", 1)])
    for number in (2, 3):
        armed = timer(case.timers[0].next_id, number)
        again = SetTimer(armed.id, armed.name, armed.due)
        fired = moving(case, case.timers[0].id, timers=(armed,), effects=[again])
        assert store.commit(fired).effects == (again,)
        case = fired.after
        assert due_ids(store) == [f"OF-1:1:0#{number}"]
        assert store.load("OF-1", "").case.timers == (armed,)
    assert [line.event.id for line in store.journal("OF-1")] == ["start", "OF-1:1:0", "OF-1:1:0#2"]


def test_a_timer_set_aside_is_not_due_until_it_is_mended(store):
    case = opened(store, timers=[timer("a", 1), timer("b", 2)])
    aside = moving(case, "e2", timers=(timer("a", 1, fault="a guard failed"), timer("b", 2)))
    store.commit(aside)
    assert due_ids(store) == ["b"]
    store.commit(moving(aside.after, "e3", timers=(timer("a", 5), timer("b", 2))))
    assert due_ids(store) == ["b", "a"]


def test_a_timer_set_aside_can_be_cancelled(store):
    case = opened(store, timers=[timer("a", 1, fault="broken")])
    store.commit(moving(case, timers=()))
    assert store.load("OF-1", "").case.timers == ()
    assert due_ids(store) == []


def test_the_timers_of_other_cases_stay(store):
    case = opened(store, "OF-1", timers=[timer("a", 1)])
    opened(store, "OF-2", timers=[timer("b", 1)])
    store.commit(moving(case, timers=()))
    assert due_ids(store) == ["b"]


# Outbox


def test_messages_go_out_in_the_order_they_were_written(store):
    case = opened(store, "OF-2", effects=[message("z"), message("m", "ben")])
    opened(store, "OF-1", effects=[message("a")])
    store.commit(moving(case, effects=[message("b")]))
    assert store.outgoing(10) == [
        Outgoing("OF-2", message("z")),
        Outgoing("OF-2", message("m", "ben")),
        Outgoing("OF-1", message("a")),
        Outgoing("OF-2", message("b")),
    ]


@pytest.mark.parametrize(("limit", "found"), [(2, ["a", "b"]), (0, []), (-1, [])])
def test_no_more_messages_come_than_were_asked_for(store, limit, found):
    opened(store, effects=[message("a"), message("b"), message("c")])
    assert waiting_ids(store, limit) == found


def test_a_delivered_message_does_not_go_out_again(store):
    opened(store, effects=[message("a"), message("b")])
    store.delivered("a", minutes(1))
    store.delivered("a", minutes(2))
    assert waiting_ids(store) == ["b"]


def test_a_failed_delivery_is_counted_and_keeps_its_place(store):
    opened(store, effects=[message("a"), message("b")])
    store.undelivered("a", "the folder is full", set_aside=False)
    store.undelivered("a", "the folder is gone", set_aside=False)
    assert store.outgoing(10) == [
        Outgoing("OF-1", message("a"), 2, "the folder is gone"),
        Outgoing("OF-1", message("b")),
    ]


def test_a_message_set_aside_does_not_go_out(store):
    opened(store, effects=[message("a"), message("b")])
    store.undelivered("a", "no such person", set_aside=True)
    assert waiting_ids(store) == ["b"]
    assert waiting_ids(store, 1) == ["b"]


def test_a_message_set_aside_can_still_be_delivered(store):
    opened(store, effects=[message("a")])
    store.undelivered("a", "no such person", set_aside=True)
    store.delivered("a", minutes(1))
    store.undelivered("a", "late news", set_aside=False)
    assert waiting_ids(store) == []


def test_a_failure_that_does_not_set_aside_puts_a_message_back(store):
    opened(store, effects=[message("a")])
    store.undelivered("a", "no such person", set_aside=True)
    store.undelivered("a", "try once more", set_aside=False)
    assert store.outgoing(10) == [Outgoing("OF-1", message("a"), 2, "try once more")]


def test_news_of_an_unknown_message_changes_nothing(store):
    opened(store, effects=[message("a")])
    store.delivered("x", minutes(1))
    store.undelivered("x", "gone", set_aside=True)
    assert waiting_ids(store) == ["a"]


# Money


def test_a_payout_is_posted_on_both_sides(store):
    opened(store, effects=[payout("OF-1:1:0")])
    payer, payee = store.book().postings()
    assert (payer.owner, payer.account, payer.amount) == ("platform", "payouts", -225)
    assert (payee.owner, payee.account, payee.amount) == ("anna", "payable", 225)
    assert (payee.case, payee.revision, payee.process, payee.version, payee.at) == ("OF-1", 1, "orange", 1, minutes(0))
    assert (payee.effect, payee.line, payee.unit, payee.payout) == ("OF-1:1:0", 1, "EUR", "visit")
    assert (payee.purpose, payee.implements) == ("A visit", ("OF-02",))


def test_postings_come_in_order_of_writing_by_case_and_owner(store):
    case = opened(store, "OF-2", effects=[payout("OF-2:1:0")])
    opened(store, "OF-1", effects=[payout("OF-1:1:0", 300, "ben")])
    store.commit(moving(case, effects=[payout("OF-2:2:0", 0), payout("OF-2:2:1", 25)]))
    assert [line.amount for line in store.book().postings()] == [-225, 225, -300, 300, -25, 25]
    assert [line.amount for line in store.book().postings(PostingQuery(case="OF-2"))] == [-225, 225, -25, 25]
    assert [line.amount for line in store.book().postings(PostingQuery(owner="anna"))] == [225, 25]
    assert [line.amount for line in store.book().postings(PostingQuery(case="OF-1", owner="anna"))] == []


def test_balances_sum_postings_by_owner_account_and_unit(store):
    opened(store, "OF-1", effects=[payout("OF-1:1:0"), payout("OF-1:1:1", 5, unit="POINTS")])
    opened(store, "OF-2", effects=[payout("OF-2:1:0", 100), payout("OF-2:1:1", 1, "Ben")])
    assert list(store.book().balances()) == [
        Balance("Ben", "payable", "EUR", 1),
        Balance("anna", "payable", "EUR", 325),
        Balance("anna", "payable", "POINTS", 5),
        Balance("platform", "payouts", "EUR", -326),
        Balance("platform", "payouts", "POINTS", -5),
    ]
    assert list(store.book().balances(owner="Ben")) == [Balance("Ben", "payable", "EUR", 1)]
    assert list(store.book().balances(owner="nobody")) == []


def test_amounts_beyond_32_bits_are_kept_exactly(store):
    opened(store, effects=[payout("OF-1:1:0", 2**53 + 1)])
    assert [line.amount for line in store.book().postings(PostingQuery(owner="anna"))] == [2**53 + 1]


# Lists


def test_cases_are_listed_in_order_of_opening_then_id(store):
    for case, at in (("b", 5), ("c", 1), ("a", 5), ("B", 5)):
        opened(store, case, at=at)
    assert listed(store) == ["c", "B", "a", "b"]
    assert listed(store, limit=2) == ["c", "B"]
    assert listed(store, limit=0) == listed(store, limit=-1) == []


def test_a_line_says_how_the_case_stands(store):
    case = opened(store, state=("active.a", "active.b"))
    step = moving(case, at=7, configuration=("active.a", "active.c"), assignee="anna", closed=True, final=True)
    store.commit(step)
    (line,) = store.cases(CaseQuery())
    assert (line.id, line.process, line.version, line.state) == ("OF-1", "orange", 1, ("active.a", "active.c"))
    assert (line.assignee, line.closed, line.final, line.revision) == ("anna", True, True, 2)
    assert (line.opened_at, line.last_at) == (minutes(0), minutes(7))


STATES: Mapping[str, tuple[str, ...]] = {
    "1": ("active",),
    "2": ("active.contacting.calling", "money.none"),
    "3": ("active.contacting",),
    "4": ("activex.contacting",),
    "5": ("inactive.contacting", "a_b"),
}


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("active", ["1", "2", "3"]),
        ("active.contacting", ["2", "3"]),
        ("active.contacting.calling", ["2"]),
        ("money", ["2"]),
        ("contacting", []),
        ("Active", []),
        ("a_b", ["5"]),
        ("aXb", []),
        ("active.", []),
        ("active.contact", []),
        ("", []),
        ("%", []),
        ("calling./money", []),
        ("active.contacting.calling./money.none", []),
    ],
)
def test_a_state_finds_the_cases_that_are_in_it_or_below(store, state, found):
    for case, leaves in STATES.items():
        opened(store, case, state=leaves)
    assert listed(store, state=state) == found


def test_cases_are_found_by_process_assignee_and_whether_they_are_closed(store):
    store.keep_definition("77", "apple", 3, {})
    opened(store, "1", assignee="anna")
    opened(store, "2", process="apple", version=3, definition="77", closed=True)
    opened(store, "3", assignee="ben", closed=True)
    assert listed(store, process="apple") == ["2"]
    assert listed(store, closed=True) == ["2", "3"]
    assert listed(store, closed=False) == ["1"]
    assert listed(store, assignee="ben") == ["3"]
    assert listed(store, assignee="Anna") == []
    assert listed(store, process="orange", closed=True, assignee="ben", state="offered") == ["3"]


def test_a_long_list_comes_whole_and_each_case_once(store):
    for count in range(220):
        opened(store, f"OF-{count:03}", at=count // 50)
    assert listed(store) == [f"OF-{count:03}" for count in range(220)]
    assert len(listed(store, limit=210)) == 210


# Definitions


def test_a_definition_is_kept_by_its_hash(store):
    content = {"process": "pear", "states": {"a": {"title": "Zażółć"}}, "numbers": [1, 2.5, True, None]}
    store.keep_definition("77", "pear", 1, content)
    assert store.definition("77") == content


def test_a_definition_that_was_never_kept_is_none(store):
    assert store.definition("77") is None


def test_keeping_a_definition_again_does_nothing(store):
    store.keep_definition(HASH, "orange", 1, {"other": True})
    assert store.definition(HASH) == {"process": "orange", "version": 1}


def test_a_version_never_gets_other_content(store):
    with pytest.raises(VersionChanged, match="orange version 1"):
        store.keep_definition("77", "orange", 1, {})
    assert store.definition(HASH) is not None
    assert store.definition("77") is None


def test_a_store_is_no_rehearsal_unless_it_was_made_for_one(store):
    assert store.rehearsal() is False
    store.close()


def test_a_case_keeps_its_first_opening_in_lists(store):
    case = opened(store)
    store.commit(moving(case, opened_at=None))
    (line,) = store.cases(CaseQuery())
    assert line.opened_at == minutes(0)
    assert isinstance(store.load("OF-1", "").case, Case)
