"""`caseway ledger settle`: open balances leave the book for a bank."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from caseway.cli.completion import account_owners
from caseway.cli.ledger.batch import line_record, print_batch, say_shared, shared_record, shown_record
from caseway.cli.ledger.option import BatchId, Unit, by_host, minor_units_of
from caseway.cli.ledger.order import assert_writable, output_option, write_order
from caseway.cli.moment import Day
from caseway.cli.note import Note
from caseway.cli.option import Setting, Verb
from caseway.cli.output import print_document, say, saying_anyway

if TYPE_CHECKING:
    from caseway.engine.plan import Plan
    from caseway.engine.runtime.ledger import Ledger
    from caseway.engine.settlement import Batch

FORMATS = ("pain.001", "csv")
REFUSED = 4


@click.command(cls=Verb)
@click.option("--unit", type=Unit(), metavar="UNIT", required=True, help="What is settled, such as EUR.")
@click.option("--minimum", metavar="AMOUNT", help="Leave out whoever is owed less, such as 10.00.")
@click.option("--account", metavar="NAME", default="payable", show_default=True, help="Which of their accounts.")
@click.option(
    "--debtor",
    metavar="ID",
    default="platform",
    show_default=True,
    shell_complete=account_owners,
    help="Who pays: `caseway payee` keeps their bank details.",
)
@click.option("--only", multiple=True, metavar="ID", shell_complete=account_owners, help="Pay nobody but these.")
@click.option(
    "--except", "leave_out", multiple=True, metavar="ID", shell_complete=account_owners, help="Leave these out."
)
@click.option(
    "--batch",
    "batch_id",
    type=BatchId(),
    metavar="BATCH",
    help="The id of the batch: settling it again, on the same terms, changes nothing, and writes the same file.  [default: UNIT-DATE-N]",
)
@click.option(
    "--format",
    "order_format",
    type=click.Choice(FORMATS),
    help="The file for the bank.  [default: pain.001 for EUR, else csv]",
)
@click.option("--due", type=Day(), metavar="DAY", help="The day on which the bank is to pay, such as 2026-03-02.")
@click.option("--by", type=Note(), metavar="NAME", help="Who settles, for the record.")
@output_option
@click.option("--dry-run", is_flag=True, help="Say what would be settled and what stands against it; write nothing.")
@by_host
def settle(
    setting: Setting,
    /,
    *,
    minimum: str | None,
    order_format: str | None,
    batch_id: str | None,
    by: str | None,
    output: Path | None,
    dry_run: bool,
    **terms: Any,
) -> int:
    """Settle what is owed in UNIT: every open balance is closed exactly, all together or none, and a file tells the bank.

    Without --output the batch is settled and no file is written; `caseway ledger batch BATCH --output DIR` writes it, whenever, and the same
    each time.
    """
    terms |= {
        "minimum": 1 if minimum is None else max(1, minor_units_of(minimum, terms["unit"], "--minimum")),
        "format": order_format,
        "now": setting.now,
    }
    with setting.runtime() as runtime:
        ledger = runtime.ledger
        if dry_run and (batch_id is None or not _is_there(ledger, batch_id)):
            return _print_plan(setting, ledger.plan(batch=batch_id, by=by, **terms))
        folder = None if dry_run else output
        if folder:
            assert_writable(folder)
        done = ledger.settle(batch=batch_id, by=by, **terms)
        path = write_order(ledger, done, folder) if folder else None
        rejections = () if done.is_new else ledger.rejections(done.id)
    with saying_anyway(_told_anyway(done, path)):
        if setting.json:
            print_document(shown_record(done, rejections) | {"file": path and str(path), "changed": done.is_new})
            return 0
        print_batch(done, rejections)
    say_shared(done.debtor, done.lines)
    say(_told(done, path, was_there=not done.is_new))
    return 0


def _is_there(ledger: Ledger, batch_id: str) -> bool:
    from caseway.engine.errors import Refused

    try:
        ledger.batch(batch_id)
    except Refused:
        return False
    return True


def _told_anyway(done: Batch, path: Path | None) -> str:
    """Say what was settled, to whom it cannot be shown."""
    file = f" Its file is {path}." if path else ""
    return (
        f"Batch {done.id} is settled.{file} `caseway ledger batch {done.id} --output DIR` shows it and writes its file."
    )


def _told(done: Batch, path: Path | None, *, was_there: bool) -> str:
    before = f"Batch {done.id} was settled before; nothing changed. " if was_there else ""
    file = f"Its file is {path}." if path else f"`caseway ledger batch {done.id} --output DIR` writes its file."
    return f"{before}{file}"


# what would be


def _print_plan(setting: Setting, plan: Plan) -> int:
    """Print what a settlement would do, and return its exit code."""
    if setting.json:
        print_document(_plan_record(plan))
    else:
        _tell_plan(plan)
    return 0 if plan.is_possible else REFUSED


def _tell_plan(plan: Plan) -> None:
    from caseway.engine.money import money
    from caseway.engine.plan import refusal

    print_batch(plan.batch("", None), title="this is what would be settled; nothing is written")
    say_shared(plan.debtor, plan.lines)
    for each in plan.left_out:
        say(f"Left out: {each.owner}, {money(each.amount, plan.terms.unit)} ({each.why.replace('-', ' ')})")
    if not plan.is_possible:
        say(f"Refused: {refusal(plan, None).message}")


def _plan_record(plan: Plan) -> dict[str, Any]:
    from caseway.engine.batch_record import payee_record
    from caseway.engine.timestamp import instant_text

    terms = plan.terms
    return {
        "unit": terms.unit,
        "account": terms.account,
        "minimum": terms.minimum,
        "at": instant_text(plan.at),
        "due": plan.due.isoformat(),
        "format": terms.format,
        "debtor": payee_record(plan.debtor),
        "total": plan.total,
        "lines": [line_record(line) for line in plan.lines],
        "shared_accounts": shared_record(plan.debtor, plan.lines),
        "left_out": [{"payee": each.owner, "amount": each.amount, "why": each.why} for each in plan.left_out],
        "objections": [{"payee": each.payee, "problem": each.problem} for each in plan.objections],
    }
