from __future__ import annotations

import pytest
from click.testing import CliRunner

from caseway.adapters import wiring
from caseway.cli.main import program


def completed(*words, incomplete=""):
    """Return what a shell would offer after some words."""
    environment = {
        "_CASEWAY_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["caseway", *words, incomplete]),
        "COMP_CWORD": str(len(words) + 1),
    }
    result = CliRunner().invoke(program, [], env=environment, prog_name="caseway")
    assert (result.exit_code, result.stderr) == (0, "")
    return [line.partition(",")[2] for line in result.stdout.splitlines() if line]


def test_verbs_are_offered(terminal):
    assert completed(incomplete="s") == ["start", "send", "show"]


def test_processes_are_offered(terminal):
    assert completed("start") == ["repair"]
    assert completed("report") == ["repair"]
    assert completed("diagram", incomplete="x") == []


def test_the_rules_of_a_process_or_of_a_case_are_offered(terminal):
    terminal.start()

    assert completed("rule") == ["repair"]
    assert completed("rule", "repair") == completed("rule", "--case", "R-1") == ["RE-01", "RE-02"]


def test_cases_are_offered_the_open_ones_first(terminal):
    terminal.paid("R-1")
    terminal.start("R-2")

    assert completed("show") == ["R-2", "R-1"]
    assert completed("history", incomplete="R-1") == ["R-1"]


def test_the_events_that_a_case_accepts_are_offered(terminal):
    terminal.start()

    assert completed("send", "R-1") == ["take", "remark"]
    assert completed("send", "R-1", "--as", "owner:jan") == ["remark"]
    assert completed("--as", "clerk:anna", "send", "R-1", incomplete="t") == ["take"]


def test_what_was_set_aside_is_offered_by_case_and_then_by_effect(terminal):
    terminal.start()
    terminal.run("worker", "once", "--only", "timers")
    runtime = wiring.open("sqlite:///caseway.db", processes="processes")
    runtime.store.undelivered("R-1:2:0", "the printer is out of paper", set_aside=True)
    runtime.close()

    assert completed("worker", "retry") == ["R-1"]
    assert completed("worker", "retry", incomplete="R-1") == ["R-1:2:0"]
    assert completed("worker", "retry", incomplete="x") == []


@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("send", "R-9"),
        ("show", "--database", "nonsense"),
        ("show", "--as", "x"),
        ("show", "--processes", "nowhere"),
    ],
)
def test_where_there_is_nothing_to_offer_nothing_is_said(terminal, words):
    assert completed(*words) == []
    assert not (terminal.folder / "caseway.db").exists()


def test_what_cannot_be_read_offers_nothing(terminal):
    (terminal.folder / "caseway.db").write_text("junk" * 1000, encoding="utf-8")

    assert completed("show") == []
