"""What an item said before it stood in its list goes with it, and what other cases composed of it; what others wrote stays."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.sql import SqlStore
from caseway.adapters.sql.compaction import compact
from caseway.engine.journal import replay
from caseway.engine.runtime import Runtime
from tests.redaction.talk import records, runtime_on
from tests.redaction.test_nowhere import copied, whole

MARK = "[redacted: removed]"
CARD = "4111-2222"


def writing(*happened: tuple[str, Any], store: Any = None, question: str = "") -> Runtime:
    runtime = runtime_on(store or MemoryStore())
    runtime.start("memo", {"question": question}, id="M-1")
    happen(runtime, *happened)
    return runtime


def happen(runtime: Runtime, *happened: tuple[str, Any]) -> None:
    for event, given in happened:
        data = {"body": given} if isinstance(given, str) else {"number": given} if given else {}
        runtime.send("M-1", event, data)


def cut(runtime: Runtime, number: int, part: str) -> None:
    runtime.send("M-1", "cut", {"number": number, "part": part})


def bodies(runtime: Runtime) -> list[str]:
    return [each["body"] for each in runtime.show("M-1").data["lines"]]


def journal(runtime: Runtime, case: str = "M-1") -> str:
    assert replay(runtime.store.journal(case)) == runtime.store.load(case, "").case
    return json.dumps(records(runtime, (case,)))


def test_drafts_that_were_changed_before_one_was_sent_go_with_it():
    runtime = writing(
        ("write", f"{CARD} one"), ("write", "Two"), ("write", f"{CARD} three"), ("post", 0), ("remove", 1)
    )
    assert bodies(runtime) == [MARK]
    assert not any(text in journal(runtime) for text in (CARD, "three", "Two"))


def test_a_draft_goes_back_to_where_it_was_begun_anew_and_no_further():
    runtime = writing(("write", "Alpha"), ("write", "Beta"), ("post", 0), ("write", "Gamma"), ("write", "Delta"))
    happen(runtime, ("post", 0), ("remove", 2))
    assert bodies(runtime) == ["Beta", MARK]
    left = journal(runtime)
    assert ["Alpha" in left, "Beta" in left, "Gamma" in left, "Delta" in left] == [True, True, False, False]


def test_a_draft_that_says_the_same_as_another_item_does_not_hide_what_was_before():
    runtime = writing(("say", "OK"), ("write", f"{CARD} one"), ("write", "OK"), ("post", 0), ("remove", 2))
    assert bodies(runtime) == ["OK", MARK]
    assert CARD not in journal(runtime)


def test_a_draft_that_somebody_is_at_stays_when_another_message_goes():
    runtime = writing(("write", "Half a"), ("write", "Half a draft"), ("say", CARD), ("remove", 1))
    assert runtime.show("M-1").data["draft"]["body"] == "Half a draft"
    assert CARD not in journal(runtime)
    assert '"Half a"' in journal(runtime)


def test_the_draft_and_the_event_of_which_a_message_is_composed_go_with_it():
    runtime = writing(("write", f"{CARD} one"), ("write", f"{CARD} two"), ("answer", 0), ("remove", 1))
    assert bodies(runtime) == [MARK]
    assert CARD not in journal(runtime)


def test_a_part_goes_from_all_older_drafts_and_from_nothing_that_others_say():
    runtime = writing(
        ("say", f"My {CARD}, please"), ("write", f"Yuor {CARD}!"), ("write", "Hello"), ("write", f"Your {CARD}!")
    )
    happen(runtime, ("post", 0))
    cut(runtime, 2, CARD)
    assert bodies(runtime) == [f"My {CARD}, please", f"Your {MARK}!"]
    lines = records(runtime, ("M-1",))
    assert [line["event"]["data"].get("body") for line in lines[1:5]] == [
        f"My {CARD}, please",
        f"Yuor {MARK}!",
        "Hello",
        f"Your {MARK}!",
    ]
    assert lines[2]["change"]["data"]["draft"]["body"] == f"Yuor {MARK}!"
    cut(runtime, 1, CARD)
    assert CARD not in journal(runtime)


def test_a_part_goes_from_items_that_are_gone_since():
    runtime = writing(("write", CARD), ("post", 0), ("drop", 1), ("write", f"Again {CARD}"), ("post", 0))
    cut(runtime, 1, CARD)
    assert CARD not in journal(runtime)


def test_a_draft_that_stands_there_still_loses_the_part_as_well_and_the_tombstone_knows():
    runtime = writing(("write", f"{CARD} one"), ("say", f"Mine: {CARD}"))
    cut(runtime, 1, CARD)
    assert runtime.show("M-1").data["draft"]["body"] == f"{MARK} one"
    assert CARD not in journal(runtime)
    assert "case.draft.body" in (runtime.show("M-1").case.tombstones[0].lost or ())


@pytest.mark.parametrize("part", ["e", "red", "removed", MARK, "] ["])
def test_a_mark_is_let_be_so_doing_it_again_changes_nothing(part: str):
    runtime = writing(("say", f"{part} here"), ("say", "There"))
    cut(runtime, 1, part)
    before, lines = bodies(runtime), records(runtime, ("M-1",))
    for _ in range(3):
        cut(runtime, 1, part)
    assert bodies(runtime) == before
    assert records(runtime, ("M-1",))[: len(lines) - 1] == lines[:-1]
    assert before[0].count("[redacted: ") <= 3


@pytest.mark.parametrize("by", ["remove", "cut"])
def test_what_linked_cases_composed_of_it_goes_also_where_these_pass_it_on(by: str):
    runtime = writing(("say", f"Take {CARD}"), ("pass_on", 0))
    runtime.relay()
    letter = runtime.show("M-1").case.links[0].case
    runtime.relay()
    claim = next(each.case for each in runtime.show(letter).case.links if each.kind == "child")
    assert runtime.show(claim).data["who"] == f"Fwd: Re: Take {CARD}"
    left = MARK if by == "remove" else f"Take {MARK}"
    if by == "remove":
        happen(runtime, ("remove", 1))
    else:
        cut(runtime, 1, CARD)
    assert runtime.show(letter).data == {"words": f"Re: {left}", "copy": left, "again": f"Re: {left}"}
    assert runtime.show(claim).data["who"] == f"Fwd: Re: {left}"
    assert not any(CARD in journal(runtime, case) for case in ("M-1", letter, claim))


def test_the_bytes_of_a_database_and_its_copies_hold_none_of_it(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    with closing(SqlStore.open(url)) as store:
        runtime = writing(("write", f"{CARD} one"), ("write", f"{CARD} two"), ("post", 0), ("pass_on", 0), store=store)
        runtime.relay()
        runtime.relay()
        copied(url, "0001")
        happen(runtime, ("write", f"Yuor {CARD}"), ("write", f"Your {CARD}"), ("post", 0))
        cut(runtime, 2, CARD)
        assert CARD.encode() in whole(tmp_path)
        happen(runtime, ("remove", 1))
    compact(url)
    assert CARD.encode() not in whole(tmp_path)
