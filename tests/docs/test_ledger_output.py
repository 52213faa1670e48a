"""The page on JSON says of every field what the ledger's verbs print."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from caseway.cli.main import program
from docs.replay import HOUSE

PAGE = HOUSE / "docs" / "reference" / "ledger-output.md"
PROCESS = """process: job
version: 1
data: {type: object, required: [worker], properties: {worker: {type: string}}}
events: {finish: {}}
payouts: {price: {amount: 500, unit: EUR, split: {among: "[case.worker]", payee: item}, purpose: Job done}}
states:
  underway: {on: {finish: {target: done, actions: [{pay: price}]}}}
  done: {type: final}
"""
NOW = "2026-03-02T09:00:00Z"
SETTLE = ("ledger", "settle", "--unit", "EUR", "--now", NOW)
PLAIN: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "whole number": lambda value: type(value) is int,
    "amount": lambda value: type(value) is int,
    "true or false": lambda value: isinstance(value, bool),
    "instant": lambda value: value.endswith("Z") and datetime.fromisoformat(value) is not None,
    "day": lambda value: date.fromisoformat(value) is not None,
    "object": lambda value: isinstance(value, dict),
    "anything": lambda _: True,
}
_SECTION = re.compile(r"^###? (?P<title>.+)\n(?P<text>(?:(?!##).*\n)*)", re.MULTILINE)
_ROW = re.compile(r"^\| `(?P<field>\w+)` \| (?P<type>.+?) \| .*\|$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]+\]\(#(?P<anchor>[^)]+)\)")


def tables() -> dict[str, dict[str, str]]:
    """The fields of every document with their types, by its heading as links name it."""
    found = {}
    for section in _SECTION.finditer(PAGE.read_text(encoding="utf-8")):
        anchor = section["title"].lower().replace("`", "").replace(" ", "-")
        found[anchor] = {row["field"]: row["type"] for row in _ROW.finditer(section["text"])}
    return found


TABLES = tables()


def assert_fits(value: Any, fields: dict[str, str]) -> None:
    assert list(value) == list(fields)
    for field, type_ in fields.items():
        assert is_of(value[field], type_), f"{field} is {value[field]!r}, and no {type_}"


def is_of(value: Any, type_: str) -> bool:
    if type_.endswith(" or null"):
        return value is None or is_of(value, type_.removesuffix(" or null"))
    if type_.startswith("list of "):
        return isinstance(value, list) and all(is_of(each, type_.removeprefix("list of ")) for each in value)
    if link := _LINK.fullmatch(type_):
        assert_fits(value, TABLES[link["anchor"]])
        return True
    return PLAIN[type_](value)


def lines(*arguments: str, code: int = 0, stdin: str | None = None) -> list[Any]:
    done = CliRunner().invoke(program, [*arguments, "--json"], input=stdin)
    assert done.exit_code == code, done.output
    return list(documents(done.stdout))


def documents(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:]


@pytest.fixture(autouse=True)
def owing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a database that owes anna and ben 5.00 EUR each, who share a bank account."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CASEWAY_DATABASE_URL", raising=False)
    (tmp_path / "processes" / "job").mkdir(parents=True)
    (tmp_path / "processes" / "job" / "v1.yaml").write_text(PROCESS, encoding="utf-8")
    for worker in ("anna", "ben", "cees"):
        lines("start", "job", "--id", worker, "--data", f"worker={worker}", "--now", NOW)
        lines("send", worker, "finish", "--now", NOW)
    lines("payee", "set", "platform", "--name", "Platform", "--iban", "NL02ABNA0123456789")
    for payee in ("anna", "ben"):
        lines("payee", "set", payee, "--name", payee, "--iban", "NL91ABNA0417164300")


def without(fields: dict[str, str], *names: str) -> dict[str, str]:
    return {field: type_ for field, type_ in fields.items() if field not in names}


def test_balances_and_postings() -> None:
    lines(*SETTLE, "--batch", "B", "--except", "cees")
    for verb in ("balance", "postings"):
        found = lines("ledger", verb)
        assert found
        for each in found:
            assert_fits(each, TABLES[f"ledger-{verb}"])
    assert lines("ledger", "export") == lines("ledger", "postings")


def test_a_statement() -> None:
    (statement,) = lines("ledger", "statement", "anna")
    assert_fits(statement, TABLES["ledger-statement"])
    (line,) = statement["sections"][0]["lines"]
    assert_fits(line, TABLES["ledger-postings"] | TABLES["a-line-of-a-statement"])
    assert line["share"] == {"weight": 1, "of": 1, "total": 500}


def test_a_batch_and_what_came_back_of_it() -> None:
    whole = TABLES["ledger-settle"]
    (settled,) = lines(*SETTLE, "--batch", "B", "--except", "cees", "--due", "2026-03-09", "--output", "bank")
    assert_fits(settled, whole)
    assert settled["shared_accounts"]
    (rejected,) = lines("ledger", "reject", "B", "anna", "--reason", "closed", "--now", NOW)
    several = lines("ledger", "reject", "B", "--file", "-", "--now", NOW, stdin="id,reason\nB-2,closed\n")
    for each in (rejected, *several):
        assert_fits(each, TABLES["ledger-reject"])
    (shown,) = lines("ledger", "batch", "B")
    assert_fits(shown, without(whole, "changed") | TABLES["ledger-batch"])
    assert shown["lines"][0]["rejected"]
    (listed,) = lines("ledger", "batches")
    gone = ("asked", "lines", "shared_accounts", "file", "changed")
    assert_fits(listed, without(whole, *gone) | TABLES["ledger-batches"])


def test_a_plan() -> None:
    lines("payee", "set", "dora", "--name", "Dora")
    (plan,) = lines(*SETTLE, "--except", "anna", "--dry-run", code=4)
    assert all(plan[name] for name in ("lines", "left_out", "objections"))
    assert_fits(plan, TABLES["ledger-settle---dry-run"])


def test_differences() -> None:
    with closing(sqlite3.connect("caseway.db")) as database:
        database.execute("UPDATE caseway_posting SET amount = 7 WHERE line = 1")
        database.execute("DELETE FROM caseway_posting WHERE owner = 'cees'")
        database.commit()
    found = lines("ledger", "verify", code=4)
    assert len({each["kind"] for each in found}) == 3
    for each in found:
        assert_fits(each, TABLES["ledger-verify"])
    (missing,) = (each for each in found if each["kind"] == "missing")
    assert_fits(missing["expected"], TABLES["ledger-postings"])


def test_payees() -> None:
    listed = TABLES["payee-list"]
    for each in lines("payee", "list"):
        assert_fits(each, listed)
    (kept,) = lines("payee", "set", "anna", "--name", "Anna", "--by", "eva")
    assert_fits(kept, listed | TABLES["payee-set"])
    (gone,) = lines("payee", "remove", "anna", "--by", "eva")
    assert_fits(gone, TABLES["payee-remove"])
    for found in (*lines("payee", "show", "ben"), *lines("payee", "show", "anna", "--history")):
        assert_fits(found, listed | TABLES["payee-show"])
        assert found["changes"]


def test_every_table_of_the_page_is_looked_at() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    verbs = [anchor for anchor in TABLES if anchor.startswith(("ledger-", "payee-"))]
    looked = [anchor for anchor in verbs if f'"{anchor}"' in text or anchor in {"ledger-balance", "ledger-postings"}]
    assert verbs == looked
    assert all(TABLES.values())
