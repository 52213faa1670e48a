from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.adapters.migrating import newer_caseway


def spoil(terminal, *statements):
    with closing(sqlite3.connect(terminal.folder / "caseway.db", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


# init


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


# upgrade


def test_a_database_that_is_up_to_date_stays_as_it_is(terminal):
    terminal.run("db", "init")

    assert terminal.run("db", "upgrade").stdout == (
        "The database sqlite:///caseway.db is up to date, at revision 0001.\n"
    )
    assert terminal.json("db", "upgrade") == {
        "database": "sqlite:///caseway.db",
        "from": "0001",
        "to": "0001",
        "copy": None,
    }


def test_an_upgrade_says_where_the_copy_is(terminal, monkeypatch):
    terminal.run("db", "init")
    newer_caseway(monkeypatch)

    told = terminal.run("db", "upgrade").stdout

    copy = terminal.folder / "caseway.db.before-0002"
    assert told.splitlines() == [
        "The database sqlite:///caseway.db was upgraded from revision 0001 to 0002.",
        f"As it was before, it is in {copy}.",
    ]
    assert copy.is_file()


def test_an_upgrade_that_fails_is_the_worlds_fault(terminal, monkeypatch):
    terminal.run("db", "init")
    newer_caseway(monkeypatch, "failing")

    assert "is as it was before" in terminal.run("db", "upgrade", code=5).stderr
    facts = terminal.json("db", "upgrade", code=5)["error"]["facts"]
    assert facts["copy"] == str(terminal.folder / "caseway.db.before-0002")
    assert (facts["revision"], facts["wanted"]) == ("0001", "0002")


def test_an_old_file_upgrades_itself_with_any_verb(terminal, monkeypatch):
    terminal.start()
    newer_caseway(monkeypatch)

    assert terminal.json("show", "R-1")["id"] == "R-1"
    assert terminal.json("db", "status")["revision"] == "0002"


def test_a_newer_file_is_refused_by_every_verb(terminal):
    terminal.start()
    spoil(terminal, "UPDATE caseway_alembic_version SET version_num = '0099'")

    for verb in (("show", "R-1"), ("list",), ("db", "init"), ("db", "upgrade")):
        assert "upgrade Caseway" in terminal.run(*verb, code=5).stderr


def test_there_is_nothing_to_upgrade_where_there_is_no_database(terminal):
    for verb in ("upgrade", "status", "check"):
        assert "caseway db init" in terminal.run("db", verb, code=5).stderr


def test_what_is_no_database_url_is_the_callers_fault(terminal):
    for verb in ("upgrade", "status", "check"):
        assert "not a database URL" in terminal.run("db", verb, "--database", "memory:", code=4).stderr


# status


def test_the_status_of_a_database(terminal):
    terminal.start()

    told = terminal.run("db", "status").stdout.splitlines()

    assert [line.split()[0] for line in told] == ["database", "kind", "revision", "rehearsal", "cases", "size"]
    assert told[2] == "revision   0001, up to date"
    assert told[4] == "cases      1"


def test_the_status_of_a_database_for_programs(terminal):
    terminal.run("db", "init", "--rehearsal")

    status = terminal.json("db", "status")

    assert status.pop("server").startswith("3.")
    assert status.pop("size") > 0
    assert status == {
        "database": "sqlite:///caseway.db",
        "kind": "sqlite",
        "revision": "0001",
        "wanted": "0001",
        "standing": "current",
        "embedded": True,
        "rehearsal": True,
        "cases": 0,
    }


def test_the_status_says_what_to_do(terminal, monkeypatch):
    terminal.start()
    newer_caseway(monkeypatch)
    assert "0001; `caseway db upgrade` brings it to 0002" in terminal.run("db", "status").stdout
    spoil(terminal, "UPDATE caseway_alembic_version SET version_num = '0099'")
    assert "0099; this Caseway knows those up to 0002: upgrade Caseway" in terminal.run("db", "status").stdout
    (terminal.folder / "empty.db").touch()
    assert "`caseway db init` makes them" in terminal.run("db", "status", "--database", "sqlite:///empty.db").stdout


# check


def test_a_sound_database_passes_the_check(terminal):
    terminal.paid()

    told = terminal.run("db", "check", "--full").stdout.splitlines()

    assert told[0] == "revision  0001, as this Caseway works with"
    assert [line.split()[0] for line in told] == ["revision", "file", "tables", "journals", "work", "lines", "ledger"]
    found = terminal.json("db", "check")
    assert found["sound"]
    assert found["checks"][-2] == {"check": "journals", "sound": True, "told": "agree with their cases (the newest: 1)"}


def test_a_spoiled_database_fails_the_check(terminal):
    terminal.paid()
    spoil(terminal, "UPDATE caseway_case SET revision = 9")

    assert "not sound: do not agree" in terminal.run("db", "check", code=4).stdout
    assert not terminal.json("db", "check", code=4)["sound"]


def test_an_old_database_fails_the_check_and_stays_old(terminal, monkeypatch):
    terminal.start()
    newer_caseway(monkeypatch)

    assert "upgrade it to 0002 with `caseway db upgrade`" in terminal.run("db", "check", code=4).stdout
    assert terminal.json("db", "status")["standing"] == "outdated"
