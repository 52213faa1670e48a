"""What CEL makes of a shape: the kind of value, and whether it may be null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
"""A shape: the part of JSON Schema in which processes declare data."""

INSTANT: Schema = {"type": "string", "format": "date-time"}
SPAN: Schema = {"type": "duration"}
"""CEL's duration, which no declared field is: a field with `format: duration` is a text."""
NULL: Schema = {"type": "null"}
TEXTUAL: Schema = {}
"""What may stand within a text: anything but lists and objects. It is this very object, not an equal one."""
INTERNAL = frozenset({"uint", "bytes", "type"})
"""Kinds of CEL that no data may have."""

_NAMES = {
    "string": "text",
    "integer": "whole number",
    "number": "floating number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
    "null": "null",
    "duration": "duration",
    "instant": "instant",
    "uint": "unsigned number",
    "bytes": "bytes",
    "type": "type",
}


def kind(schema: Schema) -> tuple[str | None, bool]:
    """Return a shape's one type (None: any) and whether null is allowed; `enum` and `const` may imply them."""
    declared = schema.get("type")
    if isinstance(declared, str):
        return declared, declared == "null"
    if isinstance(declared, (list, tuple)):
        others = [each for each in declared if each != "null"]
        return (others[0] if len(others) == 1 else None), len(others) < len(declared)
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    kinds = {_kind_of(value) for value in values}
    others = sorted(kinds - {"null"})
    return (others[0] if len(others) == 1 else None), "null" in kinds


def refined(schema: Schema) -> str | None:
    """Return a shape's type, with instants told from other texts."""
    base, _ = kind(schema)
    return "instant" if base == "string" and schema.get("format") == "date-time" else base


def nullable(schema: Schema | None) -> bool:
    """Say whether a value of this shape may be null. A shape that says nothing allows it."""
    return schema is None or kind(schema) == (None, False) or kind(schema)[1]


def field(schema: Schema | None, name: str) -> Schema | None:
    """Return the shape of a field or of a free key, or None where nothing is known."""
    if schema is None:
        return None
    declared = schema.get("properties", {}).get(name)
    if declared is None:
        declared = schema.get("additionalProperties")
    return declared if isinstance(declared, Mapping) else None


def items(schema: Schema | None) -> Schema | None:
    """Return the shape of a list's items, or None where nothing is known."""
    declared = (schema or {}).get("items")
    return declared if isinstance(declared, Mapping) else None


def is_map(schema: Schema) -> bool:
    """Say whether the keys are free."""
    return not schema.get("properties") and isinstance(schema.get("additionalProperties"), Mapping)


def optional(schema: Schema, name: str) -> bool:
    """Say whether a declared field may be absent: it is not required, and no default fills it."""
    declared = schema.get("properties", {}).get(name)
    return declared is not None and name not in schema.get("required", ()) and "default" not in declared


def described(schema: Schema) -> str:
    """Name a shape for people."""
    base, null = kind(schema)
    if base is None:
        return "any value"
    name = _NAMES.get(refined(schema) or "", base)
    inner = items(schema)
    if base == "array" and inner is not None:
        name = f"list of ({described(inner)})"
    return f"{name}, or null" if null and base != "null" else name


def _kind_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case None:
            return "null"
        case list():
            return "array"
        case _:
            return "object"
