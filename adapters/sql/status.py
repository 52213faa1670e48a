"""What a database is, and which revision its tables have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, func, select

from caseway.adapters.sql.database import reach
from caseway.adapters.sql.migration import plan
from caseway.adapters.sql.migration.sign import sign
from caseway.adapters.sql.table import case
from caseway.adapters.sql.trouble import told

Standing = Literal["current", "outdated", "unknown", "empty"]

_STATED = {
    "sqlite": "SELECT sqlite_version(), page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": (
        "SELECT current_setting('server_version'), coalesce(sum(pg_total_relation_size(oid)), 0)::bigint "
        "FROM pg_class WHERE relkind = 'r' AND starts_with(relname, 'caseway_') AND pg_table_is_visible(oid)"
    ),
}


@dataclass(frozen=True, slots=True)
class Status:
    """What a database is. `size` is that of the SQLite file, or of our tables in PostgreSQL, in bytes.

    `standing` says whether its tables are "current", "outdated", of a revision that is "unknown" here, or not there: "empty".
    """

    kind: str
    server: str
    revision: str | None
    wanted: str
    standing: Standing
    embedded: bool
    rehearsal: bool
    size: int
    cases: int | None


def status(url: str) -> Status:
    """Look at a database without changing it."""
    engine, place = reach(url, create=False)
    try:
        with told(place), engine.connect() as connection:
            found = sign(connection, place)
            version, size = connection.exec_driver_sql(_STATED[engine.dialect.name]).one()
            return Status(
                kind=engine.dialect.name,
                server=version,
                revision=None if found is None else found.revision,
                wanted=plan.SHIPPED.newest,
                standing="empty" if found is None else _standing(current=found.is_current, known=found.is_known),
                embedded=found is not None and found.is_embedded,
                rehearsal=found is not None and found.rehearses,
                size=size,
                cases=None if found is None else _count(connection),
            )
    finally:
        engine.dispose()


def _standing(*, current: bool, known: bool) -> Standing:
    if current:
        return "current"
    return "outdated" if known else "unknown"


def _count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(case)).scalar_one()
