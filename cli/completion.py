"""What a shell offers to complete. Whatever goes wrong, it offers nothing and says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from functools import wraps
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING

import click

from caseway.cli.option import Setting, setting_of

if TYPE_CHECKING:
    from caseway.engine.acceptance import Acceptance

MOST = 200
"""How many cases or persons are looked at."""

Offer = Callable[[Setting, click.Context, str], Iterator[str]]


def _quiet(offer: Offer) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    @wraps(offer)
    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        try:
            with redirect_stderr(StringIO()):
                return [name for name in offer(setting_of(ctx), ctx, incomplete) if name.startswith(incomplete)]
        except Exception:  # noqa: BLE001  # a prompt is no place for errors
            return []

    return complete


@_quiet
def process_names(setting: Setting, _ctx: click.Context, _incomplete: str) -> Iterator[str]:
    """Offer the processes of the folder."""
    from caseway.adapters import wiring

    yield from wiring.open(processes=setting.folder).catalogue.processes()


@_quiet
def rule_words(setting: Setting, ctx: click.Context, _incomplete: str) -> Iterator[str]:
    """Offer the processes of the folder; once one is named, or a case, the rules of it."""
    from caseway.adapters import wiring
    from caseway.adapters.checked_file import definition

    words, case = ctx.params.get("words") or (), ctx.params.get("case")
    if case is not None:
        with setting.runtime() as runtime:
            yield from runtime.definition_at(case, ctx.params.get("revision"), actor=setting.actor).sources
    elif words:
        yield from definition(words[0], setting.folder).sources
    else:
        yield from wiring.open(processes=setting.folder).catalogue.processes()


@_quiet
def case_ids(setting: Setting, _ctx: click.Context, _incomplete: str) -> Iterator[str]:
    """Offer cases; the open ones come first."""
    from caseway.engine.ports import CaseQuery

    with setting.runtime() as runtime:
        for closed in (False, True):
            yield from [line.id for line in runtime.list(CaseQuery(closed=closed, limit=MOST))]


@_quiet
def event_names(setting: Setting, ctx: click.Context, _incomplete: str) -> Iterator[str]:
    """Offer what the case accepts from the actor; where nobody was named, what it accepts from anybody."""
    with setting.runtime() as runtime:
        for each in runtime.accepts(ctx.params["case"], actor=setting.actor):
            if each.accepted is not False or (setting.actor is None and _waits_for_somebody(each)):
                yield each.event


@_quiet
def set_aside_ids(setting: Setting, _ctx: click.Context, incomplete: str) -> Iterator[str]:
    """Offer the cases in which something was set aside; once a case is named, what that is."""
    with setting.runtime() as runtime:
        found = runtime.set_aside(limit=MOST)
    yield from dict.fromkeys(each.id if incomplete.startswith(each.case) else each.case for each in found)


@_quiet
def person_ids(setting: Setting, _ctx: click.Context, _incomplete: str) -> Iterator[str]:
    """Offer the persons of the directory."""
    with setting.runtime() as runtime:
        yield from [person.id for person in islice(runtime.persons(), MOST)]


@_quiet
def actors(setting: Setting, _ctx: click.Context, _incomplete: str) -> Iterator[str]:
    """Offer the persons of the directory who may act, in each of their roles."""
    with setting.runtime() as runtime:
        acting = [person for person in islice(runtime.persons(), MOST) if person.active]
    yield from (f"{role}:{person.id}" for person in acting for role in sorted(person.roles))


@_quiet
def role_names(setting: Setting, _ctx: click.Context, _incomplete: str) -> Iterator[str]:
    """Offer the roles that the processes of the folder declare."""
    from caseway.adapters.checked_file import roles

    yield from sorted(roles(setting.folder))


@_quiet
def payee_ids(setting: Setting, _ctx: click.Context, _incomplete: str) -> Iterator[str]:
    """Offer those whose bank details are kept."""
    with setting.runtime() as runtime:
        yield from [payee.id for payee in islice(runtime.ledger.payees(), MOST)]


@_quiet
def account_owners(setting: Setting, _ctx: click.Context, _incomplete: str) -> Iterator[str]:
    """Offer the owners of accounts; to an actor, themselves."""
    with setting.runtime() as runtime:
        found = [balance.owner for balance in runtime.ledger.balances(actor=setting.actor)]
    yield from islice(dict.fromkeys(found), MOST)


@_quiet
def batch_ids(setting: Setting, _ctx: click.Context, _incomplete: str) -> Iterator[str]:
    """Offer batches, the newest first."""
    with setting.runtime() as runtime:
        yield from [batch.id for batch in islice(runtime.ledger.batches(), MOST)]


@_quiet
def batch_payees(setting: Setting, ctx: click.Context, _incomplete: str) -> Iterator[str]:
    """Offer the payees of the batch that was named."""
    with setting.runtime() as runtime:
        yield from [line.payee.id for line in runtime.ledger.batch(ctx.params["batch"]).lines]


def _waits_for_somebody(acceptance: Acceptance) -> bool:
    return acceptance.refusal is not None and acceptance.refusal.code in {"not-allowed", "not-a-candidate"}
