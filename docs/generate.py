"""Writes the reference: what the code knows about itself, as pages.

python -m docs.generate
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import yaml

from caseway.adapters import sql as _sql  # noqa: F401  # may declare errors of its own
from caseway.adapters import wiring as _wiring  # noqa: F401  # declares errors of its own
from caseway.adapters.yaml_document import bound as document_bound
from caseway.cli.failure import exit_code
from caseway.cli.main import VERBS, program
from caseway.engine import bound as data_bound
from caseway.engine.errors import CasewayError
from caseway.engine.expression import bound as expression_bound
from caseway.engine.expression import function
from caseway.schemas.validator import properties, schema
from docs.codes import HOUSE, is_warning, meanings

ARCHITECTURE = HOUSE / "ARCHITECTURE.md"
REFERENCE = HOUSE / "docs" / "reference"
NOTE = "<!-- Written by `python -m docs.generate`; do not edit. -->"

Schema = Mapping[str, Any]
Rows = list[tuple[str, ...]]


def pages() -> dict[Path, str]:
    """Return the pages of the reference, by path."""
    made = {
        "process-document.md": process_document(),
        "scenarios.md": scenarios(),
        "command-line.md": command_line(),
        "errors.md": errors(),
        "expressions.md": expressions(),
    }
    return {REFERENCE / name: text for name, text in made.items()} | {ARCHITECTURE: architecture()}


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(HOUSE))


# documents

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
    return (
        "\n\n".join([NOTE, intro, *_things("process"), _bounds("Bounds of a document", document_bound), names]) + "\n"
    )


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
    yield "## Kinds of values\n\n" + _table(("kind", "what it is"), told)


def _keys(name: Any, thing: str) -> str:
    required = _place(name, thing).get("required", ())
    rows = [
        (f"`{key}`{' (required)' if key in required else ''}", _kind(name, content), _meaning(content))
        for key, content in properties(name)[thing].items()
    ]
    return _table(("key", "value", "meaning"), rows)


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


# the command line


def command_line() -> str:
    """Write the page of the command line."""
    context = click.Context(program, info_name="caseway")
    everywhere = [param for param in program.get_params(context) if not {"--version", "--help"} & set(param.opts)]
    shared: set[str | None] = {*(param.name for param in everywhere), "help"}
    intro = """# The command line

```text
caseway [OPTIONS] VERB [ARGUMENTS]
```

Data go to stdout, talk goes to stderr. Options may stand before the verb or after it."""
    table = _table(
        ("verb", "what it does"), [(f"[`{verb}`](#caseway-{verb})", told) for verb, (_, told) in VERBS.items()]
    )
    parts = [NOTE, intro, table, "## Options of every verb", _options(everywhere, context)]
    parts += ["`caseway --version` prints the version; `--help` works everywhere.", EXITS, "## The verbs"]
    for verb in VERBS:
        command = program.get_command(context, verb)
        assert command is not None
        parts += _command(command, f"caseway {verb}", shared)
    return "\n\n".join(parts) + "\n"


EXITS = """## Exit codes

The code says who can do something.

| code | meaning |
|---|---|
| 0 | done |
| 2 | the command line is wrong |
| 3 | a process is wrong, one of its scenarios fails, or one of its expressions failed at run time: its author can mend it |
| 4 | refused, no such case, or bad input: the caller can do something else |
| 5 | the database, disk or network failed: trying again can help |
| 1 | a bug of Caseway's own |
| 130 | interrupted |
| 141 | nobody reads the output any more |

With `--json` a failure is one document on stdout: `{"error": {"code": ..., "message": ..., "facts": {...}}}`. The codes stand in
[errors](errors.md)."""


def _command(command: click.Command, name: str, shared: set[str | None]) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    own = [param for param in command.get_params(context) if param.name not in shared and "--help" not in param.opts]
    arguments = [param.make_metavar(context) for param in own if isinstance(param, click.Argument)]
    inner = command.commands if isinstance(command, click.Group) else {}
    yield f"{'#' * (1 + len(name.split()))} {name}"
    yield f"```text\n{' '.join([name, *arguments, '[OPTIONS]' if not inner else 'VERB'])}\n```"
    yield inspect.cleandoc(command.help or "")
    options = [param for param in own if isinstance(param, click.Option)]
    if options:
        yield _options(options, context)
    for verb, each in inner.items():
        yield from _command(each, f"{name} {verb}", shared)


def _options(params: list[Any], context: click.Context) -> str:
    records = (param.get_help_record(context) for param in params)
    return _table(("option", "meaning"), [(f"`{record[0]}`", record[1]) for record in records if record])


# errors


def errors() -> str:
    """Write the page of errors and codes."""
    intro = """# Errors and codes

Every error that Caseway raises on purpose is a `CasewayError`: a stable `code`, a sentence, and `facts`. The branches say who can do
something about it: the author of a process (`DefinitionError`), the caller (`CaseError`), or time (`WorldError`)."""
    told = [
        ("class", "code", "exit code", "meaning"),
        *(
            (f"{'&nbsp;&nbsp;' * depth}`{kind.__name__}`", f"`{kind.code}`", _exit(kind), _first(kind))
            for kind, depth in _family(CasewayError, 0)
        ),
    ]
    parts = [NOTE, intro, _table(told[0], told[1:])]
    parts += [
        """On the command line `usage` (exit code 2) stands for a command line that is wrong, `invalid-line` (exit code 4) for a line of a
batch that is no event, and `bug` (exit code 1) for an error that Caseway did not raise on purpose.""",
        f"""## Refusals

A `Refusal` says why an event did nothing. It is raised as `Refused` (exit code 4), whose `refusal` has this code, a sentence and facts.
On the command line, in JSON, `code` is the refusal's own.

{_meanings("refusal")}""",
        f"""## Failures of expressions at run time

What a `FaultyStep` tells about an expression is one of these. `caseway check` finds most of them beforehand.

{_meanings("evaluation")}""",
    ]
    parts.append("""## Diagnostics

What `caseway check` reports, as `FILE:LINE:COLUMN: CODE: what is wrong; what is possible instead`. Errors end with exit code 3; a
document with nothing but warnings is sound.""")
    for part, title in (
        ("file", "Files and YAML"),
        ("shape", "The form of a document, and of data"),
        ("meaning", "What a process or scenario means"),
        ("expression", "Expressions"),
    ):
        parts.append(f"### {title}\n\n{_diagnostics(part)}")
    return "\n\n".join(parts) + "\n"


def _family(kind: type[CasewayError], depth: int) -> Iterator[tuple[type[CasewayError], int]]:
    yield kind, depth
    for each in kind.__subclasses__():
        if not each.__module__.startswith("caseway."):
            continue
        yield from _family(each, depth + 1)


def _exit(kind: type[CasewayError]) -> str:
    return str(exit_code(kind.__new__(kind))) if kind is not CasewayError else ""


def _first(thing: Any) -> str:
    return inspect.cleandoc(thing.__doc__ or "").replace("\n", " ")


def _meanings(part: str) -> str:
    return _table(("code", "meaning"), [(f"`{code}`", told) for code, told in meanings()[part].items()])


def _diagnostics(part: str) -> str:
    rows = [(f"`{code}`", "warning" if is_warning(code) else "error", told) for code, told in meanings()[part].items()]
    return _table(("code", "severity", "meaning"), rows)


# expressions


def expressions() -> str:
    """Write the page of expressions."""
    return (
        "\n\n".join(
            [
                NOTE,
                EXPRESSIONS,
                _functions(),
                _left_out(),
                _bounds("Bounds of an expression", expression_bound),
                _bounds("Bounds of data", data_bound, "Whatever enters a case stays within these."),
            ]
        )
        + "\n"
    )


EXPRESSIONS = """# Expressions

Guards and computed values are written in [CEL](https://cel.dev), the Common Expression Language. An expression has a value and no
effect. It is typed when the process is checked, against the shapes that the process declares. How to write good ones:
[write guards](../how-to/write-guards.md).

## Where they stand

A YAML string is an expression in `guard`, `when`, `where`, `set`, `append`, `change`, `raise.data`, `candidates`, `to`, `amount`, `payee`, `payer`,
and within `{{ }}` in the texts of messages. Elsewhere a string is a string. Where an expression stands, a number, `true`, `false` and `null` are
themselves, a list or mapping holds values, and `{text: hello}` is fixed text.

A delay is an ISO 8601 duration (`PT1H`, `P2D`, `P1W`; no years or months), or an expression that gives one: mostly `param.NAME` or
`case.FIELD`.

## What they see

| name | what it is |
|---|---|
| `case` | the data of the case, as `data` declares them |
| `event.id`, `event.name` | the event that happens |
| `event.data` | what it tells; only in transitions `on` a declared event, and in their actions |
| `event.due` | when the timer was due; only in `after` |
| `actor.id`, `actor.roles`, `actor.tags` | who sent the event; the id is empty for the local operator, and `system` for timers |
| `param` | the parameters of the process |
| `now` | the instant of the step |
| `meta.case` | the id of the case |
| `meta.states` | the paths of all active states, with the states around them |
| `meta.opened` | when the case was opened |
| `meta.assignee` | who has claimed the case, or null |
| `item` | the item of the list that is looked at; only in `where`, and in `set` within `change` |

Conditions, messages and payouts are used in several places, so they do not see `event.data`.

## Types

| in `data` | in an expression |
|---|---|
| `string` | string |
| `string` with `format: date-time` | timestamp; minus another it gives a duration, plus a duration a timestamp |
| `integer` | int, of 64 bits |
| `number` | double |
| `boolean` | bool |
| `array` | list |
| `object` with `properties` | an object; a field that is neither required nor has a default must be asked for with `has(...)` |
| `object` with `additionalProperties` | a map from text; `keys(map)` gives its keys in order |
| a type with `"null"` | the same, or null; compare with `null` before it is used |

Whole numbers and floating numbers do not mix: `double(n)` and `int(x)` convert. `duration("PT8H")` reads ISO 8601 as well as CEL's own
`8h`."""


def _functions() -> str:
    declared = yaml.safe_load(function.DECLARATIONS)["functions"]
    rows = [
        (
            f"`{each['overloads'][0]['signature'].replace('~', '')}`",
            _first(function.IMPLEMENTATIONS[each["overloads"][0]["id"]]),
        )
        for each in declared
        if each["name"] in function.OWN
    ]
    standard = _table(
        ("called as", "functions"),
        [
            ("`f(value)`", _listed(function.STANDARD)),
            ("`text.f(...)`", _listed(function.TEXT_MEMBERS)),
            ("`list.f(...)`", _listed(function.LIST_MEMBERS)),
            ("`timestamp.f(...)`, with a time zone if wanted", _listed(function.TIME_MEMBERS)),
        ],
    )
    return f"## Functions\n\nOf Caseway:\n\n{_table(('function', 'value'), rows)}\n\nOf CEL:\n\n{standard}"


def _left_out() -> str:
    rows = [(f"`{name}`", instead) for name, instead in sorted(function.FORBIDDEN.items())]
    return f"""Left out:

{_table(("function", "instead"), rows)}

Also left out: loops over the entries of a map, whose order is not defined; `+` of texts or lists within a loop; a floating number
where an amount is wanted."""


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _bounds(title: str, module: ModuleType, more: str = "") -> str:
    """List the constants of a module with the text below each."""
    body = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
    rows: Rows = []
    for constant, text in pairwise(body):
        target = constant.targets[0] if isinstance(constant, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id.isupper() and isinstance(text, ast.Expr):
            told = ast.literal_eval(text.value)
            rows.append((f"{getattr(module, target.id):,}", " ".join(told.split())))
    return f"## {title}\n\n{more}{chr(10) * 2 if more else ''}{_table(('at most', 'what'), rows)}"


# the architecture

_FILES = re.compile(r"(?<=<!-- files -->\n).*?(?=<!-- end of files -->)", re.DOTALL)


def architecture() -> str:
    """Return the page of the architecture with its list of files as they are now."""
    rows: Rows = []
    for path in sorted((HOUSE / "engine").rglob("*.py")):
        told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if told:
            rows.append((f"`{path.relative_to(HOUSE).as_posix()}`", told.split("\n")[0]))
    table = _table(("file", "what it is about"), rows)
    return _FILES.sub(lambda _: f"\n{table}\n\n", ARCHITECTURE.read_text(encoding="utf-8"))


# tables


def _table(head: tuple[str, ...], rows: list[Any]) -> str:
    lines = [f"| {' | '.join(_cell(cell) for cell in line)} |" for line in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    main()
