"""Diagnostics: the sentence, the source line and the carets, for people and for programs."""

from __future__ import annotations

import json
import math

import pytest

from caseway.adapters.diagnostic import WIDTH, Diagnostic, as_json, as_sarif, as_text, diagnose
from caseway.adapters.yaml_document import UnreadableDocument, parse
from caseway.engine.fault import Fault, suggestion

TEXT = """\
process: visit
states:
  contacting:
    on: {accept: {target: contactin}}
  closed:
    guard: >-
      case.attempts > 3
      && case.open
"""
TARGET = ("states", "contacting", "on", "accept", "target")


def unknown_target() -> Fault:
    hint = suggestion("contactin", ["contacting", "closed"])
    return Fault("unknown-target", '"contactin" is not a state here', TARGET, hint, "contactin")


def diagnosed(fault: Fault, text: str = TEXT) -> Diagnostic:
    return diagnose(parse("processes/x/v1.yaml", text), fault)


def made(line: str, column: int, end: int, **more) -> Diagnostic:
    return Diagnostic("f.yaml", 1, column, end, "code", "message", source_line=line, **more)


def test_a_diagnostic_reads_like_a_compilers() -> None:
    assert as_text([diagnosed(unknown_target())]) == (
        'processes/x/v1.yaml:4:27: unknown-target: "contactin" is not a state here; did you mean "contacting"?\n'
        "        on: {accept: {target: contactin}}\n"
        "                              ^^^^^^^^^\n"
    )


def test_a_warning_says_so() -> None:
    diagnostic = diagnosed(Fault("unused", "nobody needs this", ("states", "closed"), severity="warning"))
    assert as_text([diagnostic]).splitlines() == [
        "processes/x/v1.yaml:5:3: warning: unused: nobody needs this",
        "      closed:",
        "      ^^^^^^",
    ]


def test_a_place_inside_a_block_is_shown_on_its_own_line() -> None:
    path = ("states", "closed", "guard")
    diagnostic = diagnosed(Fault("unknown-name", "no", path, offset="case.attempts > 3 && case.open".index("open")))
    assert (diagnostic.line, diagnostic.column, diagnostic.end_column) == (8, 15, 19)


def test_no_diagnostics_are_no_text() -> None:
    assert as_text([]) == ""


def test_the_carets_cover_an_offending_value_that_is_more_than_a_word() -> None:
    fault = Fault("bad-path", "no", ("a",), value="one.two", offset=0)
    diagnostic = diagnosed(fault, "a: one.two")
    assert (diagnostic.column, diagnostic.end_column) == (4, 11)


def test_what_cannot_be_read_is_told_in_the_same_form() -> None:
    with pytest.raises(UnreadableDocument) as caught:
        parse("f.yaml", "a: 1\nb-c: {}\nb-c: 2")
    text = as_text(diagnose(caught.value.document, fault) for fault in caught.value.faults)
    assert text == (
        'f.yaml:3:1: duplicate-key: "b-c" stands here a second time; the first is on line 2; keep one of them\n'
        "    b-c: 2\n"
        "    ^^^\n"
    )


def test_a_file_without_a_text_has_no_source_line() -> None:
    with pytest.raises(UnreadableDocument) as caught:
        parse("f.yaml", "")
    text = as_text(diagnose(caught.value.document, fault) for fault in caught.value.faults)
    assert text.startswith("f.yaml:1:1: empty-document: there is nothing in this document; ")
    assert text.count("\n") == 1


def test_tabs_stay_so_that_carets_stand_under_their_place() -> None:
    assert as_text([made("a:\tb\tbad", 6, 9)]).splitlines()[1:] == ["    a:\tb\tbad", "      \t \t^^^"]


def test_wide_characters_take_two_columns_and_accents_none() -> None:
    assert as_text([made("日本: e\u0301x", 5, 8)]).splitlines()[1:] == ["    日本: e\u0301x", "          ^^"]


@pytest.mark.parametrize("column", [1, 60, 300, 590, 600])
def test_a_long_line_is_cut_around_its_place(column: int) -> None:
    line = "".join(chr(ord("a") + number % 26) for number in range(600))
    _, source, carets = as_text([made(line, column, column + 3)]).splitlines()
    assert len(source) <= WIDTH + 10
    start = carets.index("^")
    shown = source[start : start + len(carets.strip())]
    assert shown == line[column - 1 : column + 2]
    assert source.lstrip().startswith("…") == (column > 60)
    assert source.endswith("…") == (column < 590)


def test_a_place_wider_than_a_line_is_cut_too() -> None:
    _, source, carets = as_text([made("x" * 5000, 1000, 4000)]).splitlines()
    assert len(source) < 2 * WIDTH
    assert source.startswith("    …")
    assert source.endswith("…")
    assert "^" * 20 in carets


def test_what_would_act_on_a_terminal_is_escaped() -> None:
    fault = Fault("x", "\x1b[2J is \u202eodd\x07\x9b", hint="not\nhere", value="\x1b[2J")
    diagnostic = diagnose(parse("f\x1b.yaml", "a: 1"), fault)
    assert as_text([diagnostic]).splitlines()[0] == ("f\\x1b.yaml:1:1: x: \\x1b[2J is \\u202eodd\\x07\\x9b; not\\nhere")


def test_a_source_line_cannot_act_on_a_terminal_either() -> None:
    text = as_text([made("a: \x1b[31mred\u202e \U000e0001", 4, 5)])
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.splitlines()[2] == "       ^"


def test_a_remark_of_the_document_joins_the_hint() -> None:
    diagnostic = diagnosed(Fault("unknown-name", "no name hello", ("a",), "ask", "hello", offset=0), 'a: "hello"')
    assert diagnostic.hint == "ask; the quotes belong to YAML and are gone; for a fixed text write {text: hello}"


def test_json_has_every_field() -> None:
    [found] = as_json([diagnosed(unknown_target())])
    assert found == {
        "file": "processes/x/v1.yaml",
        "line": 4,
        "column": 27,
        "end_column": 36,
        "code": "unknown-target",
        "message": '"contactin" is not a state here',
        "hint": 'did you mean "contacting"?',
        "severity": "error",
        "value": "contactin",
        "source_line": "    on: {accept: {target: contactin}}",
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((1, [True, None]), [1, [True, None]]),
        ({1: {"a": 2.5}}, {"1": {"a": 2.5}}),
        (math.inf, "inf"),
        ({"x"}, "{'x'}"),
        ([[[[[[[[[[1]]]]]]]]]], [[[[[[[["…"]]]]]]]]),
    ],
)
def test_values_are_json_whatever_they_were(value: object, shown: object) -> None:
    [found] = as_json([diagnosed(Fault("x", "y", value=value))])
    assert found["value"] == shown
    json.dumps(found, allow_nan=False)


def test_sarif_has_one_run_with_rules_levels_and_regions() -> None:
    warning = Fault("unused", "nobody needs this", ("states",), severity="warning")
    found = as_sarif([diagnosed(unknown_target()), diagnosed(warning), diagnosed(unknown_target())], "0.1.0")
    assert found["version"] == "2.1.0"
    [run] = found["runs"]
    assert run["tool"]["driver"]["name"] == "caseway"
    assert run["tool"]["driver"]["version"] == "0.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["unknown-target", "unused"]
    assert [(result["ruleId"], result["ruleIndex"], result["level"]) for result in run["results"]] == [
        ("unknown-target", 0, "error"),
        ("unused", 1, "warning"),
        ("unknown-target", 0, "error"),
    ]
    first = run["results"][0]
    assert first["message"]["text"] == '"contactin" is not a state here; did you mean "contacting"?'
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "processes/x/v1.yaml"},
        "region": {"startLine": 4, "startColumn": 27, "endLine": 4, "endColumn": 36},
    }
    json.dumps(found)


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("./processes/v1.yaml", "processes/v1.yaml"),
        ("a b/ä:1.yaml", "a%20b/%C3%A4%3A1.yaml"),
        ("/abs/v1.yaml", "file:///abs/v1.yaml"),
    ],
)
def test_sarif_names_files_by_uri(file: str, uri: str) -> None:
    found = as_sarif([Diagnostic(file, 1, 1, 2, "x", "y")], "1")
    assert found["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_sarif_of_nothing_is_an_empty_run() -> None:
    [run] = as_sarif([], "1")["runs"]
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []
