from __future__ import annotations


def test_a_database_is_made_once(terminal):
    assert terminal.run("db", "init").stdout == "The database sqlite:///caseway.db is ready.\n"
    assert terminal.json("db", "init") == {"database": "sqlite:///caseway.db", "rehearsal": False}


def test_a_database_to_rehearse_in_takes_the_future(terminal):
    assert terminal.run("db", "init", "--rehearsal").stdout.endswith("to rehearse in.\n")

    terminal.run("start", "repair", "--id", "R-1", "--data", "owner.name=Jan", "--now", "2999-01-01T00:00:00Z")


def test_real_cases_are_not_rehearsed_with(terminal):
    terminal.run("db", "init")

    assert "real cases" in terminal.run("db", "init", "--rehearsal", code=4).stderr
    assert terminal.json("db", "init", "--rehearsal", code=4)["error"]["code"] == "invalid-input"


def test_a_folder_that_is_not_there_is_the_worlds_fault(terminal):
    assert "nowhere" in terminal.run("db", "init", "--database", "sqlite:///nowhere/x.db", code=5).stderr
