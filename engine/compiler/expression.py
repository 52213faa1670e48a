"""Guards, values, delays and templates: everything in a document that is written in CEL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from operator import itemgetter
from typing import Any

from caseway.engine.compiler.compilation import BOOLEAN, STRING, STRINGS, Compilation, place
from caseway.engine.compiler.paid import Glance, looked_at, place_in, privates
from caseway.engine.duration import parse_duration
from caseway.engine.expression import ExpressionError, Program, Schema, Scope, Template
from caseway.engine.fault import Fault, Path, nearest, suggestion
from caseway.engine.guard import Always, Condition, Every, Guard, Neither, Some, Test
from caseway.engine.misfit import kinds as wanted
from caseway.engine.private import Private
from caseway.engine.shape import Shape
from caseway.engine.value import Computed, Delay, Fields, Items, Literal, Value

_NAME = re.compile(r"[a-z][a-z0-9_]*")
CHAIN = 32
"""Conditions that may lead to each other in a row."""
_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_GUARDS = "declare it under conditions, or write an expression such as case.attempts >= 3"
_CONSTANTS = ("true", "false", "null")

NOTHING: frozenset[str] = frozenset()


class Expressions:
    """Compiles what is written in CEL. A fault is reported, and None returned in its place."""

    def __init__(self, compilation: Compilation) -> None:
        self.compilation = compilation
        self._conditions: dict[str, Guard | None] = {}
        self._open: list[str] = []
        self._programs: dict[Any, Program] = {}
        self._assumed: frozenset[str] = NOTHING
        self._thing: tuple[str, ...] = ()
        self._reader: str | None = None
        self._is_read = False
        self._payouts: tuple[str, ...] = tuple(compilation.content.get("payouts") or ())
        self._glances: list[Glance] = []

    @contextmanager
    def making(self, *thing: str) -> Iterator[None]:
        """Take note for a while of the private fields from which a thing is made (see `Definition.made_of`)."""
        before, self._thing = self._thing, thing
        try:
            yield
        finally:
            self._thing = before

    @contextmanager
    def read_by(self, role: str | None) -> Iterator[None]:
        """For a while, report the private fields that are looked at and not for this role to see; None: not for everybody."""
        before, self._reader, self._is_read = (self._reader, self._is_read), role, True
        try:
            yield
        finally:
            self._reader, self._is_read = before

    def look(self, private: Iterable[Private], path: Path) -> None:
        """Take note of private fields that something in the document looks at."""
        for each in private:
            if self._thing:
                before = self.compilation.made_of.get(self._thing, ())
                self.compilation.made_of[self._thing] = (*before, each)
            if self._is_read and self._reader not in each.roles:
                self.compilation.add([_hidden(each, self._reader).within(path)])

    def _glance(self, reads: Iterable[str], text: str, path: Path) -> None:
        """Take note of what an expression sees of what was paid; of what that is made is known once all is compiled."""
        if self._thing or self._is_read:
            for name in looked_at(reads, self._payouts):
                at = place_in(text, name)
                self._glances.append(Glance(name, self._thing, self._is_read, self._reader, path, at))

    def look_at_paid(self) -> None:
        """Let what looks at what was paid be made of what the amounts are made of. Called when all else is compiled."""
        of = privates(self._payouts, self.compilation.made_of, self._glances)
        for glance in self._glances:
            seen = [Private(path, roles, glance.offset) for path, roles in sorted(of[glance.payout], key=itemgetter(0))]
            with self.making(*glance.thing), self.read_by(glance.reader) if glance.is_read else nullcontext():
                self.look(seen, glance.path)

    @contextmanager
    def assuming(self, facts: frozenset[str]) -> Iterator[None]:
        """Take facts as certain for a while: an action may rely on what its transition's guard made sure of."""
        before, self._assumed = self._assumed, self._assumed | facts
        try:
            yield
        finally:
            self._assumed = before

    def program(
        self, scope: Scope, text: str, path: Path, wants: Schema | None = None, known: frozenset[str] = NOTHING
    ) -> Program | None:
        """Compile one expression; the same text in the same scope is compiled once."""
        known |= self._assumed
        key = (id(scope), text, repr(wants), known)
        program = self._programs.get(key)
        if program is None:
            program, faults = scope.compile(text, wants, known)
            self.compilation.add(_told(fault).within(path) for fault in faults)
            if program is None:
                return None
            if not faults:
                self._programs[key] = program
        self.look(program.private, path)
        self._glance(program.reads, text, path)
        for read in program.reads:
            if read.startswith("param."):
                self.compilation.used.add(("parameter", read.split(".")[1]))
        return program

    # guards

    def guard(
        self, scope: Scope, written: Any, path: Path, known: frozenset[str] = NOTHING
    ) -> tuple[Guard | None, frozenset[str]]:
        """Compile a guard; return with it the facts that are certain where it holds."""
        match written:
            case bool():
                return Always(written), NOTHING
            case str() if written in (self.compilation.content.get("conditions") or {}):
                self.compilation.used.add(("condition", written))
                condition = self.condition(written, path)
                return (Condition(written, condition) if condition else None), NOTHING
            case str() if _NAME.fullmatch(written) and written not in (*scope.variables, *_CONSTANTS):
                self._no_condition(written, path)
                return None, NOTHING
            case str():
                program = self.program(scope, written, path, BOOLEAN, known)
                return (Test(program, place(path)), program.establishes) if program else (None, NOTHING)
            case list():
                return self._every(scope, written, path, known)
            case {"any": list(alternatives)}:
                some = self._guards(scope, alternatives, (*path, "any"), known)
                return (Some(some) if some is not None else None), NOTHING
            case {"none": list(alternatives)}:
                neither = self._guards(scope, alternatives, (*path, "none"), known)
                return (Neither(neither) if neither is not None else None), NOTHING
        return None, NOTHING

    def _no_condition(self, name: str, path: Path) -> None:
        """Report a word in place of a guard that is no condition; a field was perhaps meant."""
        fields = self.compilation.data.schema.get("properties") or {}
        known = [*(self.compilation.content.get("conditions") or {}), *(f"case.{field}" for field in fields)]
        truth = _TRUTHS.get(name)
        meant = nearest(name, known)
        hint = f"write {truth}" if truth else f'did you mean "{meant}"?' if meant else _GUARDS
        told = f'"{name}" is not a condition of this process'
        self.compilation.fault("unknown-condition", told, path, hint, value=name)

    def condition(self, name: str, path: Path) -> Guard | None:
        """Return the guard that a condition stands for, compiled once."""
        if name in self._open:
            loop = " -> ".join([*self._open[self._open.index(name) :], name])
            self.compilation.fault(
                "condition-loop",
                f"the condition {name} leads back to itself: {loop}",
                path,
                "let one of them say what it needs itself",
                value=name,
            )
            return None
        if len(self._open) >= CHAIN:
            told = f"conditions lead to each other over more than {CHAIN} names"
            self.compilation.fault("too-deep", told, path, "write out what some of them stand for", value=name)
            return None
        if name not in self._conditions:
            self._open.append(name)
            written = self.compilation.content["conditions"][name]
            self._conditions[name], _ = self.guard(self.compilation.scope, written, ("conditions", name))
            self._open.pop()
        return self._conditions[name]

    def _every(
        self, scope: Scope, written: list[Any], path: Path, known: frozenset[str]
    ) -> tuple[Guard | None, frozenset[str]]:
        guards, certain = [], known
        for index, each in enumerate(written):
            guard, more = self.guard(scope, each, (*path, index), certain)
            guards.append(guard)
            certain |= more
        if any(guard is None for guard in guards):
            return None, certain - known
        return Every(tuple(guard for guard in guards if guard is not None)), certain - known

    def _guards(self, scope: Scope, written: list[Any], path: Path, known: frozenset[str]) -> tuple[Guard, ...] | None:
        guards = [self.guard(scope, each, (*path, index), known)[0] for index, each in enumerate(written)]
        return None if None in guards else tuple(guard for guard in guards if guard is not None)

    # values

    def value(
        self, scope: Scope, written: Any, path: Path, wants: Schema | None = None, known: frozenset[str] = NOTHING
    ) -> Value | None:
        """Compile a value that must fit a shape."""
        match written:
            case str():
                program = self.program(scope, written, path, wants, known)
                return Computed(program, place(path)) if program else None
            case {"text": str(text), **rest} if not rest:
                return self._literal(text, path, wants)
            case dict():
                return self._fields(scope, written, path, wants, known)
            case list():
                item = (wants or {}).get("items")
                values = [self.value(scope, each, (*path, index), item, known) for index, each in enumerate(written)]
                if wants is not None and not self._is(wants, "array", "a list", path):
                    return None
                return None if None in values else Items(tuple(value for value in values if value is not None))
            case _:
                return self._literal(written, path, wants)

    def fixed(self, value: Value | None) -> Any:
        """Return what a value is in every case, where it reads nothing but parameters; else None."""
        if isinstance(value, Literal):
            return value.value
        if not isinstance(value, Computed) or any(not read.startswith("param.") for read in value.program.reads):
            return None
        try:
            return value.program.evaluate(self.compilation.scope.activation({"param": self.compilation.parameters}))
        except ExpressionError:
            return None

    def _literal(self, value: Any, path: Path, wants: Schema | None) -> Value | None:
        if wants is None:
            return Literal(value)
        shape = Shape(wants)
        faults = shape.faults(value)
        self.compilation.add(_as_value(fault).within(path) for fault in faults)
        return None if faults else Literal(shape.complete(value))

    def _fields(
        self, scope: Scope, written: Mapping[str, Any], path: Path, wants: Schema | None, known: frozenset[str]
    ) -> Value | None:
        if wants is not None and not self._is(wants, "object", "an object", path):
            return None
        properties = (wants or {}).get("properties", {})
        free = (wants or {}).get("additionalProperties", {} if wants is None else False)
        values: dict[str, Value] = {}
        for name, each in written.items():
            if wants is not None and name not in properties and free is False:
                self.compilation.fault(
                    "unknown-field",
                    f'"{name}" is not a field here',
                    (*path, name),
                    suggestion(name, properties),
                    value=name,
                    at_key=True,
                )
                continue
            schema = properties.get(name) or (free if isinstance(free, Mapping) and free else None)
            value = self.value(scope, each, (*path, name), schema, known)
            if value is not None:
                values[name] = value
        for name in (wants or {}).get("required", ()):
            if name not in written and "default" not in properties.get(name, {}):
                self.compilation.fault(
                    "missing-field", f'the field "{name}" is required here', path, "give it a value", value=name
                )
        return Fields(values)

    def _is(self, wants: Schema, kind: str, told: str, path: Path) -> bool:
        kinds = wants.get("type")
        if kinds is None or kind == kinds or kind in kinds:
            return True
        self.compilation.fault(
            "result-type",
            f"{told} does not fit here",
            path,
            f"give {wanted(kinds)}",
        )
        return False

    def text(self, scope: Scope, written: Any, path: Path) -> Value | None:
        """Compile a value that is one string."""
        return self.value(scope, written, path, STRING)

    def texts(self, scope: Scope, written: Any, path: Path) -> Value | None:
        """Compile a value that is one string or a list of strings."""
        if not isinstance(written, str):
            return (
                self.text(scope, written, path)
                if isinstance(written, dict)
                else self.value(scope, written, path, STRINGS)
            )
        program, faults = scope.compile(written, STRINGS)
        wants = STRING if program is None and {fault.code for fault in faults} == {"result-type"} else STRINGS
        return self.value(scope, written, path, wants)

    # delays and templates

    def delay(self, scope: Scope, written: str | Mapping[str, Any], path: Path) -> Delay | None:
        """Compile a delay: an ISO 8601 literal, a parameter that is one, or a string in the case's data; of working time or not."""
        if not isinstance(written, str):
            return self._working(scope, written, path)
        parameter = written.removeprefix("param.")
        if parameter != written and parameter in self.compilation.parameters:
            self.compilation.used.add(("parameter", parameter))
            written_there = self.compilation.parameters[parameter]
            delay = self._fixed_delay(written_there, ("parameters", parameter))
            return replace(delay, place=place(path)) if delay else None
        if not any(name in scope.variables for name in _NAME.findall(written)):
            return self._fixed_delay(written, path)
        program = self.program(scope, written, path, STRING)
        return Delay(Computed(program, place(path)), place=place(path)) if program else None

    def _working(self, scope: Scope, written: Mapping[str, Any], path: Path) -> Delay | None:
        """Compile a delay in the working time of a calendar."""
        if not written.keys() >= {"working", "calendar"}:
            return None
        delay = self.delay(scope, written["working"], (*path, "working"))
        name, at = written["calendar"], (*path, "calendar")
        if not self.compilation.known("calendar", name, self.compilation.content.get("calendars") or {}, at):
            return None
        calendar = self.compilation.calendars.get(name)
        self._warn_of_days(delay, written["working"], (*path, "working"))
        return replace(delay, reckoning=calendar) if delay and calendar else None

    def _warn_of_days(self, delay: Delay | None, written: str, path: Path) -> None:
        """Warn of working time in days: a day is 24 hours of work, which takes three working days of eight."""
        text = str(self.compilation.parameters.get(written.removeprefix("param."), written))
        if delay and isinstance(delay.value, timedelta) and any(unit in text for unit in "DW"):
            hours = f"PT{delay.value.total_seconds() / 3600:g}H"
            told = f"{text} of working time is {hours[2:-1]} hours of work, for a day has 24"
            self.compilation.warn(
                "working-days", told, path, f"write {hours} if that is meant, or the hours of your working days"
            )

    def _fixed_delay(self, written: Any, path: Path) -> Delay | None:
        try:
            return Delay(parse_duration(str(written)), place=place(path))
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            self.compilation.fault("bad-delay", message, path, hint, value=written)
            return None

    def template(self, written: Any, path: Path) -> dict[str, Template] | None:
        """Compile a text with `{{ CEL }}` inside, or one per language."""
        texts = {"": written} if isinstance(written, str) else dict(written)
        made: dict[str, Template] = {}
        for language, text in texts.items():
            at = (*path, language) if language else path
            template, faults = self.compilation.scope.template(text)
            self.compilation.add(fault.within(at) for fault in faults)
            if template is not None:
                made[language] = template
                self.look(template.private, at)
                self._glance(template.reads, text, at)
                for read in template.reads:
                    if read.startswith("param."):
                        self.compilation.used.add(("parameter", read.split(".")[1]))
        return made if len(made) == len(texts) else None


def _hidden(private: Private, reader: str | None) -> Fault:
    """Say that somebody would read what is not for them to see, and who may."""
    roles = sorted(private.roles)
    told = (
        f'{private.path} is hidden from the role "{reader}"'
        if reader
        else f"{private.path} is not for everybody to see"
    )
    may = f"{', '.join(roles)} may see it"
    hint = (
        f"{may}; leave it out, or say with as: in which role this is read" if reader is None else f"{may}; leave it out"
    )
    return Fault("hidden-field", told, hint=hint, value=private.path, offset=private.offset)


def _told(fault: Fault) -> Fault:
    """Say of an event's data why they are not known here."""
    if (fault.code, fault.value, fault.message) == ("unknown-field", "data", 'event has no field "data"'):
        return replace(fault, hint="an event's data are known only where a transition on this one event is taken")
    return fault


def _as_value(fault: Fault) -> Fault:
    """Say how a number is written as fixed text: quotes alone would make it an expression."""
    if fault.code == "wrong-type" and isinstance(fault.value, (int, float)) and "quotes" in fault.hint:
        return replace(fault, hint=f'write {{text: "{json.dumps(fault.value)}"}} for a fixed text')
    return fault
