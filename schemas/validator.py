"""Whether a document has the form that a JSON Schema beside this file asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from caseway.engine.bound import exceeded
from caseway.engine.fault import Fault
from caseway.engine.fit import Predicate, predicate, written_whole
from caseway.engine.misfit import Misfit

Name = Literal["process", "scenarios", "calendar"]
Schema = Mapping[str, Any]

DEPTH = 64
"""Levels of a document: enough for any process that a person can read."""
NODES = 200_000
"""Values in a document."""


def faults(document: Any, name: Name) -> tuple[Fault, ...]:
    """Return everything in a document that its schema does not allow."""
    if fault := exceeded(document, depth=DEPTH, nodes=NODES):
        return (fault,)
    return () if _fits(name)(document) else _misfit(name).faults(document)


@cache
def schema(name: Name) -> Schema:
    """Return the JSON Schema itself; do not change it."""
    text = Path(__file__).with_name(f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: Schema = json.loads(text)
    return loaded


@cache
def properties(name: Name) -> Mapping[str, Mapping[str, Schema]]:
    """Return the keys of the language and what the schema says of each, by the thing that has them.

    The document itself goes by the schema's name, and a mapping within another by its path: `action.append`.
    """
    whole = schema(name)
    found: dict[str, dict[str, Schema]] = {}
    for thing, content in ((name, whole), *whole["definitions"].items()):
        _collect(thing, content, found)
    return found


def _collect(thing: str, content: Schema, found: dict[str, dict[str, Schema]]) -> None:
    """Add the keys of one thing and of the mappings written out within it."""
    for key, value in content.get("properties", {}).items():
        if isinstance(value, Mapping):
            found.setdefault(thing, {}).setdefault(key, value)
            _collect(f"{thing}.{key}", value, found)
    for keyword in ("items", "additionalProperties", "then", "else"):
        if isinstance(content.get(keyword), Mapping):
            _collect(thing, content[keyword], found)


@cache
def _fits(name: Name) -> Predicate:
    return predicate(schema(name), integer=written_whole)


@cache
def _misfit(name: Name) -> Misfit:
    return Misfit(schema(name), "key", integer=written_whole)
