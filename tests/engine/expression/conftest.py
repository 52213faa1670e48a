from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from caseway.engine.expression import Activation, Language, Scope

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
INSTANT = {"type": "string", "format": "date-time"}


def record(**properties: Any) -> dict[str, Any]:
    """The shape of an object in which all these fields are always there."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def listed(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


ANSWER = {
    "type": "object",
    "required": ["id", "votes"],
    "properties": {"id": STRING, "votes": listed(INTEGER), "note": STRING, "at": INSTANT},
}
CASE = {
    "type": "object",
    "required": [
        "attempts",
        "name",
        "status",
        "paid",
        "rating",
        "limit",
        "answers",
        "scores",
        "grid",
        "levels",
        "opened",
        "closed",
    ],
    "properties": {
        "attempts": INTEGER,
        "name": STRING,
        "status": {"enum": ["open", "shut"]},
        "paid": {"type": "boolean"},
        "rating": {"type": "number"},
        "limit": {"type": ["integer", "null"]},
        "note": STRING,
        "visits": {"type": "integer", "default": 0},
        "customer": {"type": ["object", "null"], "properties": {"name": STRING}},
        "answers": listed(ANSWER),
        "scores": {"type": "object", "additionalProperties": INTEGER},
        "grid": listed(listed(INTEGER)),
        "levels": listed({"type": ["integer", "null"]}),
        "opened": INSTANT,
        "closed": {"type": ["string", "null"], "format": "date-time"},
    },
}
VARIABLES = {
    "case": CASE,
    "event": record(id=STRING, name=STRING, data=record(note=STRING)),
    "actor": record(id=STRING, roles=listed(STRING)),
    "param": record(limit=INTEGER, patience=STRING),
    "now": INSTANT,
    "meta": record(case=STRING, opened=INSTANT, assignee={"type": ["string", "null"]}),
    "fact": {"type": "object", "additionalProperties": {}},
}
VALUES: Mapping[str, Any] = {
    "case": {
        "attempts": 2,
        "name": "Anna",
        "status": "open",
        "paid": True,
        "rating": 4,
        "limit": None,
        "visits": 3,
        "answers": [
            {"id": "a1", "votes": [3, 1], "at": "2026-01-01T10:00:00+01:00"},
            {"id": "a2", "votes": [], "note": "thanks"},
        ],
        "scores": {"bob": 2, "anna": 5},
        "grid": [[3, 1], [2]],
        "levels": [1, None],
        "opened": "2026-01-01T00:00:00Z",
        "closed": None,
    },
    "event": {"id": "e1", "name": "accept", "data": {"note": "soon"}},
    "actor": {"id": "anna", "roles": ["friend"]},
    "param": {"limit": 3, "patience": "PT8H"},
    "now": datetime(2026, 1, 2, 9, 30, tzinfo=UTC),
    "meta": {"case": "OF-1", "opened": "2026-01-02T09:00:00Z", "assignee": None},
    "fact": {},
}


@pytest.fixture(scope="session")
def scope() -> Scope:
    return Language().scope(VARIABLES)


@pytest.fixture(scope="session")
def activation(scope: Scope) -> Activation:
    return scope.activation(VALUES)
