"""What is wrong with an expression, where, and what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from caseway.engine.expression import Language, Scope

BOOLEAN = {"type": "boolean"}
INTEGER = {"type": "integer"}
STRING = {"type": "string"}
STRINGS = {"type": "array", "items": STRING}
INSTANT = {"type": "string", "format": "date-time"}
NOTE = {"type": "object", "required": ["text"], "properties": {"text": STRING, "at": INSTANT}}

TABLE: list[tuple[str, Any, list[tuple[str, int, str]]]] = [
    # names, fields and functions
    ("cases.attempts > 1", None, [("unknown-name", 0, 'did you mean "case"')]),
    ("case.attempts > parm.limit", None, [("unknown-name", 16, 'did you mean "param"')]),
    ("case.atempts > 1", None, [("unknown-field", 5, 'did you mean "attempts"')]),
    ("case . atempts > 1", None, [("unknown-field", 7, 'did you mean "attempts"')]),
    ("case.atempts + case.nam", None, [("unknown-field", 5, "attempts"), ("unknown-field", 20, "name")]),
    ("case.attempts.count", None, [("unknown-field", 14, "only objects")]),
    ("case.answers.id", None, [("unknown-field", 13, "list[0]")]),
    ("event.data.nota == 'x'", None, [("unknown-field", 11, 'did you mean "note"')]),
    ("len(case.name)", None, [("unknown-function", 0, "write size")]),
    ("szie(case.name)", None, [("unknown-function", 0, 'did you mean "size"')]),
    ("case.name.startswith('A')", None, [("unknown-function", 10, 'did you mean "startsWith"')]),
    ("case.name.string()", None, [("unknown-function", 10, "string(...)")]),
    ("startsWith(case.name, 'A')", None, [("unknown-function", 0, "value.startsWith(...)")]),
    ("shape0.M0", None, [("unknown-name", 0, "case")]),
    # fixed text
    ("urgent", None, [("unknown-name", 0, "fixed text is {text: urgent}")]),
    ("meto", None, [("unknown-name", 0, 'did you mean "meta"')]),
    ("Hello there, friend", None, [("syntax", 6, "fixed text is {text: ...}")]),
    ("Please call and wait", None, [("syntax", 7, "fixed text is {text: ...}")]),
    # other dialects
    ("case.paid and true", None, [("syntax", 10, "write &&")]),
    ("case.paid or false", None, [("syntax", 10, "write ||")]),
    ("not case.paid", None, [("syntax", 0, "write !")]),
    ("case.attempts = 1", None, [("syntax", 14, "write ==")]),
    ("case.attempts <> 1", None, [("syntax", 14, "write !=")]),
    ("case.attempts === 1", None, [("syntax", 14, "write ==")]),
    ("case.paid is true", None, [("syntax", 10, "write ==")]),
    ("case.paid == True", None, [("unknown-name", 13, "write true")]),
    ("case.limit == None", None, [("unknown-name", 14, "write null")]),
    ("case.name == “x”", None, [("syntax", 13, 'write "'), ("syntax", 15, 'write "')]),
    ("case.paid and case.nmae = 'x'", None, [("syntax", 10, "&&"), ("syntax", 24, "=="), ("unknown-field", 19, "name")]),
    # syntax
    ("case.", None, [("syntax", 5, "")]),
    ("case.attempts +", None, [("syntax", 15, "")]),
    ("(case.attempts", None, [("syntax", 14, "")]),
    ("case.name == 'x", None, [("syntax", 13, "close it")]),
    ("case.attempts 1", None, [("syntax", 14, "")]),
    ("has(case)", None, [("syntax", 4, "has(case.field)")]),
    ("case.answers.map(1, 2)", None, [("syntax", 17, "map(item")]),
    ("return", None, [("syntax", 0, "names of your own")]),
    ("99999999999999999999", None, [("syntax", 0, "whole numbers go from")]),
    ("case.attempts # 1", None, [("syntax", 14, "")]),
    ("", None, [("syntax", 0, "write a CEL expression")]),
    ("  \n ", None, [("syntax", 0, "write a CEL expression")]),
    ("case.name\x00", None, [("syntax", 9, "leave it out")]),
    ("'\ud800'", None, [("syntax", 1, "leave it out")]),
    # types
    ("case.attempts + 'x'", None, [("type", 14, "string(...)")]),
    ("case.name > 1", None, [("type", 10, "")]),
    ("case.rating > 1", None, [("type", 12, "1.0")]),
    ("case.name == null", None, [("type", 10, "never null")]),
    ("!case.attempts", None, [("type", 0, "")]),
    ("case.paid && case.attempts", None, [("type", 10, "")]),
    ("case.paid ? 1 : 'x'", None, [("type", 10, "dyn(...)")]),
    ("case.attempts ? 1 : 2", None, [("type", 14, "")]),
    ("percent(case.name, 1)", None, [("type", 0, "")]),
    ("size(case.attempts)", None, [("type", 0, "")]),
    ("sum([case.name])", None, [("type", 0, "")]),
    ("'x' in case.name", None, [("type", 4, "contains")]),
    ("case['name']", None, [("type", 4, "dot")]),
    ("case.attempts.map(x, x)", None, [("type", 5, "")]),
    ("sorted(case.answers)", None, [("type", 0, "sort texts")]),
    ("now + 1", None, [("type", 4, "")]),
    ("duration('8 hours')", None, [("type", 9, "8h")]),
    ("now - duration('P1Y') < now", None, [("type", 15, "years and months")]),
    ("timestamp('yesterday') < now", None, [("type", 10, "2026-03-02")]),
    ("case.name.matches('[')", None, [("type", 18, "RE2")]),
    ("now.getHours('Nowhere')", None, [("type", 13, "Europe/Warsaw")]),
    # what the result must be
    ("case.attempts", BOOLEAN, [("result-type", 5, "comparison")]),
    ("case.attempts + 1", STRING, [("result-type", 14, "string(...)")]),
    ("case.name", INTEGER, [("result-type", 5, "int(...)")]),
    ("case.name", STRINGS, [("result-type", 5, "[ ]")]),
    ("[case.name, case.attempts]", STRINGS, [("result-type", 17, "string(...)")]),
    ("case.grid", STRINGS, [("result-type", 5, "")]),
    ("case.name", INSTANT, [("result-type", 5, "timestamp(")]),
    ("now", STRING, [("result-type", 0, "string(...)")]),
    ("null", STRING, [("result-type", 0, "")]),
    ("case.paid ? 'x' : case.name", INTEGER, [("result-type", 12, "int(...)"), ("result-type", 23, "int(...)")]),
    ("'gone'", {"enum": ["open", "shut"]}, [("not-in-enum", 0, "open")]),
    ("{'text': case.attempts}", NOTE, [("result-type", 14, "string(...)")]),
    ("{'txet': 'x', 'text': 'y'}", NOTE, [("unknown-field", 1, 'did you mean "text"')]),
    ("{'at': now}", NOTE, [("result-type", 0, '"text"')]),
    ("case.answers[0]", NOTE, [("result-type", 12, "")]),
    ("1u", None, [("result-type", 0, "give a text")]),
    ("b'x'", None, [("result-type", 0, "give a text")]),
    ("type(1)", None, [("result-type", 0, "give a text")]),
    ("case.rating", None, [("double", 5, "minor units")]),
    ("case.rating * 2.0", INTEGER, [("double", 12, "percent()")]),
    # absent and null
    ("case.note == 'x'", None, [("may-be-absent", 5, "has(case.note)")]),
    ("has(case.note) || case.note == 'x'", None, [("may-be-absent", 23, "has(case.note)")]),
    ("!has(case.note) && case.note == 'x'", None, [("may-be-absent", 24, "has(case.note)")]),
    ("has(case.note) ? 1 : size(case.note)", None, [("may-be-absent", 31, "has(case.note)")]),
    ("case.answers.map(a, a.note)", None, [("may-be-absent", 22, "has(a.note)")]),
    ("case.answers[0].note", None, [("may-be-absent", 16, "has(case.answers[0].note)")]),
    ("case.limit + 1", None, [("may-be-null", 5, "case.limit != null")]),
    ("case.limit == null && case.limit > 1", None, [("may-be-null", 27, "!= null")]),
    ("case.levels.map(x, x + 1)", None, [("may-be-null", 19, "x != null")]),
    ("meta.assignee", STRING, [("may-be-null", 5, "meta.assignee != null")]),
    ("[meta.assignee]", STRINGS, [("may-be-null", 6, "meta.assignee != null")]),
    ("meta.assignee.contains('x')", None, [("may-be-null", 5, "meta.assignee != null")]),
    ("has(case.note) && case.answers.all(case, case.id == 'x' && has(case.note)) && case.limit > 1", None, [("may-be-null", 83, "")]),
    ("has(case.customer) && has(case.customer.name)", None, [("may-be-null", 31, "case.customer != null")]),
    # what never holds, and what has no order
    ("case.status == 'opne'", None, [("not-in-enum", 15, 'did you mean "open"')]),
    ("'gone' != case.status", None, [("not-in-enum", 0, "open")]),
    ("case.status in ['open', 'gone']", None, [("not-in-enum", 24, "open")]),
    ("case.scores.map(k, k)", None, [("map-order", 5, "keys(...)")]),
    ("case.scores.exists(k, k == 'x')", None, [("map-order", 5, "keys(...)")]),
    ("fact.people.exists(p, p == 1)", None, [("map-order", 5, "keys(...)")]),
    # what is left out
    ("cel.bind(x, 1, x)", None, [("forbidden-function", 4, "write the value out")]),
    ("case.name.replace('a', 'b')", None, [("forbidden-function", 10, "cannot be rewritten")]),
    ("'%s'.format([1])", None, [("forbidden-function", 5, "template")]),
    ("case.answers.map(a, a.id + '!')", None, [("forbidden-concatenation", 25, "outside")]),
    ("case.grid.exists(row, size(row + row) > 1)", None, [("forbidden-concatenation", 31, "outside")]),
    ("case.grid.all(a, a.all(b, case.grid.all(c, true)))", None, [("comprehension-too-deep", 36, "at most 2")]),
    ("google.protobuf.Timestamp{seconds: 1}", None, [("forbidden-function", 0, "map")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wants", "expected"), TABLE, ids=[repr(row[0]) for row in TABLE])
def test_every_fault_is_found_at_its_place_with_a_hint(scope: Scope, text: str, wants: Any, expected: Any) -> None:
    program, faults = scope.compile(text, wants)
    assert program is None
    assert [(fault.code, fault.offset) for fault in faults] == [(code, offset) for code, offset, _ in expected], faults
    for fault, (_, _, hint) in zip(faults, expected, strict=True):
        assert hint in fault.hint
        assert fault.message


FINE: list[tuple[str, Any]] = [
    ("case.attempts + 1 >= param.limit", BOOLEAN),
    ("case.visits > 1", BOOLEAN),
    ("has(case.note) && case.note == 'x'", BOOLEAN),
    ("!has(case.note) || case.note == 'x'", BOOLEAN),
    ("has(case.note) ? case.note : ''", STRING),
    ("!(has(case.note) && true) ? '' : case.note", STRING),
    ("case.limit != null && case.limit > 1", BOOLEAN),
    ("case.limit == null || case.limit > 1", BOOLEAN),
    ("case.limit != null ? case.limit : 0", INTEGER),
    ("meta.assignee == actor.id", BOOLEAN),
    ("meta.assignee in ['x']", BOOLEAN),
    ("case.closed == null || case.closed < now", BOOLEAN),
    ("meta.assignee", {"type": ["string", "null"]}),
    ("has(case.customer) && case.customer != null && has(case.customer.name) && case.customer.name != ''", BOOLEAN),
    ("case.answers.filter(a, has(a.note) && a.note != '')", None),
    ("case.answers.map(a, has(a.note), a.note)", STRINGS),
    ("case.levels.map(x, x != null, x + 1)", {"type": "array", "items": INTEGER}),
    ("keys(case.scores).exists(k, case.scores[k] > 1)", BOOLEAN),
    ("case.grid.exists(row, row.exists(x, x > 1))", BOOLEAN),
    ("sorted(uniq(case.grid[0]))", {"type": "array", "items": INTEGER}),
    ("case.rating > 1.5", BOOLEAN),
    ("case.rating", {"type": "number"}),
    ("case.attempts", {"type": "number"}),
    ("now", INSTANT),
    ("case.opened + duration('1h')", INSTANT),
    ("{'text': case.name, 'at': now}", NOTE),
    ("case.status", {"enum": ["open", "shut"]}),
    ("case.status == 'open'", BOOLEAN),
    ("fact.anything", BOOLEAN),
    ("now - meta.opened < duration(param.patience)", BOOLEAN),
    ("now.getHours('Europe/Warsaw') < 18", BOOLEAN),
    ("case.name == 'żółć 😀' && case.paid", BOOLEAN),
    ("case.attempts > 1 // as the policy says", BOOLEAN),
    ("[]", STRINGS),
    ("now - meta.opened", {"type": "string", "format": "duration"}),
]


@pytest.mark.parametrize(("text", "wants"), FINE, ids=[repr(row[0]) for row in FINE])
def test_what_is_right_has_no_fault(scope: Scope, text: str, wants: Any) -> None:
    program, faults = scope.compile(text, wants)
    assert faults == ()
    assert program is not None
    assert program.text == text


def test_offsets_count_characters_over_lines_and_astral_characters(scope: Scope) -> None:
    _, faults = scope.compile("case.name == '😀ż'\n  && case.nmae == ''")
    assert [fault.offset for fault in faults] == ["case.name == '😀ż'\n  && case.nmae".index("nmae")]


def test_guards_in_a_list_rely_on_those_before(scope: Scope) -> None:
    first, _ = scope.compile("has(case.note) && case.limit != null", BOOLEAN)
    assert first is not None
    assert first.establishes == {"case.note", "case.limit!"}
    second, faults = scope.compile("case.note != '' && case.limit > 1", BOOLEAN, first.establishes)
    assert second is not None
    assert faults == ()


def test_what_does_not_hold_establishes_the_contrary(scope: Scope) -> None:
    program, _ = scope.compile("!has(case.note) || case.limit == null", BOOLEAN)
    assert program is not None
    assert program.establishes == frozenset()
    assert program.refutes == {"case.note", "case.limit!"}


def test_reads_are_the_longest_paths(scope: Scope) -> None:
    program, _ = scope.compile(
        "case.attempts > 1 && event.data.note == 'x' && now > meta.opened && has(case.note)"
        " && case.answers.exists(a, a.id == actor.id) && case.answers[0].id == 'x'"
    )
    assert program is not None
    assert program.reads == {
        "case.attempts", "event.data.note", "now", "meta.opened", "case.note", "case.answers", "actor.id",
    }  # fmt: skip


def test_fields_whose_names_collide_in_protocol_buffers_stay_apart() -> None:
    map_of = {"type": "object", "additionalProperties": {"type": "integer"}}
    names = ["a_b", "a__b", "ab", "a1", "a_1", "m_x", "m__x", "mx"]
    properties = {name: map_of if name[0] == "m" else {"type": "string"} for name in names}
    shape = {"type": "object", "properties": properties, "required": names}
    inside = Language().scope(
        {"case": {"type": "object", "properties": {"o": shape, "o_o": shape}, "required": ["o", "o_o"]}}
    )
    for name in names:
        text = f"case.o.{name}['x'] + 1" if name[0] == "m" else f"case.o_o.{name} + 'x'"
        assert inside.compile(text)[1] == ()
