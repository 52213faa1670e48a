from __future__ import annotations


def test_a_history_tells_who_did_what_and_what_came_of_it(terminal):
    terminal.paid()

    assert terminal.run("history", "R-1").stdout.splitlines() == [
        "   1  2026-03-02 09:00:00Z  start  by the local operator",
        "      opened in waiting",
        "      timer waiting.after.remind due 2026-03-02 10:00:00Z",
        "   2  2026-03-02 09:10:00Z  take  by clerk:anna",
        "      waiting → taken",
        "      timer waiting.after.remind cancelled",
        "   3  2026-03-02 09:20:00Z  finish  by clerk:anna",
        "      taken → done",
        "      paid 2.25 EUR to anna: Fee",
    ]


def test_a_timer_that_fired_late_shows_when_it_was_due(terminal):
    terminal.start()
    terminal.run("send", "R-1", "take", "--as", "clerk:anna", "--now", "2026-03-02T11:00:00Z")

    told = terminal.run("history", "R-1").stdout

    assert "waiting.after.remind  by the clock\n      stays in waiting" in told
    assert "due 2026-03-02 10:00:00Z, fired 2026-03-02 11:00:00Z" in told
    assert "message reminder to office" in told


def test_a_history_comes_as_json_lines(terminal):
    terminal.paid()

    first, second, third = terminal.lines("history", "R-1")

    assert (first["revision"], first["event"]["name"]) == (1, "start")
    assert second["event"]["actor"] == {"id": "anna", "roles": ["clerk"], "tags": []}
    assert third["effects"][0]["kind"] == "payout"


def test_a_history_withholds_what_is_not_the_actors(terminal):
    terminal.start()

    assert "owner" not in terminal.lines("history", "R-1", "--as", "clerk:anna")[0]["event"]["data"]


def test_a_case_that_is_not_there_has_no_history(terminal):
    terminal.start()

    assert "no case R-2" in terminal.run("history", "R-2", code=4).stderr
    assert terminal.json("history", "R-2", code=4)["error"]["code"] == "unknown-case"
