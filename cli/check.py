"""`caseway check`: everything that is wrong with processes, scenarios and calendars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_document, say, watched

if TYPE_CHECKING:
    from caseway.adapters.checked_file import Checked
    from caseway.adapters.diagnostic import Diagnostic


@click.command(cls=Verb)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    help="How to print what is wrong.  [default: text]",
)
@with_setting
def check(setting: Setting, paths: tuple[Path, ...], form: str | None) -> None:
    """Check processes, scenarios and calendars, and say everything that is wrong.

    PATH is a file or a folder; without it, the folder of processes is checked.
    """
    from caseway.adapters.checked_file import checked

    wanted = paths or (setting.folder,)
    found = list(watched(checked(wanted), "files checked"))
    if not found:
        raise click.UsageError(f"There is no YAML file in {', '.join(map(str, wanted))}.")
    diagnostics = [each for file in found for each in file.diagnostics]
    _print(diagnostics, form or ("json" if setting.json else "text"))
    if not setting.json:
        say(_summary(found))
    if any(not file.is_sound for file in found):
        click.get_current_context().exit(3)


def _print(diagnostics: list[Diagnostic], form: str) -> None:
    from caseway import __version__
    from caseway.adapters.diagnostic import as_json, as_sarif, as_text

    match form:
        case "json":
            print_document(as_json(diagnostics))
        case "sarif":
            print_document(as_sarif(diagnostics, __version__))
        case _:
            click.echo(as_text(diagnostics), nl=False)


def _summary(found: list[Checked]) -> str:
    kinds = [file.kind for file in found]
    severities = [each.severity for file in found for each in file.diagnostics]
    counts = [counted(kinds.count("process"), "process", "processes")]
    if "scenarios" in kinds:
        counts.append(counted(kinds.count("scenarios"), "scenario file", "scenario files"))
    if "calendar" in kinds:
        counts.append(counted(kinds.count("calendar"), "calendar", "calendars"))
    counts += [
        counted(severities.count("error"), "error", "errors"),
        counted(severities.count("warning"), "warning", "warnings"),
    ]
    return ", ".join(counts)


def counted(number: int, one: str, many: str) -> str:
    """Write a number of things: `1 error`, `2 errors`."""
    return f"{number} {one if number == 1 else many}"
