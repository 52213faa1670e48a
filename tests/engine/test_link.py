"""Cases that start cases: what passes between them, how often, and how far it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from caseway.engine.actor import SYSTEM, Actor
from caseway.engine.case import Link
from caseway.engine.effect import SendEvent, StartCase
from caseway.engine.errors import FaultyStep, InvalidInput, Refused
from caseway.engine.event import Event
from caseway.engine.journal import entry_from_record, entry_record, replay
from caseway.engine.link import ANCESTORS, BREATH, CHILDREN, child_id, endless
from caseway.engine.scenario import EPOCH
from tests.engine.linked import CLAIM, VISIT, runtime, starting

FRIEND = Actor("anna", frozenset({"friend"}))


def relayed(run):
    """Relay until nothing is left, and return what came of it in other cases."""
    found = []
    for _ in range(20):
        done = run.relay()
        if not done.linked:
            return found
        found += done.linked
    raise AssertionError("cases go on starting each other")


def links(run, case):
    return [(link.kind, link.name, link.case, link.state) for link in run.show(case).case.links]


def adds_up(run, *cases):
    for case in cases:
        entries = list(run.history(case))
        assert [entry_from_record(entry_record(line)) for line in entries] == entries
        assert replay(entries) == run.show(case).case
    return True


# starting


def test_the_new_case_has_the_id_of_the_effect_and_the_values_of_that_moment():
    run = runtime()
    run.start("visit", id="V-1")
    (start,) = [each for each in run.send("V-1", "harm").effects if isinstance(each, StartCase)]
    run.send("V-1", "note")
    (line,) = relayed(run)
    assert (start.id, line.case, line.process, line.target) == ("V-1:2:1", "V-1.2.1", "claim", ("open",))
    assert run.show("V-1.2.1").data == {"visit": "V-1", "amount": 5, "secret": "hush"}
    assert adds_up(run, "V-1", "V-1.2.1")


def test_both_cases_keep_the_link():
    run = runtime()
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    assert links(run, "V-1") == [("child", "damage", "V-1.2.1", None)]
    relayed(run)
    assert links(run, "V-1.2.1") == [("parent", "damage", "V-1", None)]
    assert [(link.title, link.process) for link in run.show("V-1", language="pl").links] == [("Roszczenie", "claim")]


def test_a_late_worker_opens_the_case_as_of_the_step_that_asked_for_it():
    run = runtime()
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    run.clock.advance(timedelta(days=2))
    (line,) = relayed(run)
    assert (line.at, line.event.due, line.event.fired_at) == (EPOCH, EPOCH, EPOCH + timedelta(days=2))
    (fired,) = run.fire_due_timers()
    assert (fired.target, fired.at) == (("lapsed",), EPOCH + timedelta(days=1))
    (heard,) = relayed(run)
    assert (heard.case, heard.at) == ("V-1", EPOCH + timedelta(days=1))


def test_without_a_delivery_messages_wait_and_cases_are_started():
    run = runtime()
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    done = run.relay()
    assert ([line.case for line in done.linked], done.delivered, done.failed) == (["V-1.2.1"], (), ())
    assert run.backlog().waiting.count == 1


@pytest.mark.parametrize("crashes", range(3))
def test_a_case_is_started_once_however_often_that_is_tried(crashes):
    run = runtime()
    run.start("visit", id="V-1")
    (start,) = [each for each in run.send("V-1", "harm").effects if isinstance(each, StartCase)]
    first = [run.start_linked(start) for _ in range(crashes)]  # and nobody came to note it
    (line,) = relayed(run)
    assert all(each == line for each in first)
    assert [each.id for each in run.list()] == ["V-1", "V-1.2.1"]
    assert len(list(run.history("V-1.2.1"))) == 1


def test_a_case_that_was_started_stays_so_where_its_process_is_gone_before_that_is_noted():
    run = runtime()
    run.start("visit", id="V-1")
    (start,) = [each for each in run.send("V-1", "harm").effects if isinstance(each, StartCase)]
    run.start_linked(start)
    del run.catalogue.definitions["claim"]
    assert run.relay().failed == ()


def test_a_case_that_somebody_else_started_under_the_id_is_not_taken_over():
    run = runtime()
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    run.start("claim", {"visit": "V-1", "amount": 5, "secret": "hush"}, id="V-1.2.1")
    ((effect, reason),) = run.relay().failed
    assert effect == "V-1:2:1"
    assert "V-1.2.1" in reason
    assert links(run, "V-1.2.1") == []


def test_a_start_that_fails_for_good_is_set_aside_at_once_and_can_be_tried_again():
    run = runtime(VISIT)
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    assert run.relay().failed == (("V-1:2:1", 'There is no process "claim".'),)
    (aside,) = run.set_aside()
    assert (aside.kind, aside.name, aside.id, aside.case, aside.since) == ("start", "damage", "V-1:2:1", "V-1", EPOCH)
    assert run.relay().failed == ()
    run.catalogue.definitions |= runtime(CLAIM).catalogue.definitions
    run.retry("V-1", "V-1:2:1")
    assert [line.case for line in relayed(run)] == ["V-1.2.1"]


def test_data_that_do_not_fit_are_told_of_in_the_words_of_the_new_case():
    narrow = {**CLAIM, "data": {"type": "object", "properties": {"visit": {"type": "string"}}}}
    run = runtime(VISIT, narrow)
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    ((_, reason),) = run.relay().failed
    assert reason.startswith("The data of a new claim do not fit: amount:")
    assert [each.kind for each in run.set_aside()] == ["start"]


def test_a_case_that_is_started_is_opened_by_nobody_but_the_case_before_it():
    run = runtime()
    with pytest.raises(InvalidInput):
        run.start("claim", {"visit": "V-1"}, id="V-1.2.1", actor=SYSTEM)


# ending


def ended(event="pay", **more):
    run = runtime()
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    relayed(run)
    for name in more.get("before", ()):
        run.send("V-1", name)
    (end,) = run.send("V-1.2.1", event).effects[-1:]
    return run, end


def test_the_end_is_heard_as_an_event_with_the_case_and_its_last_state():
    run, end = ended()
    assert end == SendEvent("V-1.2.1:2:1", "V-1", "damage.ended", {"case": "V-1.2.1", "state": "paid"}, EPOCH)
    (line,) = relayed(run)
    assert (line.event.name, line.event.id, line.event.actor) == ("damage.ended", end.id, SYSTEM)
    assert run.show("V-1").data["heard"] == "V-1.2.1 paid"
    assert links(run, "V-1") == [("child", "damage", "V-1.2.1", "paid")]
    assert adds_up(run, "V-1", "V-1.2.1")


def test_the_end_is_heard_once_however_often_it_is_told():
    run, end = ended()
    first = run.hear_end(end)
    assert (run.hear_end(end), relayed(run)) == (first, [first])
    assert run.show("V-1").case.revision == first.revision == 3


def test_an_end_that_no_guard_lets_through_is_noted_all_the_same():
    run, _ = ended("refuse")
    (line,) = relayed(run)
    assert (line.transitions, line.refusal) == ((), None)
    assert links(run, "V-1") == [("child", "damage", "V-1.2.1", "refused")]


def test_a_case_that_has_ended_itself_still_notes_the_end_and_does_nothing():
    run, _ = ended(before=["end"])
    (line,) = relayed(run)
    assert (line.source, line.target, line.transitions, line.effects) == (("over",), ("over",), (), ())
    assert links(run, "V-1") == [("child", "damage", "V-1.2.1", "paid")]
    assert adds_up(run, "V-1")


def test_nobody_can_send_an_end():
    run, _ = ended()
    data = {"case": "V-1.2.1", "state": "paid"}
    for actor in (None, FRIEND, Actor("system", frozenset())):
        with pytest.raises(Refused) as caught:
            run.send("V-1", "damage.ended", data, actor=actor)
        assert caught.value.refusal.code == "reserved-event"
    (outcome,) = run.send_many([("V-1", Event("damage.ended", data, "x", SYSTEM))])
    assert isinstance(outcome.error, InvalidInput)


def test_a_case_that_nobody_started_tells_nobody_of_its_end():
    run = runtime()
    run.start("claim", {"visit": "none"}, id="C-1")
    run.send("C-1", "pay")
    assert (run.relay().linked, links(run, "C-1")) == ((), [])


def test_an_end_that_fails_at_the_other_case_is_set_aside():
    loud = {**VISIT, "states": {**VISIT["states"]}}
    loud["states"]["open"] = {
        "on": {"harm": {"actions": [{"start": "damage"}]}, "damage.ended": {"actions": [{"set": {"amount": "1 / (case.amount - 5)"}}], "target": "over"}}
    }  # fmt: skip
    run = runtime(loud, CLAIM)
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    relayed(run)
    run.send("V-1.2.0", "pay")
    ((_, reason),) = run.relay().failed
    assert "damage.ended" in reason
    assert [(each.kind, each.name, each.case) for each in run.set_aside()] == [("event", "damage.ended", "V-1.2.0")]
    assert links(run, "V-1") == [("child", "damage", "V-1.2.0", None)]


# how far


def test_processes_that_start_each_other_stop_where_one_comes_round_again():
    run = runtime(starting("a", {"other": "b"}), starting("b", {"other": "a", "more": "a"}))
    run.start("a", id="A")
    relayed(run)
    assert sorted(each.process for each in run.list()) == ["a", "a", "a", "b"]
    (first, *_), told = run.set_aside(), {each.why for each in run.set_aside()}
    assert first.kind == "start"
    assert len(told) == 2
    assert all(
        "b would start itself again and again (b → a → b), with no person and no hour in between" in each
        for each in told
    )


def test_a_process_may_start_itself_where_a_person_does_that_each_time():
    run = runtime(starting("a", {"next": "a"}, entry=[]))
    run.start("a", id="A")
    case = "A"
    for _ in range(20):
        run.send(case, "again", actor=FRIEND)
        (line,) = relayed(run)
        case = line.case
    assert run.set_aside() == []
    assert run.show(case).case.links[0].depth == 20


def test_a_process_may_start_itself_again_after_a_while():
    soon, late = timedelta(minutes=59), BREATH
    for delay, cases in ((soon, 2), (late, 4)):
        text = f"PT{int(delay.total_seconds())}S"
        run = runtime(starting("a", {"next": "a"}, entry=[], after=[{"delay": text, "actions": [{"start": "next"}]}]))
        run.start("a", id="A")
        for _ in range(3):
            run.clock.advance(delay)
            run.fire_due_timers()
            relayed(run)
        assert len(list(run.list())) == cases, delay


def test_a_chain_of_cases_ends_somewhere():
    near = Link("next", "A", "a", "parent", depth=ANCESTORS, line=("a",))
    start = StartCase("A:2:0", "a", "A.2.0", {}, EPOCH, near)
    assert endless(start) is None
    refusal = endless(replace(start, parent=replace(near, depth=ANCESTORS + 1)))
    assert refusal is not None
    assert refusal.code == "endless-links"
    assert f"after {ANCESTORS} that started each other" in refusal.message


def test_the_ids_of_a_long_chain_stay_ids_and_stay_apart():
    names = ["A" * 150]
    for number in range(40):
        names.append(child_id(f"{names[-1]}:{number + 1}:0"))
    assert len(set(names)) == len(names)
    assert all(len(name) <= 200 for name in names)
    assert all(name[:150] == other[:150] for name, other in pairwise(names))


def test_a_case_carries_so_many_links_and_no_more():
    run = runtime(starting("a", {f"l{number}": "b" for number in range(250)}, entry=[]), starting("b", {}))
    run.start("a", id="A")
    for _ in range(CHILDREN // 250):
        run.send("A", "again")
    with pytest.raises(FaultyStep, match=f"linked to {CHILDREN} others at most"):
        run.send("A", "again")
    assert len(run.show("A").case.links) == CHILDREN


# who sees it


def test_what_passes_over_a_link_is_withheld_from_those_who_may_not_see_it():
    run = runtime()
    run.start("visit", id="V-1")
    run.send("V-1", "harm")
    assert all("hush" not in str(entry_record(line)) for line in run.history("V-1", actor=FRIEND))
    assert any("hush" in str(entry_record(line)) for line in run.history("V-1"))
