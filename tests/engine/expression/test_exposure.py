"""Which private fields an expression is found to look at."""

from __future__ import annotations

import pytest

from caseway.engine.expression import Language

CHIEF = ["chief"]
CASE = {
    "type": "object",
    "required": ["open", "secret", "person", "orders", "codes", "shelf", "other"],
    "properties": {
        "open": {"type": "string"},
        "secret": {"type": "string", "x-visible-to": CHIEF},
        "person": {
            "type": "object",
            "required": ["id", "name"],
            "properties": {"id": {"type": "string"}, "name": {"type": "string", "x-visible-to": CHIEF}},
        },
        "other": {
            "type": "object",
            "required": ["id", "name"],
            "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
        },
        "orders": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["title", "cost"],
                "properties": {"title": {"type": "string"}, "cost": {"type": "integer", "x-visible-to": CHIEF}},
            },
        },
        "codes": {"type": "array", "items": {"type": "string", "x-visible-to": CHIEF}},
        "shelf": {"type": "object", "additionalProperties": {"type": "string", "x-visible-to": CHIEF}},
    },
}
SCOPE = Language().scope({"case": CASE})
COST, NAME, CODES = "case.orders[].cost", "case.person.name", "case.codes[]"


def private(text: str) -> set[str]:
    program, faults = SCOPE.compile(text)
    assert program is not None, faults
    return {each.path for each in program.private}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("case.open", set()),
        ("case.secret", {"case.secret"}),
        ("case.open == 'a' || case.secret == 'a'", {"case.secret"}),
        ("case.person.id", set()),
        ("case.person.name", {NAME}),
        ("has(case.person.name)", {NAME}),
        ("case.person == case.person", {NAME}),
        ("size(case.orders)", set()),
        ("size(case.codes)", {CODES}),
        ("case.orders[0].title", set()),
        ("case.orders[size(case.orders) - 1].cost", {COST}),
        ("case.orders.map(order, order.title)", set()),
        ("case.orders.map(order, order.cost)", {COST}),
        ("case.orders.filter(order, order.title == 'a').size()", set()),
        ("case.orders.filter(order, order.cost > 1).size()", {COST}),
        ("case.orders.filter(order, order.title == 'a')[0].cost", {COST}),
        ("case.orders.filter(order, order.title == 'a')[0].title", set()),
        ("case.orders == []", {COST}),
        ("case.orders.exists(order, order == case.orders[0])", {COST}),
        ("case.codes.exists(code, true)", {CODES}),
        ("'a' in case.codes", {CODES}),
        ("keys(case.shelf)", {"case.shelf.*"}),
        ("case.shelf['a']", {"case.shelf[]"}),
        ("(case.open == 'a' ? case.person : case.person).id", {NAME}),
        ("dyn(case.person).id == 'a'", {NAME}),
        ("[case.person].map(person, person.id)", {NAME}),
        ("sum(case.orders.map(order, order.cost))", {COST}),
    ],
)
def test_what_an_expression_looks_at_and_not_everybody_may_see_is_found(text: str, found: set[str]) -> None:
    assert private(text) == found


def test_the_roles_and_the_place_of_each_are_told() -> None:
    program, _ = SCOPE.compile("case.open + case.secret")
    assert program is not None
    (found,) = program.private
    assert found.roles == {"chief"}
    assert found.offset == len("case.open + case.")


def test_of_a_template_the_places_count_in_the_whole_text() -> None:
    template, _ = SCOPE.template("Dear {{ case.open }}, {{ case.secret }}")
    assert template is not None
    assert [(each.path, each.offset) for each in template.private] == [("case.secret", 30)]


def test_where_nothing_is_private_nothing_is_found() -> None:
    program, _ = Language().scope({"case": {"type": "object", "properties": {}}}).compile("case == case")
    assert program is not None
    assert program.private == ()
