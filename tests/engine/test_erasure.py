"""What an erasure makes of values, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caseway.adapters.memory_store import MemoryStore
from caseway.engine.blank import GONE, blanked
from caseway.engine.case import Case, Tombstone, Work
from caseway.engine.effect import Attachment, Message, Payout
from caseway.engine.erasure import Erasure
from caseway.engine.journal import replay
from caseway.engine.outcome import Refusal
from caseway.engine.redaction import hits
from caseway.engine.shape import Shape
from caseway.engine.sparing import spared
from caseway.engine.spread import is_searchable
from tests.contracts.sample import NINE
from tests.redaction.repetition import unrepeatable
from tests.redaction.talk import CARD, CATALOGUE, NAME, body, records, runtime_on, talked

DEFINITION = CATALOGUE.latest("talk")
PAID = NAME.replace("\n", " ")
"""The same as somebody's id."""


def erasure(*texts: str, **more: Any) -> Erasure:
    return Erasure(DEFINITION, "gone", texts=frozenset(texts), **more)


@pytest.mark.parametrize(
    ("schema", "value", "made"),
    [
        ({"type": "string"}, "a", "[x]"),
        ({"type": "string", "enum": ["a"]}, "a", "[x]"),
        ({"type": "string"}, "[old]", "[old]"),
        ({"type": ["string", "null"]}, None, None),
        ({"type": "string", "format": "email"}, "a@b", "[x]"),
        ({"type": "string", "format": "date-time"}, "2026-03-02T09:00:00Z", "1970-01-01T00:00:00Z"),
        ({"type": ["string", "null"], "format": "date"}, "2026-03-02", None),
        ({"type": "string", "format": "duration", "default": "P1D"}, "P2D", "P1D"),
        ({"type": "string", "format": "time"}, "09:00:00Z", "00:00:00Z"),
        ({"type": "integer"}, 7, 0),
        ({"type": "integer", "minimum": 3}, 7, 3),
        ({"type": "integer", "maximum": -3}, -7, -3),
        ({"type": "integer", "exclusiveMinimum": 3}, 7, 4),
        ({"type": "number", "default": 1.5}, 7, 1.5),
        ({"type": ["number", "null"]}, 7, None),
        ({"type": "boolean"}, True, False),
        ({"const": 5}, 5, 5),
        ({"type": "array", "items": {"type": "integer"}}, [1, 2], [0, 0]),
        (
            {"type": "object", "properties": {"n": {"type": "integer"}, "t": {"type": "string"}}},
            {"n": 1, "t": "a"},
            {"t": "[x]"},
        ),
        ({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}, {"n": 1}, {"n": 0}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"n": 1}, {}),
    ],
)
def test_what_stands_in_the_place_of_a_value_is_of_its_kind(schema, value, made):
    assert blanked(schema, value, "[x]", {"[old]"}) == made
    assert blanked(schema, made, "[x]", {"[x]", "[old]"}) == made


def test_a_field_that_may_be_absent_goes():
    assert blanked({"type": "integer"}, 7, "[x]", (), optional=True) is GONE
    assert blanked({"type": "string"}, "a", "[x]", (), optional=True) == "[x]"


def test_a_text_goes_from_within_others_and_from_the_keys_of_free_entries():
    made = erasure("Jan Bak").data(
        {"customer": "I am Jan Bak.", "labels": {"Jan Bak": "a", "of Jan Bak": "b", "c": "Jan Bak"}}
    )
    mark = "[redacted: gone]"
    assert made == {"customer": f"I am {mark}.", "labels": {mark: "a", f"of {mark}": "b", "c": mark}}


def test_two_entries_whose_keys_would_be_one_are_both_kept():
    made = erasure("Jan Bak", "Ewa Bak").data({"labels": {"Jan Bak": "a", "Ewa Bak": "b"}})
    assert sorted(made["labels"].values()) == ["a", "b"]


def test_the_words_of_the_process_are_not_content():
    assert erasure("question").data({"kind": "question", "customer": "a question"}) == {
        "kind": "question",
        "customer": "a [redacted: gone]",
    }


def test_an_instant_that_is_searched_for_is_blanked():
    assert erasure("1980-02-03").data({"born": "1980-02-03", "visit": None}) == {"visit": None}


def test_the_longest_text_is_found_first():
    assert erasure("card", "my card is 4").words("my card is 41") == "[redacted: gone]1"


@pytest.mark.parametrize("text", ["abc", "   abc  ", "gone", "redacted", ""])
def test_what_is_too_short_or_stands_in_the_mark_is_not_searched_for(text):
    assert not is_searchable(text, erasure().mark)


def test_sentences_lose_what_they_quote_in_part_or_with_escapes():
    long = f"{NAME} {'x' * 80}"
    runtime = runtime_on(MemoryStore())
    runtime.start("talk", {"customer": long[:60], "score": 9}, id="Q-1")
    runtime.send("Q-1", "say", {"body": long})
    lines = list(runtime.store.journal("Q-1"))
    made = erasure(NAME).learned(lines, runtime.show("Q-1").case)
    refusal = Refusal("faulty-data", f'x is the text "{long[:60]}…"', {"value": long[:60], "problem": repr(NAME)})
    line = made.entry(replace(lines[-1], refusal=refusal))
    assert line.refusal is not None
    assert "Żółć" not in str(line.refusal)


def test_payouts_and_who_did_what_stay():
    payout = Payout("Q-1:2:0", "visit", 1, "EUR", NAME, "payable", "platform", "payouts", "visit")
    assert erasure(NAME).effect(payout) is payout
    work = Work("open", None, (NAME, "anna"), passed=(NAME,), tags=(NAME,), holder=NAME)
    made = erasure(NAME).case(Case("Q-1", "talk", 1, "x", work=(work,), assignee=NAME))
    mark = "[redacted: gone]"
    assert made.work == (replace(work, candidates=(mark, "anna"), tags=(mark,)),)
    assert made.assignee == NAME


def test_it_is_told_where_a_text_stays():
    runtime = talked(runtime_on(MemoryStore()))
    runtime.send("Q-1", "rename", {"name": PAID})
    runtime.send("Q-1", "pay")
    done = runtime.redact("Q-1", ["case.customer"], reason="gone")
    assert done.kept == ("the ledger, by revision 5",)
    assert {line.owner for line in runtime.ledger.postings()} == {PAID, "platform"}


def test_earlier_values_of_a_place_go_as_well():
    runtime = talked(runtime_on(MemoryStore()))
    for name in ("Somebody Else", "A Third"):
        runtime.send("Q-1", "rename", {"name": name})
    runtime.redact("Q-1", ["case.customer", "case.rate"], reason="gone")
    told = str(records(runtime))
    assert not any(text in told for text in ("Somebody Else", "A Third", "Żółć", "2.5"))


def test_an_index_means_the_same_item_only_since_the_list_was_last_shortened():
    runtime = talked(runtime_on(MemoryStore()))
    runtime.send("Q-1", "unsay")
    assert body(runtime) == "And hello."
    runtime.redact("Q-1", ["case.conversation[0]"], reason="gone")
    told = records(runtime)
    assert told[1]["change"]["data"]["conversation"] == [{"body": CARD}]
    assert told[2]["change"]["data"]["conversation"] == [{"body": CARD}, {"body": "[redacted: gone]"}]
    assert told[3]["change"]["data"]["conversation"] == [{"body": "[redacted: gone]"}]


def test_a_reason_that_says_what_is_redacted_later_loses_it():
    runtime = talked(runtime_on(MemoryStore()))
    runtime.redact("Q-1", ["case.conversation[0].body"], reason="Ewa Bak asked")
    runtime.redact("Q-1", texts=["Ewa Bak"], reason="she asked")
    assert "Ewa" not in str(records(runtime)) + str(runtime.show("Q-1").case)
    assert replay(runtime.history("Q-1")) == runtime.show("Q-1").case


def test_what_is_as_it_is_because_of_a_redaction_need_not_fit():
    shape = Shape({"type": "array", "uniqueItems": True, "items": {"type": "string", "maxLength": 5}})
    stones = (Tombstone(("case.x",), "gone", NINE, None, 2),)
    mark = stones[0].mark
    assert spared(shape, [mark, mark, "short"], None, stones) == ()
    assert [fault.code for fault in spared(shape, [mark, "much too long"], None, stones)] == ["too-long"]
    assert spared(shape, ["a", "a"], None, stones) != ()
    numbers = Shape({"type": "array", "items": {"enum": [1, 2]}})
    assert spared(numbers, [1, 0], [0], stones) == ()
    assert spared(numbers, [1, 7], [0], stones) != ()


def test_what_ran_on_redacted_content_cannot_be_run_again():
    runtime = talked(runtime_on(MemoryStore()))
    assert not unrepeatable(runtime.history("Q-1"))
    runtime.redact("Q-1", revisions=[2], reason="gone")
    runtime.send("Q-1", "say", {"body": "More."})
    assert unrepeatable(runtime.history("Q-1")) == range(2, 5)


def test_retention_waits_until_its_time():
    runtime = talked(runtime_on(MemoryStore()))
    assert runtime.fire_due_timers() == []
    runtime.clock.advance(timedelta(days=30))  # type: ignore[attr-defined]  # a simulated one
    runtime.fire_due_timers()
    assert body(runtime, 1) == "[redacted: Thirty days are over.]"


TEXTS = st.text(st.sampled_from("ab \"'\\/\n<żó漢😀{}[]:"), min_size=4, max_size=12).filter(
    lambda text: len(text.strip()) > 3
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(said=st.lists(TEXTS, min_size=1, max_size=4), data=st.data())
def test_whatever_is_redacted_is_gone_and_the_journal_still_gives_the_case(said: list[str], data: Any):
    runtime = runtime_on(MemoryStore())
    runtime.start("talk", {"customer": said[0], "score": 9}, id="Q-1")
    for text in said:
        runtime.send("Q-1", "say", {"body": text})
    index = data.draw(st.integers(0, len(said) - 1))
    runtime.redact("Q-1", [f"case.conversation[{index}].body"], reason="#")
    found = runtime.show("Q-1").case
    assert replay(runtime.history("Q-1")) == found
    searched = erasure(said[index])
    assert not list(hits(records(runtime), searched))
    assert body(runtime, index) == "[redacted: #]"
    assert runtime.redact("Q-1", [f"case.conversation[{index}].body"], reason="#").entry is None


def test_what_a_document_is_made_of_loses_it_too():
    attached = Attachment("bill", "x", ("pdf",), {"to": {"name": NAME}, "lines": [f"for {NAME}", 5]}, NINE)
    made = erasure(NAME).effect(Message("Q-1:2:0", "bill", "anna", {"": NAME}, {"": ""}, (attached,)))
    assert isinstance(made, Message)
    mark = "[redacted: gone]"
    assert made.attached[0].data == {"to": {"name": mark}, "lines": [f"for {mark}", 5]}
    assert made.subject == {"": mark}
