from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy import create_engine

from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.sql import SqlStore
from caseway.engine.ports import Store
from tests import postgres
from tests.contracts.sample import keep_definition

KINDS = (
    "memory",
    "sqlite file",
    pytest.param("sqlite in memory", marks=pytest.mark.thorough),
    "joined connection",
    pytest.param("joined to an open store", marks=pytest.mark.thorough),
    "postgresql",
    pytest.param("joined on postgresql", marks=pytest.mark.thorough),
)


@pytest.fixture(scope="session")
def server_database() -> Iterator[str]:
    """A database in PostgreSQL with our tables, for all tests."""
    with postgres.database() as url:
        SqlStore.open(url).close()
        yield url


@pytest.fixture
def postgresql(server_database: str) -> str:
    """The same without any rows."""
    engine = create_engine(postgres.with_psycopg(server_database))
    with engine.begin() as connection:
        postgres.empty(connection)
    engine.dispose()
    return server_database


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our tables, to be copied: quicker than making them anew."""
    path = tmp_path_factory.mktemp("made") / "cases.db"
    SqlStore.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path, made_file: Path) -> Iterator[Store]:
    """Every kind of store in turn, with one definition kept."""
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    if request.param in {"sqlite file", "joined to an open store"}:
        copyfile(made_file, tmp_path / "cases.db")
    match request.param:
        case "memory":
            made: Store = MemoryStore()
            keep_definition(made)
            yield made
        case "joined connection":
            # The driver as it comes, beginning transactions when it pleases.
            engine = create_engine(url)
            with engine.connect() as connection:
                made = SqlStore.over(connection, create=True)
                keep_definition(made)
                yield made
            engine.dispose()
        case "joined to an open store" | "joined on postgresql" as kind:
            url = url if kind == "joined to an open store" else request.getfixturevalue("postgresql")
            opened = SqlStore.open(url)
            keep_definition(opened)
            engine = create_engine(postgres.with_psycopg(url))
            with engine.connect() as connection:
                yield opened.join(connection)
            engine.dispose()
            opened.close()
        case kind:
            urls = {"sqlite file": url, "sqlite in memory": "sqlite://"}
            made = SqlStore.open(urls.get(kind) or request.getfixturevalue("postgresql"))
            keep_definition(made)
            yield made
            made.close()
