"""The rules of the policy that a version of a process carries out, in the policy's own words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caseway.engine.definition import Definition
from caseway.engine.fault import suggestion
from caseway.engine.outcome import Refusal


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence of the policy, and the places of the document that carry it out, such as `payouts.fee`."""

    id: str
    sentence: str
    places: tuple[str, ...]


def rules(definition: Definition) -> Mapping[str, Rule]:
    """Return every rule of a version by its id, in the order of the document."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for rule, place in _carried(definition.content, ()):
        places[rule].append(place)
    return {id_: Rule(id_, sentence, tuple(places[id_])) for id_, sentence in definition.sources.items()}


def unknown_rule(definition: Definition, rule: str) -> Refusal:
    """Return that a version has no rule of this id."""
    told = f'{definition.process} version {definition.version} has no rule "{rule}"; {suggestion(rule, definition.sources)}'
    facts = {"process": definition.process, "version": definition.version, "rule": rule}
    return Refusal("unknown-rule", told, facts)


def _carried(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each rule that is named with `implements`, and where."""
    match value:
        case Mapping():
            named = value.get("implements")
            if isinstance(named, list):
                yield from ((rule, ".".join(path)) for rule in named if isinstance(rule, str))
            for key, each in value.items():
                yield from _carried(each, (*path, str(key)))
        case list():
            for index, each in enumerate(value):
                yield from _carried(each, (*path, str(index)))
