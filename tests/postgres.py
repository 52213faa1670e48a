"""A PostgreSQL for the tests: started without root and without a service, one for each process of a test run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, create_engine, make_url

if TYPE_CHECKING:
    from tests.soak.server import Server

OTHER = "CASEWAY_TEST_DATABASE_URL"
"""The environment variable that names another server to use; its user must be allowed to create databases."""


_RUNNING: list[Server] = []


@cache
def server() -> str:
    """Return the URL of a server's own database."""
    if OTHER in os.environ:
        return os.environ[OTHER]
    from tests.soak.server import Server

    # Nothing here has to outlive the machine, so nothing has to wait for its disk.
    _RUNNING.append(Server(durable=False))
    return _RUNNING[-1].url


def stop() -> None:
    """End the server of this process, if it has one."""
    while _RUNNING:
        _RUNNING.pop().stop()
    server.cache_clear()


@contextmanager
def database() -> Iterator[str]:
    """Lend the URL of a new, empty database, and drop it afterwards whoever is still connected."""
    address, name = make_url(server()), f"caseway_test_{uuid4().hex}"
    with _engine(address) as engine, engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield address.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def empty(connection: Connection) -> None:
    """Take every row out of our tables, quicker than making a new database."""
    cases = ("once", "outbox", "work", "load", "timer", "journal", "case", "definition", "awaited", "person")
    tables = ("checkpoint_mark", "checkpoint", "posting", "rejection", "batch", "payee", "payee_change", *cases)
    connection.exec_driver_sql("; ".join(f"DELETE FROM caseway_{table}" for table in tables))


def with_psycopg(url: str) -> URL:
    """Return a URL as SQLAlchemy wants it where a driver is to be named; other databases stay as they are."""
    address = make_url(url)
    return address.set(drivername="postgresql+psycopg") if address.drivername == "postgresql" else address


@contextmanager
def _engine(address: URL) -> Iterator[Engine]:
    engine = create_engine(with_psycopg(address.render_as_string(hide_password=False)), isolation_level="AUTOCOMMIT")
    try:
        yield engine
    finally:
        engine.dispose()
