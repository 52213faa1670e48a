"""What options of the ledger's verbs take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from caseway.cli.completion import case_ids
from caseway.cli.moment import Moment, first_instant, instant_after
from caseway.cli.option import by_operator

if TYPE_CHECKING:
    from caseway.cli.option import Setting
    from caseway.engine.posting import PostingQuery
    from caseway.engine.runtime.ledger import Ledger

F = TypeVar("F", bound=Callable[..., Any])

by_host = by_operator("Batches are settled")


class Unit(click.ParamType[str]):
    """A currency, or a kind of points."""

    name = "unit"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from caseway.engine.money import UNIT_FORM, is_unit

        if is_unit(value):
            return str(value)
        return self.fail(f"{value!r} is no unit; {UNIT_FORM}.", param, ctx)


class BatchId(click.ParamType[str]):
    """What may be the id of a batch."""

    name = "batch"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from caseway.engine.settlement import BATCH_ID_FORM, is_batch_id

        if is_batch_id(value):
            return str(value)
        return self.fail(f"{value!r} cannot be the id of a batch: {BATCH_ID_FORM}.", param, ctx)


def unit_option(function: F) -> F:
    """Give a verb the option --unit."""
    return click.option("--unit", type=Unit(), metavar="UNIT", help="Only this unit, such as EUR.")(function)


def period_options(function: F) -> F:
    """Give a verb the options --since and --until."""
    until = click.option(
        "--until", type=Moment(), metavar="WHEN", help="Up to this day, it included, or up to an instant."
    )
    since = click.option(
        "--since",
        type=Moment(),
        metavar="WHEN",
        help="From this day in UTC on, such as 2026-03-02, or instant, such as 2026-03-02T00:00:00+01:00.",
    )
    return since(until(function))


def case_option(function: F) -> F:
    """Give a verb the option --case."""
    return click.option("--case", metavar="CASE", shell_complete=case_ids, help="Only what this case moved.")(function)


def query(
    *, since: date | datetime | None = None, until: date | datetime | None = None, **wanted: str | None
) -> PostingQuery:
    """Return what the options of a verb ask for."""
    from caseway.engine.posting import PostingQuery

    return PostingQuery(since=first_instant(since), until=instant_after(until), **wanted)


def minor_units_of(text: str, unit: str, option: str) -> int:
    """Read an amount of a unit in minor units; raise BadParameter where it is none."""
    from caseway.engine.money import minor_units

    try:
        return minor_units(text, unit)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def nobody_owns(ledger: Ledger, setting: Setting, owner: str | None) -> str | None:
    """Return in a sentence that nobody of a name has an account; None: somebody has, or none was asked for."""
    if owner is None or next(iter(ledger.balances(owner=owner, actor=setting.actor)), None) is not None:
        return None
    return f"Nobody of the name {owner} has an account."
