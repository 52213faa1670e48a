"""What expressions give on plain data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from caseway.engine.expression import Activation, ExpressionError, Language, Program, Scope
from tests.engine.expression.conftest import ANSWER, INSTANT, VALUES, VARIABLES, record

INTEGER = {"type": "integer"}

VALUE: list[tuple[str, Any]] = [
    ("case.attempts + 1 >= param.limit", True),
    ("case.attempts * 10 - 3 % 2", 19),
    ("case.rating > 3.5", True),
    ("string(case.rating)", "4"),
    ("has(case.note)", False),
    ("!has(case.note) || case.note == 'x'", True),
    ("case.limit == null", True),
    ("case.limit", None),
    ("meta.assignee == actor.id", False),
    ("actor.roles", ["friend"]),
    ("'friend' in actor.roles", True),
    ("case.status == 'open' ? 'yes' : 'no'", "yes"),
    ("case.answers.filter(a, has(a.note)).map(a, a.id)", ["a2"]),
    ("case.answers.exists_one(a, a.id == 'a1')", True),
    ("case.answers.all(a, size(a.votes) > 0)", False),
    ("sum(case.answers[0].votes)", 4),
    ("sum([])", 0),
    ("uniq(['b', 'a', 'b'])", ["b", "a"]),
    ("uniq(case.answers) == case.answers", True),
    ("uniq([now, now])", ["2026-01-02T09:30:00Z"]),
    ("sorted(case.grid[0])", [1, 3]),
    ("sorted(['b', 'a', 'Ż'])", ["a", "b", "Ż"]),
    ("sorted([now, case.opened])", ["2026-01-01T00:00:00Z", "2026-01-02T09:30:00Z"]),
    ("keys(case.scores)", ["anna", "bob"]),
    ("case.scores", {"anna": 5, "bob": 2}),
    ("{'z': 1, 'a': now}", {"a": "2026-01-02T09:30:00Z", "z": 1}),
    ("percent(225, 10)", 23),
    ("percent(-225, 10)", -23),
    ("percent(9007199254740993, 100)", 9007199254740993),
    ("case.opened", "2026-01-01T00:00:00Z"),
    ("case.answers[0]", {"at": "2026-01-01T09:00:00Z", "id": "a1", "votes": [3, 1]}),
    ("case.opened < now", True),
    ("now - meta.opened", "PT30M"),
    ("now - meta.opened < duration('8h')", True),
    ("now - meta.opened < duration('PT8H')", True),
    ("now - meta.opened < duration(param.patience)", True),
    ("duration('1h30m') == duration('PT1H30M')", True),
    ("now + duration('1.5s')", "2026-01-02T09:30:01.500000Z"),
    ("now.getHours('Europe/Warsaw')", 10),
    ("timestamp('2026-01-01T00:00:00Z') == case.opened", True),
    ("case.name.startsWith('A') && case.name.matches('^[A-Z]')", True),
    ("int('42')", 42),
    ("size('żółć😀')", 5),
    ("event.data.note", "soon"),
    ("true || 1 / 0 > 1", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), VALUE, ids=[repr(row[0]) for row in VALUE])
def test_values_are_plain_json(scope: Scope, activation: Activation, text: str, value: Any) -> None:
    found = compiled(scope, text).evaluate(activation)
    assert found == value
    assert type(found) is type(value)
    if isinstance(found, dict):
        assert list(found) == sorted(found)


FAILING: list[tuple[str, str, str]] = [
    ("case.answers[9].id", "absent", "no item 9 in a list of 2"),
    ("case.scores['zoe']", "absent", '"zoe"'),
    ("fact.gone", "absent", '"gone"'),
    ("case.attempts / (case.attempts - 2)", "division-by-zero", "zero"),
    ("case.attempts % (case.attempts - 2)", "division-by-zero", "zero"),
    ("9223372036854775807 + case.attempts", "overflow", "range"),
    ("percent(9223372036854775807, 101)", "overflow", "whole numbers"),
    ("sum([9223372036854775807, 1])", "overflow", "whole numbers"),
    ("case.answers.map(a, 1 / 0)", "division-by-zero", "zero"),
    ("int(case.name)", "bad-value", "int"),
    ("timestamp(case.name) < now", "bad-value", "Timestamp"),
    ("duration(case.name) < duration('1h')", "bad-value", "Anna"),
    ("meta.opened - now", "bad-value", "negative"),
    ("-9223372036854775807 - 1", "overflow", "whole numbers"),
    ("{1: 2}", "wrong-type", "key"),
]


@pytest.mark.parametrize(("text", "code", "said"), FAILING, ids=[row[0] for row in FAILING])
def test_what_fails_says_why(scope: Scope, activation: Activation, text: str, code: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compiled(scope, text).evaluate(activation)
    assert caught.value.code == code
    assert said in caught.value.message
    assert text in caught.value.message


@pytest.mark.parametrize(
    ("text", "case", "code"),
    [
        ("case.attempts + 1", {"attempts": "two"}, "wrong-type"),
        ("case.attempts + 1", {}, "absent"),
        ("case.attempts", {"attempts": "two"}, "wrong-type"),
        ("case.attempts", {"attempts": None}, "wrong-type"),
        ("case.attempts", {"attempts": True}, "wrong-type"),
        ("case.attempts", {"attempts": 1.5}, "wrong-type"),
        ("case.attempts", {"attempts": 2**63}, "limit"),
        ("case.attempts", {"attempts": object()}, "wrong-type"),
        ("case.attempts", [1], "wrong-type"),
        ("case.attempts", None, "wrong-type"),
        ("size(case.name)", {"name": "x\0y"}, "bad-value"),
        ("size(case.name)", {"name": "\ud800"}, "bad-value"),
        ("size(case.name)", {"name": "x" * 65_537}, "limit"),
        ("size(case.scores)", {"scores": {1: 2}}, "wrong-type"),
        ("case.opened < now ? 1 : 2", {"opened": "tomorrow"}, "bad-value"),
        ("case.opened < now ? 1 : 2", {"opened": "2026-01-01T00:00:00"}, "bad-value"),
        ("case.rating > 1.5 ? 1 : 2", {"rating": float("nan")}, "bad-value"),
    ],
)
def test_data_of_another_type_are_an_error_and_no_guess(scope: Scope, text: str, case: Any, code: str) -> None:
    program, faults = scope.compile(text, INTEGER)
    assert program is not None, faults
    with pytest.raises(ExpressionError) as caught:
        program.evaluate(scope.activation({**VALUES, "case": case}))
    assert caught.value.code == code


def test_whole_floats_of_json_become_integers_where_integers_are_declared(scope: Scope) -> None:
    activation = scope.activation({**VALUES, "case": {"attempts": 3.0, "grid": [[1.0, 2]]}})
    assert repr(compiled(scope, "case.attempts + 1").evaluate(activation)) == "4"
    assert repr(compiled(scope, "case.grid[0]").evaluate(activation)) == "[1, 2]"


def test_a_bad_value_harms_only_those_who_read_it(scope: Scope) -> None:
    activation = scope.activation({**VALUES, "case": {"attempts": 3, "name": object()}})
    assert compiled(scope, "case.attempts").evaluate(activation) == 3


def test_a_program_runs_on_activations_of_other_scopes(scope: Scope) -> None:
    timed = Language().scope({**VARIABLES, "event": record(due=INSTANT)})
    activation = timed.activation({**VALUES, "event": {"due": datetime(2026, 1, 2, tzinfo=UTC)}})
    assert compiled(scope, "case.attempts").evaluate(activation) == 2
    assert compiled(timed, "event.due").evaluate(activation) == "2026-01-02T00:00:00Z"
    with pytest.raises(ExpressionError, match='there is no "data"'):
        compiled(scope, "event.data.note").evaluate(activation)


def test_an_activation_extends_to_the_items_of_a_list(scope: Scope, activation: Activation) -> None:
    itemised = scope.language.scope({**VARIABLES, "item": ANSWER})
    program = compiled(itemised, "has(item.at) && item.at < now && item.id == case.answers[0].id")
    found = [program.evaluate(activation.extended(item=item)) for item in VALUES["case"]["answers"]]
    assert found == [True, False]
    assert activation.extended(now="2025-01-01T00:00:00Z").variables()["now"] != activation.variables()["now"]


def test_the_same_part_is_converted_once(scope: Scope) -> None:
    answers = [{"id": "x", "votes": [1]}]
    activation = scope.activation({**VALUES, "case": {"answers": answers}})
    program = compiled(scope, "case.answers.exists(a, a.id == 'x')")
    assert program.evaluate(activation) is True
    answers.clear()
    assert program.evaluate(activation.extended(item=1)) is True


def compiled(scope: Scope, text: str) -> Program:
    program, faults = scope.compile(text)
    assert program is not None, faults
    return program
