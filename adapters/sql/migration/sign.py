"""What a database says of itself, and what is refused because of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, select

from caseway.adapters.sql.migration import plan
from caseway.adapters.sql.table import meta
from caseway.adapters.sql.trouble import Place
from caseway.engine.errors import InvalidInput, WorldError


@dataclass(frozen=True, slots=True)
class Sign:
    """What a database says of itself: the revision of its tables, and what its table `meta` holds."""

    revision: str
    meta: Mapping[str, str]

    @property
    def is_current(self) -> bool:
        return self.revision == plan.SHIPPED.newest

    @property
    def is_known(self) -> bool:
        """Whether this Caseway knows the revision; else a newer one has been here."""
        return plan.SHIPPED.knows(self.revision)

    @property
    def rehearses(self) -> bool:
        return self.meta.get("rehearsal") == "1"

    @property
    def is_embedded(self) -> bool:
        """Whether this is a file that Caseway made for itself, and may upgrade by itself."""
        return self.meta.get("embedded") == "1"


def sign(connection: Connection, place: Place) -> Sign | None:
    """Read what a database says of itself; None where it has no tables of ours."""
    there = inspect(connection)
    if not there.has_table(plan.version.name):
        if there.has_table(meta.name):
            raise WorldError(
                f"{place} has tables of Caseway, but does not say which revision: a trial version made them, or something "
                "removed it. Restore a copy of it, or make a new database.",
                database=place.name,
            )
        return None
    revisions = list(connection.execute(select(plan.version.c.version_num)).scalars())
    if len(revisions) != 1:
        raise WorldError(
            f"{place} does not say which revision its tables have; restore a copy of it.", database=place.name
        )
    return Sign(revisions[0], {row.key: row.value for row in connection.execute(select(meta.c.key, meta.c.value))})


def made(found: Sign | None, place: Place) -> Sign:
    """Return what a database says of itself; where it says nothing, say how to make one."""
    if found is None:
        raise WorldError(f"{place} has no tables of Caseway. Create them with `caseway db init`.", database=place.name)
    return found


def assert_fit(found: Sign, place: Place, *, rehearsal: bool) -> None:
    """Refuse to rehearse among real cases."""
    if rehearsal and not found.rehearses:
        raise InvalidInput(
            f"{place} holds real cases and cannot become one for rehearsals. Name a new database to rehearse in.",
            database=place.name,
        )


def assert_current(found: Sign, place: Place) -> None:
    """Refuse a database whose tables are not those that this Caseway works with."""
    assert_known(found, place)
    if not found.is_current:
        wanted = plan.SHIPPED.newest
        raise WorldError(
            f"{place} has tables of revision {found.revision}, and this Caseway works with {wanted}. "
            "Make a backup of it, then upgrade it with `caseway db upgrade`.",
            database=place.name,
            revision=found.revision,
            wanted=wanted,
        )


def assert_known(found: Sign, place: Place) -> None:
    """Refuse a database that a newer Caseway has worked with."""
    if not found.is_known:
        newest = plan.SHIPPED.newest
        raise WorldError(
            f"{place} has tables of revision {found.revision}; this Caseway knows those up to {newest}. A newer Caseway has "
            "worked with it: upgrade Caseway.",
            database=place.name,
            revision=found.revision,
            wanted=newest,
        )
