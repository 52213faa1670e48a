"""What passes between linked cases, in every store: once, in order, and never with two cases held at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caseway.engine.backlog import SetAside
from caseway.engine.case import Link
from caseway.engine.effect import SendEvent, StartCase
from caseway.engine.errors import WorldError
from caseway.engine.journal import replay
from caseway.engine.scenario import EPOCH
from tests.contracts.sample import message, minutes, moving, opened
from tests.engine.linked import VISIT, runtime

SOON = EPOCH + timedelta(minutes=1)
TO_CHILD = StartCase(
    "OF-1:2:0", "claim", "OF-1.2.0", {"amount": 5, "note": "ą"}, minutes(1), Link("damage", "OF-1", "orange", "parent", None, 1, ("claim",))
)  # fmt: skip
TO_PARENT = SendEvent("OF-1:2:1", "OF-0", "damage.ended", {"case": "OF-1", "state": "paid"}, minutes(1))


def waiting(store):
    return [(each.case, each.message, each.line) for each in store.outgoing(10)]


def test_links_are_kept_with_the_case_and_its_journal(store):
    links = (
        Link("damage", "OF-0", "orange", "parent", None, 2, ("a", "b")),
        Link("next", "OF-1.1.0", "a", "child", "paid"),
    )
    case = opened(store, links=links)
    store.commit(moving(case, links=links[:1]))
    assert store.load("OF-1", "").case.links == links[:1]
    assert replay(store.journal("OF-1")) == store.load("OF-1", "").case


def test_what_is_for_other_cases_waits_in_the_outbox_beside_messages(store):
    case = opened(store)
    store.commit(moving(case, effects=[TO_CHILD, TO_PARENT, message("OF-1:2:2", "case:OF-0")]))
    assert waiting(store) == [
        ("OF-1", TO_CHILD, ("OF-1", "case:OF-1.2.0")),
        ("OF-1", TO_PARENT, ("OF-1", "case:OF-0")),
        ("OF-1", message("OF-1:2:2", "case:OF-0"), ("OF-1", "case:OF-0")),
    ]


def test_it_can_be_claimed_without_the_messages(store):
    case = opened(store, effects=[message("OF-1:1:0"), message("OF-1:1:1", "case:anna")])
    store.commit(moving(case, effects=[TO_CHILD, TO_PARENT]))
    with store.claimed_messages(10, minutes(2), minutes(3), only_to_cases=True) as (claimed, _):
        assert [each.message for each in claimed] == [TO_CHILD, TO_PARENT]
    with store.claimed_messages(10, minutes(2), minutes(3)) as (claimed, _):
        assert len(claimed) == 4


def test_what_was_set_aside_of_it_is_told_by_its_kind(store):
    case = opened(store)
    store.commit(moving(case, effects=[TO_CHILD, TO_PARENT]))
    for effect in (TO_CHILD, TO_PARENT):
        store.undelivered(effect.id, "no", set_aside=True)
    assert store.set_aside(10) == [
        SetAside("start", "OF-1:2:0", "OF-1", "damage", minutes(1), "no"),
        SetAside("event", "OF-1:2:1", "OF-1", "damage.ended", minutes(1), "no"),
    ]
    assert store.put_back("OF-1", "OF-1:2:0")
    assert [each.message for each in store.outgoing(10)] == [TO_CHILD]


def test_a_visit_and_its_claim_go_through_together(store):
    run = runtime(store=store)
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    assert [line.case for line in run.relay().linked] == ["V-1.2.1"]
    run.send("V-1.2.1", "pay")
    assert [line.case for line in run.relay().linked] == ["V-1"]
    assert run.relay().linked == ()
    assert [link.state for link in run.show("V-1").links] == ["paid"]
    for case in ("V-1", "V-1.2.1"):
        assert replay(run.history(case)) == run.show(case).case


class Crash(Exception):  # noqa: N818 - what a crash is like
    """The worker is gone."""


class Crashing:
    """A store of a worker that goes away before it notes what it did."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    def claimed_messages(self, *arguments, **more):
        return CrashingClaim(self._store.claimed_messages(*arguments, **more))


class CrashingClaim:
    def __init__(self, claim):
        self._claim = claim

    def __enter__(self):
        claimed, _ = self._claim.__enter__()
        return claimed, self

    def __exit__(self, *failure):
        return self._claim.__exit__(*failure)

    def delivered(self, *_):
        raise Crash


@pytest.mark.parametrize("crashes", [1, 2])
def test_a_crash_between_doing_it_and_noting_it_makes_nothing_twice(store, crashes):
    run = runtime(store=store)
    dying = runtime(store=Crashing(store))
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    for case, revision in (("V-1.2.1", 1), ("V-1", 3)):
        for _ in range(crashes):
            with pytest.raises(Crash):
                dying.relay()
        assert [line.case for line in run.relay().linked] == [case]
        assert run.show(case).case.revision == revision
        if case != "V-1":
            run.send(case, "pay")
    assert [each.id for each in run.list()] == ["V-1", "V-1.2.1"]
    assert len(list(run.history("V-1"))) == 3


def test_a_start_that_fails_for_good_waits_for_a_person(store):
    run = runtime(VISIT, store=store)
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    assert [effect for effect, _ in run.relay().failed] == ["V-1:2:1"]
    assert [(each.kind, each.name) for each in run.set_aside()] == [("start", "damage")]
    assert run.relay().failed == ()
    mended = runtime(store=store)
    mended.retry("V-1", "V-1:2:1")
    assert [line.case for line in mended.relay().linked] == ["V-1.2.1"]


def test_a_start_that_fails_for_a_while_is_tried_again(store):
    run = runtime(store=store)
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    broken = runtime(store=store)

    def latest(_):
        raise WorldError("The disk is full.")

    broken.catalogue.latest = latest
    assert broken.relay().failed == (("V-1:2:1", "The disk is full."),)
    assert run.set_aside() == []
    run.clock.advance(timedelta(minutes=1))
    assert [line.case for line in run.relay().linked] == ["V-1.2.1"]


def test_an_end_that_is_overtaken_is_heard_all_the_same(store):
    run = runtime(store=store)
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    run.relay()
    run.send("V-1.2.1", "pay")
    meddled = runtime(store=store)
    kept = meddled.catalogue.compiled
    left = ["note"]

    def compiled(hash_, content):
        definition = kept(hash_, content)
        if left and definition.process == "visit":
            run.send("V-1", left.pop())
        return definition

    meddled.catalogue.compiled = compiled
    assert [line.case for line in meddled.relay().linked] == ["V-1"]
    assert [line.event.name for line in run.history("V-1")] == ["start", "harm", "note", "damage.ended"]
