"""The page of the command line."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import click

from caseway.cli.main import VERBS, program
from docs.generate.markdown import NOTE, table


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
    verbs = table(
        ("verb", "what it does"), [(f"[`{verb}`](#caseway-{verb})", told) for verb, (_, told) in VERBS.items()]
    )
    parts = [NOTE, intro, verbs, "## Options of every verb", _options(everywhere, context)]
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
    return table(("option", "meaning"), [(f"`{record[0]}`", record[1]) for record in records if record])
