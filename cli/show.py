"""`caseway show`: a case as it is now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from caseway.cli.completion import case_ids
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import fields, print_document, print_shown

if TYPE_CHECKING:
    from caseway.engine.acceptance import Acceptance
    from caseway.engine.case import Paid
    from caseway.engine.view import CaseView, LevelView, LinkView


@click.command(cls=Verb)
@click.argument("case", shell_complete=case_ids)
@click.option("--why", is_flag=True, help="Say of each event that would not be accepted why not.")
@with_setting
def show(setting: Setting, case: str, why: bool) -> None:
    """Show CASE as it is now, and what it accepts, as the actor of --as may see it."""
    with setting.runtime() as runtime:
        view = runtime.show(case, actor=setting.actor, language=setting.language, now=setting.now)
        now = setting.now or runtime.clock.now()
    if setting.json:
        from caseway.engine.view import view_record

        print_document(view_record(view) | ({"refuses": list(_refusals(view))} if why else {}))
        return
    grid = fields()
    for label, lines in _rows(setting, view, now, why=why):
        grid.add_row(label, "\n".join(lines))
    print_shown(grid)


def _refusals(view: CaseView) -> Iterator[dict[str, Any]]:
    for each in view.accepts:
        if each.refusal is not None:
            yield {"event": each.event, "by": list(each.by), "code": each.refusal.code, "message": each.refusal.message}


def _rows(setting: Setting, view: CaseView, now: datetime, *, why: bool) -> Iterator[tuple[str, Iterable[str]]]:
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import distance, instant, who

    case = view.case
    yield "case", [escaped(case.id)]
    yield "process", [f"{case.process} version {case.version}"]
    yield "state", _states(view, now)
    if case.assignee is not None:
        yield "assignee", [escaped(case.assignee)]
    yield "revision", [str(case.revision)]
    for label, at in (("opened", case.opened_at), ("last step", case.last_at)):
        if at is not None:
            yield label, [f"{instant(at)} ({distance(at, now)})"]
    if view.timers:
        yield "timers", [_timer(each, now) for each in view.timers]
    if view.levels:
        yield "service levels", [_level(each, now) for each in view.levels]
    if view.links:
        yield "links", [_link(each) for each in view.links]
    if case.paid:
        yield "paid", [_paid(each) for each in case.paid]
    yield "data", list(tree(view.data)) or ["none"]
    if case.tombstones:
        yield "redacted", [_tombstone(each) for each in case.tombstones]
    if view.withheld:
        yield "withheld", [escaped(", ".join(view.withheld))]
    yield "accepts", [f"from {who(setting.actor)}: {_acceptable(view.accepts)}"]
    if why:
        yield "refuses", [escaped(f"{each['event']}: {each['message']}") for each in _refusals(view)] or ["nothing"]
    if conditions := list(_conditions(view.accepts)):
        yield "only if", conditions
    if view.guidance:
        yield "guidance", [escaped(f"- {' '.join(each.split())}") for each in view.guidance]


def _states(view: CaseView, now: datetime) -> Iterator[str]:
    """Say of each active leaf since when it has been active; then what people call it."""
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import distance, instant

    case = view.case
    for leaf in case.configuration:
        since = case.entered.get(leaf)
        yield f"{leaf} since {instant(since)} ({distance(since, now)})" if since else leaf
    kind = "ended" if case.final else "closed" if case.closed else ""
    yield escaped(" - ".join(filter(None, (view.title, kind))))


def _tombstone(stone: Any) -> str:
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import instant

    by = stone.by or "the local operator"
    places = ", ".join(stone.paths) or "what was told"
    return escaped(f"{places}: {stone.reason} (by {by}, {instant(stone.at)}, revision {stone.revision})")


def _timer(timer: Any, now: datetime) -> str:
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import distance, instant

    fault = f"; set aside: {timer.fault}" if timer.fault else ""
    return escaped(f"{timer.name} due {instant(timer.due)} ({distance(timer.due, now)}){fault}")


def _level(level: LevelView, now: datetime) -> str:
    """Say how a service level stands, how much of its budget is used, and when the rest is."""
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import distance, instant, span

    due = f", due {instant(level.due)} ({distance(level.due, now)})" if level.due else ""
    status = "standing still" if level.status == "standing" else level.status
    return escaped(f"{level.title}: {status}, {span(level.consumed)} of {span(level.budget)} used{due}")


def _link(link: LinkView) -> str:
    """Say of a linked case what it is to this one, and how it ended."""
    from caseway.adapters.diagnostic import escaped

    if link.kind == "parent":
        return escaped(f"started by {link.case} ({link.process}) as {link.name}")
    ended = f", ended in {link.state}" if link.state is not None else ""
    return escaped(f"{link.title}: {link.case} ({link.process}){ended}")


def _paid(paid: Paid) -> str:
    from caseway.adapters.diagnostic import escaped
    from caseway.engine.money import money

    return escaped(f"{paid.payout}: {money(paid.amount, paid.unit)} to {paid.payee}")


def _conditions(accepts: Iterable[Acceptance]) -> Iterator[str]:
    """Say of what may be accepted on which condition its sender must meet, where there is one."""
    from caseway.adapters.diagnostic import escaped

    for each in accepts:
        if each.only_if is not None and each.accepted is not False:
            yield escaped(f"{each.event}: {each.only_if}")


def _acceptable(accepts: Iterable[Acceptance]) -> str:
    """Name the events that would be accepted, and mark those whose data decide."""
    named = [
        f"{each.event}{' (its data decide)' if each.accepted is None else ''}"
        for each in accepts
        if each.accepted is not False
    ]
    return ", ".join(named) or "nothing"


def tree(value: Any, indent: str = "") -> Iterator[str]:
    """Yield lines that show JSON as YAML would."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _branch(f"{indent}{_scalar(key)}:", each, indent)
    elif isinstance(value, list) and value:
        for each in value:
            inner = list(tree(each, f"{indent}  "))
            yield f"{indent}- {inner[0].lstrip(' ')}"
            yield from inner[1:]
    elif indent or not isinstance(value, dict):
        yield f"{indent}{_scalar(value)}"


def _branch(label: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield label
        yield from tree(value, f"{indent}  ")
    else:
        yield f"{label} {_scalar(value)}"


def _scalar(value: Any) -> str:
    """Write a scalar; a text stands in quotes where it would read as something else without."""
    from caseway.adapters.diagnostic import escaped

    if not isinstance(value, str):
        return json.dumps(value)
    return (
        escaped(value)
        if value and value == value.strip() and not _reads_as_other(value)
        else escaped(json.dumps(value, ensure_ascii=False))
    )


def _reads_as_other(text: str) -> bool:
    if (
        text[0] in "-?:,[]{}#&*!|>'\"%@`"
        or ": " in text
        or " #" in text
        or text.lower() in {"true", "false", "null", "~"}
    ):
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True
