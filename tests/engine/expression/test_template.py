"""Texts with expressions inside."""

from __future__ import annotations

import pytest

from caseway.engine.expression import Activation, ExpressionError, Scope
from tests.engine.expression.conftest import VALUES


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("", ""),
        ("plain { text }", "plain { text }"),
        ("Dear {{ case.name }},", "Dear Anna,"),
        ("{{case.attempts}}{{ case.attempts+1 }}", "23"),
        ("{{ case.paid }} {{ !case.paid }}", "true false"),
        ("[{{ meta.assignee }}]", "[]"),
        ("at {{ case.opened }}", "at 2026-01-01T00:00:00Z"),
        ("for {{ now - meta.opened }}", "for PT30M"),
        ("{{ '}}' }} and {{ {'a': {'b': 1}}['a']['b'] }}", "}} and 1"),
        ("{{ case.name == 'x' ? 'a' : \"b\" }}", "b"),
    ],
)
def test_values_stand_in_their_places(scope: Scope, activation: Activation, text: str, rendered: str) -> None:
    template, faults = scope.template(text)
    assert template is not None, faults
    assert template.render(activation) == rendered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dear {{ case.nmae }}, {{ foo }}", [("unknown-field", 13), ("unknown-name", 25)]),
        ("Dear {{ case.name", [("syntax", 5)]),
        ("Dear {{ case.name }", [("syntax", 5)]),
        ("Dear case.name }}", [("syntax", 15)]),
        ("{{ }}", [("syntax", 2)]),
        ("{{ case.note }}", [("may-be-absent", 8)]),
        ("{{ case.answers }}", [("result-type", 8)]),
        ("{{ case.scores }}", [("result-type", 8)]),
        ("{{ case.rating }}", [("double", 8)]),
        ("{{ 'x }} then {{ case.nmae }}", [("syntax", 3), ("unknown-field", 22)]),
        ("x" * 65_537, [("expression-too-long", 65_536)]),
    ],
)
def test_faults_are_found_within_the_whole_text(scope: Scope, text: str, expected: list[tuple[str, int]]) -> None:
    template, faults = scope.template(text)
    assert template is None
    assert [(fault.code, fault.offset) for fault in faults] == expected


def test_a_template_knows_what_it_reads(scope: Scope) -> None:
    template, _ = scope.template("{{ case.name }} {{ now }}")
    assert template is not None
    assert template.reads == {"case.name", "now"}


def test_a_rendered_text_stays_within_its_bound(scope: Scope) -> None:
    template, _ = scope.template("{{ case.name }}{{ case.name }}")
    assert template is not None
    with pytest.raises(ExpressionError) as caught:
        template.render(scope.activation({**VALUES, "case": {"name": "x" * 40_000}}))
    assert caught.value.code == "limit"
