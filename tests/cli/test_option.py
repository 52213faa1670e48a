from __future__ import annotations

import pytest


def test_options_stand_before_the_verb_or_after_it(terminal):
    terminal.start()

    before = terminal.run("--json", "--as", "clerk:anna", "show", "R-1").stdout
    after = terminal.run("show", "R-1", "--json", "--as", "clerk:anna").stdout

    assert before == after
    assert '"withheld": [\n    "owner"\n  ]' in before


def test_the_option_after_the_verb_counts_more(terminal):
    terminal.start()

    assert terminal.json("--as", "clerk:anna", "show", "R-1", "--as", "owner:jan")["withheld"] == []


def test_options_of_a_family_stand_anywhere(terminal):
    terminal.paid()

    told = [
        terminal.run(*arguments).stdout
        for arguments in (
            ("--json", "ledger", "balance"),
            ("ledger", "--json", "balance"),
            ("ledger", "balance", "--json"),
        )
    ]

    assert len(set(told)) == 1


def test_the_database_may_come_from_the_environment(terminal, monkeypatch):
    monkeypatch.setenv("CASEWAY_DATABASE_URL", "sqlite:///other.db")
    terminal.start()

    assert (terminal.folder / "other.db").exists()
    assert not (terminal.folder / "caseway.db").exists()


def test_the_command_line_counts_more_than_the_environment(terminal, monkeypatch):
    monkeypatch.setenv("CASEWAY_DATABASE_URL", "sqlite:///other.db")

    terminal.run("--database", "sqlite:///mine.db", "db", "init")

    assert (terminal.folder / "mine.db").exists()
    assert not (terminal.folder / "other.db").exists()


def test_the_processes_here_are_found(terminal):
    assert "1 process," in terminal.run("check").stderr


def test_the_shipped_processes_are_found_where_there_are_none_here(terminal):
    (terminal.folder / "processes").unlink()

    assert "orange-friends-visit" in terminal.run("diagram", "nothing-like-it", code=3).stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--processes", "nowhere"), "nowhere"),
        (("--as", "anna"), "names nobody"),
        (("--now", "soon"), "is not an instant"),
        (("--lang", "!"), "not a language code"),
        (("--frobnicate",), "--frobnicate"),
    ],
)
def test_an_option_that_says_nothing_is_a_usage_error(terminal, arguments, told):
    for line in ((*arguments, "list"), ("list", *arguments)):
        result = terminal.run(*line, code=2)
        assert told in result.stderr
        assert result.stdout == ""
    assert terminal.json("list", *arguments, code=2)["error"]["code"] == "usage"


def test_a_verb_that_is_not_there_says_what_was_probably_meant(terminal):
    assert 'did you mean "show"?' in terminal.run("shwo", code=2).stderr
    assert 'did you mean "once"?' in terminal.run("worker", "onec", code=2).stderr
