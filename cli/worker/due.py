"""One pass of a worker: what it does, and how it says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from caseway.cli.option import Setting
from caseway.cli.output import print_line

if TYPE_CHECKING:
    from caseway.engine.outcome import Entry
    from caseway.engine.runtime import Relayed, Runtime

CHECKPOINT = 10_000
"""From how many new lines of the ledger on a worker takes them into the kept sums."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did."""

    fired: tuple[Entry, ...]
    relayed: Relayed
    summed: int = 0
    """How many lines of the ledger were taken into its kept sums."""

    @property
    def went_on(self) -> bool:
        """Say whether there may be more to do at once."""
        return bool(self.fired or self.relayed.delivered or self.relayed.linked)


def do_due(runtime: Runtime, only: str | None, now: datetime | None = None) -> Pass:
    """Fire what is due, deliver what waits, and take new lines of the ledger into its sums where they are many."""
    from caseway.engine.runtime import Relayed

    fired = tuple(runtime.fire_due_timers(now=now)) if only != "messages" else ()
    relayed = runtime.relay(now=now) if only != "timers" else Relayed((), ())
    return Pass(fired, relayed, runtime.ledger.checkpoint(least=CHECKPOINT, now=now))


def print_pass(setting: Setting, done: Pass) -> None:
    if setting.json:
        for record in _records(done):
            print_line(record)
        return
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import consequences, move

    for entry in (*done.fired, *done.relayed.linked):
        click.echo(f"{escaped(entry.case)}: {entry.event.name}: {move(entry)} (revision {entry.revision})")
        for each in consequences(entry, setting.language or "en"):
            click.echo(f"  {each}")
    for effect in done.relayed.delivered:
        click.echo(escaped(f"message {effect} delivered"))
    for answer in done.relayed.answers:
        of = f"the answer {answer.event.name} to {answer.event.id.removesuffix(':answer')}"
        came = move(answer.entry) if answer.entry else f"did nothing: {answer.error.message if answer.error else ''}"
        click.echo(escaped(f"  {of}: {came}"))
    for effect, reason in done.relayed.failed:
        click.echo(escaped(f"message {effect} not delivered: {reason}"))
    if done.summed:
        click.echo(f"{done.summed} lines of the ledger were taken into its sums")


def _records(done: Pass) -> Iterator[dict[str, Any]]:
    from caseway.cli.event import outcome_record
    from caseway.engine.journal import refusal_record
    from caseway.engine.timestamp import instant_text

    for entry in done.fired:
        instants = {"due": entry.event.due, "fired_at": entry.event.fired_at}
        times = {name: instant_text(at) for name, at in instants.items() if at}
        refusal = {"refusal": refusal_record(entry.refusal)} if entry.refusal else {}
        yield {"kind": "fired"} | outcome_record(entry) | times | refusal
    for entry in done.relayed.linked:
        yield {"kind": "linked"} | outcome_record(entry)
    for effect in done.relayed.delivered:
        yield {"kind": "delivered", "effect": effect}
    for answer in done.relayed.answers:
        of = {"kind": "answered", "effect": answer.event.id.removesuffix(":answer"), "case": answer.case}
        if answer.entry:
            yield of | outcome_record(answer.entry)
        else:
            yield of | {"event": answer.event.name, "refused": answer.error.message if answer.error else ""}
    for effect, reason in done.relayed.failed:
        yield {"kind": "failed", "effect": effect, "reason": reason}
    if done.summed:
        yield {"kind": "checkpoint", "postings": done.summed}
