"""Puts the pieces together, for the command line and for hosts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from caseway.adapters.catalogue import SHIPPED, FolderCatalogue
from caseway.adapters.checked_file import definition_in
from caseway.adapters.csv_transfer import CsvTransfer
from caseway.adapters.delivery_target import delivery_in, delivery_to
from caseway.adapters.document_renderer import DocumentRenderer
from caseway.adapters.machine import RandomIds, SystemClock
from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.sepa_transfer import SepaTransfer
from caseway.engine.errors import InvalidInput
from caseway.engine.ports import Bank, Clock, Delivery, Directory, Ids, Store
from caseway.engine.runtime import Runtime

MEMORY = "memory:"
"""The database URL of a store that lives as long as its runtime."""

BANKS: tuple[Bank, ...] = (SepaTransfer(), CsvTransfer())
"""The formats in which money leaves; the first that takes a unit is the one where none is asked for."""


def open(  # noqa: A001  # caseway.open reads as what it does
    url: str = MEMORY,
    *,
    processes: str | Path | None = None,
    delivery: Delivery | str | None = None,
    outbox: str | Path | None = None,
    directory: Directory | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    create: bool = True,
) -> Runtime:
    """Return a Runtime on a database.

    `url` is an SQLAlchemy URL, such as `sqlite:///caseway.db`, or `memory:`. `processes` is a folder of processes (default: those
    that come with Caseway). Messages are delivered by `delivery` (or what `delivery_to` makes of a text), or as files into the folder
    `outbox`. Persons come from
    `directory` (default: a table of the database). With `create=False` a missing SQLite file is an error. Raises WorldError where the database cannot be used.
    """
    folder = Path(processes) if processes is not None else SHIPPED
    catalogue = FolderCatalogue(folder, definition_in)
    store = _store(url, create=create)
    if isinstance(delivery, str):
        delivery = delivery_to(delivery, directory or store.directory())
    return Runtime(
        store,
        catalogue,
        clock or SystemClock(),
        ids or RandomIds(),
        delivery or _delivery(outbox),
        renderer=DocumentRenderer(),
        directory=directory,
        banks=BANKS,
    )


def over(
    connection: Any,
    *,
    processes: str | Path | None = None,
    directory: Directory | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    create: bool = False,
) -> Runtime:
    """Return a Runtime in the caller's own open SQLAlchemy connection, which the caller commits or rolls back.

    With `create=True`, Caseway's tables are made first where they are missing, in the same transaction.
    """
    from caseway.adapters.sql import SqlStore  # noqa: PLC0415  # SQLAlchemy is imported by those who need it

    catalogue = FolderCatalogue(Path(processes) if processes is not None else SHIPPED, definition_in)
    store = SqlStore.over(connection, create=create)
    return Runtime(store, catalogue, clock or SystemClock(), ids or RandomIds(), directory=directory, banks=BANKS)


def init(url: str, *, rehearsal: bool) -> None:
    """Make a database; one to rehearse in takes instants in the future. Making it again changes nothing."""
    if url == MEMORY:
        raise InvalidInput(f'"{MEMORY}" lives only as long as the program that opens it; there is nothing to make.')
    from caseway.adapters.sql import SqlStore  # noqa: PLC0415  # SQLAlchemy is imported by those who need it

    SqlStore.open(url, rehearsal=rehearsal).close()


def _store(url: str, *, create: bool) -> Store:
    if url == MEMORY:
        return MemoryStore()
    from caseway.adapters.sql import SqlStore  # noqa: PLC0415  # SQLAlchemy is imported by those who need it

    return SqlStore.open(url, create=create)


def _delivery(outbox: str | Path | None) -> Delivery | None:
    return None if outbox is None else delivery_in(outbox)
