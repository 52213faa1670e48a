"""What was set aside, and how a person has it tried again."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

import pytest

from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.actor import SYSTEM, Actor
from caseway.engine.backlog import Backlog, Queue, sent_at_revision
from caseway.engine.effect import CancelTimer, SetTimer
from caseway.engine.errors import CaseConflict, InvalidInput, Refused, UnknownCase, WorldError
from caseway.engine.journal import replay
from caseway.engine.outbox import LONGEST_PAUSE
from caseway.engine.runtime import DELIVERY_ATTEMPTS
from tests.engine.claim import CLAIM, CLERK, MORNING, compiled, runtime


def stuck(**more):
    """A runtime with one case, C1, whose timer fails as long as the amount is 0."""
    content = deepcopy(CLAIM)
    content["states"]["open"]["after"] = [
        {"name": "judge", "delay": "PT1H", "guard": "100 / case.amount > 1", "target": "closed"},
        {"name": "remind", "delay": "PT3H", "actions": [{"append": {"to": "notes", "item": {"text": "late"}}}]},
    ]
    clock = SimulatedClock(MORNING)
    run = runtime(catalogue=Only(compiled(content)), clock=clock, **more)
    run.start("parcel-claim", {"customer": "maria", "amount": 0}, id="C1")
    clock.set(MORNING + timedelta(hours=2))
    run.fire_due_timers()
    return run


def aside(run):
    return [item.id for item in run.set_aside()]


def test_a_timer_that_failed_is_set_aside_until_a_person_puts_it_back():
    run = stuck()
    assert run.fire_due_timers() == []
    (item,) = run.set_aside()
    assert (item.kind, item.id, item.case, item.name) == ("timer", "C1:1:0", "C1", "open.after.judge")
    assert item.since == MORNING + timedelta(hours=1)
    assert "division by zero" in item.why
    assert run.backlog() == Backlog(next_due=MORNING + timedelta(hours=3), timers_set_aside=1)
    assert run.next_due() == MORNING + timedelta(hours=3)


def test_a_timer_that_is_put_back_is_due_as_it_was_and_fires_again():
    run = stuck()
    run.send("C1", "blow", {"to": 5})

    line = run.retry("C1", "C1:1:0", actor=CLERK)

    assert (line.event.name, line.event.data, line.event.actor) == ("timer.retry", {"timer": "C1:1:0"}, CLERK)
    assert line.effects == (
        CancelTimer("C1:4:0", "open.after.judge", "C1:1:0"),
        SetTimer("C1:4:1", "open.after.judge", MORNING + timedelta(hours=1)),
    )
    assert (line.source, line.target, line.revision) == (("open",), ("open",), 4)
    assert run.backlog().due == Queue(1, MORNING + timedelta(hours=1))
    assert [(fired.event.id, fired.target) for fired in run.fire_due_timers()] == [("C1:4:1", ("closed",))]


def test_a_timer_that_is_put_back_and_fails_again_is_set_aside_again():
    run = stuck()
    for revision in (3, 5):
        run.retry("C1", aside(run)[0])
        assert [fired.refusal.code for fired in run.fire_due_timers()] == ["faulty-expression"]
        assert aside(run) == [f"C1:{revision}:1"]


def test_the_journal_explains_a_timer_that_was_put_back():
    run = stuck()
    run.retry("C1", "C1:1:0")
    assert replay(run.store.journal("C1")) == run.show("C1").case
    assert [(line.event.name, line.event.actor) for line in run.history("C1", actor=Actor("maria"))] == [
        ("start", None),
        ("open.after.judge", SYSTEM),
        ("timer.retry", None),
    ]


def test_timers_that_are_overdue_fire_before_another_is_put_back():
    run = stuck()
    run.clock.set(MORNING + timedelta(hours=4))
    run.retry("C1", "C1:1:0")
    assert [line.event.name for line in run.history("C1")] == [
        "start",
        "open.after.judge",
        "open.after.remind",
        "timer.retry",
    ]


@pytest.mark.parametrize("key", ["C1:1:1", "C1:9:0", "x", ""])
def test_what_is_not_set_aside_cannot_be_put_back(key):
    run = stuck()
    with pytest.raises(Refused, match="Nothing of case C1 is set aside") as caught:
        run.retry("C1", key)
    assert caught.value.refusal.code == "not-set-aside"
    assert run.show("C1").case.revision == 2


def test_a_timer_is_put_back_once():
    run = stuck()
    run.retry("C1", "C1:1:0")
    with pytest.raises(Refused):
        run.retry("C1", "C1:1:0")


def test_nothing_is_put_back_in_a_case_that_is_not_there_or_by_caseway_itself():
    run = stuck()
    with pytest.raises(UnknownCase):
        run.retry("C9", "C1:1:0")
    with pytest.raises(InvalidInput):
        run.retry("C1", "C1:1:0", actor=SYSTEM)


def test_nobody_sends_the_event_of_a_timer_put_back_by_hand():
    with pytest.raises(Refused) as caught:
        stuck().send("C1", "timer.retry", {"timer": "C1:1:0"})
    assert caught.value.refusal.code == "reserved-event"


class Rival(MemoryStore):
    """A store in which somebody else moves the case just before a timer is put back, for the first time."""

    moves = 1

    def commit(self, step):
        if step.event.name == "timer.retry" and self.moves:
            self.moves -= 1
            rival = runtime(store=self, catalogue=self.catalogue, clock=SimulatedClock(step.at))
            rival.send("C1", "note", {"text": "first"}, event_id="rival")
        return super().commit(step)


def test_a_timer_is_put_back_even_if_its_case_moves_meanwhile():
    store = Rival()
    run = stuck(store=store)
    store.catalogue = run.catalogue
    assert run.retry("C1", "C1:1:0").revision == 4
    assert run.show("C1").case.data["notes"] == ["first"]


def test_a_race_that_is_lost_with_the_case_held_is_told():
    class Lost(MemoryStore):
        def commit(self, step):
            if step.event.name == "timer.retry":
                raise CaseConflict("lost", case="C1")
            return super().commit(step)

    with pytest.raises(CaseConflict):
        stuck(store=Lost()).retry("C1", "C1:1:0")


class Jammed:
    """A delivery that works once it is repaired."""

    def __init__(self):
        self.is_repaired = False
        self.delivered = []

    def deliver(self, _case, message):
        if not self.is_repaired:
            raise WorldError("paper jam")
        self.delivered.append(message.id)


def test_a_message_that_is_put_back_is_delivered_as_if_it_had_never_failed():
    delivery = Jammed()
    run = runtime(delivery=delivery)
    run.start("parcel-claim", {"customer": "maria", "amount": 7}, id="C1")
    run.send("C1", "take", actor=CLERK)
    run.send("C1", "grant", actor=CLERK)
    assert run.backlog().waiting == Queue(1, MORNING)
    for _ in range(DELIVERY_ATTEMPTS):
        run.relay()
        run.clock.advance(LONGEST_PAUSE)
    (item,) = run.set_aside(case="C1")
    assert (item.kind, item.name, item.since, item.why) == ("message", "granted", MORNING, "paper jam")
    assert run.set_aside(case="C2") == []

    assert run.retry("C1", item.id) is None

    run.relay()
    assert aside(run) == []
    delivery.is_repaired = True
    run.clock.advance(LONGEST_PAUSE)
    run.relay()
    assert delivery.delivered == [item.id]
    assert run.backlog() == Backlog()


@pytest.mark.parametrize(
    ("effect", "revision"), [("a:12:0", 12), ("a:b:12:0", 12), ("a:b", None), ("a:x:0", None), ("", None)]
)
def test_the_id_of_an_effect_says_which_step_it_comes_from(effect, revision):
    assert sent_at_revision(effect) == revision
