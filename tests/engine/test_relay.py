"""What the relay does with what waits in the outbox: when, in which order, how often."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.memory_outbox import MemoryOutbox
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.actor import SYSTEM, Actor
from caseway.engine.compiler import compile_process
from caseway.engine.errors import InvalidInput, Undeliverable, UnknownCase, WorldError
from caseway.engine.outbox import FIRST_PAUSE, LONGEST_PAUSE, pause
from caseway.engine.ports import Answer
from caseway.engine.runtime import DELIVERY_ATTEMPTS, LEASE, Runtime
from tests.engine.claim import MORNING, Counting

NOTE = {
    "process": "note",
    "version": 1,
    "roles": {"bank": "Bank", "clerk": "Clerk"},
    "data": {
        "type": "object",
        "properties": {
            "to": {"type": "array", "items": {"type": "string"}, "default": ["anna"]},
            "paid": {"type": "integer", "default": 0},
        },
    },
    "events": {
        "again": {},
        "paid": {
            "by": ["bank"],
            "data": {"type": "object", "properties": {"amount": {"type": "integer", "default": 1}}},
        },
        "approved": {"by": ["clerk"]},
        "broken": {"by": ["bank"]},
    },
    "messages": {"hello": {"to": "case.to", "subject": "Hello", "body": "{{ string(case.paid) }}"}},
    "states": {
        "open": {
            "entry": [{"message": "hello"}],
            "on": {
                "again": {"actions": [{"message": "hello"}]},
                "paid": {"actions": [{"set": {"paid": "case.paid + event.data.amount"}}]},
                "approved": {"target": "done"},
                "broken": {"actions": [{"set": {"paid": "1 / case.paid"}}]},
            },
        },
        "done": {"type": "final"},
    },
}


class Post:
    """Takes messages, unless it was told what else to do with the next ones of an id."""

    def __init__(self, **plans):
        self.taken, self.plans, self.before = [], plans, None

    def deliver(self, case, message):
        if self.before:
            self.before(message)
        plan = self.plans.get(message.id.split(":")[0]) or []
        deed = plan.pop(0) if plan else None
        if isinstance(deed, Exception):
            raise deed
        self.taken.append(message.id)
        return deed


def runtime(post, **more):
    definition = compile_process(NOTE).definition
    assert definition
    parts = {"store": MemoryStore(), "catalogue": Only(definition), "clock": SimulatedClock(MORNING), "ids": Counting()}
    return Runtime(**parts | {"delivery": post} | more)


def opened(run, *cases, **data):
    for case in cases:
        run.start("note", data, id=case)
    return run


CLOSED = WorldError("The post office is closed.")


def test_a_message_that_failed_is_tried_again_when_its_pause_is_over_and_not_before():
    run = opened(runtime(Post(C1=[CLOSED])), "C1")
    assert run.relay().failed == (("C1:1:0", CLOSED.message),)
    run.clock.advance(pause("C1:1:0", 1) - timedelta(microseconds=1))
    assert (run.relay().failed, run.relay().delivered) == ((), ())
    run.clock.advance(timedelta(microseconds=1))
    assert run.relay().delivered == ("C1:1:0",)


def test_each_pause_is_longer_until_the_message_is_set_aside():
    run = opened(runtime(Post(C1=[CLOSED] * DELIVERY_ATTEMPTS)), "C1")
    for attempts in range(1, DELIVERY_ATTEMPTS):
        assert len(run.relay().failed) == 1
        assert run.set_aside() == []
        assert run.relay().failed == ()
        run.clock.advance(pause("C1:1:0", attempts))
    run.relay()
    assert [(each.id, each.why) for each in run.set_aside()] == [("C1:1:0", CLOSED.message)]
    assert run.backlog().waiting.count == 0


def test_a_message_that_is_refused_for_good_is_set_aside_at_once_and_does_not_hold_up_its_line():
    run = opened(runtime(Post(C1=[Undeliverable("No such street.")])), "C1")
    run.send("C1", "again")
    done = run.relay()
    assert (done.failed, done.delivered) == ((("C1:1:0", "No such street."),), ("C1:2:0",))
    assert [each.why for each in run.set_aside()] == ["No such street."]


def test_what_was_set_aside_is_delivered_when_somebody_puts_it_back():
    post = Post(C1=[Undeliverable("No such street.")])
    run = opened(runtime(post), "C1")
    run.relay()
    run.retry("C1", "C1:1:0")
    assert run.relay().delivered == ("C1:1:0",)


def test_one_that_fails_holds_up_its_line_and_no_other():
    run = opened(runtime(Post(C1=[CLOSED])), "C1", "C2", to=["anna", "ben"])
    run.send("C1", "again")
    assert run.relay().delivered == ("C1:1:1", "C2:1:0", "C2:1:1", "C1:2:1")
    run.clock.advance(FIRST_PAUSE)
    assert run.relay().delivered == ("C1:1:0", "C1:2:0")


@pytest.mark.parametrize(("asked", "waited"), [(300, 300), (1, None), (10**9, LONGEST_PAUSE.total_seconds())])
def test_a_receiver_may_ask_to_be_left_alone_for_longer_within_bounds(asked, waited):
    run = opened(runtime(Post(C1=[WorldError("Too much.", retry_after=asked)])), "C1")
    run.relay()
    (out,) = run.store.outgoing(9)
    wait = timedelta(seconds=waited) if waited else pause("C1:1:0", 1)
    assert out.not_before == MORNING + wait


def test_no_delivery_is_begun_in_the_second_half_of_the_lease():
    post = Post()
    run = opened(runtime(post), *(f"C{number}" for number in range(5)))
    post.before = lambda _: run.clock.advance(LEASE / 4)
    assert run.relay().delivered == ("C0:1:0", "C1:1:0", "C2:1:0")
    assert run.relay().delivered == ("C3:1:0", "C4:1:0")


def test_while_one_worker_delivers_another_takes_other_messages():
    post = Post()
    run = opened(runtime(post), "C1", "C2")
    other = Post()
    post.before = lambda _: Runtime(run.store, run.catalogue, run.clock, run.ids, other).relay()
    assert run.relay(limit=1).delivered == ("C1:1:0",)
    assert (post.taken, other.taken) == (["C1:1:0"], ["C2:1:0"])


def test_what_a_worker_held_that_died_is_delivered_again_after_the_lease():
    class Killed(BaseException):
        pass

    class Unreturned(MemoryOutbox):
        def release(self, claimed, until):
            """Release nothing: the dead give nothing back."""

    class Dead(MemoryStore):
        def __init__(self):
            super().__init__()
            self._outbox = Unreturned()

        def delivered(self, effect, at):
            raise Killed

    post = Post()
    run = opened(runtime(post, store=Dead()), "C1")
    with pytest.raises(Killed):
        run.relay()
    run.store.__class__ = MemoryStore
    run.clock.advance(LEASE - timedelta(seconds=1))
    assert run.relay().delivered == ()
    run.clock.advance(timedelta(seconds=1))
    assert run.relay().delivered == ("C1:1:0",)
    assert post.taken == ["C1:1:0", "C1:1:0"]


def test_a_rehearsal_that_is_ahead_of_the_clock_relays_as_of_its_own_time():
    run = opened(runtime(Post(C1=[CLOSED]), store=MemoryStore(rehearsal=True)), "C1")
    ahead = MORNING + timedelta(days=3)
    assert len(run.relay(now=ahead).failed) == 1
    assert run.relay().delivered == ()
    assert run.relay(now=ahead + FIRST_PAUSE).delivered == ("C1:1:0",)


def test_a_past_instant_makes_no_message_come_sooner_nor_a_lease_end_earlier():
    run = opened(runtime(Post(C1=[CLOSED])), "C1")
    run.relay(now=MORNING - timedelta(days=9))
    (out,) = run.store.outgoing(9)
    assert out.not_before == MORNING + pause("C1:1:0", 1)


# answers

BANK = Actor("anna", frozenset({"bank"}))


def test_an_answer_is_an_event_of_the_case_with_an_id_made_of_the_messages():
    run = opened(runtime(Post(C1=[Answer("paid", {"amount": 7}, BANK)])), "C1")
    done = run.relay()
    (answer,) = done.answers
    assert done.delivered == ("C1:1:0",)
    assert (answer.entry.event.id, answer.entry.event.actor) == ("C1:1:0:answer", BANK)
    assert run.show("C1").data["paid"] == 7


def test_an_answer_that_comes_twice_changes_the_case_once():
    run = opened(runtime(Post(C1=[Answer("paid", {"amount": 7}, BANK)] * 2)), "C1")
    noted = run.store.delivered
    run.store.delivered = lambda *_: None  # the note is lost
    run.relay()
    run.store.delivered = noted
    assert run.relay().answers[0].entry.revision == 2
    assert (run.show("C1").data["paid"], run.show("C1").case.revision) == (7, 2)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer("paid", {"amount": "much"}, BANK), "amount"),
        (Answer("approved", {}, BANK), "approved"),
        (Answer("start", {}, BANK), "start"),
        (Answer("nonsense", {}, BANK), "nonsense"),
        (Answer("broken", {}, BANK), "division by zero"),
        (Answer("paid", {}, SYSTEM), "system"),
    ],
)
def test_an_answer_that_cannot_happen_is_told_and_the_message_is_delivered_all_the_same(answer, told):
    run = opened(runtime(Post(C1=[answer])), "C1")
    done = run.relay()
    assert done.delivered == ("C1:1:0",)
    assert (done.answers[0].entry, done.answers[0].event.name) == (None, answer.event)
    assert told in done.answers[0].error.message
    assert run.relay().delivered == ()
    assert run.show("C1").case.revision == 1


def test_what_was_never_there_is_still_an_error_of_the_caller():
    with pytest.raises(UnknownCase):
        runtime(Post()).retry("C9", "C9:1:0")
    with pytest.raises(InvalidInput):
        runtime(Post()).relay(now=MORNING + timedelta(days=1))
