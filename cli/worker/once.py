"""`caseway worker once`: does all that is due, and ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import say
from caseway.cli.worker.due import Pass, do_due, print_pass
from caseway.cli.worker.option import deliver_option, folder_for, only_option, outbox_option

if TYPE_CHECKING:
    from caseway.engine.outcome import Entry

PASSES = 1000
"""How many passes it makes at most; timers that arm each other without delay do not go on for ever."""

DEFINITION, WORLD = 3, 5


@click.command(cls=Verb)
@only_option
@outbox_option
@deliver_option
@with_setting
def once(setting: Setting, deliver: str | None, outbox: Path | None, only: str | None) -> None:
    """Do all that is due now, say what was done, and end."""
    passes: list[Pass] = []
    with setting.runtime(outbox=folder_for(setting, outbox, deliver), deliver=deliver) as runtime:
        now = setting.now or runtime.clock.now()
        for _ in range(PASSES):
            passes.append(do_due(runtime, only, now))
            print_pass(setting, passes[-1])
            if not passes[-1].went_on:
                break
    if not setting.json:
        say(_summary(passes))
    if any(each.relayed.failed for each in passes):
        click.get_current_context().exit(WORLD)
    if any(_is_faulty(entry) for each in passes for entry in each.fired):
        click.get_current_context().exit(DEFINITION)


def _is_faulty(entry: Entry) -> bool:
    from caseway.engine.step import FAULTY_CODES

    return entry.refusal is not None and entry.refusal.code in FAULTY_CODES


def _summary(passes: list[Pass]) -> str:
    fired = sum(len(each.fired) for each in passes)
    delivered = sum(len(each.relayed.delivered) for each in passes)
    failed = sum(len(each.relayed.failed) for each in passes)
    more = "; there is more to do" if passes[-1].went_on else ""
    linked = sum(len(each.relayed.linked) for each in passes)
    in_others = f", {linked} in linked cases" if linked else ""
    return f"{fired} fired{in_others}, {delivered} delivered, {failed} not delivered{more}"
