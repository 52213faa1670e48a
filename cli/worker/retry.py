"""`caseway worker retry`: puts back what was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from caseway.cli.completion import set_aside_ids
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_line, say

if TYPE_CHECKING:
    from caseway.engine.backlog import SetAside
    from caseway.engine.runtime import Runtime

RETRIED = 10_000
"""How much of what was set aside is put back at most."""


@click.command(cls=Verb)
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
