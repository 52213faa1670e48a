"""`caseway redact` and `caseway db compact`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.redaction import talk


@pytest.fixture
def talking(terminal: Terminal) -> Terminal:
    (terminal.folder / "processes").unlink()
    (terminal.folder / "processes").symlink_to(talk.PROCESSES)
    terminal.run("start", "talk", "--id", "Q-1", "--data", "customer=Jan Bak", "--data", "score=9")
    terminal.run("send", "Q-1", "say", "--data", "body=my card is 4111-2222")
    terminal.run("send", "Q-1", "harm")
    terminal.run("worker", "once")
    return terminal


def test_a_redaction_says_what_it_changed(talking: Terminal):
    result = talking.run("redact", "Q-1", "case.conversation[0].body", "case.customer", "--reason", "they asked")
    assert result.stdout == (
        "Q-1: redacted at revision 4: 3 lines, 2 messages, 1 file\n  also in the linked case Q-1.3.0\n"
    )
    assert "caseway db compact" in result.stderr
    assert talking.run("redact", "Q-1", "case.customer", "--reason", "they asked").stdout == (
        "Q-1: nothing of it is there.\n"
    )
    assert all(
        "4111-2222" not in path.read_text(encoding="utf-8") for path in (talking.folder / "caseway-outbox").iterdir()
    )


def test_a_program_is_told_the_same(talking: Terminal):
    told = talking.json("redact", "Q-1", "case.customer", "--reason", "they asked", "--as", "moderator:eva", code=0)
    assert told == {
        "case": "Q-1",
        "revision": 4,
        "journal": 3,
        "outbox": 2,
        "files": 1,
        "linked": ["Q-1.3.0"],
        "copies": [],
        "too_short": 0,
        "kept": [],
    }


def test_show_and_history_say_what_was_redacted(talking: Terminal):
    talking.run("redact", "Q-1", "case.conversation[0].body", "--reason", "they asked", "--as", "moderator:eva")
    shown = talking.run("show", "Q-1").stdout
    assert '"[redacted: they asked]"' in shown
    assert "case.conversation[0].body: they asked (by moderator:eva" in shown
    told = talking.run("history", "Q-1").stdout
    assert "case.redacted  by moderator:eva" in told
    assert "redacted case.conversation[0].body: they asked" in told
    assert "content of this was redacted at revision 4" in told
    assert "4111-2222" not in shown + told
    (stone,) = talking.json("show", "Q-1")["redacted"]
    assert (stone["paths"], stone["by"]) == (["case.conversation[0].body"], "moderator:eva")
    assert talking.lines("history", "Q-1")[1]["redacted"] == [4]


def test_a_text_comes_from_stdin(talking: Terminal):
    talking.run("redact", "Q-1", "--text", "-", "--reason", "they asked", stdin="Jan Bak\n")
    assert talking.json("show", "Q-1")["data"]["customer"] == "[redacted: they asked]"
    assert talking.json("show", "Q-1.3.0")["data"]["who"] == "[redacted: they asked]"


def test_the_data_of_one_event_go(talking: Terminal):
    talking.run("redact", "Q-1", "--revision", "2", "--reason", "they asked")
    assert talking.lines("history", "Q-1")[1]["event"]["data"] == {"body": "[redacted: they asked]"}


def test_a_text_too_short_goes_from_its_place_alone_and_that_is_said(talking: Terminal):
    talking.run("send", "Q-1", "say", "--data", "body=abc")
    told = talking.run("redact", "Q-1", "case.conversation[1].body", "--reason", "they asked").stdout
    assert "1 text is too short to be searched for" in told


def test_files_can_be_written_anew_alone(talking: Terminal):
    talking.run("send", "Q-1", "forget")
    assert talking.run("redact", "Q-1", "--files").stdout == "Q-1: 1 file written anew.\n"
    assert talking.json("redact", "Q-1", "--files", "--outbox", "elsewhere") == {"case": "Q-1", "files": 0}
    files = (talking.folder / "caseway-outbox").iterdir()
    assert all("4111-2222" not in path.read_text(encoding="utf-8") for path in files)
    assert not Path("elsewhere").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["case.customer"], 2, "--reason"),
        (["--reason", "x"], 2, "PATH, --text or --revision"),
        (["--files", "case.customer", "--reason", "x"], 2, "--files alone"),
        (["case.custmer", "--reason", "x"], 4, 'did you mean "customer"?\n'),
        (["case.conversation[3]", "--reason", "x"], 4, "1 items, counted from 0"),
        (["--text", "ab", "--reason", "x"], 4, "less than 4 characters"),
        (["case.customer", "--reason", "x", "--as", "clerk:carl"], 4, "only moderator may"),
    ],
)
def test_what_cannot_be_is_told(talking: Terminal, arguments: list[str], code: int, told: str):
    assert told in talking.run("redact", "Q-1", *arguments, code=code).stderr


def test_a_database_is_compacted(talking: Terminal):
    assert "was compacted from" in talking.run("db", "compact").stdout
    told = talking.json("db", "compact")
    assert told["database"] == "sqlite:///caseway.db"
    assert told["after"] <= told["before"]
    assert "does not exist" in talking.run("db", "compact", "--database", "sqlite:///none.db", code=5).stderr
