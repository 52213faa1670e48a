"""`caseway worker`: fires what is due, delivers what waits. One file for each verb."""

from __future__ import annotations

import click

from caseway.cli.option import Family, add_options
from caseway.cli.worker.once import once
from caseway.cli.worker.retry import retry
from caseway.cli.worker.run import run
from caseway.cli.worker.status import status


@click.group(cls=Family)
@add_options
def worker() -> None:
    """Fire timers that are due, and deliver messages."""


for _verb in (once, run, status, retry):
    worker.add_command(_verb)
