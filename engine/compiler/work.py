"""What states offer to people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from caseway.engine.compiler.compilation import INTEGER, STRING, STRINGS, Compilation
from caseway.engine.compiler.expression import Expressions
from caseway.engine.compiler.items import CASE, items_of, naming
from caseway.engine.compiler.tree import Branch
from caseway.engine.definition import Each, WorkRule
from caseway.engine.expression import Schema, Scope
from caseway.engine.fault import Path
from caseway.engine.private import along
from caseway.engine.value import Value
from caseway.engine.work import ITEM, RECEIVER

VERBS = ("claim", "do", "pass", "release", "reassign")
"""The keys whose values are the events by which people tell of work."""


class Works:
    """Compiles the work of states. A fault is reported, and None returned in its place."""

    def __init__(self, compilation: Compilation, expressions: Expressions) -> None:
        self.compilation, self.expressions = compilation, expressions

    def rule(self, branch: Branch) -> WorkRule | None:
        """Compile what a state offers."""
        written = branch.written.get("work")
        if not isinstance(written, Mapping) or not written.keys() & {"claim", "do"}:
            return None
        path = (*branch.place, "work")
        role = written.get("role")
        if role is not None:
            self.compilation.known("role", role, self.compilation.roles, (*path, "role"))
        each, scope = self._each(branch.path, written, path)
        candidates = None
        if "candidates" in written:
            candidates = self.expressions.value(scope, written["candidates"], (*path, "candidates"), STRINGS)
        rule = WorkRule(
            role=role,
            candidates=candidates,
            claim=written.get("claim"),
            pass_=written.get("pass"),
            excluded=tuple(self._names(scope, written, "not", path)),
            tags=tuple(self._names(scope, written, "tags", path)),
            limit=self._count(written, "limit", path),
            release=written.get("release"),
            reassign=written.get("reassign"),
            do=written.get("do"),
            each=each,
            times=self._count(written, "times", path),
            implements=self.compilation.implements(written, path),
        )
        return rule if self._are_told_apart(written, path) and self._are_known(written, rule, path) else None

    def _are_told_apart(self, written: Mapping[str, Any], path: Path) -> bool:
        """Report an event that would do two different things to the work."""
        meant: dict[str, str] = {}
        for key in VERBS:
            event = written.get(key)
            if event in meant:
                told = f'"{event}" is the event of {meant[event]} already'
                self.compilation.fault("same-event", told, (*path, key), "give each its own event", value=event)
                return False
            if event is not None:
                meant[event] = key
        return True

    def _are_known(self, written: Mapping[str, Any], rule: WorkRule, path: Path) -> bool:
        known = [
            self.compilation.known("event", written[key], self.compilation.events, (*path, key))
            for key in VERBS
            if key in written
        ]
        needed = [("reassign", RECEIVER, "who gets the work")] if rule.reassign else []
        if rule.each is not None:
            needed += [(key, ITEM, "which item is meant") for key in ("do", "pass") if key in written]
        told = [self._has_field(written[key], name, why, (*path, key)) for key, name, why in needed]
        return all(known) and all(told)

    def _has_field(self, event: str, name: str, why: str, path: Path) -> bool:
        """Report an event whose data do not surely say something that its work must know."""
        shape = self.compilation.event_data.get(event)
        if shape is None:  # which is told already
            return False
        field = (shape.schema.get("properties") or {}).get(name)
        if field is not None and field.get("type") == "string" and name in (shape.schema.get("required") or ()):
            return True
        told = f'the data of "{event}" do not say {why}'
        hint = f"declare {name}: {{type: string}} in them, and write required: [{name}]"
        self.compilation.fault("missing-field", told, path, hint, value=event)
        return False

    def _each(self, state: str, written: Mapping[str, Any], path: Path) -> tuple[Each | None, Scope]:
        """Compile which list the work is about; return with it what expressions see of an item."""
        scope = self.compilation.scope
        if not written.keys() >= {"each", "as", "key"}:
            return None, scope
        items, name, at = written["each"].removeprefix(CASE), written["as"], (*path, "each")
        shape = items_of(self.compilation, written["each"], at)
        within = None if shape is None else naming(self.compilation, scope, shape, name, (*path, "as"))
        if within is None:
            return None, scope
        private = along(self.compilation.data.schema, items.split("."), "case")
        with self.expressions.making("item", state):
            # Of what an item holds, only what the key reads counts.
            self.expressions.look((each for each in private if f"{items}[]." not in each.path), at)
            key = self.expressions.text(within, written["key"], (*path, "key"))
        made = self.compilation.made_of
        made["work", state] = (*made.get(("work", state), ()), *made.get(("item", state), ()))
        return (Each(tuple(items.split(".")), name, key) if key else None), within

    def _names(self, scope: Scope, written: Mapping[str, Any], key: str, path: Path) -> Iterator[Value]:
        """Compile expressions that give one text, several, or none."""
        for index, each in enumerate(written.get(key) or ()):
            value = self._name(scope, each, (*path, key, index))
            if value is not None:
                yield value

    def _name(self, scope: Scope, written: Any, path: Path) -> Value | None:
        if not isinstance(written, str):
            return self.expressions.text(scope, written, path)
        for kind in (STRING, STRINGS):
            wants: Schema = {**kind, "type": [kind["type"], "null"]}
            program, faults = scope.compile(written, wants)
            if program is not None or [fault.code for fault in faults] != ["result-type"]:
                return self.expressions.value(scope, written, path, wants)
        return self.expressions.value(scope, written, path, STRINGS)

    def _count(self, written: Mapping[str, Any], key: str, path: Path) -> int | None:
        """Return a number, or that of a parameter."""
        if key not in written:
            return None
        at = (*path, key)
        value = self.expressions.value(self.compilation.scope, written[key], at, INTEGER)
        if value is None:
            return None
        count = self.expressions.fixed(value)
        if type(count) is int and count > 0:
            return count
        shown = json.dumps(count)
        told = (
            f"a limit of {shown} lets nobody claim anything"
            if key == "limit"
            else f"work cannot be done by {shown} people"
        )
        self.compilation.fault("bad-times", told, at, "give a whole number from 1", value=written[key])
        return None
