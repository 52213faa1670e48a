"""`caseway history`: what happened to a case, and what came of it."""

from __future__ import annotations

import click

from caseway.cli.completion import case_ids
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_line, print_shown


@click.command(cls=Verb)
@click.argument("case", shell_complete=case_ids)
@with_setting
def history(setting: Setting, case: str) -> None:
    """Tell what happened to CASE, oldest first, as the actor of --as may see it."""
    with setting.runtime() as runtime:
        entries = runtime.history(case, actor=setting.actor)
        if setting.json:
            from caseway.engine.journal import entry_record

            for entry in entries:
                print_line(entry_record(entry))
            return
        from rich.padding import Padding
        from rich.text import Text

        from caseway.cli.sentence import consequences, instant, move, sender

        language = runtime.language(setting.language, actor=setting.actor)
        for entry in entries:
            head = Text(f"{entry.revision:>4}  {instant(entry.at)}  ", overflow="fold")
            head.append(entry.event.name, "bold")
            head.append(f"  by {sender(entry.event)}")
            print_shown(head)
            for each in (move(entry), *consequences(entry, language)):
                print_shown(Padding(Text(each, overflow="fold"), (0, 0, 0, 6)))
