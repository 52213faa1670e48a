from __future__ import annotations

import pytest


@pytest.fixture
def two(terminal):
    """One case that anna has, one that waits."""
    for id in ("R-1", "R-2"):  # noqa: A001
        terminal.start(id)
    terminal.run("send", "R-1", "take", "--as", "clerk:anna", "--now", "2026-03-02T09:10:00Z")
    return terminal


def test_a_worklist_tells_what_one_has_and_what_is_offered_due_first(two):
    lines = two.run("work", "--as", "clerk:anna", "--now", "2026-03-02T09:20:00Z").stdout.splitlines()

    assert [line.split()[0] for line in lines[:3]] == ["case", "R-2", "R-1"]
    assert "offered" in lines[1]
    assert "10:00" in lines[1]
    assert "yours" in lines[2]
    assert lines[3].strip() == "Look at the photograph first."


def test_a_worklist_is_somebodys(two):
    assert "say whose with --as" in two.run("work", code=2).stderr


def test_a_worklist_as_json_says_what_may_be_sent(two):
    (offered,) = two.lines("work", "--as", "clerk:ben", "--lang", "nl", "--now", "2026-03-02T09:20:00Z")

    assert offered == {
        "case": "R-2",
        "process": "repair",
        "version": 1,
        "kind": "offered",
        "work": "waiting",
        "item": None,
        "state": ["waiting"],
        "title": "Wacht op een medewerker",
        "events": ["take"],
        "due": "2026-03-02T10:00:00Z",
        "opened_at": "2026-03-02T09:00:00Z",
        "guidance": ["Kijk eerst naar de foto."],
    }


def test_a_worklist_can_be_short_and_of_one_process(two):
    assert len(two.lines("work", "--as", "clerk:anna", "--limit", "1", "--now", "2026-03-02T09:20:00Z")) == 1
    assert two.lines("work", "--as", "clerk:anna", "--process", "visit") == []


def test_whoever_has_nothing_to_do_is_told_so(two):
    assert two.run("work", "--as", "owner:jan").stderr == "There is nothing to do for owner:jan.\n"
