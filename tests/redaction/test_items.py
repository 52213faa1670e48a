"""What is taken from items of a list is gone from all that was written, and nobody else loses a letter."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.sql import SqlStore
from caseway.adapters.sql.compaction import compact
from caseway.engine.effect import Message
from caseway.engine.errors import FaultyStep
from caseway.engine.journal import replay
from caseway.engine.redaction import unrepeatable
from caseway.engine.runtime import Runtime
from tests.contracts.sample import NINE
from tests.redaction.talk import records, runtime_on
from tests.redaction.test_nowhere import copied, whole

MARK = "[redacted: removed]"
SECRET = "4111-1111 is my \u017c\u00f3\u0142ty number"


def chatting(runtime: Runtime, question: str = "How do I pay?", case: str = "C-1") -> Runtime:
    runtime.start("chat", {"customer": "maria", "question": question}, id=case)
    return runtime


def say(runtime: Runtime, body: str, author: str = "femke", stars: int = 0, case: str = "C-1") -> None:
    runtime.send(case, "write", {"body": body})
    runtime.send(case, "post", {"author": author, "stars": stars})


def bodies(runtime: Runtime, case: str = "C-1") -> list[str]:
    return [each["body"] for each in runtime.show(case).data["lines"]]


def kept(runtime: Runtime, *cases: str) -> str:
    """All that a store keeps of some cases, as JSON with every letter as it is."""
    names = cases or ("C-1",)
    shown = [dict(runtime.show(case).data) for case in names]
    sent = [repr(out.message) for case in names for out in runtime.store.sent(case)]
    return json.dumps([shown, records(runtime, names), sent], ensure_ascii=False)


def told(runtime: Runtime, case: str = "C-1") -> list[tuple[str, str]]:
    sent = [out.message for out in runtime.store.sent(case)]
    return [(each.subject[""], each.body[""]) for each in sent if isinstance(each, Message)]


def assert_replays(runtime: Runtime, case: str = "C-1") -> None:
    assert replay(runtime.store.journal(case)) == runtime.store.load(case, "").case


@pytest.mark.parametrize("word", ["FU", "like", "a", SECRET])
def test_a_message_goes_from_data_journal_drafts_and_outbox_whatever_its_length(word):
    runtime = chatting(runtime_on(MemoryStore()))
    say(runtime, word)
    runtime.send("C-1", "remove", {"number": 2})
    assert bodies(runtime) == ["How do I pay?", MARK]
    assert runtime.show("C-1").data["lines"][1]["author"] == "femke"
    journal = records(runtime, ("C-1",))
    assert journal[1]["event"]["data"] == {"body": MARK}
    assert journal[1]["change"]["data"] == {"draft": MARK}
    assert [each["body"] for each in journal[2]["change"]["data"]["lines"]] == ["How do I pay?", MARK]
    assert told(runtime) == [(MARK, f"femke wrote: {MARK}!")]
    assert_replays(runtime)


def test_who_says_more_or_is_called_so_keeps_every_letter():
    runtime = chatting(runtime_on(MemoryStore()), "I would like to pay.")
    say(runtime, "You would like that.", author="like")
    say(runtime, "like")
    before = told(runtime)
    runtime.send("C-1", "remove", {"number": 3})
    assert bodies(runtime) == ["I would like to pay.", "You would like that.", MARK]
    assert [each["author"] for each in runtime.show("C-1").data["lines"]] == ["maria", "like", "femke"]
    assert told(runtime) == [before[0], (MARK, f"femke wrote: {MARK}!")]
    assert_replays(runtime)


def test_who_says_the_very_same_keeps_it_in_the_data_and_in_what_the_list_was():
    runtime = chatting(runtime_on(MemoryStore()), "OK")
    say(runtime, "OK")
    runtime.send("C-1", "remove", {"number": 2})
    assert bodies(runtime) == ["OK", MARK]
    lists = [
        line["change"]["data"]["lines"]
        for line in records(runtime, ("C-1",))
        if "lines" in line["change"].get("data", {})
    ]
    assert [[each["body"] for each in items] for items in lists] == [["OK"], ["OK", MARK], ["OK", MARK]]
    assert_replays(runtime)


def test_a_question_that_became_the_first_message_goes_with_it():
    runtime = chatting(runtime_on(MemoryStore()), SECRET)
    runtime.send("C-1", "remove", {"number": 1})
    assert runtime.show("C-1").data["question"] == MARK
    assert "4111" not in kept(runtime)
    assert "case.question" in runtime.show("C-1").case.tombstones[0].paths
    assert_replays(runtime)


def test_what_an_item_said_before_it_was_changed_goes_as_well_wherever_it_stood_then():
    runtime = chatting(runtime_on(MemoryStore()))
    say(runtime, "Nothing", author="ann")
    say(runtime, SECRET, stars=5)
    say(runtime, "Thanks", author="bob", stars=5)
    runtime.send("C-1", "edit", {"number": 3, "words": "Another number"})
    runtime.send("C-1", "drop", {"number": 2})
    runtime.send("C-1", "edit", {"number": 3, "words": "A third"})
    runtime.send("C-1", "remove", {"number": 3})
    found = kept(runtime)
    assert not any(text in found for text in ("4111", "Another number", "A third"))
    assert bodies(runtime) == ["How do I pay?", MARK, "Thanks"]
    told_of = [each for line in records(runtime, ("C-1",)) for each in line["change"].get("data", {}).get("lines", ())]
    assert all("stars" in each and each["stars"] == 0 for each in told_of if each["number"] == 3)
    assert all(each["stars"] == 5 for each in told_of if each["number"] == 4)
    assert_replays(runtime)


def test_an_item_that_is_gone_from_the_list_goes_from_the_journal_where_it_said_the_same():
    runtime = chatting(runtime_on(MemoryStore()))
    say(runtime, SECRET, author="ann")
    runtime.send("C-1", "drop", {"number": 2})
    say(runtime, SECRET, author="bob")
    runtime.send("C-1", "remove", {"number": 2})
    assert "4111" not in kept(runtime)
    assert_replays(runtime)


def test_only_a_part_goes_where_one_is_named_also_out_of_the_event_that_names_it():
    runtime = chatting(runtime_on(MemoryStore()), "I am femke, hello")
    say(runtime, "No, I am femke")
    runtime.send("C-1", "cut", {"number": 2, "part": "femke"})
    assert bodies(runtime) == ["I am femke, hello", f"No, I am {MARK}"]
    assert [each["author"] for each in runtime.show("C-1").data["lines"]] == ["maria", "femke"]
    assert records(runtime, ("C-1",))[-1]["event"]["data"] == {"number": 2, "part": MARK}
    assert told(runtime) == [(f"No, I am {MARK}", f"femke wrote: No, I am {MARK}!")]
    assert_replays(runtime)


def test_an_empty_part_is_faulty():
    runtime = chatting(runtime_on(MemoryStore()))
    with pytest.raises(FaultyStep, match="an empty text stands everywhere"):
        runtime.send("C-1", "cut", {"number": 1, "part": ""})


def test_a_part_that_does_not_stand_there_changes_nothing():
    runtime = chatting(runtime_on(MemoryStore()))
    line = runtime.send("C-1", "cut", {"number": 1, "part": "femke"})
    assert line.redacted == ()
    assert not runtime.show("C-1").case.tombstones


def test_what_a_template_composes_of_it_loses_it_too():
    runtime = chatting(runtime_on(MemoryStore()), SECRET)
    runtime.send("C-1", "edit", {"number": 1, "words": SECRET})
    assert told(runtime) == [("All", f"All: {SECRET}, {SECRET}")]
    runtime.send("C-1", "remove", {"number": 1})
    assert told(runtime) == [("All", f"All: {MARK}, {MARK}")]


@pytest.mark.parametrize("word", ["FU", SECRET])
def test_a_linked_case_loses_what_it_was_told(word):
    runtime = chatting(runtime_on(MemoryStore()))
    say(runtime, word)
    runtime.send("C-1", "pass_on")
    runtime.relay()
    child = runtime.show("C-1").case.links[0].case
    runtime.send("C-1", "remove", {"number": 2})
    assert runtime.show(child).data["who"] == MARK
    assert json.dumps(word, ensure_ascii=False)[1:-1] not in kept(runtime, "C-1", child)
    assert_replays(runtime, child)
    assert_replays(runtime)


def test_a_linked_case_that_is_yet_to_be_started_is_not_told():
    runtime = chatting(runtime_on(MemoryStore()))
    say(runtime, "FU")
    runtime.send("C-1", "pass_on")
    runtime.send("C-1", "remove", {"number": 2})
    runtime.relay()
    assert runtime.show(runtime.show("C-1").case.links[0].case).data["who"] == MARK


def test_done_again_it_finds_nothing_new():
    runtime = chatting(runtime_on(MemoryStore()))
    say(runtime, "FU")
    runtime.send("C-1", "remove", {"number": 2})
    before = records(runtime, ("C-1",))
    runtime.send("C-1", "remove", {"number": 2})
    assert records(runtime, ("C-1",))[: len(before)] == before
    assert_replays(runtime)


def test_the_bytes_of_a_database_and_its_copies_hold_it_nowhere(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    with closing(SqlStore.open(url)) as store:
        runtime = chatting(runtime_on(store, folder=tmp_path / "out"))
        say(runtime, "QZ")  # two letters that stand in nothing else
        say(runtime, "Fine", author="bob")
        runtime.send("C-1", "pass_on")
        runtime.relay()
        copied(url, "0001")
        runtime.send("C-1", "drop", {"number": 1})
        assert b"QZ" in whole(tmp_path)
        runtime.send("C-1", "remove", {"number": 2})
        assert bodies(runtime) == [MARK, "Fine"]
    compact(url)
    assert b'"QZ' not in whole(tmp_path)
    assert b" QZ" not in whole(tmp_path)


WORDS = st.sampled_from(["a", "b", "ab", "a b", "b a b", "like", "I like a"])


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(said=st.lists(WORDS, min_size=1, max_size=4), data=st.data())
def test_whatever_happened_to_a_list_an_item_is_gone_and_the_others_are_not(said: list[str], data: Any):
    runtime = chatting(runtime_on(MemoryStore()))
    for number, text in enumerate(said, 2):
        say(runtime, text, author=f"p{number}")
    for _ in range(data.draw(st.integers(0, 3))):
        numbers = [each["number"] for each in runtime.show("C-1").data["lines"]]
        number = data.draw(st.sampled_from(numbers))
        if data.draw(st.booleans()):
            runtime.send("C-1", "edit", {"number": number, "words": data.draw(WORDS)})
        elif len(numbers) > 1:
            runtime.send("C-1", "drop", {"number": number})
    before = runtime.show("C-1").data["lines"]
    history = records(runtime, ("C-1",))
    number = data.draw(st.sampled_from(before))["number"]
    runtime.send("C-1", "remove", {"number": number})
    after = runtime.show("C-1").data["lines"]
    assert [each for each in after if each["number"] != number] == [each for each in before if each["number"] != number]
    assert {each["body"] for each in after if each["number"] == number} == {MARK}
    others = {each["author"] for each in before if each["number"] != number}
    for old, new in zip(history, records(runtime, ("C-1",)), strict=False):
        for one, other in zip(*(line["change"].get("data", {}).get("lines", ()) for line in (old, new)), strict=True):
            if one["author"] in others:
                assert one == other
            elif one["number"] == number:
                assert other["body"] == MARK
    assert_replays(runtime)


def test_what_ran_on_it_is_known_to_be_unrepeatable():
    runtime = chatting(runtime_on(MemoryStore()))
    say(runtime, "FU")
    runtime.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]  # a simulated one
    runtime.send("C-1", "remove", {"number": 2})
    assert unrepeatable(runtime.history("C-1")) == range(2, 5)
    assert runtime.show("C-1").case.tombstones[0].at == NINE + timedelta(days=1)
