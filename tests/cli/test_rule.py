"""Reading a rule of the policy."""

from __future__ import annotations

import pytest

FEE = "A repair is paid when it is done."


def test_a_rule_is_read_in_the_words_of_the_policy_and_with_what_carries_it_out(terminal):
    assert terminal.run("rule", "repair", "RE-02").stdout.splitlines() == [
        "RE-02  repair version 1",
        f"  {FEE}",
        "  carried out by payouts.fee",
    ]
    assert FEE in terminal.run("rule", "processes/repair/v1.yaml", "RE-02").stdout


def test_all_rules_are_read_where_none_is_named(terminal):
    assert [each["rule"] for each in terminal.lines("rule", "repair")] == ["RE-01", "RE-02"]


def test_a_rule_comes_as_json_lines(terminal):
    [found] = terminal.lines("rule", "repair", "RE-01", "--version", "1")

    assert found.pop("definition")
    assert found == {
        "process": "repair",
        "version": 1,
        "rule": "RE-01",
        "sentence": "A clerk takes a request within an hour, or is reminded.",
        "implemented_by": ["states.waiting.after.0"],
    }


def test_a_rule_of_a_case_is_that_of_the_version_it_ran_under(terminal):
    (terminal.folder / "processes").unlink()
    folder = terminal.folder / "processes" / "tip"
    folder.mkdir(parents=True)
    for version, sentence in (("1", "A tip is 10."), ("2", "A tip is 20.")):
        text = TIP.replace("VERSION", version).replace("SENTENCE", sentence)
        (folder / f"v{version}.yaml").write_text(text, encoding="utf-8")
    terminal.run("start", "tip", "--id", "T-1", "--version", "1", "--data", "who=anna")
    (folder / "v1.yaml").unlink()

    assert "A tip is 20." in terminal.run("rule", "tip", "T-01").stdout
    for where in ((), ("--revision", "1")):
        told = terminal.run("rule", "--case", "T-1", "T-01", *where).stdout
        assert told.splitlines()[:2] == ["T-01  tip version 1", "  A tip is 10."]
    assert terminal.lines("rule", "--case", "T-1")[0]["implemented_by"] == ["payouts.tip"]
    assert "no revision 7; it is at 1" in terminal.run("rule", "--case", "T-1", "--revision", "7", code=4).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "Name a process"),
        (("repair", "--revision", "1"), 2, "name it with --case"),
        (("--case", "R-1", "--version", "1"), 2, "give one"),
        (("repare",), 3, "repair"),
        (("repair", "--version", "7"), 3, "no version 7"),
        (("repair", "RE-02", "RE-03"), 4, 'no rule "RE-03"; did you mean'),
        (("--case", "R-9"), 4, "R-9"),
    ],
)
def test_what_cannot_be_read_is_told(terminal, arguments, code, told):
    terminal.start()

    result = terminal.run("rule", *arguments, code=code)
    assert told in result.stderr
    assert result.stdout == ""


def test_a_process_without_rules_says_so(terminal):
    (terminal.folder / "bare.yaml").write_text(
        "{process: bare, version: 1, states: {open: {on: {go: {target: done}}}, done: {type: final}}, events: {go: {}}}",
        encoding="utf-8",
    )

    result = terminal.run("rule", "bare.yaml")
    assert (result.stdout, result.stderr) == ("", "bare version 1 names no rules.\n")


TIP = """
process: tip
version: VERSION
sources: {T-01: SENTENCE}
data: {type: object, required: [who], properties: {who: {type: string}}}
payouts:
  tip: {amount: 10, unit: POINTS, payee: case.who, implements: [T-01]}
states:
  open: {entry: [{pay: tip}], on: {go: {target: done}}}
  done: {type: final}
events: {go: {}}
"""
