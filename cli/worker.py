"""`caseway worker`: fires what is due, delivers what waits."""

from __future__ import annotations

import math
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from caseway.cli.option import Family, Setting, Verb, add_options, with_setting
from caseway.cli.output import print_line, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from caseway.engine.outcome import Entry
    from caseway.engine.runtime import Relayed, Runtime

F = TypeVar("F", bound="Callable[..., Any]")

PASSES = 1000
"""How many passes `worker once` makes at most; timers that arm each other without delay do not go on for ever."""

OUTBOX = "caseway-outbox"
DEFINITION, WORLD = 3, 5


@click.group(cls=Family)
@add_options
def worker() -> None:
    """Fire timers that are due, and deliver messages."""


def _outbox_option(function: F) -> F:
    return click.option(
        "--outbox",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help=f"The folder that messages are delivered into, a file each.  [default: {OUTBOX}, beside a SQLite database or else here]",
    )(function)


@worker.command(cls=Verb)
@_outbox_option
@with_setting
def once(setting: Setting, outbox: Path | None) -> None:
    """Do all that is due now, say what was done, and end."""
    passes: list[Pass] = []
    with setting.runtime(outbox=outbox or _outbox(setting.database)) as runtime:
        now = setting.now or runtime.clock.now()
        for _ in range(PASSES):
            passes.append(_work(runtime, now))
            _print(setting, passes[-1])
            if not passes[-1].went_on:
                break
    if not setting.json:
        say(_summary(passes))
    if any(each.relayed.failed for each in passes):
        click.get_current_context().exit(WORLD)
    if any(_is_faulty(entry) for each in passes for entry in each.fired):
        click.get_current_context().exit(DEFINITION)


@worker.command(cls=Verb)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1, max=86_400),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait when there is nothing to do.",
)
@_outbox_option
@with_setting
def run(setting: Setting, every: float, outbox: Path | None) -> None:
    """Do what is due, again and again, until SIGINT or SIGTERM; the pass at hand is finished first.

    Any number of workers may run on one database.
    """
    from caseway.engine.errors import CasewayError

    if math.isnan(every):
        raise click.BadParameter("that is not a number of seconds.", param_hint="--every")
    if setting.now is not None:
        raise click.UsageError(
            "--now stands still, and a worker that runs does not; use it with `caseway worker once`."
        )
    folder = outbox or _outbox(setting.database)
    with _until_told() as told, setting.runtime(outbox=folder) as runtime:
        if not setting.json:
            say(f"Working; messages go into {folder}. Ctrl-C ends it.")
        while not told.is_set():
            try:
                done = _work(runtime)
            except CasewayError as error:  # one bad pass is no reason to stop: the next may go well
                _print_error(setting, error)
                told.wait(every)
                continue
            _print(setting, done)
            sys.stdout.flush()
            if not done.went_on:
                told.wait(every)
    if not setting.json:
        say("Ended.")


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did."""

    fired: tuple[Entry, ...]
    relayed: Relayed

    @property
    def went_on(self) -> bool:
        """Say whether there may be more to do at once."""
        return bool(self.fired or self.relayed.delivered)


def _work(runtime: Runtime, now: datetime | None = None) -> Pass:
    return Pass(tuple(runtime.fire_due_timers(now=now)), runtime.relay())


def _outbox(url: str) -> Path:
    """Return the folder for messages where none is named."""
    from caseway.adapters.sql import address

    return address.folder(url) / OUTBOX


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """Give an event that the first SIGINT or SIGTERM sets; a second one ends the program as usual."""
    told = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def tell(number: int, _frame: object) -> None:
        told.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, tell)
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_faulty(entry: Entry) -> bool:
    from caseway.engine.step import FAULTY_CODES

    return entry.refusal is not None and entry.refusal.code in FAULTY_CODES


def _print(setting: Setting, done: Pass) -> None:
    if setting.json:
        for record in _records(done):
            print_line(record)
        return
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import consequences, move

    for entry in done.fired:
        click.echo(f"{escaped(entry.case)}: {entry.event.name}: {move(entry)} (revision {entry.revision})")
        for each in consequences(entry):
            click.echo(f"  {each}")
    for effect in done.relayed.delivered:
        click.echo(escaped(f"message {effect} delivered"))
    for effect, reason in done.relayed.failed:
        click.echo(escaped(f"message {effect} not delivered: {reason}"))


def _records(done: Pass) -> Iterator[dict[str, Any]]:
    from caseway.cli.event import outcome_record
    from caseway.engine.journal import instant_text, refusal_record

    for entry in done.fired:
        instants = {"due": entry.event.due, "fired_at": entry.event.fired_at}
        times = {name: instant_text(at) for name, at in instants.items() if at}
        refusal = {"refusal": refusal_record(entry.refusal)} if entry.refusal else {}
        yield {"kind": "fired"} | outcome_record(entry) | times | refusal
    for effect in done.relayed.delivered:
        yield {"kind": "delivered", "effect": effect}
    for effect, reason in done.relayed.failed:
        yield {"kind": "failed", "effect": effect, "reason": reason}


def _print_error(setting: Setting, error: Any) -> None:
    from caseway.cli.failure import described, error_record

    code, message, facts = described(error)
    if setting.json:
        print_line(error_record(code, message, facts))
        sys.stdout.flush()
    else:
        say(f"Error: {message}")


def _summary(passes: list[Pass]) -> str:
    fired = sum(len(each.fired) for each in passes)
    delivered = sum(len(each.relayed.delivered) for each in passes)
    failed = sum(len(each.relayed.failed) for each in passes)
    more = "; there is more to do" if passes[-1].went_on else ""
    return f"{fired} fired, {delivered} delivered, {failed} not delivered{more}"
