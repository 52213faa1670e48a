"""The pages of the documents that people write: processes and scenarios."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from caseway.adapters.yaml_document import bound as document_bound
from caseway.schemas.validator import properties, schema
from docs.generate.markdown import NOTE, bounds, table

Schema = Mapping[str, Any]

THINGS = {
    "process": "The document",
    "event": "Events",
    "document": "Documents",
    "message": "Messages",
    "payout": "Payouts",
    "split": "Splits",
    "ordinaryState": "Ordinary states",
    "parallelState": "Parallel states",
    "finalState": "Final states",
    "historyState": "History states",
    "transition": "Transitions",
    "timedTransition": "Timed transitions",
    "delay": "Delays",
    "calendar": "Calendars",
    "closedDay": "Closed days",
    "openDay": "Open days",
    "serviceLevel": "Service levels",
    "link": "Links",
    "report": "Reports",
    "redaction": "Redactions",
    "work": "Work",
    "guidance": "Guidance",
    "action": "Actions",
    "shape": "Shapes",
    "guard": "Guards",
    "value": "Values",
    "person": "Persons",
    "scenarios": "The document",
    "scenario": "Scenarios",
    "given": "The start",
    "step": "Steps",
    "expectation": "Expectations",
    "levelStanding": "Standings of service levels",
    "worklist": "Worklists",
}
"""What the things of the language are called, in the order of the page."""


HEADED = {
    "states": "ordinary-states",
    "state": "ordinary-states",
    "transitions": "transitions",
    "on": "transitions",
    "after": "timed-transitions",
    "actions": "actions",
    "objectShape": "shapes",
}
"""Lists and mappings of things, and the heading under which the thing itself is explained."""


def process_document() -> str:
    """Write the page of the process document."""
    intro = """# The process document

A process stands in `processes/NAME/vN.yaml`, one file for each version. This page lists every key; unknown keys are errors. It is
made from [the JSON Schema](../../schemas/process.schema.json), which editors can use as well: see
[configure an editor](../how-to/configure-an-editor.md). What the words mean stands in the [glossary](../glossary.md), how states
and events behave in [semantics](../explanation/semantics.md), what may stand in an expression in [expressions](expressions.md).

The document is YAML 1.2: `on` is a word, `NO` is Norway. Tags, merge keys and several documents in a file are errors, and so is a
key that stands twice."""
    names = """## Names that Caseway makes

| thing | name | example |
|---|---|---|
| state | its path from the outside in | `active.contacting` |
| `after` timer | the state, `after`, and the `name` given, or else its number from 1 | `offered.after.remind`, `offered.after.1` |
| done event | `done.state` and the state | `done.state.visit` |
| transition | the state, what sets it off, and its number from 1 | `offered.on.accept.1`, `visit.done.1` |
| effect | case, revision, and number within the step from 0 | `OF-42:3:0` |

A target is looked up by its first name among the states beside the source, the source itself included, then further out."""
    return "\n\n".join([NOTE, intro, *_things("process"), bounds("Bounds of a document", document_bound), names]) + "\n"


def scenarios() -> str:
    """Write the page of scenario documents."""
    intro = """# Scenario documents

Scenarios stand beside the version they are about, in `vN.scenarios.yaml`, and are played by `caseway test`. This page lists every
key; it is made from [the JSON Schema](../../schemas/scenarios.schema.json). How to write good ones:
[write scenarios](../how-to/write-scenarios.md)."""
    return "\n\n".join([NOTE, intro, *_things("scenarios")]) + "\n"


def _things(name: Any) -> Iterator[str]:
    found = properties(name)
    for thing, title in THINGS.items():
        if thing not in found:
            continue
        whole = _place(name, thing)
        yield f"## {title}\n\n{whole['description']}\n\n{_keys(name, thing)}"
        for inner in found:
            if inner.startswith(f"{thing}."):
                key = inner.rpartition(".")[2]
                whose = f" of {title.lower()}" if key in schema(name)["definitions"] else ""
                yield f"### `{key}`{whose}\n\n{_keys(name, inner)}"
    told = [
        (f'<a id="{key.lower()}"></a>{_spaced(key)}', content["description"] + _limits(content))
        for key, content in schema(name)["definitions"].items()
        if key not in found and key not in HEADED
    ]
    yield "## Kinds of values\n\n" + table(("kind", "what it is"), told)


def _keys(name: Any, thing: str) -> str:
    required = _place(name, thing).get("required", ())
    rows = [
        (f"`{key}`{' (required)' if key in required else ''}", _kind(name, content), _meaning(content))
        for key, content in properties(name)[thing].items()
    ]
    return table(("key", "value", "meaning"), rows)


def _place(name: Any, thing: str) -> Schema:
    """Return what the schema says of a thing, by the path that `properties` gives it."""
    first, *rest = thing.split(".")
    whole = schema(name)
    at: Schema = whole if first == name else whole["definitions"][first]
    for key in rest:
        at = at["properties"][key]
        at = at["items"] if at.get("type") == "array" else at
    if first == "guidance":
        at = {**at["items"], "description": at["description"]}
    return at


def _kind(name: Any, content: Schema) -> str:
    if "$ref" in content:
        return _link(name, content["$ref"].rpartition("/")[2])
    if "const" in content:
        return f"`{json.dumps(content['const'])}`"
    if "enum" in content:
        possible = [each for each in content["enum"] if isinstance(each, str)]
        return ", ".join(f"`{each}`" for each in possible)
    names = content.get("type", "any value")
    told = " or ".join(_NAMES[each] for each in ([names] if isinstance(names, str) else names) if each in _NAMES)
    inner = content.get("items") or content.get("additionalProperties")
    if isinstance(inner, Mapping) and "$ref" in inner:
        told += f" of {_link(name, inner['$ref'].rpartition('/')[2])}"
    return told or "any value"


_NAMES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
    "array": "list",
    "null": "null",
}


def _link(name: Any, thing: str) -> str:
    if thing in HEADED:
        return f"[{_spaced(thing)}](#{HEADED[thing]})"
    anchor = THINGS[thing].lower().replace(" ", "-") if thing in properties(name) else thing.lower()
    return f"[{_spaced(thing)}](#{anchor})"


def _spaced(name: str) -> str:
    return {
        "objectShape": "shape of an object",
        "ruleId": "rule id",
        "on": "transitions by event",
        "after": "timed transitions",
    }.get(name, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def _meaning(content: Schema) -> str:
    default = f" Default: `{_flow(content['default'])}`." if "default" in content else ""
    return f"{content['description']}{_limits(content)}{default}"


def _limits(content: Schema) -> str:
    told = [
        f"{words} {content[key]}"
        for key, words in (("minimum", "at least"), ("minItems", "at least"), ("maxItems", "at most"))
        if content.get(key) and key in content and not (key == "minItems" and content[key] == 1)
    ]
    return f" ({', '.join(told)})" if told else ""


def _flow(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=1000).split("\n")[0]
