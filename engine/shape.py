"""Declared shapes of data: a closed subset of JSON Schema in which a field not declared is not allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cached_property
from typing import Any

from caseway.engine.bound import exceeded
from caseway.engine.fault import Fault, Path, suggestion
from caseway.engine.fit import Predicate, Schema, predicate
from caseway.engine.misfit import Misfit

Filler = Callable[[Any], Any]

LIST_DEPTH = 4
"""How many lists a shape may declare directly within each other."""

_APPLIES = {
    "properties": "object",
    "required": "object",
    "additionalProperties": "object",
    "items": "array",
    "minItems": "array",
    "maxItems": "array",
    "uniqueItems": "array",
    "minLength": "string",
    "maxLength": "string",
    "format": "string",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",
    "multipleOf": "number",
}
_RANGES = (
    ("minimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
)


class Shape:
    """What a value must look like. Give it a schema without faults of its own (see `shape_faults`)."""

    def __init__(self, schema: Schema) -> None:
        self.schema: Schema = _closed(schema)
        self._fields: dict[str, Shape] = {}

    def complete(self, value: Any) -> Any:
        """Return the value with defaults filled in at every level, and 3.0 as 3 where a whole number is declared.

        What does not fit is left as it is, for `faults` to name.
        """
        return self._fill(value)

    def faults(self, value: Any) -> tuple[Fault, ...]:
        """Return everything that does not fit; each path leads from the value itself."""
        if fault := exceeded(value):
            return (fault,)
        return () if self._fits(value) else self._misfit.faults(value)

    def field(self, name: str) -> Shape:
        """Return the shape of one field; raise KeyError where there is none of this name."""
        if name not in self._fields:
            schema = _member(self.schema, name)
            if schema is None:
                raise KeyError(f'no field "{name}" is declared; {suggestion(name, self.schema.get("properties", ()))}')
            self._fields[name] = Shape(schema)
        return self._fields[name]

    def at(self, path: Sequence[str]) -> Schema | None:
        """Return the schema of a path of fields within objects, or None where nothing is declared there."""
        schema: Schema | None = self.schema
        for name in path:
            schema = None if schema is None else _member(schema, name)
        return schema

    def defaults(self) -> dict[str, Any]:
        """Return the data of which nothing is given: the defaults alone."""
        filled: dict[str, Any] = self.complete({})
        return filled

    @cached_property
    def _fits(self) -> Predicate:
        return predicate(self.schema)

    @cached_property
    def _misfit(self) -> Misfit:
        return Misfit(self.schema, "field")

    @cached_property
    def _fill(self) -> Filler:
        return _filler(self.schema)


def shape_faults(schema: Schema) -> tuple[Fault, ...]:
    """Return what is wrong with a declared shape beyond its form: defaults that do not fit, names that do not exist."""
    return tuple(_declared(schema, 0))


def _kind(schema: Schema) -> str | None:
    """Return the one type of a shape, `null` aside, or None where only `enum` or `const` gives it."""
    declared = schema.get("type")
    names = [declared] if isinstance(declared, str) else declared or ()
    return next((name for name in names if name != "null"), None)


def _member(schema: Schema, name: str) -> Schema | None:
    rest = schema.get("additionalProperties")
    member: Schema | None = schema.get("properties", {}).get(name, rest)
    return member if isinstance(member, Mapping) else None


def _closed(schema: Schema) -> dict[str, Any]:
    """Say of every object within that what it does not declare is not allowed."""
    closed = dict(schema)
    if "properties" in schema:
        closed["properties"] = {name: _closed(field) for name, field in schema["properties"].items()}
    if "items" in schema:
        closed["items"] = _closed(schema["items"])
    if _kind(schema) == "object":
        rest = schema.get("additionalProperties", False)
        closed["additionalProperties"] = _closed(rest) if isinstance(rest, Mapping) else rest
    return closed


def _filler(schema: Schema) -> Filler:
    match _kind(schema):
        case "integer":
            return _whole
        case "array" if "items" in schema:
            each = _filler(schema["items"])
            return lambda value: [each(item) for item in value] if isinstance(value, list) else value
        case "object":
            return _object_filler(schema)
    return _unchanged


def _object_filler(schema: Schema) -> Filler:
    fields = {name: _filler(field) for name, field in schema.get("properties", {}).items()}
    rest = _filler(schema["additionalProperties"]) if schema["additionalProperties"] else _unchanged
    defaults = {
        name: fields[name](field["default"])
        for name, field in schema.get("properties", {}).items()
        if "default" in field
    }

    def fill(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        filled = {name: fields.get(name, rest)(item) for name, item in value.items()}
        for name, default in defaults.items():
            if name not in filled:
                filled[name] = deepcopy(default)
        return filled

    return fill


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _unchanged(value: Any) -> Any:
    return value


def _declared(schema: Schema, lists: int) -> Iterator[Fault]:
    """Yield the faults of a declaration and of those within it; `lists` are directly around it."""
    yield from _idle(schema)
    yield from _ranges(schema)
    yield from _unknown_required(schema)
    yield from _values(schema)
    for name, field in schema.get("properties", {}).items():
        for fault in _declared(field, 0):
            yield fault.within(("properties", name))
    if isinstance(schema.get("additionalProperties"), Mapping):
        for fault in _declared(schema["additionalProperties"], 0):
            yield fault.within(("additionalProperties",))
    if "items" in schema:
        if lists + 1 > LIST_DEPTH:
            hint = f"at most {LIST_DEPTH} lists within each other; make the items objects"
            yield Fault("too-deep", "these lists are nested too deeply", ("items",), hint=hint, at_key=True)
            return
        for fault in _declared(schema["items"], lists + 1):
            yield fault.within(("items",))


def _idle(schema: Schema) -> Iterator[Fault]:
    """Yield keywords that the declared type makes void: their author believes in a check that nobody makes."""
    kind = _kind(schema)
    kind = "number" if kind == "integer" else kind
    for keyword, applies in _APPLIES.items():
        if kind and keyword in schema and applies != kind:
            message = f'"{keyword}" says nothing about a value of type {_kind(schema)}'
            yield Fault(
                "idle-keyword", message, (keyword,), hint=f"it belongs to {applies}s", value=keyword, at_key=True
            )


def _ranges(schema: Schema) -> Iterator[Fault]:
    for low, high in _RANGES:
        if low not in schema or high not in schema:
            continue
        least, most = schema[low], schema[high]
        if least > most or (least == most and "exclusive" in low + high):
            message = f'no value is possible between "{low}" {least} and "{high}" {most}'
            yield Fault("empty-range", message, (high,), hint=f'"{high}" must be the larger', value=most)


def _unknown_required(schema: Schema) -> Iterator[Fault]:
    declared = schema.get("properties", {})
    if isinstance(schema.get("additionalProperties"), Mapping):
        return
    for index, name in enumerate(schema.get("required", ())):
        if name not in declared:
            message = f'"{name}" is required but not declared'
            yield Fault("unknown-field", message, ("required", index), hint=suggestion(name, declared), value=name)


def _values(schema: Schema) -> Iterator[Fault]:
    """Yield the defaults, enum and const values that do not fit what is declared beside them."""
    bare = {keyword: argument for keyword, argument in schema.items() if keyword not in {"default", "enum", "const"}}
    for index, value in enumerate(schema.get("enum", ())):
        yield from _misfit("enum", bare, value, ("enum", index))
    if "const" in schema:
        yield from _misfit("const", bare, schema["const"], ("const",))
    if "default" in schema:
        yield from _misfit("default", schema, schema["default"], ("default",))


def _misfit(keyword: str, schema: Schema, value: Any, path: Path) -> Iterator[Fault]:
    shape = Shape(schema)
    for fault in shape.faults(shape.complete(value)):
        message = f"this {keyword} does not fit the shape: {fault.message}"
        yield replace(fault, code=f"bad-{keyword}", message=message).within(path)
