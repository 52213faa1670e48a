"""What stands in the data in the place of what was redacted: of the same kind, so that expressions find what they expect."""

from __future__ import annotations

from collections.abc import Container, Mapping
from copy import deepcopy
from typing import Any, Final

from caseway.engine.spot import EACH, Spot

Schema = Mapping[str, Any]

GONE: Final = object()
"""What is in the place of a field that may be absent, and then is."""

MEASURED = {
    "date-time": "1970-01-01T00:00:00Z",
    "date": "1970-01-01",
    "time": "00:00:00Z",
    "duration": "PT0S",
}
"""The formats of texts that expressions and timers reckon with, and what is neutral there."""


def blanked(schema: Schema, value: Any, mark: str, marks: Container[str], *, optional: bool = False) -> Any:
    """Return what stands in the place of a value of this shape, or GONE.

    A text becomes the mark, unless it is one of `marks` already. Numbers, truth values and instants become the default of their shape, else null
    where that fits, else they go where they are `optional`, and else become what is neutral. Objects and lists keep their form.
    """
    match value:
        case None:
            return None
        case str() if not is_measured(schema):
            return value if value in marks else mark
        case dict():
            return _fields(schema, value, mark, marks)
        case list():
            items = schema.get("items") or {}
            return [blanked(items, item, mark, marks) for item in value]
    return neutral(schema, value, optional=optional)


def neutral(schema: Schema, value: Any, *, optional: bool) -> Any:
    """Return what stands in the place of a number, a truth value or an instant, or GONE."""
    if "const" in schema:
        return value
    if "default" in schema:
        return deepcopy(schema["default"])
    if is_nullable(schema):
        return None
    if optional:
        return GONE
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        return MEASURED[schema["format"]]
    return _number(schema)


def is_measured(schema: Schema) -> bool:
    """Say whether texts of this shape are reckoned with."""
    return schema.get("format") in MEASURED


def is_nullable(schema: Schema) -> bool:
    """Say whether null fits a shape."""
    kind = schema.get("type")
    return isinstance(kind, list) and "null" in kind


def is_declared(schema: Schema) -> bool:
    """Say whether the process itself spells the values of a shape: then they are its words, and nobody's content."""
    return "enum" in schema or "const" in schema


def member(schema: Schema, name: str) -> Schema:
    """Return the shape of a field of an object; of one that nothing is known of, a shape that says nothing."""
    found = (schema.get("properties") or {}).get(name, schema.get("additionalProperties"))
    return found if isinstance(found, Mapping) else {}


def shape_at(schema: Schema, spot: Spot) -> Schema:
    """Return the shape of what stands at a place."""
    for key in spot:
        schema = (schema.get("items") or {}) if key == EACH or isinstance(key, int) else member(schema, key)
    return schema


def may_go(schema: Schema, name: str) -> bool:
    """Say whether an object of this shape may lack a field, and no default comes in its place."""
    return name not in schema.get("required", ()) and "default" not in member(schema, name)


def _fields(schema: Schema, value: Mapping[str, Any], mark: str, marks: Container[str]) -> dict[str, Any]:
    made = {
        name: blanked(member(schema, name), each, mark, marks, optional=may_go(schema, name))
        for name, each in value.items()
    }
    return {name: each for name, each in made.items() if each is not GONE}


def _number(schema: Schema) -> float:
    """Return 0, or where that is out of range the number within that is next to it."""
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    lows = [0, *([] if low is None else [low]), *([] if above is None else [above + 1])]
    highs = [*([] if high is None else [high]), *([] if below is None else [below - 1])]
    found: float = min([max(lows), *highs])
    return found
