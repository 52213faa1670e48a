"""`caseway worker run`: does what is due, until it is told to end."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_line, say
from caseway.cli.worker.due import do_due, print_pass
from caseway.cli.worker.ending import until_told
from caseway.cli.worker.option import deliver_option, folder_for, only_option, outbox_option

if TYPE_CHECKING:
    from caseway.engine.runtime import Runtime

BREATH = 0.1
"""How many seconds a worker waits at least when it found nothing to do."""


@click.command(cls=Verb)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1, max=86_400),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait at most when there is nothing to do.",
)
@only_option
@outbox_option
@deliver_option
@with_setting
def run(setting: Setting, every: float, deliver: str | None, outbox: Path | None, only: str | None) -> None:
    """Do what is due, again and again, until SIGINT or SIGTERM; the pass at hand is finished first.

    Any number of workers may run on one database. One that has nothing to do waits until the next timer is due, and no
    longer than --every. Now and then it takes new lines of the ledger into the sums that are kept of it.
    """
    from caseway.engine.errors import CasewayError

    if math.isnan(every):
        raise click.BadParameter("that is not a number of seconds.", param_hint="--every")
    if setting.now is not None:
        raise click.UsageError(
            "--now stands still, and a worker that runs does not; use it with `caseway worker once`."
        )
    folder = folder_for(setting, outbox, deliver)
    with until_told() as ending, setting.runtime(outbox=folder, deliver=deliver) as runtime:
        if not setting.json:
            say(f"Working; messages go {f'into {folder}' if folder else f'to {deliver}'}. Ctrl-C ends it.")
        while not ending.is_told:
            try:
                done = do_due(runtime, only)
                print_pass(setting, done)
                sys.stdout.flush()
                if not done.went_on:
                    runtime.await_due(_pause(runtime, only, every), ending.wait)
            except CasewayError as error:  # one bad pass is no reason to stop: the next may go well
                _print_error(setting, error)
                ending.wait(every)
    if not setting.json:
        say("Ended.")


def _pause(runtime: Runtime, only: str | None, every: float) -> float:
    """Return for how many seconds nothing is due, within bounds: a timer that is due already is another worker's at the moment."""
    due = runtime.next_due() if only != "messages" else None
    if due is None:
        return every
    return min(every, max(BREATH, (due - runtime.clock.now()).total_seconds()))


def _print_error(setting: Setting, error: Any) -> None:
    from caseway.cli.failure import described, error_record

    code, message, facts = described(error)
    if setting.json:
        print_line(error_record(code, message, facts))
        sys.stdout.flush()
    else:
        say(f"Error: {message}")
