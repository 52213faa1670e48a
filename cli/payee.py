"""`caseway payee`: where money goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

import click

from caseway.cli.completion import payee_ids
from caseway.cli.note import Note
from caseway.cli.option import Family, Setting, Verb, add_options, by_operator
from caseway.cli.output import fields, print_document, print_line, print_shown, say, table

if TYPE_CHECKING:
    from caseway.engine.payee import Payee, PayeeChange
    from caseway.engine.runtime.ledger import Ledger

KEYS = ("id", "name", "iban", "bic")
"""What a record of a payee may hold."""

_by_operator = by_operator("Bank details are kept")


@click.group(cls=Family)
@add_options
def payee() -> None:
    """Keep bank details of those whom processes pay. No process and nobody in it sees them."""


@payee.command("set", cls=Verb)
@click.argument("id_", metavar="[ID]", required=False, shell_complete=payee_ids)
@click.option("--name", metavar="TEXT", help="The holder of the bank account, as the bank has them.")
@click.option("--iban", metavar="IBAN", help="The number of the account; spaces do not matter.")
@click.option("--bic", metavar="BIC", help="The code of the bank. Within SEPA none is needed.")
@click.option(
    "--file",
    metavar="FILE",
    type=click.File("rb", lazy=False),
    help="Keep the payees of FILE, or - for stdin, all of them or none: a JSON object a line, as `payee list --json` prints them, "
    "or CSV with a head of id, name, iban, bic.",
)
@click.option("--by", type=Note(), metavar="NAME", help="Who says so, for the record.")
@_by_operator
def set_payee(
    setting: Setting, /, id_: str | None, file: IO[bytes] | None, by: str | None, **given: str | None
) -> None:
    """Keep the bank details of ID, who is an owner of accounts in the ledger. What is not given stays as it is.

    An empty text ("") takes an --iban or --bic away. Batches that were settled before keep what they were settled with.
    """
    wanted = {key: value or None for key, value in given.items() if value is not None}
    if (id_ is None) == (file is None) or (file is not None and wanted):
        raise click.UsageError("Name a payee and what to set, or give --file alone.")
    with setting.runtime(create=True) as runtime:
        ledger = runtime.ledger
        made = _from_file(ledger, file) if file is not None else [_from_options(ledger, id_ or "", wanted)]
        changed = _kept(ledger, made, by, setting)
    for each in made:
        _print_kept(setting, each, is_changed=each.id in changed, alone=file is None)
    if not setting.json and file is not None:
        say(f"{len(changed)} set, {len(made) - len(changed)} unchanged")


def _from_options(ledger: Ledger, id_: str, wanted: Mapping[str, Any]) -> Payee:
    from caseway.engine.errors import InvalidInput

    try:
        return _made(ledger, id_, next(ledger.payees([id_]), None), wanted)
    except ValueError as error:
        text = str(error)
        raise InvalidInput(f"{text[:1].upper()}{text[1:]}", payee=id_) from None


def _from_file(ledger: Ledger, file: IO[bytes]) -> list[Payee]:
    from caseway.cli.record_file import json_lines_or_csv, made_of
    from caseway.engine.payee import owner_id

    lines = json_lines_or_csv(file)
    before = {each.id: each for each in ledger.payees()}
    return made_of(file, lines, lambda line: _made(ledger, line.id, before.get(owner_id(line.id)), line.record))


def _made(ledger: Ledger, id_: str, before: Payee | None, record: Mapping[str, Any]) -> Payee:
    """Return a payee as a record says, and as they were in what it does not name. ValueError: a sentence on what is wrong."""
    from caseway.engine.batch_record import payee_record
    from caseway.engine.fault import suggestion
    from caseway.engine.payee import Payee

    for key, value in record.items():
        if key not in KEYS:
            raise ValueError(f'a payee has no "{key}"; {suggestion(key, KEYS)}.')
        if not (value is None or isinstance(value, str)):
            raise ValueError(f'"{key}" is {value!r:.60}, and no text.')
    was = payee_record(before) if before is not None else {}
    details = {key: record.get(key, was.get(key)) for key in KEYS if key != "id"}
    if details["name"] is None:
        raise ValueError("a payee needs a name: the holder of the bank account, as the bank has them.")
    try:
        return ledger.checked_payee(Payee(id_, **details))
    except ValueError as error:
        raise ValueError(f"{error}.") from None


def _kept(ledger: Ledger, payees: Sequence[Payee], by: str | None, setting: Setting) -> set[str]:
    """Keep payees, and return the ids of those who were not so before."""
    before = {each.id: each for each in ledger.payees([each.id for each in payees])}
    ledger.keep_payees(payees, by=by, now=setting.now)
    return {each.id for each in payees if before.get(each.id) != each}


def _print_kept(setting: Setting, kept: Payee, *, is_changed: bool, alone: bool) -> None:
    if setting.json:
        from caseway.engine.batch_record import payee_record

        (print_document if alone else print_line)(payee_record(kept) | {"changed": is_changed})
        return
    from caseway.adapters.diagnostic import escaped

    click.echo(escaped(f"{kept.id}: {'set' if is_changed else 'unchanged'}"))


@payee.command(cls=Verb)
@click.argument("id_", metavar="ID", shell_complete=payee_ids)
@click.option("--history", is_flag=True, help="Show also when they changed, and by whom, of one who was removed, too.")
@_by_operator
def show(setting: Setting, id_: str, *, history: bool) -> None:
    """Show the bank details of a payee, whole; of those of before only the ends of account numbers are kept."""
    from caseway.adapters.diagnostic import escaped
    from caseway.engine.batch_record import payee_record
    from caseway.engine.errors import Refused
    from caseway.engine.outcome import Refusal

    with setting.runtime() as runtime:
        found = next(runtime.ledger.payees([id_]), None)
        changes = runtime.ledger.payee_changes(id_)
    if found is None and not (history and changes):
        told = f"No bank details are kept of {id_}; `caseway payee set` keeps some."
        raise Refused(Refusal("unknown-payee", told, {"payee": id_}))
    if setting.json:
        details = payee_record(found) if found else {key: id_ if key == "id" else None for key in KEYS}
        print_document(details | {"changes": [_change_record(each) for each in changes]})
        return
    grid = fields()
    for label, text in _rows(found) if found else ():
        grid.add_row(label, escaped(text))
    print_shown(grid) if found else say(f"The bank details of {id_} were removed.")
    if history:
        _print_history(changes)


def _change_record(each: PayeeChange) -> dict[str, Any]:
    from caseway.engine.timestamp import instant_text

    details = {"name": each.name, "iban": each.iban, "bic": each.bic}
    return {"at": instant_text(each.at), "by": each.by, "removed": each.name is None} | details


def _print_history(changes: Sequence[PayeeChange]) -> None:
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import instant

    shown = table("changed", "by", "name", "iban", "bic")
    for each in changes:
        name = "(removed)" if each.name is None else each.name
        shown.add_row(instant(each.at), *map(escaped, (each.by or "", name, each.iban or "", each.bic or "")))
    click.echo()
    print_shown(shown)


def _rows(found: Payee) -> Iterator[tuple[str, str]]:
    for label, text in (("payee", found.id), ("name", found.name), ("iban", _grouped(found.iban)), ("bic", found.bic)):
        if text:
            yield label, text


def _grouped(iban: str | None) -> str | None:
    """Write an IBAN as people read it: in fours."""
    return iban and " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


@payee.command("list", cls=Verb)
@_by_operator
def list_payees(setting: Setting) -> None:
    """List payees in order of their ids, of whose account numbers only the end can be read; --json has them whole."""
    from caseway.adapters.diagnostic import escaped
    from caseway.engine.payee import masked

    with setting.runtime() as runtime:
        found = runtime.ledger.payees()
        if setting.json:
            from caseway.engine.batch_record import payee_record

            for each in found:
                print_line(payee_record(each))
            return
        shown = table("payee", "name", "iban", "bic")
        for each in found:
            iban = "" if each.iban is None else masked(each.iban)
            shown.add_row(*map(escaped, (each.id, each.name, iban, each.bic or "")))
    if shown.row_count:
        print_shown(shown)
    else:
        say("There are no payees.")


@payee.command(cls=Verb)
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=payee_ids)
@click.option("--by", type=Note(), metavar="NAME", help="Who says so, for the record.")
@_by_operator
def remove(setting: Setting, ids: tuple[str, ...], by: str | None) -> None:
    """Forget the bank details of payees. What they own stays in the ledger, batches keep what they were settled with, and it is kept that they changed."""
    from caseway.adapters.diagnostic import escaped

    with setting.runtime() as runtime:
        for each in dict.fromkeys(ids):
            was_there = runtime.ledger.remove_payee(each, by=by, now=setting.now)
            if setting.json:
                print_line({"id": each, "removed": was_there})
            else:
                click.echo(escaped(f"{each}: {'removed' if was_there else 'was not there'}"))
