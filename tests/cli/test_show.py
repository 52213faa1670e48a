from __future__ import annotations

LATER = ("--now", "2026-03-02T09:30:00Z")


def test_a_case_is_shown_with_all_there_is_to_know(terminal):
    terminal.start("R-1", "--data", "thing=lamp", "--data", "notes=[]")

    assert terminal.run("show", "R-1", *LATER).stdout.splitlines() == [
        "case       R-1",
        "process    repair version 1",
        "state      waiting since 2026-03-02 09:00:00Z (30min ago)",
        "           Waiting for a clerk",
        "revision   1",
        "opened     2026-03-02 09:00:00Z (30min ago)",
        "last step  2026-03-02 09:00:00Z (30min ago)",
        "timers     waiting.after.remind due 2026-03-02 10:00:00Z (in 30min)",
        "data       owner:",
        "             name: Jan",
        "           thing: lamp",
        "           notes: []",
        "accepts    from the local operator: remark",
        "guidance   - Look at the photograph first.",
    ]


def test_an_actor_sees_what_is_theirs_in_their_language(terminal):
    terminal.start()

    told = terminal.run("show", "R-1", *LATER, "--as", "clerk:anna", "--lang", "nl").stdout

    assert "withheld   owner\n" in told
    assert "Jan" not in told
    assert "from clerk:anna: take, remark" in told
    assert "Wacht op een medewerker" in told
    assert "Kijk eerst naar de foto." in told


def test_why_says_what_stands_against_the_rest(terminal):
    terminal.start()

    told = terminal.run("show", "R-1", "--why").stdout

    assert 'refuses    take: "take" of case R-1 may be sent by clerk' in told


def test_an_event_whose_data_decide_is_marked(terminal):
    terminal.start()
    terminal.run("send", "R-1", "take", "--as", "clerk:anna")

    assert "note, finish (its data decide)" in terminal.run("show", "R-1", "--as", "clerk:anna").stdout


def test_a_case_that_has_ended_says_so(terminal):
    terminal.paid()

    assert "Done - ended" in terminal.run("show", "R-1").stdout


def test_a_case_comes_as_json(terminal):
    terminal.start()
    found = terminal.json("show", "R-1", *LATER)

    assert found["id"] == "R-1"
    assert found["state"] == ["waiting"]
    assert found["data"]["owner"] == {"name": "Jan"}
    assert found["timers"] == [{"name": "waiting.after.remind", "due": "2026-03-02T10:00:00Z", "fault": None}]
    assert found["accepts"] == [{"event": "remark", "by": []}]
    assert "refuses" not in found


def test_why_comes_as_json(terminal):
    terminal.start()

    refuses = terminal.json("show", "R-1", "--why")["refuses"]

    assert {each["event"]: each["code"] for each in refuses}["take"] == "not-allowed"


def test_data_that_act_on_a_terminal_are_shown_as_escapes(terminal):
    terminal.start("R-1", "--data", r'thing="\u001b[31mred[bold]\u202e"')

    assert r"thing: \x1b[31mred[bold]\u202e" in terminal.run("show", "R-1").stdout


def test_a_case_that_is_not_there_is_an_error(terminal):
    terminal.start()

    assert terminal.run("show", "R-2", code=4).stderr == "Error: There is no case R-2.\n"
    assert terminal.json("show", "R-2", code=4)["error"] == {
        "code": "unknown-case",
        "message": "There is no case R-2.",
        "facts": {"case": "R-2"},
    }
