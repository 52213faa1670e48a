"""The runtime: idempotency, time, conflicts, delivery, and who sees what."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.actor import Actor
from caseway.engine.errors import (
    CaseConflict,
    FaultyStep,
    InvalidDefinition,
    InvalidInput,
    Refused,
    UnknownCase,
    VersionChanged,
    WorldError,
)
from caseway.engine.event import Event
from caseway.engine.journal import replay
from caseway.engine.outbox import LONGEST_PAUSE
from caseway.engine.runtime import DELIVERY_ATTEMPTS, FIRINGS, Relayed
from tests.engine.claim import CLAIM, CLERK, CUSTOMER, MORNING, OTHER_CLERK, compiled, runtime

DATA = {"customer": "maria", "amount": 2500}


def refusal(call, *arguments, **more):
    with pytest.raises(Refused) as caught:
        call(*arguments, **more)
    return caught.value.refusal


# starting


def test_a_case_starts_in_its_initial_state_with_defaults_filled_in():
    run = runtime()
    line = run.start("parcel-claim", DATA, id="C1")
    assert (line.revision, line.source, line.target) == (1, (), ("open",))
    assert run.show("C1").case.data == {**DATA, "share": 100, "secret": "", "notes": []}


def test_starting_again_with_the_same_data_returns_the_first_outcome():
    run = runtime()
    assert run.start("parcel-claim", DATA, id="C1") == run.start("parcel-claim", DATA, id="C1")
    assert len(list(run.history("C1"))) == 1


def test_starting_again_with_other_data_is_refused():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    assert refusal(run.start, "parcel-claim", {**DATA, "amount": 1}, id="C1").code == "event-id-reused"


def test_data_that_do_not_fit_open_no_case():
    run = runtime()
    told = refusal(run.start, "parcel-claim", {"customer": "maria", "amount": "much"}, id="C1")
    assert told.code == "invalid-data"
    assert "amount" in told.message
    with pytest.raises(UnknownCase):
        run.show("C1")


@pytest.mark.parametrize("wrong", ["", "a:b", "a\nb", "x" * 201])
def test_an_id_that_would_not_read_well_is_no_id(wrong):
    with pytest.raises(InvalidInput):
        runtime().start("parcel-claim", DATA, id=wrong)


def test_a_version_in_use_cannot_change():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    changed = replace(run, catalogue=Only(compiled({**CLAIM, "parameters": {"limit": 1}})))
    with pytest.raises(VersionChanged):
        changed.start("parcel-claim", DATA, id="C2")


# sending


def test_a_repeated_event_id_returns_the_first_outcome_and_changes_nothing():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    first = run.send("C1", "note", {"text": "a"}, event_id="e1")
    run.send("C1", "note", {"text": "b"}, event_id="e2")
    assert run.send("C1", "note", {"text": "a"}, event_id="e1") == first
    assert run.show("C1").case.data["notes"] == ["a", "b"]


@pytest.mark.parametrize(
    ("event", "data", "actor"), [("note", {"text": "b"}, None), ("note", {"text": "a"}, CLERK), ("take", {}, CLERK)]
)
def test_a_known_event_id_with_other_content_is_refused(event, data, actor):
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    run.send("C1", "note", {"text": "a"}, event_id="e1")
    assert refusal(run.send, "C1", event, data, actor=actor, event_id="e1").code == "event-id-reused"


def test_a_repetition_is_recognised_with_defaults_left_out_or_filled_in_at_any_depth():
    place = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "country": {"type": "string", "default": "NL"}},
    }
    content = {
        "process": "small",
        "version": 1,
        "data": {"type": "object", "properties": {"home": place}},
        "events": {"move": {"data": {"type": "object", "required": ["to"], "properties": {"to": place}}}},
        "states": {
            "a": {
                "on": {"move": {"actions": [{"set": {"home": "event.data.to"}}]}},
                "after": [{"delay": "P1D", "target": "end"}],
            },
            "end": {"type": "final"},
        },
    }
    run = runtime(catalogue=Only(compiled(content)))
    first = run.start("small", {"home": {"city": "Delft"}}, id="C1")
    assert run.start("small", {"home": {"city": "Delft", "country": "NL"}}, id="C1") == first
    moved = run.send("C1", "move", {"to": {"city": "Gent"}}, event_id="e1")
    assert run.send("C1", "move", {"to": {"city": "Gent", "country": "NL"}}, event_id="e1") == moved
    told = refusal(run.send, "C1", "move", {"to": {"city": "Gent", "country": "BE"}}, event_id="e1")
    assert told.code == "event-id-reused"


def test_a_refused_event_is_not_remembered():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    assert refusal(run.send, "C1", "grant", actor=CLERK, event_id="e1").code == "not-accepted"
    run.send("C1", "take", actor=CLERK, event_id="e1")
    assert run.show("C1").case.assignee == "anna"


@pytest.mark.parametrize(
    ("event", "data", "actor", "code"),
    [
        ("nothing", {}, None, "unknown-event"),
        ("start", {}, None, "reserved-event"),
        ("open.after.remind", {}, None, "reserved-event"),
        ("done.state.open", {}, None, "reserved-event"),
        ("answer.breached", {}, None, "reserved-event"),
        ("grant", {}, CLERK, "not-accepted"),
        ("take", {}, CUSTOMER, "not-allowed"),
        ("take", {}, None, "not-allowed"),
        ("note", {}, None, "invalid-data"),
        ("note", {"text": 3}, None, "invalid-data"),
        ("note", {"text": "a", "more": 1}, None, "invalid-data"),
        ("divide", {"by": 2500}, None, "guarded"),
    ],
)
def test_a_refusal_says_why(event, data, actor, code):
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    told = refusal(run.send, "C1", event, data, actor=actor)
    assert told.code == code
    assert told.message
    assert run.show("C1").case.revision == 1


def test_an_unknown_event_is_refused_with_what_was_probably_meant():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    assert 'did you mean "note"?' in refusal(run.send, "C1", "notes").message


def test_an_event_that_is_not_accepted_is_refused_with_what_the_actor_may_send():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    assert (
        "clerk:anna may send: take, note, whisper, divide, blow"
        in refusal(run.send, "C1", "grant", actor=CLERK).message
    )


def test_a_case_that_has_ended_accepts_nothing():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    run.send("C1", "take", actor=CLERK)
    run.send("C1", "grant", actor=CLERK)
    assert refusal(run.send, "C1", "note", {"text": "a"}).code == "case-final"


def test_nobody_can_act_as_the_system():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    with pytest.raises(InvalidInput):
        run.send("C1", "note", {"text": "a"}, actor=Actor("me", frozenset({"system"})))


def test_a_guard_that_fails_is_an_error_that_names_it_and_changes_nothing():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    with pytest.raises(FaultyStep) as caught:
        run.send("C1", "divide", {"by": 0})
    assert "case.amount / event.data.by > 1" in caught.value.message
    assert "states.open.on.divide.guard" in caught.value.message
    assert run.show("C1").case.revision == 1


def test_a_step_whose_data_would_no_longer_fit_does_not_happen():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    with pytest.raises(FaultyStep) as caught:
        run.send("C1", "blow", {"to": -1})
    assert "case.amount" in caught.value.message
    assert run.show("C1").case.data["amount"] == 2500


def test_what_a_caller_does_to_its_data_afterwards_does_not_reach_the_case():
    run = runtime()
    data = {**DATA, "notes": ["a"]}
    run.start("parcel-claim", data, id="C1")
    data["notes"].append("b")
    assert run.show("C1").case.data["notes"] == ["a"]


# time


def test_overdue_timers_of_a_case_fire_before_its_event_each_as_a_step_of_its_own():
    clock = SimulatedClock(MORNING)
    run = runtime(clock=clock)
    run.start("parcel-claim", DATA, id="C1")
    clock.advance(timedelta(hours=1, minutes=30))
    run.send("C1", "note", {"text": "now"})
    lines = list(run.history("C1"))
    assert [line.event.name for line in lines] == ["start", "open.after.remind", "note"]
    assert run.show("C1").case.data["notes"] == ["late", "now"]
    assert lines[1].event.due == MORNING + timedelta(hours=1)
    assert lines[1].event.fired_at == MORNING + timedelta(hours=1, minutes=30)


def test_an_event_after_the_end_of_its_time_meets_the_case_as_its_timers_left_it():
    clock = SimulatedClock(MORNING)
    run = runtime(clock=clock)
    run.start("parcel-claim", DATA, id="C1")
    clock.advance(timedelta(days=2))
    assert refusal(run.send, "C1", "take", actor=CLERK).code == "case-final"
    assert run.show("C1").case.configuration == ("closed",)


def test_a_timer_that_is_guarded_away_is_consumed_and_journalled_with_the_reason():
    clock = SimulatedClock(MORNING)
    run = runtime(clock=clock)
    run.start("parcel-claim", DATA, id="C1")
    clock.advance(timedelta(hours=2))
    fired = run.fire_due_timers()
    assert [line.event.name for line in fired] == ["open.after.remind", "open.after.vain"]
    assert fired[1].refusal.code == "guarded"
    assert "open.after.vain" not in [timer.name for timer in run.show("C1").case.timers]
    assert run.fire_due_timers() == []


def test_a_timer_whose_guard_fails_is_set_aside_and_not_fired_for_ever():
    clock = SimulatedClock(MORNING)
    run = runtime(clock=clock)
    run.start("parcel-claim", {**DATA, "share": 0}, id="C1")
    clock.advance(timedelta(hours=4))
    fired = run.fire_due_timers()
    assert fired[-1].refusal.code == "faulty-expression"
    assert run.fire_due_timers() == []
    aside = [timer for timer in run.show("C1").timers if timer.fault]
    assert [timer.name for timer in aside] == ["open.after.faulty"]
    run.send("C1", "note", {"text": "the case goes on"})


def test_a_journal_with_vain_and_faulty_timers_replays_to_the_case():
    clock = SimulatedClock(MORNING)
    run = runtime(clock=clock)
    run.start("parcel-claim", {**DATA, "share": 0}, id="C1")
    clock.advance(timedelta(hours=4))
    run.fire_due_timers()
    assert replay(run.store.journal("C1")) == run.store.load("C1", "").case


def test_a_clock_that_goes_backwards_does_not_turn_a_case_back():
    clock = SimulatedClock(MORNING)
    run = runtime(clock=clock)
    run.start("parcel-claim", DATA, id="C1")
    clock.set(MORNING - timedelta(hours=3))
    assert run.send("C1", "note", {"text": "a"}).at == MORNING


def test_the_past_may_be_imported_but_the_future_only_rehearsed():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1", now=MORNING - timedelta(days=1))
    with pytest.raises(InvalidInput, match="future"):
        run.send("C1", "note", {"text": "a"}, now=MORNING + timedelta(days=1))
    rehearsal = runtime(store=MemoryStore(rehearsal=True))
    assert rehearsal.start("parcel-claim", DATA, now=MORNING + timedelta(days=9)).at == MORNING + timedelta(days=9)


def test_an_instant_without_a_time_zone_is_refused():
    with pytest.raises(InvalidInput, match="time zone"):
        runtime().start("parcel-claim", DATA, now=datetime(2026, 3, 2, 9))  # noqa: DTZ001  # that is the point


# conflicts


class Rival(MemoryStore):
    """A store in which somebody else sends a note between our reading and our writing; `lawless`, even under a lock."""

    def __init__(self, *, lawless=False):
        super().__init__()
        self.lawless, self.is_held, self.is_at_it = lawless, False, False

    @contextmanager
    def locked(self, wanted):
        with super().locked(wanted) as store:
            self.is_held = True
            try:
                yield store
            finally:
                self.is_held = False

    def commit(self, step):
        if step.before.revision and not self.is_at_it and (self.lawless or not self.is_held):
            self.is_at_it = True
            runtime(store=self).send(
                step.before.id, "note", {"text": "rival"}, event_id=f"rival-{step.before.revision}"
            )
            self.is_at_it = False
        return super().commit(step)


def test_a_lost_race_is_run_again_with_the_case_held_on_what_the_winner_left():
    run = runtime(store=Rival())
    run.start("parcel-claim", DATA, id="C1")
    run.send("C1", "note", {"text": "mine"})
    assert run.show("C1").case.data["notes"] == ["rival", "mine"]


def test_a_race_that_is_lost_even_then_reaches_the_caller_and_leaves_nothing():
    run = runtime(store=Rival(lawless=True))
    run.start("parcel-claim", DATA, id="C1")
    with pytest.raises(CaseConflict):
        run.send("C1", "note", {"text": "mine"})
    assert run.show("C1").case.data["notes"] == ["rival"]


# many at a time


def many(run, *events):
    return list(
        run.send_many([("C1" if len(each) < 4 else each[3], Event(each[0], each[1], each[2])) for each in events])
    )


class Narrow(MemoryStore):
    """A store that cannot hold an event id with a tilde, and asks for all ids of a group at once."""

    def locked(self, wanted):
        self.assert_fit(*(event for _, event in wanted))
        return super().locked(wanted)

    def load(self, case, event, person=""):
        self.assert_fit(event)
        return super().load(case, event, person)

    def assert_fit(self, *ids):
        if any("~" in each for each in ids):
            raise InvalidInput("No tilde.")


def test_an_event_that_the_store_cannot_hold_does_not_stop_the_others():
    run = runtime(store=Narrow())
    run.start("parcel-claim", DATA, id="C1")
    outcomes = many(run, ("note", {"text": "a"}, "e1"), ("note", {"text": "b"}, "~"), ("note", {"text": "c"}, "e3"))
    assert [outcome.error.code if outcome.error else outcome.entry.revision for outcome in outcomes] == [
        2, "invalid-input", 3,
    ]  # fmt: skip


def test_many_events_give_their_outcomes_in_order_each_by_itself():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    outcomes = many(
        run,
        ("note", {"text": "a"}, "e1"),
        ("grant", {}, "e2"),
        ("note", {"text": 3}, "e3"),
        ("divide", {"by": 0}, "e4"),
        ("note", {"text": "x"}, "e5", "nowhere"),
        ("note", {"text": "b"}, "e6"),
        ("note", {"text": "a"}, "e1"),
    )
    assert [outcome.event.id for outcome in outcomes] == ["e1", "e2", "e3", "e4", "e5", "e6", "e1"]
    assert [outcome.error.code if outcome.error else outcome.entry.revision for outcome in outcomes] == [
        2, "refused", "refused", "faulty-step", "unknown-case", 3, 2,
    ]  # fmt: skip
    assert run.show("C1").case.data["notes"] == ["a", "b"]


def test_many_events_sent_again_change_nothing():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    events = [("note", {"text": str(n)}, f"e{n}") for n in range(250)]
    first = many(run, *events)
    assert many(run, *events) == first
    assert run.show("C1").case.revision == 251


# money and messages


def granted(**more):
    run = runtime(**more)
    run.start("parcel-claim", DATA, id="C1")
    run.send("C1", "take", actor=CLERK)
    run.send("C1", "grant", actor=CLERK)
    return run


def test_a_payout_is_two_lines_that_cancel_out():
    lines = [(line.owner, line.account, line.amount, line.unit) for line in granted().ledger.postings()]
    assert lines == [("platform", "payouts", -2500, "EUR"), ("maria", "payable", 2500, "EUR")]


def test_balances_are_by_owner_account_and_unit():
    assert [(each.owner, each.amount) for each in granted().ledger.balances()] == [("maria", 2500), ("platform", -2500)]
    assert [each.owner for each in granted().ledger.balances(owner="maria")] == ["maria"]


class Post:
    """Takes messages, and fails as long as it is told to."""

    def __init__(self, failures=0):
        self.failures, self.delivered = failures, []

    def deliver(self, case, message):
        if self.failures:
            self.failures -= 1
            raise WorldError("The post office is closed.")
        self.delivered.append((case, message.to, message.body["en"]))


def test_a_message_is_delivered_once_and_then_gone_from_the_outbox():
    post = Post()
    run = granted(delivery=post)
    assert run.relay().delivered == ("C1:3:1",)
    assert run.relay().delivered == ()
    assert post.delivered == [("C1", "maria", "You get 2500.")]


def test_a_delivery_that_fails_is_tried_again_and_set_aside_in_the_end():
    run = granted(delivery=Post(failures=DELIVERY_ATTEMPTS))
    for _ in range(DELIVERY_ATTEMPTS):
        assert run.relay().failed == (("C1:3:1", "The post office is closed."),)
        assert run.relay().failed == ()
        run.clock.advance(LONGEST_PAUSE)
    assert run.relay() == run.relay()
    assert run.relay().failed == ()


def test_without_a_delivery_messages_wait():
    run = granted()
    assert run.relay() == Relayed((), ())
    assert run.backlog().waiting.count == 1


# who sees what


def test_a_field_is_shown_to_those_whom_it_names_and_withheld_from_others():
    run = runtime()
    run.start("parcel-claim", {**DATA, "secret": "s"}, id="C1")
    assert run.show("C1", actor=CLERK).data["secret"] == "s"
    assert run.show("C1").data["secret"] == "s"
    seen = run.show("C1", actor=CUSTOMER)
    assert "secret" not in seen.data
    assert seen.withheld == ("secret",)


def test_history_withholds_data_and_messages_that_are_not_the_actors():
    run = runtime()
    run.start("parcel-claim", {**DATA, "secret": "old"}, id="C1")
    run.send("C1", "whisper", {"text": "new"}, actor=CLERK)
    told = str(list(run.history("C1", actor=CUSTOMER)))
    assert "old" not in told
    assert "new" not in told
    assert "new" in str(list(run.history("C1", actor=OTHER_CLERK)))
    told = str(list(granted().history("C1", actor=OTHER_CLERK)))
    assert "You get" not in told
    assert "You get" in str(list(granted().history("C1", actor=CUSTOMER)))


def test_accepts_says_yes_no_with_the_reason_or_that_it_depends():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    found = {each.event: each for each in run.accepts("C1", actor=CUSTOMER)}
    assert found["note"].accepted is True
    assert found["divide"].accepted is None
    assert found["take"].refusal.code == "not-allowed"
    assert found["grant"].refusal.code == "not-accepted"
    run.send("C1", "take", actor=CLERK)
    run_again = {each.event: each for each in run.accepts("C1", actor=CLERK)}
    assert run_again["grant"].accepted is True
    assert {each.event for each in run.accepts("C1", actor=OTHER_CLERK) if each.accepted} == set()


def test_accepts_changes_nothing():
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    run.accepts("C1", actor=CLERK)
    assert run.show("C1").case.revision == 1
    assert run.show("C1").case.assignee is None


# what a process can get wrong while it runs


def small(**states):
    """A process of the states given, with the events and data that the tests below need."""
    number = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "maximum": 3}}}
    return {
        "process": "small",
        "version": 1,
        "data": {
            "type": "object",
            "properties": {"trace": {"type": "array", "items": {"type": "integer"}, "default": []}},
        },
        "events": {"go": {}, "on": {"by": ["system"], "data": number}},
        "states": {**states, "end": {"type": "final"}},
    }


def rehearsed(content, at=MORNING):
    clock = SimulatedClock(at)
    run = runtime(store=MemoryStore(), catalogue=Only(compiled(content)), clock=clock)
    run.start("small", id="C1")
    return run, clock


def test_data_that_a_case_sends_to_itself_must_fit_like_those_from_outside():
    raised = {"actions": [{"raise": {"event": "on", "data": {"n": "size(case.trace) + 4"}}}]}
    run, _ = rehearsed(small(a={"on": {"go": raised, "on": {"target": "end"}}}))
    with pytest.raises(FaultyStep, match="on"):
        run.send("C1", "go")
    assert run.show("C1").case.configuration == ("a",)


def test_timers_due_at_one_instant_fire_in_the_order_in_which_they_were_armed():
    timers = [{"delay": "PT1H", "actions": [{"append": {"to": "trace", "item": n}}]} for n in range(12)]
    run, clock = rehearsed(small(a={"after": timers, "on": {"go": {"target": "end"}}}))
    clock.advance(timedelta(hours=1))
    run.send("C1", "go")
    assert run.show("C1").case.data["trace"] == list(range(12))


def test_overdue_timers_fire_in_due_order_however_they_were_armed():
    timers = [{"delay": f"PT{9 - n}H", "actions": [{"append": {"to": "trace", "item": n}}]} for n in range(5)]
    run, clock = rehearsed(small(a={"after": timers, "on": {"go": {"target": "end"}}}))
    clock.advance(timedelta(hours=20))
    run.send("C1", "go")
    assert run.show("C1").case.data["trace"] == [4, 3, 2, 1, 0]


def test_a_timer_due_after_the_end_of_the_calendar_is_a_fault_of_the_process():
    run, clock = rehearsed(small(a={"on": {"go": {"target": "b"}}}, b={"after": [{"delay": "P9W", "target": "end"}]}))
    clock.set(datetime(9999, 12, 31, tzinfo=MORNING.tzinfo))
    with pytest.raises(FaultyStep, match="9999"):
        run.send("C1", "go")


def test_timers_that_arm_each_other_without_delay_do_not_go_on_for_ever():
    run, _ = rehearsed(small(a={"after": [{"delay": "PT0S", "target": "a"}], "on": {"go": {"target": "end"}}}))
    fired = run.fire_due_timers()
    assert len(fired) == FIRINGS + 2
    assert fired[-1].refusal.code == "endless-loop"
    assert run.fire_due_timers() == []
    run.send("C1", "go")
    assert run.show("C1").case.final


class Amnesiac(Only):
    """A catalogue to which one stored definition does not compile any more."""

    def compiled(self, hash, content):  # noqa: A002  # the port's name
        raise InvalidDefinition("This definition does not compile any more.")


def test_a_definition_that_no_longer_compiles_sets_its_timers_aside_and_blocks_nobody():
    content = small(a={"after": [{"delay": "PT1H", "target": "end"}]})
    run, clock = rehearsed(content)
    clock.advance(timedelta(hours=2))
    forgetful = replace(run, catalogue=Amnesiac(compiled(content)))
    assert forgetful.fire_due_timers()[0].refusal.code == "faulty-definition"
    assert forgetful.fire_due_timers() == []
    assert [timer.fault for timer in run.show("C1").timers] == ["This definition does not compile any more."]


def test_a_late_worker_does_not_change_what_comes_of_timers():
    content = small(
        a={"after": [{"delay": "PT1H", "target": "b"}]},
        b={"after": [{"delay": "PT1H", "target": "c"}]},
        c={"on": {"go": {"target": "end"}}},
    )
    punctual, clock = rehearsed(content)
    for _ in range(6):
        clock.advance(timedelta(hours=1))
        punctual.fire_due_timers()
    late, clock = rehearsed(content)
    clock.advance(timedelta(hours=6))
    late.fire_due_timers()
    assert late.show("C1").case == punctual.show("C1").case
    assert late.show("C1").case.entered["c"] == MORNING + timedelta(hours=2)
    assert [line.event.fired_at for line in late.history("C1")] == [None, *[MORNING + timedelta(hours=6)] * 2]


class Stubborn(MemoryStore):
    """A store that does not take steps of one case."""

    def commit(self, step):
        if step.after.id == "C1" and step.event.due:
            raise CaseConflict("This one cannot be written.")
        return super().commit(step)


def test_a_case_whose_timer_cannot_be_written_does_not_keep_the_others_waiting():
    clock = SimulatedClock(MORNING)
    run = runtime(store=Stubborn(), clock=clock)
    run.start("parcel-claim", DATA, id="C1")
    run.start("parcel-claim", DATA, id="C2")
    clock.advance(timedelta(hours=1))
    assert [line.case for line in run.fire_due_timers()] == ["C2"]
