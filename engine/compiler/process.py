"""A whole process: its declarations, its states, and what only shows when both are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from caseway.engine.actor import ASSIGNEE, RESERVED_ROLES
from caseway.engine.compiler import analysis
from caseway.engine.compiler.action import Actions
from caseway.engine.compiler.assembly import statechart
from caseway.engine.compiler.calendar import calendars
from caseway.engine.compiler.compilation import MOST, Compilation, Neighbour, TooManyFaults, content_hash
from caseway.engine.compiler.consequence import told
from caseway.engine.compiler.expression import Expressions
from caseway.engine.compiler.link import link_rules
from caseway.engine.compiler.pruning import sound, unpruned
from caseway.engine.compiler.report import report_rule
from caseway.engine.compiler.service_level import service_levels
from caseway.engine.compiler.state import States, words
from caseway.engine.compiler.tree import Branch, grow
from caseway.engine.compiler.work import VERBS
from caseway.engine.definition import Definition, EventRule, LevelRule, LinkRule, ReportRule, State
from caseway.engine.document import DocumentRule
from caseway.engine.event import START
from caseway.engine.fault import Fault, Path
from caseway.engine.payout import Pay
from caseway.engine.shape import shape_faults

FIELDS = 1000
"""Fields of one object, and parameters of a process."""
_BREACHES = frozenset({"too-deep", "too-large", "list-too-long", "text-too-long", "integer-too-large", "not-json"})
"""The faults of documents that break a bound, and whose shape is looked at no further."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a document: a definition where there is no error, and all faults, warnings among them."""

    definition: Definition | None
    faults: tuple[Fault, ...]


def compile_process(
    content: Any,
    misshapen: Sequence[Fault] = (),
    *,
    kept: bool = False,
    neighbours: Mapping[str, Neighbour | None] | None = None,
) -> Compiled:
    """Compile a document whose shape faults, if any, are given; they are part of what is returned.

    Parts with a wrong shape are left out, and the rest is checked for meaning all the same. What only a whole
    document can show (what is reachable, what is unused) is looked at only where the shape is right.

    `kept` says that a store kept the document, so that it was sound when it came there: what it says of public holidays is
    then believed rather than looked up, since the data about them change under a version that must not.

    `neighbours` are the processes that it may link to, where they are known; None stands for one that does not compile. Only with them
    is looked at whether the data that a link passes fit.
    """
    if not isinstance(content, Mapping) or not isinstance(content.get("states"), Mapping) or _is_unread(misshapen):
        return Compiled(None, tuple(misshapen))
    left = sound(content, misshapen)
    data_faults = _data_faults(left)
    compilation = Compilation(sound(left, data_faults), kept, neighbours)
    try:
        parts = _parts(compilation, whole=not misshapen and not data_faults)
    except TooManyFaults:
        parts = None
        del compilation.faults[MOST:]
    meant = [replace(fault, path=unpruned(fault.path, data_faults)) for fault in compilation.faults]
    meant = [replace(fault, path=unpruned(fault.path, misshapen)) for fault in (*data_faults, *meant)]
    faults = (*misshapen, *told(meant, (*misshapen, *data_faults)))
    if parts is None:
        faults += (_too_many(),)
    if parts is None or any(fault.severity == "error" for fault in faults):
        return Compiled(None, faults)
    return Compiled(_definition(compilation, content, parts), faults)


def _is_unread(misshapen: Sequence[Fault]) -> bool:
    """Say whether a document is so wrong that its shape was not looked at to the end."""
    return len(misshapen) > MOST or any(fault.code in _BREACHES for fault in misshapen)


def _too_many() -> Fault:
    return Fault("too-many-faults", f"checking stopped after {MOST} faults", hint="mend these first")


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the parts of a document became."""

    events: Mapping[str, EventRule]
    states: Mapping[str, State]
    initial: tuple[str, ...]
    levels: Mapping[str, LevelRule]
    links: Mapping[str, LinkRule]
    report: ReportRule
    redactors: tuple[str, ...]
    documents: Mapping[str, DocumentRule]
    payouts: Mapping[str, Pay]


def _parts(compilation: Compilation, *, whole: bool) -> _Parts:
    """Compile all parts; where nothing was left out (`whole`) and nothing hides the picture, look at that as well."""
    root = grow(compilation.content)
    compilation.calendars = calendars(compilation)
    expressions = Expressions(compilation)
    actions = Actions(compilation, expressions)
    actions.documents.rest()
    events = _events(compilation, expressions)
    for name in compilation.content.get("conditions") or {}:
        expressions.condition(name, ("conditions", name))
    tree = States(compilation, expressions, actions)
    initial = tree.initial(root)
    states = tree.states(root)
    levels = service_levels(compilation, expressions, root)
    links = link_rules(compilation)
    report = report_rule(compilation)
    redactors = _redactors(compilation)
    payouts = actions.payouts.sound()
    expressions.look_at_paid()
    _cancelled(compilation, actions)
    errors = {fault.code for fault in compilation.faults if fault.severity == "error"}
    if whole and not errors & analysis.HIDING:
        compilation.faults += analysis.faults(states, initial, root)
    if whole and all(fault.severity == "warning" for fault in compilation.faults):
        _unused(compilation, root)
        actions.payouts.doubts()
    return _Parts(events, states, initial, levels, links, report, redactors, actions.documents.rules, payouts)


def _definition(compilation: Compilation, content: Mapping[str, Any], parts: _Parts) -> Definition:
    states, initial = parts.states, parts.initial
    return Definition(
        process=content["process"],
        version=content["version"],
        hash=content_hash(content),
        title=words(content.get("title")),
        description=words(content.get("description")),
        content=content,
        sources=content.get("sources") or {},
        roles={name: words(text) for name, text in compilation.roles.items()},
        parameters=compilation.parameters,
        data=compilation.data,
        events=parts.events,
        states=states,
        initial=initial,
        transitions={transition.id: transition for state in states.values() for transition in state.transitions},
        messages=tuple(content.get("messages") or ()),
        payouts=parts.payouts,
        scope=compilation.scope,
        timed=compilation.timed,
        chart=statechart(states, initial),
        calendars=compilation.calendars,
        levels=parts.levels,
        links=parts.links,
        report=parts.report,
        redactors=parts.redactors,
        made_of=compilation.made_of,
        documents=parts.documents,
    )


def _redactors(compilation: Compilation) -> tuple[str, ...]:
    """Return the roles that may redact cases."""
    by = (compilation.content.get("redact") or {}).get("by") or ()
    roles = [*compilation.roles, ASSIGNEE]
    return tuple(
        role for index, role in enumerate(by) if compilation.known("role", role, roles, ("redact", "by", index))
    )


def _data_faults(content: Mapping[str, Any]) -> list[Fault]:
    """Report what the schema of the language cannot say about the shapes that a process declares."""
    shapes: list[tuple[Path, Any]] = [(("data",), content.get("data"))]
    shapes += [
        (("events", name, "data"), rule.get("data"))
        for name, rule in (content.get("events") or {}).items()
        if isinstance(rule, Mapping)
    ]
    found = [
        fault.within(path)
        for path, schema in shapes
        if isinstance(schema, Mapping)
        for fault in (*shape_faults(schema), *_wide(schema))
    ]
    parameters = content.get("parameters") or {}
    return [*found, _too_wide(len(parameters)).within(("parameters",))] if len(parameters) > FIELDS else found


def _wide(schema: Any) -> Iterator[Fault]:
    """Report the objects of a shape that have more fields than the types of expressions can hold."""
    if not isinstance(schema, Mapping):
        return
    fields = schema.get("properties") or {}
    if len(fields) > FIELDS:
        yield _too_wide(len(fields)).within(("properties",))
    for name, field in fields.items():
        yield from (fault.within(("properties", name)) for fault in _wide(field))
    for key in ("items", "additionalProperties"):
        yield from (fault.within((key,)) for fault in _wide(schema.get(key)))


def _too_wide(count: int) -> Fault:
    return Fault("too-many", f"there are {count} names here", hint=f"at most {FIELDS} are possible")


def _events(compilation: Compilation, expressions: Expressions) -> dict[str, EventRule]:
    events = {}
    for name, rule in compilation.events.items():
        path: Path = ("events", name)
        only_if = None
        if "only_if" in rule:
            only_if, _ = expressions.guard(compilation.scope_of(name), rule["only_if"], (*path, "only_if"))
        elif "because" in rule:
            told = f'"because" says why nobody else may send "{name}", and everybody may whom "by" names'
            compilation.fault(
                "missing-key",
                told,
                (*path, "because"),
                "add only_if, or leave because out",
                value="only_if",
                at_key=True,
            )
        if name == START:
            compilation.fault(
                "reserved-name",
                '"start" is the event that opens every case',
                path,
                "choose another name",
                value=name,
                at_key=True,
            )
        for index, role in enumerate(rule.get("by") or ()):
            if role not in RESERVED_ROLES:
                compilation.known("role", role, [*compilation.roles, *sorted(RESERVED_ROLES)], (*path, "by", index))
        _visibility(compilation, rule.get("data"), (*path, "data"))
        events[name] = EventRule(
            name=name,
            by=tuple(rule.get("by") or ()),
            data=compilation.event_data[name],
            scope=compilation.scope_of(name),
            title=words(rule.get("title")),
            implements=compilation.implements(rule, path),
            only_if=only_if,
            because=words(rule.get("because")),
        )
    for name in compilation.roles:
        if name in RESERVED_ROLES:
            compilation.fault(
                "reserved-name",
                f'"{name}" is a role that Caseway gives itself',
                ("roles", name),
                "choose another name",
                value=name,
                at_key=True,
            )
    _visibility(compilation, compilation.content.get("data"), ("data",))
    return events


def neighbour(definition: Definition) -> Neighbour:
    """Return what those who link to a process need to know of it."""
    ends = (state.path for state in definition.states.values() if state.kind == "final" and not state.parent)
    return Neighbour(definition.data.schema, tuple(ends))


def _visibility(compilation: Compilation, schema: Any, path: Path) -> None:
    """Check the roles that may see a field, all the way down a shape."""
    if isinstance(schema, list):
        for index, each in enumerate(schema):
            _visibility(compilation, each, (*path, index))
    if not isinstance(schema, Mapping):
        return
    for key, value in schema.items():
        if key == "x-visible-to" and isinstance(value, list):
            for index, role in enumerate(value):
                if role != "assignee":
                    compilation.known("role", role, [*compilation.roles, "assignee"], (*path, key, index))
        elif key in ("properties", "items", "additionalProperties"):
            for name, each in value.items() if key == "properties" else [("", value)]:
                _visibility(compilation, each, (*path, key, name) if name else (*path, key))


def _cancelled(compilation: Compilation, actions: Actions) -> None:
    for name, path in actions.cancelled:
        if name not in actions.timers:
            compilation.unknown("timer", name, actions.timers, path)


def _unused(compilation: Compilation, root: Branch) -> None:
    """Warn of what is declared and never used, and of sources that nothing implements."""
    content = compilation.content
    worked = {event for branch in root.below() for event in _work_events(branch)}
    for what, section in (
        ("event", "events"),
        ("message", "messages"),
        ("document", "documents"),
        ("payout", "payouts"),
        ("condition", "conditions"),
        ("parameter", "parameters"),
        ("calendar", "calendars"),
        ("link", "links"),
    ):
        for name in content.get(section) or {}:
            if (what, name) not in compilation.used and name not in worked:
                compilation.warn(
                    f"unused-{what}",
                    f'the {what} "{name}" is declared and never used',
                    (section, name),
                    "use it or take it out",
                    at_key=True,
                )
    for rule in content.get("sources") or {}:
        if rule not in compilation.implemented:
            compilation.warn(
                "source-not-implemented",
                f"nothing implements {rule}",
                ("sources", rule),
                f"write implements: [{rule}] where it is carried",
                at_key=True,
            )


def _work_events(branch: Branch) -> tuple[str, ...]:
    work = branch.written.get("work")
    return tuple(work[key] for key in VERBS if key in work) if isinstance(work, Mapping) else ()
