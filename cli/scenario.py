"""`caseway test`: scenarios, played."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from caseway.cli.check import counted
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_line, say, watched

if TYPE_CHECKING:
    from caseway.adapters.checked_file import Checked
    from caseway.adapters.played_scenario import Played


@click.command(cls=Verb)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@with_setting
def test(setting: Setting, paths: tuple[Path, ...]) -> None:
    """Play scenarios in simulated time, and say what was not as expected.

    PATH is a vN.scenarios.yaml or a folder; without it, all scenarios in the folder of processes are played.
    """
    from caseway.adapters.played_scenario import played

    wanted = paths or (setting.folder,)
    found = list(watched(played(wanted), "scenarios played"))
    if not found:
        raise click.UsageError(f"There are no scenarios (vN.scenarios.yaml) in {', '.join(map(str, wanted))}.")
    for each in found:
        if setting.json:
            print_line(_record(each))
        else:
            for line in _lines(each):
                click.echo(line)
    failed = [each for each in found if not _passed(each)]
    if not setting.json:
        say(f"{counted(len(found), 'scenario', 'scenarios')}, {len(failed)} failed")
    if failed:
        click.get_current_context().exit(3)


def _passed(each: Played | Checked) -> bool:
    from caseway.adapters.played_scenario import Played

    return isinstance(each, Played) and not each.failures


def _lines(each: Played | Checked) -> Iterator[str]:
    from caseway.adapters.checked_file import Checked
    from caseway.adapters.diagnostic import as_text, escaped

    if isinstance(each, Checked):
        yield escaped(f"✗ {each.path}: cannot be played")
        yield as_text(each.diagnostics).rstrip("\n")
        return
    yield escaped(f"{'✗' if each.failures else '✓'} {each.process} {each.version}: {each.scenario}")
    if each.failures:
        more = f" (and {len(each.failures) - 1} more)" if len(each.failures) > 1 else ""
        yield escaped(f"    {each.failures[0]}{more}")


def _record(each: Played | Checked) -> dict[str, Any]:
    from caseway.adapters.checked_file import Checked
    from caseway.adapters.diagnostic import as_json

    if isinstance(each, Checked):
        return {"path": str(each.path), "passed": False, "diagnostics": as_json(each.diagnostics)}
    return {
        "path": str(each.path),
        "process": each.process,
        "version": each.version,
        "scenario": each.scenario,
        "proves": list(each.proves),
        "passed": not each.failures,
        "failures": list(each.failures),
    }
