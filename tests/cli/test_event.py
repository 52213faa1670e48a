from __future__ import annotations

import pytest


def test_opening_a_case_says_where_it_is(terminal):
    told = terminal.run(
        "start", "repair", "--id", "R-1", "--data", "owner.name=Jan", "--now", "2026-03-02T09:00:00Z"
    ).stdout

    assert told == "R-1: opened in waiting (revision 1)\n  timer waiting.after.remind due 2026-03-02 10:00:00Z\n"


def test_opening_a_case_comes_as_json(terminal):
    found = terminal.json("start", "repair", "--id", "R-1", "--data", "owner.name=Jan", "--version", "1")

    assert (found["case"], found["event"], found["from"], found["to"], found["revision"]) == (
        "R-1",
        "start",
        [],
        ["waiting"],
        1,
    )
    assert [effect["kind"] for effect in found["effects"]] == ["set-timer"]


def test_opening_a_case_again_with_the_same_data_changes_nothing(terminal):
    arguments = ("start", "repair", "--id", "R-1", "--data", "owner.name=Jan")

    assert terminal.json(*arguments) == terminal.json(*arguments)


def test_opening_a_case_again_with_other_data_is_refused(terminal):
    terminal.start()

    assert (
        terminal.json("start", "repair", "--id", "R-1", "--data", "owner.name=Ewa", code=4)["error"]["code"]
        == "event-id-reused"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("repare",), 3, "unknown-process"),
        (("repair", "--version", "9"), 3, "unknown-process"),
        (("repair", "--version", "0"), 2, "usage"),
        (("repair", "--id", "a:b", "--data", "owner.name=Jan"), 4, "invalid-input"),
        (("repair",), 4, "invalid-data"),
        (("repair", "--as", "system:x", "--data", "owner.name=Jan"), 4, "invalid-input"),
        (("repair", "--now", "2999-01-01T00:00:00Z", "--data", "owner.name=Jan"), 4, "invalid-input"),
        (("repair", "--database", "sqlite:///nowhere/x.db", "--data", "owner.name=Jan"), 5, "world"),
        (("repair", "--database", "nonsense"), 4, "invalid-input"),
        ((), 2, "usage"),
    ],
)
def test_a_case_that_cannot_be_opened_says_who_can_mend_it(terminal, arguments, code, name):
    assert terminal.json("start", *arguments, code=code)["error"]["code"] == name


def test_sending_an_event_says_where_it_led(terminal):
    terminal.start()

    told = terminal.run("send", "R-1", "take", "--as", "clerk:anna", "--now", "2026-03-02T09:10:00Z").stdout

    assert told == "R-1: waiting → taken (revision 2)\n  timer waiting.after.remind cancelled\n"


def test_sending_an_event_comes_as_json(terminal):
    terminal.start()
    found = terminal.json("send", "R-1", "remark", "--data", "text=Hello", "--now", "2026-03-02T09:10:00Z")

    assert found == {
        "case": "R-1",
        "event": "remark",
        "from": ["waiting"],
        "to": ["waiting"],
        "revision": 2,
        "effects": [],
    }


def test_an_event_id_that_was_seen_changes_nothing(terminal):
    terminal.start()
    arguments = ("send", "R-1", "remark", "--data", "text=Hello", "--event-id", "E-1")

    assert terminal.json(*arguments) == terminal.json(*arguments)


def test_a_refusal_is_one_sentence_that_says_what_is_possible(terminal):
    terminal.start()

    result = terminal.run("send", "R-1", "note", "--as", "clerk:anna", "--data", "text=x", code=4)

    assert result.stdout == ""
    assert result.stderr.startswith('Refused: Case R-1 is in "waiting" and does not accept "note"')


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("R-2", "take"), 4, "unknown-case"),
        (("R-1", "take"), 4, "not-allowed"),
        (("R-1", "note", "--as", "clerk:anna"), 4, "not-accepted"),
        (("R-1", "tkae"), 4, "unknown-event"),
        (("R-1", "remark", "--data", "text=1"), 4, "invalid-data"),
        (("R-1", "break_it"), 3, "faulty-step"),
        (("R-1",), 2, "usage"),
    ],
)
def test_an_event_that_cannot_happen_says_who_can_mend_it(terminal, arguments, code, name):
    terminal.start()

    assert terminal.json("send", *arguments, code=code)["error"]["code"] == name


@pytest.mark.parametrize("arguments", [("send", "R-1", "take"), ("show", "R-1"), ("list",), ("worker", "once")])
def test_only_opening_a_case_makes_a_database(terminal, arguments):
    assert "caseway db init" in terminal.run(*arguments, code=5).stderr
    assert not (terminal.folder / "caseway.db").exists()
