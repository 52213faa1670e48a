from __future__ import annotations

import pytest


def ids(terminal, *arguments):
    return [line["id"] for line in terminal.lines("list", *arguments)]


@pytest.fixture
def three(terminal):
    """One case that waits, one that anna has, one that has ended."""
    terminal.paid("R-1")
    terminal.start("R-2")
    terminal.run("send", "R-2", "take", "--as", "clerk:anna", "--now", "2026-03-02T09:10:00Z")
    terminal.start("R-3")
    return terminal


def test_cases_are_listed_in_a_table(three):
    told = three.run("list").stdout.splitlines()

    assert told[0].split() == ["case", "process", "state", "assignee", "opened", "last", "step"]
    assert told[1].split()[:5] == ["R-1", "repair", "1", "done", "(ended)"]
    assert len(told) == 4


def test_cases_come_as_json_lines(three):
    assert three.lines("list", "--limit", "1") == [
        {
            "id": "R-1",
            "process": "repair",
            "version": 1,
            "state": ["done"],
            "assignee": "anna",
            "closed": True,
            "final": True,
            "revision": 3,
            "opened_at": "2026-03-02T09:00:00Z",
            "last_at": "2026-03-02T09:20:00Z",
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((), ["R-1", "R-2", "R-3"]),
        (("--open",), ["R-2", "R-3"]),
        (("--closed",), ["R-1"]),
        (("--state", "taken"), ["R-2"]),
        (("--assignee", "anna", "--open"), ["R-2"]),
        (("--process", "other"), []),
        (("--limit", "2"), ["R-1", "R-2"]),
    ],
)
def test_a_list_may_be_narrowed(three, arguments, found):
    assert ids(three, *arguments) == found


def test_an_empty_list_says_so_beside_the_data(three):
    result = three.run("list", "--process", "other")

    assert (result.stdout, result.stderr) == ("", "There are no such cases.\n")


@pytest.mark.parametrize("limit", ["0", "-1", "9" * 30, "x"])
def test_a_limit_that_limits_nothing_is_a_usage_error(terminal, limit):
    assert terminal.json("list", "--limit", limit, code=2)["error"]["code"] == "usage"


def test_a_file_that_is_no_database_is_the_worlds_fault(terminal):
    (terminal.folder / "caseway.db").write_text("junk" * 1000, encoding="utf-8")

    assert "not an SQLite database" in terminal.run("list", code=5).stderr
    assert terminal.json("list", code=5)["error"]["code"] == "world"
