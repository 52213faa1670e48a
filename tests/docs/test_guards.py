"""The guards that the how-to shows are guards."""

from __future__ import annotations

import re
from typing import Any

import pytest

from caseway.adapters.yaml_document import parse
from caseway.engine.compiler import compile_process
from docs.replay import HOUSE, blocks

PAGE = HOUSE / "docs" / "how-to" / "write-guards.md"
GUARDS = [
    text
    for block in blocks(PAGE)
    if block.text.startswith("guard:")
    for text in re.split(r"(?m)^(?=guard:)", block.text)
    if text
]

TEXT, NUMBER, TRUTH = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}


def record(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def several(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


DATA = record(
    attempts=NUMBER,
    urgent=TRUTH,
    vip=TRUTH,
    paid=TRUTH,
    n=NUMBER,
    kind={"type": "string", "enum": ["gift", "order"]},
    state=TEXT,
    starts_at={"type": "string", "format": "date-time"},
    code={"type": ["string", "null"]},
    answers=several(record(author=TEXT)),
    votes=several(record(by=TEXT, like=TRUTH)),
    orders=several(record(price=NUMBER)),
    candidates=several(TEXT),
)
DATA["properties"]["note"] = TEXT


@pytest.mark.parametrize("text", GUARDS)
def test_a_guard_of_the_how_to_passes_the_check(text: str) -> None:
    guard = parse("guard.yaml", text).content["guard"]
    if guard == "case.note == 'see # 5'":
        guard = ["has(case.note)", guard]
    process = {
        "process": "sample",
        "version": 1,
        "parameters": {"attempts": 3},
        "data": DATA,
        "events": {"go": {}},
        "conditions": {"tried_enough": "case.attempts >= param.attempts"},
        "states": {"begin": {"on": {"go": {"guard": guard, "target": "end"}}}, "end": {"type": "final"}},
    }
    found = compile_process(process).faults
    assert [fault.message for fault in found if fault.severity == "error"] == []


def test_the_how_to_has_guards() -> None:
    assert len(GUARDS) > 10
