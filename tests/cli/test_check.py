from __future__ import annotations

import json

import pytest

BROKEN = "process: broken\nversion: 1\nstates:\n  a: {on: {go: {target: nowhere}}}\nevents: {go: {}}\nfoo: 1\n"


@pytest.fixture
def broken(terminal):
    (terminal.folder / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    return "broken.yaml"


def test_sound_processes_are_counted(terminal):
    result = terminal.run("check")

    assert (result.stdout, result.stderr) == ("", "1 process, 1 scenario file, 0 errors, 0 warnings\n")


def test_every_fault_is_shown_at_its_place(terminal, broken):
    result = terminal.run("check", broken, code=3)

    assert "broken.yaml:6:1: unknown-key" in result.stdout
    assert "    foo: 1\n    ^^^\n" in result.stdout
    assert "1 process, " in result.stderr


def test_faults_come_as_one_json_document(terminal, broken):
    found = terminal.json("check", broken, code=3)

    assert {"file", "line", "column", "code", "message", "severity"} <= found[0].keys()
    assert json.loads(terminal.run("check", broken, "--format", "json", code=3).stdout) == found


def test_faults_come_as_sarif(terminal, broken):
    log = json.loads(terminal.run("check", broken, "--format", "sarif", code=3).stdout)

    assert log["version"] == "2.1.0"
    assert log["runs"][0]["results"][0]["ruleId"]


def test_sound_processes_are_an_empty_document(terminal):
    assert terminal.json("check") == []


def test_a_path_that_is_not_there_is_a_fault(terminal):
    result = terminal.run("check", "nowhere.yaml", code=3)

    assert result.stdout.startswith("nowhere.yaml:1:1: ")


def test_files_that_cannot_be_read_are_faults(terminal):
    (terminal.folder / "junk.yaml").write_bytes(b"\xff\x00")
    (terminal.folder / "empty.yaml").write_bytes(b"")

    result = terminal.run("check", "junk.yaml", "empty.yaml", code=3)

    assert "junk.yaml:" in result.stdout
    assert "empty.yaml:" in result.stdout


def test_a_folder_without_documents_is_a_usage_error(terminal):
    (terminal.folder / "none").mkdir()

    assert "no YAML file in none" in terminal.run("check", "none", code=2).stderr
    assert terminal.json("check", "none", code=2)["error"]["code"] == "usage"


def test_calendars_are_checked_and_counted(terminal):
    (terminal.folder / "calendars").mkdir()
    text = 'calendar: office\nzone: Europe/Amsterdam\nhours: {monday: ["09:00-17:00"]}\n'
    (terminal.folder / "calendars" / "office.yaml").write_text(text, encoding="utf-8")

    assert terminal.run("check", "calendars").stderr == "0 processes, 1 calendar, 0 errors, 0 warnings\n"
