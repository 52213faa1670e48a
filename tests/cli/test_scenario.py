from __future__ import annotations

import shutil

import pytest


@pytest.fixture
def failing(terminal):
    """A copy of the process whose scenario expects what does not come."""
    folder = terminal.folder / "mine" / "repair"
    shutil.copytree(terminal.folder / "processes" / "repair", folder)
    scenarios = folder / "v1.scenarios.yaml"
    scenarios.write_text(scenarios.read_text(encoding="utf-8").replace("EUR: 225", "EUR: 226"), encoding="utf-8")
    return "mine"


def test_a_scenario_that_holds_is_ticked(terminal):
    result = terminal.run("test")

    assert result.stdout == "✓ repair 1: A clerk takes it and is paid\n"
    assert result.stderr == "1 scenario, 0 failed\n"


def test_a_scenario_that_does_not_hold_says_where(terminal, failing):
    result = terminal.run("test", failing, code=3)

    assert result.stdout.startswith("✗ repair 1: A clerk takes it and is paid\n    ")
    assert "226" in result.stdout
    assert result.stderr == "1 scenario, 1 failed\n"


def test_scenarios_come_as_json_lines(terminal, failing):
    sound, bad = terminal.lines("test", "processes", failing, code=3)

    assert (sound["passed"], sound["failures"], sound["proves"]) == (True, [], ["RE-01", "RE-02"])
    assert (bad["passed"], len(bad["failures"])) == (False, 1)


def test_a_scenario_file_that_is_not_sound_is_shown_with_its_faults(terminal, failing):
    (terminal.folder / "mine/repair/v1.scenarios.yaml").write_text("process: repair\nfoo: 1\n", encoding="utf-8")

    result = terminal.run("test", failing, code=3)

    assert result.stdout.startswith("✗ mine/repair/v1.scenarios.yaml: cannot be played\n")
    assert "unknown-key" in result.stdout
    assert terminal.lines("test", failing, code=3)[0]["diagnostics"]


def test_a_folder_without_scenarios_is_a_usage_error(terminal):
    (terminal.folder / "none").mkdir()

    assert "no scenarios" in terminal.run("test", "none", code=2).stderr
    assert terminal.json("test", "none", code=2)["error"]["code"] == "usage"
