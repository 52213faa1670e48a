"""Fields that only some may see, and where a shape declares them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

VISIBLE_TO = "x-visible-to"
"""The keyword by which a shape names who may see a value."""


@dataclass(frozen=True, slots=True)
class Private:
    """A field that is not everybody's, by its dotted path, and the roles that may see it (`assignee` among them).

    Items of a list are named by `[]`, free keys by `*`. `offset` is where in an expression it is read.
    """

    path: str
    roles: frozenset[str]
    offset: int = 0


def roles_of(schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the roles that a shape names itself; none: it is everybody's, as far as what is around it is."""
    return frozenset(schema.get(VISIBLE_TO) or ())


def own(schema: Mapping[str, Any], path: str) -> Iterator[Private]:
    """Yield what a shape says of itself alone."""
    roles = roles_of(schema)
    if roles:
        yield Private(path, roles)


def within(schema: Mapping[str, Any], path: str) -> Iterator[Private]:
    """Yield everything private in a shape, itself included."""
    yield from own(schema, path)
    for name, field in (schema.get("properties") or {}).items():
        yield from within(field, f"{path}.{name}")
    for key, sign in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(key), Mapping):
            yield from within(schema[key], f"{path}{sign}")


def along(schema: Mapping[str, Any], names: Iterable[str], path: str) -> Iterator[Private]:
    """Yield what is private on the way to a field, from the shape at `path` to the field and all that it holds."""
    for name in names:
        yield from own(schema, path)
        found = (schema.get("properties") or {}).get(name, schema.get("additionalProperties"))
        if not isinstance(found, Mapping):
            return
        schema, path = found, f"{path}.{name}"
    yield from within(schema, path)
