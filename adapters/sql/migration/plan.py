"""Which revisions the tables have had. Ordinary commands need no more than this, and so no Alembic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table

VERSION_TABLE = "caseway_alembic_version"

version = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)
"""Alembic's own table, as Alembic makes it: a new database is stamped without it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The revisions of the tables, oldest first, and the folders in which their scripts lie."""

    revisions: tuple[str, ...]
    folders: tuple[Path, ...]

    @property
    def newest(self) -> str:
        return self.revisions[-1]

    def knows(self, revision: str) -> bool:
        """Say whether a revision is one of ours; one that is not comes from a newer Caseway."""
        return revision in self.revisions


SHIPPED = Plan(("0001",), (Path(__file__).parent / "versions",))
"""What this Caseway knows. Its newest revision is what `table.py` describes."""
