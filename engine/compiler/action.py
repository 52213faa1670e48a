"""Actions, and the messages that they send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import Any

from caseway.engine.action import (
    Action,
    Append,
    Arm,
    Cancel,
    Change,
    FieldPath,
    Raise,
    Redact,
    RedactItems,
    Remove,
    Set,
    Start,
    Tell,
    When,
)
from caseway.engine.actor import ASSIGNEE
from caseway.engine.compiler.compilation import Compilation, listed, place
from caseway.engine.compiler.document import Documents
from caseway.engine.compiler.expression import NOTHING, Expressions
from caseway.engine.compiler.items import CASE, ITEM, items_of, naming
from caseway.engine.compiler.payout import Payouts
from caseway.engine.compiler.timer import Timers
from caseway.engine.expression import Schema, Scope
from caseway.engine.fault import Path, suggestion
from caseway.engine.spot import NoSpot, parse_spot
from caseway.engine.value import Fields, Value


class Actions:
    """Compiles actions. A fault is reported, and the action left out."""

    def __init__(self, compilation: Compilation, expressions: Expressions) -> None:
        self.compilation, self.expressions = compilation, expressions
        self.timing = Timers(compilation, expressions)
        self.documents = Documents(compilation, expressions)
        self.messages = {
            name: self._message(name, rule) for name, rule in (compilation.content.get("messages") or {}).items()
        }
        self.payouts = Payouts(compilation, expressions)
        self.links = {name: self._link(name, rule) for name, rule in compilation.links.items()}
        self.timers: set[str] = set()
        self.cancelled: list[tuple[str, Path]] = []

    def actions(self, scope: Scope, written: Any, path: Path) -> tuple[Action, ...]:
        """Compile a list of actions."""
        made = (self._action(scope, each, (*path, index)) for index, each in enumerate(written or ()))
        return tuple(action for action in made if action is not None)

    def _action(self, scope: Scope, written: Mapping[str, Any], path: Path) -> Action | None:
        self.compilation.implements(written, path)
        if "when" not in written:
            return self._verb(scope, written, path)
        instead = self.payouts.nothing(written)
        with self.expressions.making("payout", instead.payout, "when") if instead else nullcontext():
            guard, facts = self.expressions.guard(scope, written["when"], (*path, "when"))
        with self.expressions.assuming(facts):
            action = self._verb(scope, written, path)
        return When(guard, action, instead) if guard and action else None

    def _verb(self, scope: Scope, written: Mapping[str, Any], path: Path) -> Action | None:
        match written:
            case {"set": dict(fields)}:
                return Set(self._assignments(scope, self.compilation.data.schema, fields, (*path, "set")))
            case {"append": {"to": str(to), "item": item}}:
                return self._append(scope, to, item, (*path, "append"))
            case {"change": {"in": str(among), "set": dict(fields), **rest}}:
                return self._change(scope, among, rest.get("where"), fields, (*path, "change"))
            case {"remove": {"from": str(among), "where": where}}:
                return self._remove(scope, among, where, (*path, "remove"))
            case {"raise": str(event)}:
                return self._raise(scope, event, {}, (*path, "raise"), (*path, "raise"))
            case {"raise": {"event": str(event), **rest}}:
                data: Any = rest.get("data") or {}
                return self._raise(scope, event, data, (*path, "raise", "event"), (*path, "raise", "data"))
            case {"arm": {"timer": str(timer)} as arm}:
                return self._arm(scope, timer, arm, (*path, "arm"))
            case {"cancel": str(timer)}:
                self.cancelled.append((timer, (*path, "cancel")))
                return Cancel(timer)
            case {"message": str(name)}:
                return (
                    self.messages[name] if self._declared("message", name, self.messages, (*path, "message")) else None
                )
            case {"pay": str(name)}:
                return self.payouts.pay(name, (*path, "pay"))
            case {"claw_back": str() | dict() as taken}:
                return self.payouts.take_back(scope, taken, written, (*path, "claw_back"))
            case {"redact": list(paths), "reason": reason}:
                return self._redact(paths, reason, (*path, "redact"))
            case {"redact": {"each": str()} as taken, "reason": reason}:
                return self._redact_items(scope, taken, reason, (*path, "redact"))
            case {"start": str(name)}:
                return self.links[name] if self._declared("link", name, self.links, (*path, "start")) else None
        return None

    def _declared(self, what: str, name: str, among: Mapping[str, Any], path: Path) -> bool:
        return self.compilation.known(what, name, among, path)

    # data

    def _assignments(
        self, scope: Scope, shape: Schema, fields: Mapping[str, Any], path: Path
    ) -> tuple[tuple[FieldPath, Value], ...]:
        made = []
        for name, written in fields.items():
            schema = self.compilation.field(shape, name, (*path, name), at_key=True)
            if schema is None:
                continue
            value = self.expressions.value(scope, written, (*path, name), schema)
            if value is not None:
                made.append((tuple(name.split(".")), value))
        return tuple(made)

    def _list(self, name: str, path: Path) -> Schema | None:
        """Return the shape of the items of a list in the case's data."""
        schema = self.compilation.field(self.compilation.data.schema, name, path)
        if schema is None:
            return None
        if schema.get("type") not in ("array", ["array", "null"], ["null", "array"]):
            self.compilation.fault(
                "not-a-list", f'"{name}" is not a list', path, "declare it with type: array, or use set", value=name
            )
            return None
        items: Schema = schema.get("items") or {}
        return items

    def _append(self, scope: Scope, to: str, item: Any, path: Path) -> Action | None:
        schema = self._list(to, (*path, "to"))
        value = self.expressions.value(scope, item, (*path, "item"), schema) if schema is not None else None
        return Append(tuple(to.split(".")), value) if value is not None else None

    def _change(self, scope: Scope, among: str, where: Any, fields: Mapping[str, Any], path: Path) -> Action | None:
        schema = self._list(among, (*path, "in"))
        if schema is None:
            return None
        within = self.compilation.scope_with_item(scope, schema)
        guard, facts = self.expressions.guard(within, where, (*path, "where")) if where is not None else (None, NOTHING)
        with self.expressions.assuming(facts):
            assignments = self._assignments(within, schema, fields, (*path, "set"))
        return Change(tuple(among.split(".")), guard, assignments)

    def _remove(self, scope: Scope, among: str, where: Any, path: Path) -> Action | None:
        schema = self._list(among, (*path, "from"))
        if schema is None:
            return None
        guard, _ = self.expressions.guard(self.compilation.scope_with_item(scope, schema), where, (*path, "where"))
        return Remove(tuple(among.split(".")), guard) if guard else None

    def _redact(self, paths: list[str], reason: Any, path: Path) -> Action | None:
        spots = []
        for index, written in enumerate(paths):
            try:
                spots.append(parse_spot(written, self.compilation.data.schema))
            except NoSpot as error:
                self.compilation.fault("unknown-field", error.message, (*path, index), error.hint, value=written)
        why = _reason(reason)
        return Redact(tuple(spots), why) if why else None

    def _redact_items(self, scope: Scope, written: Mapping[str, Any], reason: Any, path: Path) -> Action | None:
        """Compile what takes fields of some items of a list away."""
        each, name = written["each"], written.get("as", ITEM)
        items = items_of(self.compilation, each, (*path, "each"))
        within = None if items is None else naming(self.compilation, scope, items, name, (*path, "as"))
        if items is None or within is None:
            return None
        where, guard = written.get("where"), None
        if where is not None:
            guard, _ = self.expressions.guard(within, where, (*path, "where"))
        places = (*path, "fields")
        fields = [
            (tuple(field.split(".")), self.compilation.field(items, field, (*places, index)))
            for index, field in enumerate(written.get("fields") or ())
        ]
        text = self._part(scope, written["text"], items, fields, path) if "text" in written else None
        why = _reason(reason)
        if why is None or (where is not None and guard is None) or ("text" in written and text is None):
            return None
        spots = tuple(spot for spot, shape in fields if shape is not None) or ((),)
        return RedactItems(tuple(each.removeprefix(CASE).split(".")), name, guard, spots, text, why, place(path))

    def _part(
        self, scope: Scope, written: Any, items: Schema, fields: Iterable[tuple[FieldPath, Schema | None]], path: Path
    ) -> Value | None:
        """Compile the text that is to go out of others; report a field that never holds one."""
        named = [(".".join(name), shape, (*path, "fields", index)) for index, (name, shape) in enumerate(fields)]
        for name, shape, at in named or [("an item", items, (*path, "each"))]:
            if shape is not None and not {"string", "object", "array"} & {*listed(shape.get("type", "string"))}:
                told = f"{name} holds no text of which a part could go"
                self.compilation.fault("no-text", told, at, "leave out text: then all that it holds goes", value=name)
        return self.expressions.text(scope, written, (*path, "text"))

    # events and timers

    def _raise(self, scope: Scope, event: str, data: Mapping[str, Any], path: Path, data_path: Path) -> Action | None:
        if not self.compilation.known("event", event, self.compilation.events, path):
            return None
        schema = self.compilation.event_data[event].schema
        value = self.expressions.value(scope, dict(data), data_path, schema)
        return Raise(event, value, place(path)) if isinstance(value, Fields) else None

    def _arm(self, scope: Scope, timer: str, written: Mapping[str, Any], path: Path) -> Action | None:
        self.timers.add(timer)
        known = self.compilation.known("event", timer, self.compilation.events, (*path, "timer"))
        with self.expressions.making("timer", timer):
            when = self.timing.when(scope, written, path)
        return Arm(timer, when) if known and when else None

    # messages

    def _message(self, name: str, rule: Mapping[str, Any]) -> Tell | None:
        path: Path = ("messages", name)
        self.compilation.implements(rule, path)
        if not rule.keys() >= {"to", "subject", "body"}:
            return None
        role = rule.get("as")
        known = role is None or self.compilation.known("role", role, [*self.compilation.roles, ASSIGNEE], (*path, "as"))
        read = self.expressions.read_by(role) if known else nullcontext()
        with read:
            with self.expressions.making("message", name, "to"):
                to = self.expressions.texts(self.compilation.scope, rule["to"], (*path, "to"))
            subject = self.expressions.template(rule["subject"], (*path, "subject"))
            body = self.expressions.template(rule["body"], (*path, "body"))
            attached = tuple(self.documents.attached(rule, path))
        return Tell(name, to, subject, body, place(path), attached) if to and subject and body else None

    # links

    def _link(self, name: str, rule: Mapping[str, Any]) -> Start | None:
        path: Path = ("links", name)
        if "process" not in rule:
            return None
        process, known = rule["process"], self.compilation.neighbours
        if known is not None and process not in known:
            told = f'there is no process "{process}" beside this one'
            hint = suggestion(process, known)
            self.compilation.fault("unknown-process", told, (*path, "process"), hint, value=process)
        neighbour = (known or {}).get(process)
        at = (*path, "data") if "data" in rule else (*path, "process")
        shape = neighbour.data if neighbour else None
        with self.expressions.making("link", name):
            data = self.expressions.value(self.compilation.scope, dict(rule.get("data") or {}), at, shape)
        return Start(name, process, data, place(path)) if data else None


def _reason(written: str | Mapping[str, str]) -> str | None:
    """Return why something is redacted, in the first of its languages."""
    return written if isinstance(written, str) else next(iter(written.values()), None)
