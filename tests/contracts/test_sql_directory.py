"""What only a directory in a database can do: come with the case, share a transaction, and say what was changed by hand."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine

from caseway.adapters.sql import SqlStore
from caseway.adapters.sql.cursor import compiled
from caseway.adapters.sql.statement import LOAD_BOTH
from caseway.engine.actor import Actor
from caseway.engine.errors import WorldError
from caseway.engine.person import Person
from tests import postgres
from tests.contracts.sample import minutes
from tests.engine.claim import runtime

ANNA = Person("anna", frozenset({"friend"}))


@pytest.fixture(params=["sqlite", "postgresql"])
def opened_at(request, tmp_path):
    """A database of each kind with our tables: its URL, and a store on it."""
    url = f"sqlite:///{tmp_path / 'cases.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql")
    store = SqlStore.open(url)
    yield url, store
    store.close()


def test_persons_are_kept_in_the_callers_transaction(opened_at):
    url, store = opened_at
    engine = create_engine(postgres.with_psycopg(url))
    with engine.connect() as connection:
        within = store.join(connection).directory()
        within.keep([ANNA], minutes(0))
        assert within.person("anna") == ANNA
        connection.rollback()
    assert store.directory().person("anna") is None
    with engine.begin() as connection:
        store.join(connection).directory().keep([ANNA], minutes(0))
    assert store.directory().person("anna") == ANNA
    engine.dispose()


def test_whoever_is_not_changed_keeps_the_time_of_the_last_change(opened_at):
    url, store = opened_at
    directory = store.directory()
    directory.keep([ANNA], minutes(0))
    directory.keep([ANNA, Person("ben")], minutes(5))
    engine = create_engine(postgres.with_psycopg(url))
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, updated_at FROM caseway_person ORDER BY id").all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [
        ("anna", "2026-03-02T09:00:00.000000Z"),
        ("ben", "2026-03-02T09:05:00.000000Z"),
    ]


def test_a_row_that_was_spoilt_by_hand_is_told_of(opened_at):
    url, store = opened_at
    store.directory().keep([ANNA], minutes(0))
    engine = create_engine(postgres.with_psycopg(url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE caseway_person SET document = '{\"id\": 7}'")
    engine.dispose()
    with pytest.raises(WorldError, match="a person that cannot be read"):
        store.directory().person("anna")


def test_an_event_is_one_read_and_one_write_whoever_sends_it(opened_at):
    _, store = opened_at
    run = runtime(store=store)
    run.start("parcel-claim", {"customer": "maria", "amount": 2500}, id="C1")
    run.keep_persons([replace(ANNA, tags=frozenset({"wood"}))])
    asked = watched(store)
    for actor in (None, Actor("anna", ANNA.roles), Actor("nobody")):
        run.send("C1", "note", {"text": "x"}, actor=actor)
    reads, persons = (
        [each for each in asked if each.startswith("SELECT")],
        [each for each in asked if "_person" in each],
    )
    if store._access.speaks == "postgresql":
        assert len(asked) == 6
    assert (len(reads), len(persons)) == (3, 2)


def watched(store):
    """Have a store remember, from now on, the statements that it runs for events."""
    asked = []

    class Watched(store._access._quick):
        def rows(self, statement, values):
            asked.append(compiled(statement, self.speaks))
            return super().rows(statement, values)

    for held in store._access._spare:
        held.connection.close()
    store._access._spare.clear()
    store._access._quick = Watched
    return asked


def test_the_plan_of_a_read_with_a_person_finds_its_rows_by_an_index(postgresql):
    store = SqlStore.open(postgresql)
    with store._access.reading() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN {compiled(LOAD_BOTH, 'postgresql')}", dict.fromkeys(LOAD_BOTH.compile().params, "x"))
        plan = "\n".join(line for (line,) in cursor.fetchall())
    store.close()
    assert "Seq Scan" not in plan
    assert "caseway_person_pkey" in plan
