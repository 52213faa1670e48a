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
from caseway.engine.runtime import Runtime
from tests.contracts.sample import NINE
from tests.redaction.repetition import unrepeatable
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


def test_what_moved_up_and_was_changed_in_one_step_goes_from_where_it_stood():
    runtime = chatting(runtime_on(MemoryStore()))
    say(runtime, "Not this")
    say(runtime, SECRET)
    runtime.send("C-1", "write", {"body": "Nor this"})
    runtime.send("C-1", "next", {"number": 4, "drop": 1, "edit": 2, "words": "Not this either"})
    runtime.send("C-1", "remove", {"number": 3})
    assert "4111" not in kept(runtime)
    assert bodies(runtime) == ["Not this either", MARK, "Nor this"]
    lists = versions(records(runtime, ("C-1",)), "lines")
    assert [[each["body"] for each in items] for items in lists[-4:-1]] == [
        ["How do I pay?", "Not this"],
        ["How do I pay?", "Not this", MARK],
        ["Not this either", MARK, "Nor this"],
    ]
    assert_replays(runtime)


def test_what_lost_another_field_before_is_still_known_again():
    runtime = chatting(runtime_on(MemoryStore()))
    say(runtime, "Hello")
    say(runtime, SECRET)
    runtime.send("C-1", "drop", {"number": 1})
    runtime.redact("C-1", paths=["case.lines[1].author"], reason="asked for")
    runtime.send("C-1", "edit", {"number": 3, "words": "Another text"})
    runtime.send("C-1", "remove", {"number": 3})
    found = kept(runtime)
    assert "4111" not in found
    assert "Another text" not in found
    assert bodies(runtime) == ["Hello", MARK]
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


WORDS = st.sampled_from(
    ["a", "b", "ab", "a b", "b a b", "like", "I like a", "Nobody else says one", "Nobody else says two"]
)
AUTHORS = st.sampled_from(["femke", "bob"])


def versions(lines: list[dict[str, Any]], name: str) -> list[list[dict[str, Any]]]:
    """All that a list was, by the lines of a journal."""
    return [line["change"]["data"][name] for line in lines if name in line["change"].get("data", {})]


def happen(runtime: Runtime, number: int, data: Any) -> None:
    """Have one of the things happen that can happen to a list; a new line has the number."""
    numbers = [each["number"] for each in runtime.show("C-1").data["lines"]]
    one, other = data.draw(st.sampled_from(numbers)), data.draw(st.sampled_from(numbers))
    match data.draw(st.sampled_from(["edit", "drop", "next"])):
        case "edit":
            runtime.send("C-1", "edit", {"number": one, "words": data.draw(WORDS)})
        case "next":
            runtime.send("C-1", "write", {"body": data.draw(WORDS)})
            runtime.send("C-1", "next", {"number": number, "drop": one, "edit": other, "words": data.draw(WORDS)})
        case "drop" if len(numbers) > 1:
            runtime.send("C-1", "drop", {"number": one})


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(said=st.lists(st.tuples(AUTHORS, WORDS), min_size=1, max_size=4), data=st.data())
def test_whatever_happened_to_a_list_an_item_is_gone_and_the_others_are_not(said: list[tuple[str, str]], data: Any):
    runtime = chatting(runtime_on(MemoryStore()))
    for author, text in said:
        say(runtime, text, author=author)
    for number in range(10, data.draw(st.integers(10, 14))):
        happen(runtime, number, data)
    before = runtime.show("C-1").data["lines"]
    history = records(runtime, ("C-1",))
    number = data.draw(st.sampled_from(before))["number"]
    runtime.send("C-1", "remove", {"number": number})
    after = runtime.show("C-1").data["lines"]
    others = {each["number"] for each in before} - {number}
    assert [each for each in after if each["number"] in others] == [each for each in before if each["number"] in others]
    assert {each["body"] for each in after if each["number"] == number} == {MARK}
    old, new = versions(history, "lines"), versions(records(runtime, ("C-1",))[: len(history)], "lines")
    for one, other in ((one, other) for pair in zip(old, new, strict=True) for one, other in zip(*pair, strict=True)):
        if one["number"] in others:
            assert one == other
        elif one["number"] == number:
            assert (other["body"], other["stars"]) == (MARK, 0)
    by = {text: {each["number"] for items in old for each in items if each["body"] == text} for text in said_in(old)}
    found = kept(runtime)
    assert not [
        text for text, numbers in by.items() if numbers == {number} and text.startswith("Nobody") and text in found
    ]
    assert_replays(runtime)


def said_in(lists: list[list[dict[str, Any]]]) -> set[str]:
    return {each["body"] for items in lists for each in items}


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_of_items_that_nothing_tells_apart_none_keeps_in_the_journal_what_one_of_them_lost(data: Any):
    runtime = runtime_on(MemoryStore())
    runtime.start("wall", {}, id="C-1")
    ids: list[int] = []  # which note is which, as nobody knows but whoever wrote them
    told = []
    for number in range(data.draw(st.integers(1, 8))):
        notes = runtime.show("C-1").data["notes"]
        new = {"author": data.draw(AUTHORS), "body": data.draw(WORDS)}
        event = data.draw(st.sampled_from(["post", "next", "edit"])) if notes else "post"
        old = data.draw(st.sampled_from(notes)) if notes else {}
        sent = {"post": new, "next": {"old": old, "new": new}, "edit": {"old": old, "body": new["body"]}}
        if runtime.send("C-1", event, sent[event]).change.get("data"):
            left = [one for one, note in zip(ids, notes, strict=True) if event != "next" or note != old]
            ids = left if event == "edit" else [*left, number]
            told.append(ids)
    notes = runtime.show("C-1").data["notes"]
    old = data.draw(st.sampled_from(notes))
    runtime.send("C-1", "remove", {"old": old})
    gone = {one for one, note in zip(ids, notes, strict=True) if note == old}
    assert [one for one in runtime.show("C-1").data["notes"] if one["body"] != MARK] == [
        one for one in notes if one != old
    ]
    was = versions(records(runtime, ("C-1",)), "notes")[-1 - len(told) : -1]
    for items, names in zip(was, told, strict=True):
        assert old["body"] not in {item["body"] for item, name in zip(items, names, strict=True) if name in gone}
    assert_replays(runtime)


def test_what_ran_on_it_is_known_to_be_unrepeatable():
    runtime = chatting(runtime_on(MemoryStore()))
    say(runtime, "FU")
    runtime.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]  # a simulated one
    runtime.send("C-1", "remove", {"number": 2})
    assert unrepeatable(runtime.history("C-1")) == range(2, 5)
    assert runtime.show("C-1").case.tombstones[0].at == NINE + timedelta(days=1)
