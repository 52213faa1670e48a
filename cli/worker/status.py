"""`caseway worker status`: what is stuck, since when, why, and the one command that helps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_document

if TYPE_CHECKING:
    from caseway.engine.backlog import Backlog, Queue, SetAside

LISTED = 100
"""How much of what was set aside is listed."""


@click.command(cls=Verb)
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
