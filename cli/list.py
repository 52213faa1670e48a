"""`caseway list`: the cases there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from caseway.cli.completion import process_names
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_line, print_shown, say, table

if TYPE_CHECKING:
    from caseway.engine.ports import CaseLine


@click.command("list", cls=Verb)
@click.option("--process", metavar="NAME", shell_complete=process_names, help="Only cases of this process.")
@click.option("--state", metavar="STATE", help="Only cases in this state, or in a state within it.")
@click.option("--assignee", metavar="ID", help="Only cases that this person has.")
@click.option("--open/--closed", "is_open", default=None, help="Only cases that are open, or closed.")
@click.option("--limit", type=click.IntRange(min=1, max=2**31 - 1), metavar="N", help="At most this many.")
@with_setting
def list_cases(
    setting: Setting,
    *,
    process: str | None,
    state: str | None,
    assignee: str | None,
    is_open: bool | None,
    limit: int | None,
) -> None:
    """List cases, in order of opening."""
    from caseway.engine.ports import CaseQuery

    closed = None if is_open is None else not is_open
    with setting.runtime() as runtime:
        lines = runtime.list(CaseQuery(process, state, closed, assignee, limit))
        if setting.json:
            for line in lines:
                print_line(_record(line))
            return
        shown = table("case", "process", "state", "assignee", "opened", "last step")
        for line in lines:
            shown.add_row(*_row(line))
    if shown.row_count:
        print_shown(shown)
    else:
        say("There are no such cases.")


def _row(line: CaseLine) -> tuple[str, ...]:
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import instant, states

    process = f"{line.process} {line.version}"
    mark = " (ended)" if line.final else " (closed)" if line.closed else ""
    return (
        escaped(line.id),
        process,
        f"{states(line.state)}{mark}",
        escaped(line.assignee or ""),
        instant(line.opened_at),
        instant(line.last_at),
    )


def _record(line: CaseLine) -> dict[str, Any]:
    from caseway.engine.timestamp import instant_text

    return {
        "id": line.id,
        "process": line.process,
        "version": line.version,
        "state": list(line.state),
        "assignee": line.assignee,
        "closed": line.closed,
        "final": line.final,
        "revision": line.revision,
        "opened_at": instant_text(line.opened_at),
        "last_at": instant_text(line.last_at),
    }
