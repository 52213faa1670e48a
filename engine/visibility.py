"""Which fields of a case's data an actor may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caseway.engine.actor import ASSIGNEE, Actor
from caseway.engine.case import Case


def visible(
    schema: Mapping[str, Any], value: Any, case: Case, actor: Actor | None, path: str = ""
) -> tuple[Any, tuple[str, ...]]:
    """Return a value without what `x-visible-to` hides from the actor, and the paths of what was withheld.

    The local operator (no actor) sees everything. Items of a list are named by `[]`, once for all.
    """
    if actor is None:
        return value, ()
    if isinstance(value, Mapping):
        return _fields(schema, value, case, actor, path)
    if isinstance(value, list):
        parts = [visible(schema.get("items") or {}, item, case, actor, f"{path}[]") for item in value]
        withheld = dict.fromkeys(name for _, names in parts for name in names)
        return [item for item, _ in parts], tuple(withheld)
    return value, ()


def _fields(
    schema: Mapping[str, Any], value: Mapping[str, Any], case: Case, actor: Actor, path: str
) -> tuple[Any, tuple[str, ...]]:
    kept: dict[str, Any] = {}
    withheld: list[str] = []
    properties = schema.get("properties") or {}
    free = schema.get("additionalProperties")
    for name, each in value.items():
        at = f"{path}.{name}" if path else name
        field = properties.get(name) or (free if isinstance(free, Mapping) else {})
        if may_see(field, case, actor):
            kept[name], more = visible(field, each, case, actor, at)
            withheld += more
        else:
            withheld.append(at)
    return kept, tuple(dict.fromkeys(withheld))


def may_see(schema: Mapping[str, Any], case: Case, actor: Actor) -> bool:
    """Say whether a field of this shape is the actor's to see; one that names nobody is everybody's."""
    named = schema.get("x-visible-to")
    if not named:
        return True
    return bool(actor.roles.intersection(named)) or (ASSIGNEE in named and case.assignee == actor.id)
