"""What every store makes of a redaction."""

import json
from datetime import timedelta

import pytest

from caseway.engine.actor import Actor
from caseway.engine.errors import InvalidInput, Refused, UnknownCase
from caseway.engine.event import REDACTED, Event
from caseway.engine.journal import replay
from caseway.engine.ports import Outgoing
from caseway.engine.runtime import Runtime
from tests.contracts.sample import NINE
from tests.redaction.talk import CARD, CLERK, EVA, NAME, body, records, runtime_on, talked

REASON = "a number of a card"
MARK = f"[redacted: {REASON}]"


@pytest.fixture
def runtime(store) -> Runtime:
    return talked(runtime_on(store))


def kept(runtime: Runtime, *cases: str) -> str:
    """All that a store keeps of some cases, as JSON with every letter as it is."""
    names = cases or ("Q-1",)
    shown = [dict(runtime.show(case).data) for case in names]
    sent = [repr(out) for case in names for out in runtime.store.sent(case)]
    return json.dumps([shown, records(runtime, names), sent], ensure_ascii=False)


def assert_replays(runtime: Runtime, case: str = "Q-1") -> None:
    assert replay(runtime.store.journal(case)) == runtime.store.load(case, "").case


def test_what_is_redacted_is_gone_from_data_journal_and_outbox(runtime):
    done = runtime.redact("Q-1", ["case.conversation[0].body"], reason=REASON, actor=EVA)
    assert "4111-1111" not in kept(runtime)
    assert body(runtime) == MARK
    assert body(runtime, 1) == "And hello."
    assert (done.lines, done.messages) == (2, 1)
    assert_replays(runtime)


def test_a_tombstone_says_when_who_why_and_where(runtime):
    runtime.redact("Q-1", ["case.customer"], reason=REASON, actor=EVA)
    line = list(runtime.history("Q-1"))[-1]
    (stone,) = runtime.show("Q-1").case.tombstones
    assert (stone.paths, stone.reason, stone.at, stone.by) == (("case.customer",), REASON, NINE, "moderator:eva")
    assert (line.event.name, line.revision, line.event.actor) == (REDACTED, stone.revision, EVA)
    assert line.event.data == {"paths": ["case.customer"], "reason": REASON}
    assert (line.source, line.target, line.effects) == (("open",), ("open",), ())


def test_a_text_goes_wherever_it_stands(runtime):
    done = runtime.redact("Q-1", texts=["4111-1111-1111-1111"], reason=REASON)
    assert done.entry is not None
    assert body(runtime) == f"my card is {MARK}, <b>please</b>"
    assert done.entry.event.data["paths"] == ["case.conversation[0].body"]
    assert "4111-1111" not in kept(runtime)
    assert_replays(runtime)


def test_the_data_of_an_event_go_by_its_revision(runtime):
    runtime.redact("Q-1", revisions=[3], reason=REASON)
    line = list(runtime.history("Q-1"))[2]
    assert line.event.data == {"body": MARK}
    assert body(runtime, 1) == MARK
    assert CARD in kept(runtime).replace("\\", "")
    assert_replays(runtime)


def test_done_again_it_changes_nothing(runtime):
    runtime.redact("Q-1", ["case.conversation[0].body", "case.age"], reason=REASON)
    before = kept(runtime)
    again = runtime.redact("Q-1", ["case.conversation[0].body", "case.age"], reason="another reason")
    assert again.entry is None
    assert kept(runtime) == before


def test_the_case_goes_on(runtime):
    runtime.redact("Q-1", ["case.customer", "case.conversation[0].body"], reason=REASON)
    runtime.send("Q-1", "say", {"body": "More."})
    assert [each["body"] for each in runtime.show("Q-1").data["conversation"]] == [MARK, "And hello.", "More."]
    runtime.send("Q-1", "close")
    assert runtime.show("Q-1").case.final
    assert_replays(runtime)


def test_a_case_that_has_ended_can_be_redacted(runtime):
    runtime.send("Q-1", "close")
    runtime.redact("Q-1", ["case.customer"], reason=REASON)
    assert runtime.show("Q-1").data["customer"] == MARK
    assert runtime.show("Q-1").case.final


def test_an_event_whose_data_were_redacted_can_be_repeated(runtime):
    runtime.redact("Q-1", ["case.conversation[0].body"], reason=REASON)
    again = runtime.send("Q-1", "say", {"body": CARD}, event_id="said")
    assert again.revision == 2
    assert "4111-1111" not in kept(runtime)


def test_an_undelivered_message_is_delivered_without_it(runtime):
    runtime.redact("Q-1", ["case.conversation[0].body"], reason=REASON)
    bodies = [out.message.body[""] for out in runtime.store.outgoing(10)]
    assert bodies == [f"{NAME} said: {MARK}", f"{NAME} said: And hello."]


def test_a_message_whose_recipient_was_redacted_waits_for_a_person(runtime):
    runtime.send("Q-1", "ask")
    runtime.redact("Q-1", ["case.customer"], reason=REASON)
    (aside,) = runtime.set_aside()
    assert "redacted" in aside.why
    assert NAME.split("\n", maxsplit=1)[0] not in kept(runtime)


def test_why_a_delivery_failed_may_quote_it(runtime):
    (first, _) = runtime.store.outgoing(10)
    runtime.store.undelivered(first.message.id, f"Nobody takes {CARD!r}.", set_aside=True)
    runtime.redact("Q-1", ["case.conversation[0].body"], reason=REASON)
    found: list[Outgoing] = [out for out in runtime.store.sent("Q-1") if out.message.id == first.message.id]
    assert found[0].error == f"Nobody takes '{MARK}'."


def test_linked_cases_lose_what_they_were_told(runtime):
    runtime.send("Q-1", "harm")
    runtime.relay()
    child = runtime.show("Q-1").case.links[0].case
    done = runtime.redact("Q-1", ["case.customer"], reason=REASON, actor=EVA)
    assert done.linked == (child,)
    assert "Żółć" not in kept(runtime, "Q-1", child)
    assert runtime.show(child).data["who"] == MARK
    assert list(runtime.history(child))[-1].event.data == {"from": "Q-1", "paths": ["case.who"], "reason": REASON}
    assert_replays(runtime, child)
    assert runtime.redact("Q-1", texts=[NAME], reason=REASON).linked == ()


def test_a_linked_case_that_is_yet_to_be_started_is_not_told(runtime):
    runtime.send("Q-1", "harm")
    runtime.redact("Q-1", ["case.customer"], reason=REASON)
    runtime.relay()
    child = runtime.show("Q-1").case.links[0].case
    assert runtime.show(child).data["who"] == MARK


def test_an_action_redacts_in_the_step_of_its_event(runtime):
    runtime.send("Q-1", "harm")
    runtime.relay()
    child = runtime.show("Q-1").case.links[0].case
    runtime.send("Q-1", "forget", actor=CLERK)
    data = runtime.show("Q-1").data
    mark = "[redacted: The customer left.]"
    assert (data["customer"], data["score"], "age" in data) == (mark, 5, False)
    assert {each["body"] for each in data["conversation"]} == {mark}
    assert not any(text in kept(runtime, "Q-1", child) for text in ("4111-1111", "Żółć", "hello."))
    assert runtime.show("Q-1").case.tombstones[0].by == "clerk:carl"
    assert_replays(runtime)
    assert_replays(runtime, child)


def test_an_action_takes_a_message_of_few_letters_from_one_item_of_a_list(store):
    runtime = runtime_on(store)
    runtime.start("chat", {"customer": "FU", "question": "FUN?"}, id="C-1")
    runtime.send("C-1", "write", {"body": "FU"})
    runtime.send("C-1", "post", {"author": "FU"})
    runtime.send("C-1", "pass_on")
    runtime.relay()
    child = runtime.show("C-1").case.links[0].case
    runtime.send("C-1", "remove", {"number": 2})
    mark = "[redacted: removed]"
    assert [(each["author"], each["body"]) for each in runtime.show("C-1").data["lines"]] == [
        ("FU", "FUN?"),
        ("FU", mark),
    ]
    assert runtime.show(child).data["who"] == mark
    found = kept(runtime, "C-1", child)
    assert '"body": "FU"' not in found
    assert ": FU" not in found
    assert found.count("[redacted: removed]") > 6
    assert_replays(runtime, "C-1")
    assert_replays(runtime, child)


def test_a_timer_redacts(runtime):
    runtime.clock.advance(timedelta(days=31))
    (line,) = runtime.fire_due_timers()
    assert line.event.name == "open.after.stale"
    assert "4111-1111" not in kept(runtime)
    assert_replays(runtime)


def test_several_events_together_redact(runtime):
    talked(runtime, "Q-2")
    sent = [("Q-1", "forget"), ("Q-2", "forget"), ("Q-1", "say"), ("Q-2", "close")]
    events = [(case, Event(name, {"body": "?"} if name == "say" else {})) for case, name in sent]
    outcomes = list(runtime.send_many(events))
    assert [None if each.error is None else each.error.code for each in outcomes] == [None, None, None, "refused"]
    assert "4111-1111" not in kept(runtime, "Q-1", "Q-2")
    assert_replays(runtime)
    assert_replays(runtime, "Q-2")


def test_what_cannot_be_changes_nothing(runtime):
    before = kept(runtime)
    for wrong in (
        {"paths": ["case.customr"]},
        {"paths": ["customer"]},
        {"paths": ["case.conversation.body"]},
        {"paths": ["case.customer[0]"]},
        {"paths": ["case.conversation[7].body"]},
        {"paths": ["case.conversation[0"]},
        {"texts": ["abc"]},
        {"texts": ["number"]},
        {"revisions": [9]},
        {},
    ):
        with pytest.raises(InvalidInput):
            runtime.redact("Q-1", reason=REASON, **wrong)
    for reason in ("", " ", "x" * 201, "a\nb"):
        with pytest.raises(InvalidInput):
            runtime.redact("Q-1", ["case.customer"], reason=reason)
    with pytest.raises(UnknownCase):
        runtime.redact("Q-9", ["case.customer"], reason=REASON)
    with pytest.raises(Refused, match="only moderator may"):
        runtime.redact("Q-1", ["case.customer"], reason=REASON, actor=CLERK)
    assert kept(runtime) == before


PLACE = f"{'Long Street 12, ' * 5}Warsaw"


@pytest.fixture
def shift(store) -> Runtime:
    runtime = runtime_on(store)
    runtime.start("shift", {"helpers": ["helper-anna", "helper-ben"], "place": PLACE}, id="S-1")
    return runtime


def test_whom_work_is_offered_to_goes_with_the_data(shift):
    anna, ben = (Actor(f"helper-{name}", frozenset()) for name in ("anna", "ben"))
    shift.redact("S-1", ["case.helpers[0]"], reason=REASON)
    (work,) = shift.show("S-1").case.work
    assert work.candidates == (MARK, "helper-ben")
    assert "helper-anna" not in kept(shift, "S-1")
    assert [len(list(shift.work(each))) for each in (anna, ben)] == [0, 1]
    assert_replays(shift, "S-1")
    with pytest.raises(Refused):
        shift.send("S-1", "take", actor=anna)
    shift.send("S-1", "take", actor=ben)
    assert_replays(shift, "S-1")


def test_what_a_timer_says_that_failed_loses_what_it_quotes(shift):
    shift.clock.advance(timedelta(days=3))
    assert len(shift.fire_due_timers()) == 2
    quoted = [each.why for each in shift.set_aside()]
    assert any("Long Street" in each for each in quoted)
    shift.redact("S-1", texts=["Long Street 12"], reason=REASON)
    assert not any("Long Street" in each.why for each in shift.set_aside())
    assert "Long Street" not in kept(shift, "S-1")
    assert "Long Street" not in str(shift.show("S-1").case)
    assert_replays(shift, "S-1")
