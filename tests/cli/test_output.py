from __future__ import annotations

import io
import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from caseway.cli.output import console, print_line, table, watched
from caseway.cli.show import tree
from tests import program


def printed(monkeypatch: pytest.MonkeyPatch, encoding: str, value: object) -> bytes:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    print_line(value)
    stream.flush()
    return raw.getvalue()


def test_json_keeps_letters_where_the_terminal_has_them(monkeypatch):
    assert printed(monkeypatch, "utf-8", {"a": "ł"}) == '{"a": "ł"}\n'.encode()


@pytest.mark.parametrize(("encoding", "value"), [("ascii", "ł 😀"), ("utf-8", "\ud800")])
def test_json_has_escapes_for_what_the_terminal_has_not(monkeypatch, encoding, value):
    assert json.loads(printed(monkeypatch, encoding, value)) == value


def test_facts_may_hold_instants_and_sets(monkeypatch):
    value = {"at": datetime(2026, 3, 2, tzinfo=UTC), "roles": frozenset("ba"), "other": ValueError("x")}

    assert json.loads(printed(monkeypatch, "utf-8", value)) == {
        "at": "2026-03-02T00:00:00Z",
        "roles": ["a", "b"],
        "other": "x",
    }


def test_a_table_that_goes_nowhere_near_a_terminal_loses_nothing(capsys):
    shown = table("case", "state")
    shown.add_row("x" * 150, "[bold]waiting[/bold]")
    console().print(shown)

    told = capsys.readouterr().out
    assert told.count("x") == 150
    assert "[bold]waiting[/bold]" in told
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) <= 100


def test_watching_says_nothing_where_nobody_looks(capsys):
    assert list(watched([1, 2], "things")) == [1, 2]
    assert capsys.readouterr() == ("", "")


def test_data_are_shown_as_a_tree():
    data = {"owner": {"name": "Jan"}, "notes": ["a", {"b": 1, "c": []}, [True, None]], "empty": {}}

    assert list(tree(data)) == [
        "owner:",
        "  name: Jan",
        "notes:",
        "  - a",
        "  - b: 1",
        "    c: []",
        "  - - true",
        "    - null",
        "empty: {}",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", '""'),
        ("true", '"true"'),
        ("12", '"12"'),
        (" x", '" x"'),
        ("a: b", '"a: b"'),
        ("- a", '"- a"'),
        ("two\nlines", r"two\nlines"),
        ("\x1b[2J", r"\x1b[2J"),
        ("zażółć 12:30", "zażółć 12:30"),
    ],
)
def test_a_text_stands_in_quotes_where_it_reads_as_something_else(text, shown):
    assert list(tree({"a": text})) == [f"a: {shown}"]


def test_a_terminal_counts_while_one_waits_and_the_data_stay_clean(terminal):
    leader, follower = os.openpty()
    environment = os.environ | {"TERM": "xterm"}
    with program.started(*program.CASEWAY, "check", "--json", stderr=follower, env=environment) as running:
        os.close(follower)
        told = shown_on(leader)  # as it comes: a terminal that nobody reads has room for a few seconds of it
        said, _ = running.communicate()
    os.close(leader)

    assert b"files checked: 2" in told
    assert (running.returncode, json.loads(said)) == (0, [])


def shown_on(terminal: int) -> bytes:
    """Read what is shown until nobody shows anything any more."""
    shown = b""
    with suppress(OSError):  # so Linux says that the other end was closed
        while more := os.read(terminal, 65_536):
            shown += more
    return shown
