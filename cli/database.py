"""`caseway db`: the database itself."""

from __future__ import annotations

from dataclasses import asdict

import click

from caseway.cli.option import Family, Setting, Verb, add_options, with_setting
from caseway.cli.output import print_document

OUTDATED = 4
"""The exit code of `check` for a database that somebody has to do something about."""


@click.group(cls=Family)
@add_options
def database() -> None:
    """Make a database, upgrade it, check it, and compact it."""


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


@database.command(cls=Verb)
@with_setting
def upgrade(setting: Setting) -> None:
    """Bring the tables to the revision that this Caseway works with.

    It happens in one transaction: where it fails, the database is as it was. An SQLite file is copied first, to
    FILE.before-REVISION beside it.
    """
    from caseway.adapters.sql import address
    from caseway.adapters.sql.database import reach
    from caseway.adapters.sql.migration.upgrade import upgrade as bring_up

    engine, place = reach(setting.database, create=False)
    try:
        done = bring_up(engine, place)
    finally:
        engine.dispose()
    url = address.shown(setting.database)
    copy = None if done.copy is None else str(done.copy)
    if setting.json:
        print_document({"database": url, "from": done.before, "to": done.after, "copy": copy})
    elif done.before == done.after:
        click.echo(f"The database {url} is up to date, at revision {done.after}.")
    else:
        click.echo(f"The database {url} was upgraded from revision {done.before} to {done.after}.")
        if copy:
            click.echo(f"As it was before, it is in {copy}.")


@database.command(cls=Verb)
@with_setting
def status(setting: Setting) -> None:
    """Show what the database is, and which revision its tables have."""
    from caseway.adapters.sql import address
    from caseway.adapters.sql.status import status as status_of
    from caseway.cli.output import fields, print_shown

    found = status_of(setting.database)
    url = address.shown(setting.database)
    if setting.json:
        print_document({"database": url} | asdict(found))
        return
    maker = ", a file of Caseway's own" if found.embedded else ""
    standing = {
        "current": f"{found.revision}, up to date",
        "outdated": f"{found.revision}; `caseway db upgrade` brings it to {found.wanted}",
        "unknown": f"{found.revision}; this Caseway knows those up to {found.wanted}: upgrade Caseway",
        "empty": "no tables of Caseway; `caseway db init` makes them",
    }[found.standing]
    shown = fields()
    shown.add_row("database", url)
    shown.add_row("kind", f"{_KINDS.get(found.kind, found.kind)} {found.server}{maker}")
    shown.add_row("revision", standing)
    if found.cases is not None:
        shown.add_row("rehearsal", "yes" if found.rehearsal else "no")
        shown.add_row("cases", f"{found.cases}")
    shown.add_row("size", f"{found.size} bytes")
    print_shown(shown)


_KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@database.command(cls=Verb)
@with_setting
def compact(setting: Setting) -> None:
    """Write the tables anew, so that nothing is left of rows that were changed: after a redaction, or to save room.

    It needs as much free room as the database takes, and others wait meanwhile. End the workers first.
    """
    from caseway.adapters.sql import address
    from caseway.adapters.sql.compaction import compact as compact_database

    done = compact_database(setting.database)
    url = address.shown(setting.database)
    if setting.json:
        print_document({"database": url} | asdict(done))
    else:
        click.echo(f"The database {url} was compacted from {done.before} to {done.after} bytes.")


@database.command(cls=Verb)
@click.option("--full", is_flag=True, help="Look at every case and posting, not only at the newest cases.")
@with_setting
def check(setting: Setting, full: bool) -> int:
    """Check that the database is up to date and says what was written to it. Exit code 4 if not."""
    from caseway.adapters.sql import address
    from caseway.adapters.sql.soundness import check as check_database
    from caseway.cli.output import fields, print_shown

    found = check_database(setting.database, full=full)
    is_sound = all(each.is_sound for each in found)
    if setting.json:
        checks = [{"check": each.check, "sound": each.is_sound, "told": each.told} for each in found]
        print_document({"database": address.shown(setting.database), "sound": is_sound, "checks": checks})
    else:
        shown = fields()
        for each in found:
            shown.add_row(each.check, each.told if each.is_sound else f"not sound: {each.told}")
        print_shown(shown)
    return 0 if is_sound else OUTDATED
