"""What all parts of the compiler share: the document, the names it declares, and the faults found so far."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from caseway.engine.calendar import Calendar
from caseway.engine.expression import Language, Schema, Scope
from caseway.engine.fault import Fault, Path, Severity, suggestion
from caseway.engine.link import ended, link_of
from caseway.engine.private import Private
from caseway.engine.shape import Shape
from caseway.engine.work import EXHAUSTED

STRING: Schema = {"type": "string"}
STRINGS: Schema = {"type": "array", "items": STRING}
BOOLEAN: Schema = {"type": "boolean"}
INTEGER: Schema = {"type": "integer"}
INSTANT: Schema = {"type": "string", "format": "date-time"}


MOST = 100
"""Faults in the meaning of a document that are collected before checking stops: nobody mends more at once."""


class TooManyFaults(Exception):  # noqa: N818  # it never leaves the compiler
    """There are more faults than are told."""


def content_hash(content: Mapping[str, Any]) -> str:
    """Return the hash that names a document's parsed content: SHA-256 of its canonical JSON, in hexadecimal."""
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def record(properties: Mapping[str, Schema]) -> Schema:
    """Return the shape of an object in which all these fields are always there."""
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def place(path: Path) -> str:
    """Write a path in the document for people."""
    return ".".join(str(key) for key in path)


def listed(value: Any) -> list[Any]:
    """Return the items of what may be written as one or as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What is known of a process to which another links: the shape of its data, and the states in which its cases end."""

    data: Schema
    endings: tuple[str, ...]


@dataclass
class Compilation:
    """One run of the compiler over a document whose shape has been checked.

    `kept`: a store kept the document, so all of it was sound when it came there. `neighbours` are the processes that it may link to,
    where these are known; None stands for one that does not compile.
    """

    content: Mapping[str, Any]
    kept: bool = False
    neighbours: Mapping[str, Neighbour | None] | None = None
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    language: Language = field(default_factory=Language)
    used: set[tuple[str, str]] = field(default_factory=set)
    implemented: set[str] = field(default_factory=set)
    made_of: dict[tuple[str, ...], tuple[Private, ...]] = field(default_factory=dict)
    _scopes: dict[Any, Scope] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.data = Shape(self.content.get("data") or {"type": "object"})
        self.parameters: Mapping[str, Any] = self.content.get("parameters") or {}
        self.roles: Mapping[str, Any] = self.content.get("roles") or {}
        self.events = {name: rule or {} for name, rule in (self.content.get("events") or {}).items()}
        self.links: Mapping[str, Any] = self.content.get("links") or {}
        self.heard = (
            *self.events,
            *_level_events(self.content.get("service_levels") or {}),
            *map(ended, self.links),
            *([EXHAUSTED] if _has_candidates(self.content) else []),
        )
        self.event_data = {name: Shape(rule.get("data") or {"type": "object"}) for name, rule in self.events.items()}
        self._common: dict[str, Schema] = {
            "case": self.data.schema,
            "actor": record({"id": STRING, "roles": STRINGS, "tags": STRINGS}),
            "param": record({name: _schema_of(value) for name, value in self.parameters.items()}),
            "now": INSTANT,
            "fact": record({}),
            "meta": record(
                {
                    "case": STRING,
                    "states": STRINGS,
                    "opened": INSTANT,
                    "assignee": {"type": ["string", "null"]},
                    "paid": record(dict.fromkeys(self.content.get("payouts") or (), INTEGER)),
                }
            ),
        }

    # faults

    def fault(self, code: str, message: str, path: Path, hint: str = "", **more: Any) -> None:
        self.add([Fault(code, message, path, hint, **more)])

    def add(self, faults: Iterable[Fault]) -> None:
        """Take note of errors; raise TooManyFaults where nobody would read on."""
        self.faults += faults
        if len(self.faults) > MOST:
            raise TooManyFaults

    def warn(self, code: str, message: str, path: Path, hint: str = "", *, at_key: bool = False) -> None:
        severity: Severity = "warning"
        self.faults.append(Fault(code, message, path, hint, at_key=at_key, severity=severity))

    def unknown(self, what: str, name: str, known: Iterable[str], path: Path, *, at_key: bool = False) -> None:
        """Report a name that means nothing, with what was probably meant."""
        self.fault(
            f"unknown-{what}",
            f'"{name}" is not {_article(what)} {what} of this process',
            path,
            suggestion(name, known),
            value=name,
            at_key=at_key,
        )

    def known(self, what: str, name: str, among: Iterable[str], path: Path, *, at_key: bool = False) -> bool:
        """Take note that a declared name is used; report it where it is not declared."""
        names = list(among)
        if name not in names:
            self.unknown(what, name, names, path, at_key=at_key)
            return False
        self.used.add((what, name))
        return True

    def field(self, shape: Schema, name: str, path: Path, *, at_key: bool = False) -> Schema | None:
        """Return the shape of a field by its dotted path; report the first part that is not declared."""
        at: Schema = shape
        for part in name.split("."):
            properties = at.get("properties") or {}
            free = at.get("additionalProperties")
            if part in properties:
                at = properties[part]
            elif isinstance(free, Mapping):
                at = free
            else:
                told = f'"{name}" is not a field of the data here'
                self.fault("unknown-field", told, path, suggestion(part, properties), value=name, at_key=at_key)
                return None
        return at

    def implements(self, holder: Mapping[str, Any], path: Path) -> tuple[str, ...]:
        """Return the rules that a part of the document carries, all of them declared."""
        sources = self.content.get("sources") or {}
        rules = holder.get("implements") or []
        for index, rule in enumerate(rules):
            if rule in sources:
                self.implemented.add(rule)
            else:
                self.unknown("source", rule, sources, (*path, "implements", index))
        return tuple(rules)

    # scopes

    @property
    def scope(self) -> Scope:
        """What is seen where no event's data are known."""
        return self._scope((), {"id": STRING, "name": STRING})

    @property
    def timed(self) -> Scope:
        """What is seen while a timer's event runs."""
        return self._scope("due", {"id": STRING, "name": STRING, "due": INSTANT})

    def scope_of(self, event: str) -> Scope:
        """What is seen while a declared event runs, one that the clock sends for a service level, or the end of a linked case."""
        if event not in self.event_data:
            link = link_of(event)
            return self.scope_of_end(link) if link is not None and link in self.links else self.timed
        shape = self.event_data[event].schema
        return self._scope(
            ("event", event if shape.get("properties") else ""), {"id": STRING, "name": STRING, "data": shape}
        )

    def scope_of_end(self, link: str) -> Scope:
        """What is seen while the end of a linked case is heard."""
        neighbour = (self.neighbours or {}).get(self.links[link].get("process"))
        endings: Schema = {"enum": list(neighbour.endings)} if neighbour and neighbour.endings else {}
        shape = record({"case": STRING, "state": {**STRING, **endings}})
        return self._scope(("end", *endings.get("enum", ())), {"id": STRING, "name": STRING, "data": shape})

    def scope_with_item(self, scope: Scope, item: Schema, name: str = "item") -> Scope:
        """What is seen in a scope for each item of a list, under a name."""
        key = (id(scope), name, json.dumps(item, sort_keys=True))
        if key not in self._scopes:
            self._scopes[key] = self.language.scope({**scope.variables, name: item})
        return self._scopes[key]

    def _scope(self, key: Any, event: Mapping[str, Schema]) -> Scope:
        if key not in self._scopes:
            self._scopes[key] = self.language.scope({**self._common, "event": record(event)})
        return self._scopes[key]


def _has_candidates(states: Mapping[str, Any]) -> bool:
    """Say whether any state offers work to named people, of whom in the end nobody may be left."""
    within = (state for state in (states.get("states") or {}).values() if isinstance(state, Mapping))
    return any("candidates" in (state.get("work") or {}) or _has_candidates(state) for state in within)


def _level_events(levels: Mapping[str, Any]) -> Iterator[str]:
    """Yield the events that the clock sends for service levels."""
    for name, level in levels.items():
        yield from (f"{name}.warned.{percent}" for percent in level.get("warnings") or ())
        yield f"{name}.breached"


def _schema_of(value: Any) -> Schema:
    match value:
        case bool():
            return BOOLEAN
        case int():
            return INTEGER
        case list():
            return {"type": "array", "items": _schema_of(value[0]) if value else STRING}
        case _:
            return STRING


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
