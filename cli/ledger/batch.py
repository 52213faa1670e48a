"""`caseway ledger batch` and `batches`: what was settled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from caseway.cli.completion import batch_ids
from caseway.cli.ledger.option import by_host
from caseway.cli.ledger.order import output_option, write_order
from caseway.cli.option import Setting, Verb
from caseway.cli.output import fields, print_document, print_line, print_shown, say, table

if TYPE_CHECKING:
    from caseway.engine.payee import Payee
    from caseway.engine.settlement import Batch, BatchLine, Rejection


@click.command(cls=Verb)
@click.argument("batch_id", metavar="BATCH", shell_complete=batch_ids)
@output_option
@by_host
def batch(setting: Setting, batch_id: str, output: Path | None) -> None:
    """Show BATCH: whom it paid, and what the bank sent back. With --output, write its file for the bank anew."""
    with setting.runtime() as runtime:
        found = runtime.ledger.batch(batch_id)
        rejections = runtime.ledger.rejections(batch_id)
        is_sound = runtime.ledger.is_as_settled(found)
        path = write_order(runtime.ledger, found, output) if output else None
    if setting.json:
        print_document(shown_record(found, rejections) | {"file": path and str(path), "as_settled": is_sound})
        return
    print_batch(found, rejections)
    if not is_sound:
        say(f"This is not what was settled: `caseway ledger verify` says where batch {batch_id} was changed.")
    if path:
        say(f"Its file is {path}.")


@click.command("batches", cls=Verb)
@by_host
def batches(setting: Setting) -> None:
    """List what was settled, the newest first."""
    with setting.runtime() as runtime:
        found = runtime.ledger.batches()
        if setting.json:
            for each in found:
                print_line(_head_record(each) | {"count": len(each.lines)})
            return
        shown = table("batch", "settled", "account", "payees", "amount", "format", "by", right=("payees", "amount"))
        for each in found:
            shown.add_row(*_row(each))
    if shown.row_count:
        print_shown(shown)
    else:
        say("Nothing was settled yet.")


def _row(of: Batch) -> tuple[str, ...]:
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import instant
    from caseway.engine.money import money

    amount = money(of.total, of.unit)
    return of.id, instant(of.at), escaped(of.account), str(len(of.lines)), amount, of.format, escaped(of.by or "")


# one batch, or what would be one


def shown_record(of: Batch, rejections: Sequence[Rejection]) -> dict[str, Any]:
    """Write a batch as JSON; amounts are in minor units."""
    from caseway.engine.batch_record import asked_record

    sent_back = {each.number: each for each in rejections}
    lines = [line_record(line) | {"rejected": _rejected(sent_back.get(line.number))} for line in of.lines]
    asked = {"asked": asked_record(of.asked)}
    return _head_record(of) | asked | {"lines": lines, "shared_accounts": shared_record(of.debtor, of.lines)}


def shared_record(debtor: Payee, lines: Sequence[BatchLine]) -> list[dict[str, Any]]:
    """Write the bank accounts that several of a batch have as JSON."""
    from caseway.engine.settlement import shared_accounts

    return [{"iban": iban, "payees": ids} for iban, ids in shared_accounts(debtor, lines).items()]


def say_shared(debtor: Payee, lines: Sequence[BatchLine]) -> None:
    """Tell people which bank accounts several of a batch have: maybe it is meant, and maybe somebody changed one."""
    from caseway.engine.payee import masked
    from caseway.engine.settlement import shared_accounts, some

    for iban, ids in shared_accounts(debtor, lines).items():
        say(f"Look at this: {some(ids)} have the same bank account, {masked(iban)}.")


def line_record(line: BatchLine) -> dict[str, Any]:
    """Write what one payee gets as JSON."""
    from caseway.engine.batch_record import payee_record

    return {"number": line.number, "payee": payee_record(line.payee), "amount": line.amount}


def _head_record(of: Batch) -> dict[str, Any]:
    from caseway.engine.batch_record import payee_record
    from caseway.engine.seal import sealed
    from caseway.engine.timestamp import instant_text

    return {
        "id": of.id,
        "unit": of.unit,
        "account": of.account,
        "at": instant_text(of.at),
        "due": of.due.isoformat(),
        "format": of.format,
        "by": of.by,
        "debtor": payee_record(of.debtor),
        "total": of.total,
        "rehearsal": of.rehearsal,
        "seal": sealed(of).whole,
    }


def _rejected(rejection: Rejection | None) -> dict[str, Any] | None:
    from caseway.engine.timestamp import instant_text

    if rejection is None:
        return None
    return {"reason": rejection.reason, "at": instant_text(rejection.at), "by": rejection.by}


def print_batch(of: Batch, rejections: Sequence[Rejection] = (), *, title: str | None = None) -> None:
    """Print a batch for people: of account numbers only the ends. `title` stands in the stead of when it was settled."""
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import instant

    head = fields()
    for label, text in _head(of, title or f"{of.id}, settled {instant(of.at)}"):
        head.add_row(label, escaped(text))
    print_shown(head)
    if not of.lines:
        return
    more = ("sent back",) if rejections else ()
    shown = table("no", "payee", "name", "iban", "amount", *more, right=("no", "amount"))
    sent_back = {each.number: f"{instant(each.at)}: {each.reason}" for each in rejections}
    for line in of.lines:
        told = (sent_back.get(line.number, ""),) if rejections else ()
        shown.add_row(*map(escaped, (*_line(of, line), *told)))
    click.echo()
    print_shown(shown)


def _head(of: Batch, title: str) -> Iterator[tuple[str, str]]:
    from caseway.engine.money import money

    yield "batch", title
    if of.by:
        yield "by", of.by
    iban = f", {_masked(of.debtor)}" if of.debtor.iban else ""
    yield "debtor", f"{of.debtor.id} ({of.debtor.name}{iban})"
    yield "account", of.account
    yield "due", of.due.isoformat()
    yield "format", of.format
    yield "total", f"{money(of.total, of.unit)} to {len(of.lines)} {'payee' if len(of.lines) == 1 else 'payees'}"


def _line(of: Batch, line: BatchLine) -> tuple[str, ...]:
    from caseway.engine.money import money

    return str(line.number), line.payee.id, line.payee.name, _masked(line.payee), money(line.amount, of.unit)


def _masked(payee: Payee) -> str:
    from caseway.engine.payee import masked

    return masked(payee.iban) if payee.iban else ""
