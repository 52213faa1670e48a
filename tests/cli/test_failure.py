from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest

from caseway.cli.failure import exit_code
from caseway.cli.main import Program
from caseway.engine import errors
from tests import program


def program_that_raises(error: BaseException) -> Program:
    class Faulty(Program):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            raise error

    return Faulty("caseway", params=[click.Option(["--json"], is_flag=True), click.Option(["--debug"], is_flag=True)])


def ended(error, *arguments, capsys):
    with pytest.raises(SystemExit) as end:
        program_that_raises(error).main([*arguments, "show"])
    return end.value.code, *capsys.readouterr()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidDefinition("x"), 3),
        (errors.UnknownProcess("x"), 3),
        (errors.FaultyStep("x"), 3),
        (errors.UnknownCase("x"), 4),
        (errors.InvalidInput("x"), 4),
        (errors.CaseConflict("x"), 4),
        (errors.WorldError("x"), 5),
        (OSError("x"), 5),
        (errors.CasewayError("x"), 1),
    ],
)
def test_the_exit_code_says_who_can_do_something(error, code):
    assert exit_code(error) == code


def test_an_error_is_one_sentence_on_stderr(capsys):
    assert ended(errors.WorldError("The disk is full."), capsys=capsys) == (5, "", "Error: The disk is full.\n")


def test_an_error_in_json_is_on_stdout_alone(capsys):
    code, out, err = ended(errors.UnknownCase("No case X.", case="X"), "--json", capsys=capsys)

    assert (code, err) == (4, "")
    assert json.loads(out) == {"error": {"code": "unknown-case", "message": "No case X.", "facts": {"case": "X"}}}


def test_a_bug_of_ours_is_one_line_that_asks_for_a_report(capsys):
    code, out, err = ended(KeyError("thing"), capsys=capsys)

    assert (code, out) == (1, "")
    assert err.startswith("Error: KeyError: 'thing'. This is a bug of Caseway; please report it")
    assert err.count("\n") == 1


def test_a_bug_of_ours_is_json_too(capsys):
    code, out, err = ended(KeyError("thing"), "--json", capsys=capsys)

    assert (code, err) == (1, "")
    assert json.loads(out)["error"]["facts"] == {"exception": "KeyError"}


def test_where_it_came_from_is_shown_only_on_demand(capsys, monkeypatch):
    assert "Traceback" in ended(KeyError("thing"), "--debug", capsys=capsys)[2]
    monkeypatch.setenv("CASEWAY_DEBUG", "1")
    assert "Traceback" in ended(KeyError("thing"), capsys=capsys)[2]


def test_an_interruption_is_quiet(capsys):
    code, out, err = ended(KeyboardInterrupt(), capsys=capsys)

    assert (code, out, err.strip()) == (130, "", "")


def test_an_operating_system_error_names_the_file(capsys):
    error = OSError(13, "Permission denied", "there.txt")

    assert ended(error, capsys=capsys) == (5, "", "Error: there.txt: Permission denied\n")


def test_a_process_that_does_not_compile_is_told_with_every_place(terminal):
    broken = terminal.folder / "broken.yaml"
    broken.write_text("process: x\nversion: 1\nstates:\n  a: {on: {go: {target: b}}}\nfoo: 1\n", encoding="utf-8")

    told = terminal.run("diagram", "broken.yaml", code=3).stderr
    assert "broken.yaml:5:1: unknown-key" in told
    found = terminal.json("diagram", "broken.yaml", code=3)["error"]
    assert found["code"] == "invalid-definition"
    assert "unknown-key" in {each["code"] for each in found["facts"]["diagnostics"]}


def test_the_installed_program_runs(tmp_path: Path):
    done = program.done(*program.CASEWAY, "show", "X", "--json", code=5, cwd=tmp_path)

    assert json.loads(done.stdout)["error"]["code"] == "world"
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [["--help"], ["diagram", "orange-friends-visit"], ["diagram", "x", "--json"]])
def test_a_reader_that_goes_away_is_met_with_silence(tmp_path: Path, arguments):
    reading, writing = os.pipe()
    os.close(reading)
    done = program.done(*program.CASEWAY, *arguments, code=141, cwd=tmp_path, stdout=writing)
    os.close(writing)

    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [["--help"], ["show", "--help"], ["diagram", "orange-friends-visit", "--json"]])
def test_an_output_that_cannot_be_written_is_an_error(tmp_path: Path, arguments):
    with Path("/dev/full").open("w") as full:
        done = program.done(*program.CASEWAY, *arguments, code=5, cwd=tmp_path, stdout=full)

    assert "Traceback" not in done.stderr
    assert "could not be written" in done.stderr or "No space left" in done.stderr


def test_a_terminal_with_few_letters_shows_escapes(terminal):
    terminal.run("start", "repair", "--id", "R-1", "--data", "owner.name=\u017b")
    environment = os.environ | {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    done = [
        program.done(*program.CASEWAY, "show", "R-1", *more, env=environment, text=False).stdout
        for more in ((), ("--json",))
    ]

    assert rb"name: \u017b" in done[0]
    assert json.loads(done[1])["data"]["owner"] == {"name": "\u017b"}
