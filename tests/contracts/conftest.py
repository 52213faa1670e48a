from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.sql import SqlStore
from caseway.engine.ports import Store
from tests.contracts.sample import keep_definition


@pytest.fixture(params=["memory", "sqlite file", "sqlite in memory", "joined connection", "joined to an open store"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every kind of store in turn, with one definition kept."""
    url = f"sqlite:///{tmp_path / 'cases.db'}"
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
        case "joined to an open store":
            opened = SqlStore.open(url)
            keep_definition(opened)
            engine = create_engine(url)
            with engine.connect() as connection:
                yield opened.join(connection)
            engine.dispose()
            opened.close()
        case kind:
            made = SqlStore.open(url if kind == "sqlite file" else "sqlite://")
            keep_definition(made)
            yield made
            made.close()
