"""Which fields of a case's data, and what of all that is made of them, an actor may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from caseway.engine.actor import ASSIGNEE, SYSTEM_ROLE, Actor
from caseway.engine.case import Case
from caseway.engine.outcome import Refusal
from caseway.engine.private import Private, roles_of

if TYPE_CHECKING:
    from caseway.engine.definition import Definition

WITHHELD = "withheld"
"""What stands in the place of a text that is not the actor's to see."""
QUOTING = frozenset({"faulty-expression", "faulty-data"})
"""The refusals that may quote the data of the case."""


def visible(
    schema: Mapping[str, Any], value: Any, case: Case, actor: Actor | None, path: str = ""
) -> tuple[Any, tuple[str, ...]]:
    """Return a value without what `x-visible-to` hides from the actor, and the paths of what was withheld.

    The local operator (no actor) sees everything. Items of a list are named by `[]`, once for all, and free keys by `*`: they
    may tell as much as what stands under them. An object that is hidden as a whole is empty.
    """
    if actor is None:
        return value, ()
    if not may_see(schema, case, actor):
        return {}, (path or "data",)
    return _within(schema, value, case, actor, path)


def _within(schema: Mapping[str, Any], value: Any, case: Case, actor: Actor, path: str) -> tuple[Any, tuple[str, ...]]:
    if isinstance(value, Mapping):
        return _fields(schema, value, case, actor, path)
    if isinstance(value, list):
        return _items(schema.get("items") or {}, value, case, actor, f"{path}[]")
    return value, ()


def _items(
    schema: Mapping[str, Any], value: list[Any], case: Case, actor: Actor, path: str
) -> tuple[Any, tuple[str, ...]]:
    if not may_see(schema, case, actor):
        return [], (path,)
    parts = [_within(schema, item, case, actor, path) for item in value]
    return [item for item, _ in parts], tuple(dict.fromkeys(name for _, names in parts for name in names))


def _fields(
    schema: Mapping[str, Any], value: Mapping[str, Any], case: Case, actor: Actor, path: str
) -> tuple[Any, tuple[str, ...]]:
    kept: dict[str, Any] = {}
    withheld: list[str] = []
    properties = schema.get("properties") or {}
    free = schema.get("additionalProperties")
    for name, each in value.items():
        told = name if name in properties or not isinstance(free, Mapping) else "*"
        at = f"{path}.{told}" if path else told
        field = properties.get(name) or (free if isinstance(free, Mapping) else {})
        if may_see(field, case, actor):
            kept[name], more = _within(field, each, case, actor, at)
            withheld += more
        else:
            withheld.append(at)
    return kept, tuple(dict.fromkeys(withheld))


def may_see(schema: Mapping[str, Any], case: Case, actor: Actor) -> bool:
    """Say whether a field of this shape is the actor's to see; one that names nobody is everybody's."""
    named = roles_of(schema)
    return not named or is_one_of(named, case, actor)


def is_one_of(roles: Collection[str], case: Case, actor: Actor) -> bool:
    """Say whether an actor holds one of some roles, of which `assignee` is that of whoever has the case."""
    return not actor.roles.isdisjoint(roles) or (ASSIGNEE in roles and case.is_with(actor.id))


def sees_all(private: Iterable[Private], case: Case, actor: Actor | None) -> bool:
    """Say whether all of some private fields are the actor's to see."""
    return actor is None or all(is_one_of(each.roles, case, actor) for each in private)


def hides(definition: Definition, case: Case, actor: Actor | None) -> bool:
    """Say whether anything in the data of a process is hidden from an actor. Where nothing is private, it costs nothing."""
    if not definition.audiences or actor is None or is_all_seeing(actor):
        return False
    return any(not is_one_of(roles, case, actor) for roles in definition.audiences)


def is_all_seeing(actor: Actor | None) -> bool:
    """Say whether an actor is the local operator, or Caseway itself: from these nothing is withheld."""
    return actor is None or SYSTEM_ROLE in actor.roles


def refusal_view(definition: Definition, refusal: Refusal, case: Case, actor: Actor | None) -> Refusal:
    """Return a refusal as an actor may see it: what fails at run time may quote any of the data."""
    if actor is None or refusal.code not in QUOTING or not hides(definition, case, actor):
        return refusal
    kept = {name: refusal.facts[name] for name in ("place", "expression", "field") if name in refusal.facts}
    where = ": ".join(map(str, kept.values()))
    told = (
        f"{definition.process} version {definition.version} failed at {where}. "
        f"What went wrong there may quote data that are not for {actor} to see, and is withheld."
    )
    return Refusal(refusal.code, told, {**kept, WITHHELD: sorted(refusal.facts.keys() - kept.keys())})
