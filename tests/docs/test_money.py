"""The example of the page about money, worked out by hand, is what happens: each line of the journal and of the book, each cent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import caseway
from caseway.engine.effect import ClawBack, Payout
from caseway.engine.outcome import Entry
from caseway.engine.posting import Balance
from caseway.engine.runtime import Runtime
from caseway.engine.settlement import Batch
from docs.replay import HOUSE, blocks
from tests import postgres

PAGE = HOUSE / "docs" / "explanation" / "money.md"
HEADS = {
    "steps": ["step", "at", "event", "by", "data"],
    "shares": ["effect", "does", "whom", "exactly", "cents", "why"],
    "batches": ["batch", "line", "payee", "cents", "sent back"],
    "postings": ["effect", "line", "kind", "owner", "account", "cents", "rules"],
    "balances": ["owner", "account", "sum of", "before", "then", "after"],
}
MINIMUM = 50
"""Who is owed less than so many cents is left out of the settlement."""

SETTLED_AT = datetime.fromisoformat("2026-03-10T09:00:00Z")

_EXACTLY = re.compile(r"(?P<total>\d+) × (?P<weight>\d+)/(?P<of>\d+) = (?P<whole>\d+) (?P<rest>\d+)/(?P=of)")
_STORES = ["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)]

Row = Mapping[str, str]
Moved = Payout | ClawBack


def table(name: str) -> list[Row]:
    """Return the rows of the table of the page that has these heads."""
    lines = PAGE.read_text(encoding="utf-8").split("\n")
    heads = HEADS[name]
    (begin,) = [number for number, line in enumerate(lines) if line.startswith("|") and cells(line) == heads]
    rows: list[Row] = []
    for line in lines[begin + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(dict(zip(heads, cells(line), strict=True)))
    return rows


def cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def added_up(sum_of: str) -> int:
    """Return what comes of a sum such as `129 - 65 + 45`."""
    return sum(int(each.replace(" ", "")) for each in re.findall(r"[+-]? ?\d+", sum_of))


@pytest.fixture(params=_STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgresql":
        with postgres.database() as found:
            yield found
    else:
        yield {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path}/book.db"}[request.param]


@pytest.fixture
def runtime(url: str, tmp_path: Path) -> Iterator[Runtime]:
    for block in blocks(PAGE):
        if block.verb == "file":
            path = tmp_path / block.argument
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    opened = caseway.open(url, processes=tmp_path / "processes")
    yield opened
    opened.close()


def happen(runtime: Runtime) -> list[Entry]:
    """Let all happen that the page says, and return the lines of the journals."""
    for row in table("steps"):
        case, _, revision = row["step"].rpartition(":")
        at, data = datetime.fromisoformat(row["at"]), json.loads(row["data"])
        if row["event"] == "start":
            done = runtime.start("question", data, id=case, now=at)
        else:
            role, _, person = row["by"].partition(":")
            actor = caseway.Actor(person, frozenset({role}))
            done = runtime.send(case, row["event"], data, actor=actor, now=at)
        assert f"{done.revision}" == revision
    cases = dict.fromkeys(row["step"].rpartition(":")[0] for row in table("steps"))
    return [entry for case in cases for entry in runtime.history(case)]


def settle(runtime: Runtime) -> Batch:
    (id_,) = {row["batch"] for row in table("batches")}
    return runtime.ledger.settle("EUR", batch=id_, minimum=MINIMUM, format="csv", now=SETTLED_AT)


def send_back(runtime: Runtime) -> None:
    for row in table("batches"):
        if row["sent back"]:
            at = SETTLED_AT + timedelta(days=1)
            runtime.ledger.reject(row["batch"], row["payee"], row["sent back"], now=at)


def all_of(balances: Sequence[Row], moment: str) -> set[tuple[str, str, int]]:
    return {(row["owner"], row["account"], int(row[moment])) for row in balances if row[moment] != "0"}


def held(found: Iterator[Balance]) -> set[tuple[str, str, int]]:
    kept = list(found)
    assert {each.unit for each in kept} == {"EUR"}
    return {(each.owner, each.account, each.amount) for each in kept if each.amount}


def test_every_line_of_the_journals_pays_and_takes_back_what_the_page_says(runtime: Runtime) -> None:
    journal = happen(runtime)
    assert [f"{each.case}:{each.revision}" for each in journal] == [row["step"] for row in table("steps")]
    moved = [effect for entry in journal for effect in entry.effects]
    assert [shown(effect) for effect in moved] == [
        (row["effect"], row["does"], row["whom"], row["cents"]) for row in table("shares")
    ]


def shown(effect: Any) -> tuple[str, str, str, str]:
    assert isinstance(effect, Moved)
    does = "pays" if isinstance(effect, Payout) else "takes back"
    return effect.id, does, effect.payee, str(effect.amount)


def test_the_journal_tells_of_each_share_how_many_parts_it_was_of_what(runtime: Runtime) -> None:
    moved = {effect.id: effect for entry in happen(runtime) for effect in entry.effects if isinstance(effect, Moved)}
    for row in table("shares"):
        effect = moved[row["effect"]]
        exactly = _EXACTLY.fullmatch(row["exactly"])
        assert effect.share is not None
        assert exactly is not None
        parts = [effect.share.total, effect.share.weight, effect.share.of]
        assert parts == [int(exactly[key]) for key in ("total", "weight", "of")]
        if isinstance(effect, ClawBack):
            assert effect.percent == 50


def test_every_line_of_the_book_is_what_the_page_says(runtime: Runtime) -> None:
    happen(runtime)
    batch = settle(runtime)
    send_back(runtime)
    assert [(str(each.number), each.payee.id, str(each.amount)) for each in batch.lines] == [
        (row["line"], row["payee"], row["cents"]) for row in table("batches")
    ]
    found = [
        (each.effect, str(each.line), each.kind, each.owner, each.account, str(each.amount), ", ".join(each.implements))
        for each in runtime.ledger.postings()
    ]
    assert found == [tuple(row.values()) for row in table("postings")]
    assert not list(runtime.ledger.verify())


def test_every_balance_is_what_the_page_says(runtime: Runtime) -> None:
    balances = table("balances")
    happen(runtime)
    assert held(runtime.ledger.balances()) == all_of(balances, "before")
    settle(runtime)
    runtime.ledger.checkpoint(now=SETTLED_AT)
    send_back(runtime)
    assert held(runtime.ledger.balances()) == all_of(balances, "after")
    assert not list(runtime.ledger.verify())


def test_settling_again_under_the_same_id_moves_nothing(runtime: Runtime) -> None:
    happen(runtime)
    once = settle(runtime)
    lines = list(runtime.ledger.postings())
    assert settle(runtime) == once
    assert list(runtime.ledger.postings()) == lines
    assert runtime.ledger.file(once) == runtime.ledger.file(runtime.ledger.batch(once.id))


def test_what_the_page_works_out_by_hand_is_right() -> None:
    for row in table("shares"):
        exactly = _EXACTLY.fullmatch(row["exactly"])
        assert exactly is not None, row
        total, weight, of, whole, rest = (int(exactly[key]) for key in ("total", "weight", "of", "whole", "rest"))
        assert Fraction(total * weight, of) == whole + Fraction(rest, of)
        assert int(row["cents"]) in {whole, whole + 1}


def test_the_shares_of_each_step_of_the_page_are_the_whole_amount() -> None:
    sums: dict[str, int] = {}
    totals: dict[str, int] = {}
    for row in table("shares"):
        exactly = _EXACTLY.fullmatch(row["exactly"])
        assert exactly is not None
        step = row["effect"].rpartition(":")[0]
        sums[step] = sums.get(step, 0) + int(row["cents"])
        assert totals.setdefault(step, int(exactly["total"])) == int(exactly["total"])
    assert sums == totals


def test_the_lots_that_the_page_quotes_are_those_that_were_drawn() -> None:
    quoted = {
        row["whom"]: found[1] for row in table("shares") if (found := re.search(r"lot begins with (\w+)", row["why"]))
    }
    drawn = {name: sha256(f"Q-2:2:fee\0{name}".encode()).hexdigest()[:4] for name in quoted}
    assert quoted == drawn
    assert set(drawn) == {"anna", "bram"}
    assert min(drawn, key=drawn.__getitem__) == "bram"
    assert r"printf 'Q-2:2:fee\0bram' | sha256sum" in PAGE.read_text(encoding="utf-8")


def test_the_postings_of_the_page_hold_nothing_together_and_give_its_balances() -> None:
    sums: dict[tuple[str, str], int] = {}
    before: dict[tuple[str, str], int] = {}
    for row in table("postings"):
        key = row["owner"], row["account"]
        sums[key] = sums.get(key, 0) + int(row["cents"])
        before[key] = before.get(key, 0) + (int(row["cents"]) if row["kind"] in {"payout", "claw-back"} else 0)
    assert not sum(sums.values())
    balances = {(row["owner"], row["account"]): row for row in table("balances")}
    assert sums == {key: int(row["after"]) for key, row in balances.items()}
    assert before == {key: int(row["before"]) for key, row in balances.items()}


def test_the_sums_of_the_page_are_added_up_right() -> None:
    for row in table("balances"):
        assert added_up(row["sum of"]) == int(row["before"])
        assert int(row["before"]) + added_up(row["then"]) == int(row["after"])
