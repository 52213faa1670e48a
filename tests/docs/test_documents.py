"""Every YAML document in the repository has the form of its schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from caseway.adapters.shared_calendar import is_shared
from caseway.adapters.yaml_document import read
from caseway.schemas.validator import Name, faults, schema

HOUSE = Path(__file__).resolve().parents[2]
ROOMS = ("processes", "tests", "examples", "benchmarks", "docs")
BROKEN = HOUSE / "tests" / "documents" / "broken"
OTHERS = {"sismic.yaml", "statemachine.yaml"}
"""Charts in the languages of the libraries that the bench compares with."""
FILES = [
    path
    for room in ROOMS
    for path in sorted((HOUSE / room).rglob("*.y*ml"))
    if not path.is_relative_to(BROKEN) and path.name not in OTHERS
]
HEAD = {"process": "semantics", "version": 1}


def misfits(path: Path, content: dict[str, Any]) -> tuple[object, ...]:
    if path.name.endswith(".scenarios.yaml"):
        return faults(content, "scenarios")
    if is_shared(path):
        return faults(content, "calendar")
    if "rule" not in content:
        return faults(content, "process")
    story = {key: content[key] for key in ("people", "scenarios") if key in content}
    return faults(HEAD | content["document"], "process") + faults(HEAD | story, "scenarios")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_document_has_the_form_of_its_schema(path: Path) -> None:
    content = read(path).content
    assert isinstance(content, dict)
    assert not misfits(path, content)


def test_the_schemas_themselves_are_schemas() -> None:
    from jsonschema import Draft7Validator, Draft202012Validator

    names: tuple[Name, ...] = ("process", "scenarios", "calendar")
    for name in names:
        Draft7Validator.check_schema(schema(name))
        Draft202012Validator.check_schema(schema(name))


def test_the_documents_of_the_repository_are_found() -> None:
    assert {"v1.yaml", "v1.scenarios.yaml", "history_deep.yaml"} <= {path.name for path in FILES}
