"""`caseway worker`: fires what is due, delivers what waits."""

from __future__ import annotations

import math
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from caseway.cli.completion import set_aside_ids
from caseway.cli.option import Family, Setting, Verb, add_options, with_setting
from caseway.cli.output import print_document, print_line, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from caseway.engine.backlog import Backlog, Queue, SetAside
    from caseway.engine.outcome import Entry
    from caseway.engine.runtime import Relayed, Runtime

F = TypeVar("F", bound="Callable[..., Any]")

PASSES = 1000
"""How many passes `worker once` makes at most; timers that arm each other without delay do not go on for ever."""

BREATH = 0.1
"""How many seconds a worker waits at least when it found nothing to do."""

LISTED = 100
"""How much of what was set aside `worker status` lists."""

RETRIED = 10_000
"""How much of what was set aside `worker retry` puts back at most."""

CHECKPOINT = 10_000
"""From how many new lines of the ledger on a worker takes them into the kept sums."""

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


def _deliver_option(function: F) -> F:
    return click.option(
        "--deliver",
        metavar="TARGET",
        help="Where messages are delivered instead: folder:PATH, webhook+https://..., smtp://... or smtps://..., or a file of routes, "
        "NAME.toml. Secrets are taken from the environment.",
    )(function)


def _only_option(function: F) -> F:
    return click.option(
        "--only", type=click.Choice(["timers", "messages"]), help="Only fire timers, or only deliver messages."
    )(function)


@worker.command(cls=Verb)
@_only_option
@_outbox_option
@_deliver_option
@with_setting
def once(setting: Setting, deliver: str | None, outbox: Path | None, only: str | None) -> None:
    """Do all that is due now, say what was done, and end."""
    passes: list[Pass] = []
    with setting.runtime(outbox=_folder(setting, outbox, deliver), deliver=deliver) as runtime:
        now = setting.now or runtime.clock.now()
        for _ in range(PASSES):
            passes.append(_work(runtime, only, now))
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
    help="How long to wait at most when there is nothing to do.",
)
@_only_option
@_outbox_option
@_deliver_option
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
    folder = _folder(setting, outbox, deliver)
    with _until_told() as told, setting.runtime(outbox=folder, deliver=deliver) as runtime:
        if not setting.json:
            say(f"Working; messages go {f'into {folder}' if folder else f'to {deliver}'}. Ctrl-C ends it.")
        while not told.is_set():
            try:
                done = _work(runtime, only)
                _print(setting, done)
                sys.stdout.flush()
                if not done.went_on:
                    runtime.await_due(_pause(runtime, only, every), told.wait)
            except CasewayError as error:  # one bad pass is no reason to stop: the next may go well
                _print_error(setting, error)
                told.wait(every)
    if not setting.json:
        say("Ended.")


@worker.command(cls=Verb)
@with_setting
def status(setting: Setting) -> None:
    """Say what is due and since when, what was set aside and why, and which command helps.

    What failed for a reason that goes away by itself is tried again; what keeps failing is set aside, so that it does not hold up
    the rest, until `caseway worker retry` puts it back.
    """
    with setting.runtime() as runtime:
        now = setting.now or runtime.clock.now()
        found, aside = (
            runtime.backlog(actor=setting.actor, now=now),
            runtime.set_aside(limit=LISTED, actor=setting.actor),
        )
    if setting.json:
        print_document(_status_record(found, aside, now))
        return
    for line in _status_lines(found, aside, now):
        click.echo(line)


@worker.command(cls=Verb)
@click.argument("targets", metavar="CASE|EFFECT", nargs=-1, shell_complete=set_aside_ids)
@click.option("--all", "everything", is_flag=True, help="Put back all that was set aside, in every case.")
@with_setting
def retry(setting: Setting, targets: tuple[str, ...], *, everything: bool) -> None:
    """Put back what was set aside, so that workers try it again: all of a CASE, or one timer or message by its EFFECT id.

    A message is delivered as if it had never failed. A timer is armed anew, and the journal of its case says so.
    """
    if everything == bool(targets):
        raise click.UsageError("Name cases or effects, or say --all.")
    with setting.runtime() as runtime:
        wanted = runtime.set_aside(limit=RETRIED) if everything else _wanted(runtime, targets)
        for item in wanted:
            runtime.retry(item.case, item.id, actor=setting.actor, now=setting.now)
            _print_retried(setting, item)
    if not setting.json:
        more = "; there may be more" if len(wanted) >= RETRIED else ""
        say(f"{len(wanted)} put back{more}")


def _wanted(runtime: Runtime, targets: Sequence[str]) -> Sequence[SetAside]:
    """Return what the targets name, each once; raise Refused for one under which nothing is set aside, before anything is put back."""
    from caseway.engine.errors import Refused
    from caseway.engine.step import not_set_aside

    found: dict[str, SetAside] = {}
    for target in targets:
        case = target.rsplit(":", 2)[0]
        held = runtime.store.load(case, "").case
        items = [each for each in runtime.set_aside(limit=RETRIED, case=case) if target in {case, each.id}]
        if not items:
            raise Refused(not_set_aside(held, None if target == case else target))
        found |= {each.id: each for each in items}
    return list(found.values())


def _print_retried(setting: Setting, item: SetAside) -> None:
    if setting.json:
        print_line({"kind": item.kind, "id": item.id, "case": item.case, "name": item.name})
        return
    from caseway.adapters.diagnostic import escaped

    click.echo(escaped(f"{item.kind} {item.name} of {item.case} ({item.id}) is put back"))


def _status_record(found: Backlog, aside: Sequence[SetAside], now: datetime) -> dict[str, Any]:
    from caseway.engine.timestamp import instant_text

    def text(at: datetime | None) -> str | None:
        return None if at is None else instant_text(at)

    def queue(line: Queue) -> dict[str, Any]:
        return {"count": line.count, "or_more": line.is_longer, "oldest": text(line.oldest)}

    return {
        "at": text(now),
        "due": queue(found.due),
        "waiting": queue(found.waiting) | {"failing": found.failing},
        "next_due": text(found.next_due),
        "set_aside": {
            "timers": found.timers_set_aside,
            "messages": found.messages_set_aside,
            "items": [
                {
                    "kind": each.kind,
                    "id": each.id,
                    "case": each.case,
                    "name": each.name,
                    "since": text(each.since),
                    "why": each.why,
                }
                for each in aside
            ],
        },
        "help": _help(found),
    }


def _status_lines(found: Backlog, aside: Sequence[SetAside], now: datetime) -> Iterator[str]:
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import distance, instant

    def since(at: datetime | None) -> str:
        return f" since {instant(at)} ({distance(at, now)})" if at else ""

    for line, (one, many) in (
        (found.due, ("timer is due", "timers are due")),
        (found.waiting, ("message waits", "messages wait")),
    ):
        yield f"{_counted(line.count)} {one if line.count == 1 else many}{since(line.oldest)}"
    if found.failing:
        yield f"{_counted(found.failing)} of them could not be delivered yet and will be tried again"
    if found.next_due and not found.due.count:
        yield f"the next timer is due {instant(found.next_due)} ({distance(found.next_due, now)})"
    yield f"{_counted(found.set_aside)} set aside"
    for each in aside:
        yield escaped(f"  {each.kind} {each.name} of {each.case} ({each.id}){since(each.since)}")
        yield escaped(f"    {each.why}")
    if found.set_aside > len(aside):
        yield "  ..."
    if helps := _help(found):
        first = "" if found.due.count or found.waiting.count else "mend what is wrong, and then "
        yield f"try: {first}{helps}"


def _counted(count: int) -> str:
    from caseway.engine.backlog import COUNTED

    return f"{count} or more" if count >= COUNTED else str(count)


def _help(found: Backlog) -> str | None:
    """Return the one command that helps, if one does: a worker takes what waits, but not what was set aside."""
    if found.due.count or found.waiting.count:
        return "caseway worker run"
    return "caseway worker retry --all" if found.set_aside else None


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


def _work(runtime: Runtime, only: str | None, now: datetime | None = None) -> Pass:
    from caseway.engine.runtime import Relayed

    fired = tuple(runtime.fire_due_timers(now=now)) if only != "messages" else ()
    relayed = runtime.relay(now=now) if only != "timers" else Relayed((), ())
    return Pass(fired, relayed, runtime.ledger.checkpoint(least=CHECKPOINT, now=now))


def _pause(runtime: Runtime, only: str | None, every: float) -> float:
    """Return for how many seconds nothing is due, within bounds: a timer that is due already is another worker's at the moment."""
    due = runtime.next_due() if only != "messages" else None
    if due is None:
        return every
    return min(every, max(BREATH, (due - runtime.clock.now()).total_seconds()))


def _folder(setting: Setting, outbox: Path | None, deliver: str | None) -> Path | None:
    """Return the folder that messages go into. None: they go elsewhere."""
    if deliver is None:
        return outbox or _outbox(setting.database)
    if outbox is not None:
        raise click.UsageError(
            "Messages go to one place: say --outbox DIR or --deliver TARGET. Routes in a file divide them."
        )
    return None


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

    for entry in (*done.fired, *done.relayed.linked):
        click.echo(f"{escaped(entry.case)}: {entry.event.name}: {move(entry)} (revision {entry.revision})")
        for each in consequences(entry):
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
    linked = sum(len(each.relayed.linked) for each in passes)
    in_others = f", {linked} in linked cases" if linked else ""
    return f"{fired} fired{in_others}, {delivered} delivered, {failed} not delivered{more}"
