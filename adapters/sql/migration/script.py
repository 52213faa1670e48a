"""Alembic at work: from an old revision to the newest, and from a database to what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from caseway.adapters.sql.migration.plan import VERSION_TABLE, Plan
from caseway.adapters.sql.table import metadata

_ONE_AT_A_TIME = Lock()
"""Alembic keeps the connection it works on in a global variable."""


def run(connection: Connection, plan: Plan) -> None:
    """Bring the tables to the newest revision of a plan, inside the transaction that the connection has open."""
    settings = configuration(plan)
    settings.attributes["connection"] = connection
    with _ONE_AT_A_TIME:
        command.upgrade(settings, plan.newest)


def configuration(plan: Plan) -> Config:
    """Return what would stand in an alembic.ini."""
    made = Config()
    folders = "\n".join(map(str, plan.folders))
    for key, value in (
        ("script_location", str(Path(__file__).parent)),
        ("path_separator", "newline"),
        ("version_locations", folders),
    ):
        made.set_main_option(key, value.replace("%", "%%"))
    return made


def differences(connection: Connection) -> list[str]:
    """Say, in a phrase each, where our tables in a database differ from those that this Caseway works with."""
    options = {"version_table": VERSION_TABLE, "include_name": _is_ours, "target_metadata": metadata}
    context = MigrationContext.configure(connection, opts=options)
    return [phrase for found in compare_metadata(context, metadata) for phrase in _phrases(found)]


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or (name or "") in metadata.tables


_WORDS = {
    "add_table": "{0.name} is missing",
    "add_column": "{1}.{2.name} is missing",
    "remove_column": "{1}.{2.name} is not known",
    "add_index": "the index {0.name} is missing",
    "remove_index": "the index {0.name} is not known",
    "modify_type": "{1}.{2} has the type {4}, not {5}",
    "modify_nullable": "{1}.{2} may be empty: {4}, not {5}",
}


def _phrases(found: Any) -> Iterator[str]:
    """Say what Alembic found: a tuple, or a list of tuples for a column."""
    if isinstance(found, list):
        for each in found:
            yield from _phrases(each)
        return
    kind, *what = found
    yield _WORDS[kind].format(*what) if kind in _WORDS else f"{kind.replace('_', ' ')}: {what[0]}"
