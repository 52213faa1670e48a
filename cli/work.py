"""`caseway work`: what a person may do now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from caseway.cli.completion import process_names
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_line, print_shown, say, table

if TYPE_CHECKING:
    from caseway.engine.work_item import WorkItem


@click.command(cls=Verb)
@click.option("--process", metavar="NAME", shell_complete=process_names, help="Only work of this process.")
@click.option("--limit", type=click.IntRange(min=1, max=2**31 - 1), metavar="N", help="At most this much.")
@with_setting
def work(setting: Setting, *, process: str | None, limit: int | None) -> None:
    """Show the worklist of whoever is named by --as: what is offered to them, and what they have, due first."""
    if setting.actor is None:
        raise click.UsageError("A worklist is somebody's; say whose with --as, such as --as clerk:anna.")
    with setting.runtime() as runtime:
        items = runtime.work(setting.actor, language=setting.language, limit=limit, process=process, now=setting.now)
    if setting.json:
        from caseway.engine.work_item import work_item_record

        for item in items:
            print_line(work_item_record(item))
        return
    if not items:
        say(f"There is nothing to do for {setting.actor}.")
        return
    shown = table("case", "process", "work", "whose", "due", "may send")
    for item in items:
        shown.add_row(*_row(item))
    print_shown(shown)
    for hint in dict.fromkeys(hint for item in items for hint in item.guidance):
        from caseway.adapters.diagnostic import escaped

        click.echo(f"  {escaped(hint)}")


def _row(item: WorkItem) -> tuple[str, ...]:
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import instant

    about = f" ({escaped(item.item)})" if item.item else ""
    return (
        escaped(item.case),
        f"{item.process} {item.version}",
        f"{escaped(item.title)}{about}",
        "yours" if item.kind == "mine" else "offered",
        instant(item.due) if item.due else "",
        ", ".join(item.events),
    )
