"""`caseway db`: the database itself."""

from __future__ import annotations

import click

from caseway.cli.option import Family, Setting, Verb, add_options, with_setting
from caseway.cli.output import print_document


@click.group(cls=Family)
@add_options
def database() -> None:
    """Make a database."""


@database.command(cls=Verb)
@click.option("--rehearsal", is_flag=True, help="Make one to rehearse in: there, --now may be in the future.")
@with_setting
def init(setting: Setting, rehearsal: bool) -> None:
    """Make the database; where it is made already, nothing changes."""
    from caseway.adapters import wiring
    from caseway.adapters.sql import address

    wiring.init(setting.database, rehearsal=rehearsal)
    url = address.shown(setting.database)
    if setting.json:
        print_document({"database": url, "rehearsal": rehearsal})
    else:
        click.echo(f"The database {url} is ready{' to rehearse in' if rehearsal else ''}.")
