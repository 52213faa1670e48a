"""Lists in the data of a case, and the names under which expressions see their items."""

from __future__ import annotations

from caseway.engine.compiler.compilation import Compilation, listed
from caseway.engine.expression import Schema, Scope
from caseway.engine.fault import Path

CASE = "case."
"""What the path of a field of the case's data begins with where expressions are written."""

ITEM = "item"
"""What an item is called where nobody names it."""


def items_of(compilation: Compilation, written: str, path: Path) -> Schema | None:
    """Return the shape of the items of a list, by its path with `case` in front; report what is no list."""
    schema = compilation.field(compilation.data.schema, written.removeprefix(CASE), path)
    if schema is None:
        return None
    if "array" not in listed(schema.get("type")):
        told = f"{written} is not a list"
        compilation.fault("not-a-list", told, path, "declare it with type: array", value=written)
        return None
    items: Schema = schema.get("items") or {}
    return items


def naming(compilation: Compilation, scope: Scope, item: Schema, name: str, path: Path) -> Scope | None:
    """Return what is seen in a scope of an item besides, under a name; report a name that means something else there."""
    if name in scope.variables:
        told = f'"{name}" means something else in expressions already'
        compilation.fault("reserved-name", told, path, "choose another name", value=name)
        return None
    return compilation.scope_with_item(scope, item, name)
