"""No expression and no data crash, hang or fill the memory."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caseway.engine.expression import ExpressionError, Language, Scope
from tests.engine.expression.conftest import VALUES, VARIABLES

HOSTILE = [
    ("(" * 1_000_000, "expression-too-long"),
    ("1" * 4_097, "expression-too-long"),
    ("(" * 2_000 + "1" + ")" * 2_000, "expression-too-large"),
    ("[" * 31 + "]" * 31, "expression-too-large"),
    ("1" + " + 1" * 900, "expression-too-large"),
    ("case.paid" + " && case.paid" * 200, "expression-too-large"),
    ("case" + ".a" * 2_000, "expression-too-large"),
    ("case" + "[0]" * 1_000, "expression-too-large"),
    ("true ? 1 : " * 300 + "1", "expression-too-large"),
    (")" * 4_000, "syntax"),
    ("\0" * 4_000, "syntax"),
    ("\x1b[0m", "syntax"),
    ("'" * 4_095, "syntax"),
    ("ำ" * 4_000, "syntax"),
    ("case.name == 'ERROR: <input>:1:1: x\\n' + ", "syntax"),
]


@pytest.mark.parametrize(("text", "code"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_a_fault(scope: Scope, text: str, code: str) -> None:
    program, faults = scope.compile(text)
    assert program is None
    assert code in {fault.code for fault in faults}


@pytest.mark.parametrize("text", ["-" * 4_000 + "1", "!" * 4_001 + "case.paid", "- " * 2_000 + "1"])
def test_long_rows_of_signs_neither_crash_nor_hang(scope: Scope, text: str) -> None:
    program, faults = scope.compile(text)
    assert (program is None) == bool(faults)


def deep(depth: int) -> Any:
    data: Any = 1
    for _ in range(depth):
        data = [data]
    return data


def cyclic() -> Any:
    data: list[Any] = []
    data.extend([data] * 100)
    return data


LARGE = [
    ("case.answers == []", {"answers": deep(100_000)}),
    ("case.answers == []", {"answers": cyclic()}),
    ("size(case.answers)", {"answers": [1] * 10_001}),
    ("size(case.answers)", {"answers": [[1] * 1_000] * 101}),
    ("case.grid[0].all(x, x >= 0)", {"grid": [list(range(10_000))]}),
    ("case.grid[0].all(x, case.grid[0].all(y, true))", {"grid": [list(range(101))]}),
    ("case.answers.map(a, case.answers)", {"answers": [{"id": str(i), "votes": []} for i in range(2_600)]}),
    (
        "case.answers.map(a, case.name)",
        {"answers": [{"id": str(i), "votes": []} for i in range(1_000)], "name": "x" * 60_000},
    ),
    ("case.answers.all(a, a in case.answers)", {"answers": [{"id": str(i), "votes": [1, 2]} for i in range(5_000)]}),
    ("case.grid[0].all(x, sum(case.grid[0]) > 0)", {"grid": [[1] * 2_501]}),
    ("case.grid[0].map(x, x)", {"grid": [[1] * 2_501]}),
    ("(case.grid[0] + case.grid[0]).filter(x, x > 0)", {"grid": [[1] * 1_300]}),
    ("case.name + case.name", {"name": "x" * 40_000}),
]


@pytest.mark.parametrize(("text", "case"), LARGE, ids=[f"{i}: {row[0]}" for i, row in enumerate(LARGE)])
def test_large_data_are_an_error(scope: Scope, text: str, case: Any) -> None:
    program, faults = scope.compile(text)
    assert program is not None, faults
    with pytest.raises(ExpressionError) as caught:
        program.evaluate(scope.activation({**VALUES, "case": case}))
    assert caught.value.code == "limit"


TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                "case",
                ".",
                "attempts",
                "name",
                "answers",
                "note",
                "limit",
                "status",
                "scores",
                "grid",
                "now",
                "==",
                "!=",
                "&&",
                "||",
                "!",
                "+",
                "-",
                "*",
                "/",
                "%",
                "<",
                ">",
                "in",
                "(",
                ")",
                "[",
                "]",
                "{",
                "}",
                "?",
                ":",
                ",",
                "1",
                "2.5",
                "'x'",
                '"y"',
                "null",
                "true",
                "all(",
                "exists(",
                "map(",
                "filter(",
                "has(",
                "size(",
                "sum(",
                "keys(",
                "sorted(",
                "x.",
                "x,",
                "a",
                "b",
                "and",
                "or",
                "not",
                "=",
                "duration(",
                "'PT1H'",
                "timestamp(",
                "percent(",
                "dyn(",
                "type(",
                "r'",
                "'''",
                "//",
                "\n",
                "\\",
                "`",
                "1u",
                "b'a'",
                ".?",
                "@",
                "#",
                "é",
                "😀",
            ]
        ),
        max_size=25,
    ).map(" ".join),
    st.lists(
        st.sampled_from(["case.attempts", "case.name", "case.limit", ".map(x,", ".all(x,", *"x(),.+=1'"]),
        max_size=15,
    ).map("".join),
)
LANGUAGE = Language().scope(VARIABLES)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(TEXTS)
def test_any_text_gives_a_program_or_faults_within_it(text: str) -> None:
    program, faults = LANGUAGE.compile(text)
    assert (program is None) == bool(faults)
    for fault in faults:
        assert fault.offset is not None
        assert 0 <= fault.offset <= len(text)
        assert fault.message
    if program is not None:
        try:
            program.evaluate(LANGUAGE.activation(VALUES))
        except ExpressionError as error:
            assert error.code  # noqa: PT017  # either outcome is fine


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(st.one_of(TEXTS, st.sampled_from(["{{", "}}", "{", "}"])), max_size=6).map("".join))
def test_any_text_gives_a_template_or_faults(text: str) -> None:
    template, faults = LANGUAGE.template(text)
    assert (template is None) == bool(faults)
    assert all(0 <= (fault.offset or 0) <= len(text) for fault in faults)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=12,
)
PROGRAMS = [
    program
    for program, _ in map(
        LANGUAGE.compile,
        [
            "case",
            "case.attempts + 1",
            "case.answers.map(a, a.id)",
            "case.opened < now",
            "keys(case.scores)",
            "sorted(case.grid[0])",
        ],
    )
    if program
]


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(JSON, st.sampled_from(["attempts", "answers", "opened", "scores", "grid", ""]))
def test_any_data_give_a_value_or_an_error(value: Any, name: str) -> None:
    activation = LANGUAGE.activation({**VALUES, "case": {name: value} if name else value})
    for program in PROGRAMS:
        try:
            program.evaluate(activation)
        except ExpressionError as error:
            assert error.code  # noqa: PT017  # either outcome is fine
