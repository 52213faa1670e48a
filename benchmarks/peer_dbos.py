"""DBOS: functions that survive crashes, kept in PostgreSQL. A case as an entity, and an event as a workflow."""

from __future__ import annotations

import logging
from typing import Any
from uuid import uuid4

import orjson
from dbos import DBOS, DBOSConfig, SetWorkflowID, SQLAlchemyDatasource
from sqlalchemy import text

from benchmarks import byhand, load
from benchmarks.server import alchemy

CASES = 10
"""Entities wait in a thread each: so few, that the threads of DBOS suffice."""
PATIENCE = 60.0
"""Seconds."""
_READ = text("SELECT revision, document FROM byhand_case WHERE id = :id FOR UPDATE")
_WRITE = text("INSERT INTO byhand_journal VALUES (:id, :revision, :event, :document)")
_MOVE = text("UPDATE byhand_case SET revision = :revision, last_at = :at, document = :document WHERE id = :id")


class Dbos:
    """DBOS with the tables and rows of the transactions by hand. `check` ends what `__init__` launched."""

    def __init__(self, url: str) -> None:
        logging.getLogger("dbos").setLevel(logging.ERROR)
        self.hand = byhand.Psycopg(url)
        self.cases = self.hand.cases
        config: DBOSConfig = {
            "name": "bench",
            "system_database_url": alchemy(url),
            "application_version": "1",
            "log_level": "ERROR",
            "notification_listener_polling_interval_sec": 0.01,
        }
        DBOS(config=config)
        self._declare(SQLAlchemyDatasource.create(alchemy(url)))
        DBOS.launch()

    def _declare(self, source: SQLAlchemyDatasource) -> None:
        @source.transaction(isolation_level="READ COMMITTED")
        def moved(case: str, event_id: str, event: str) -> int:
            execute = source.sql_session().execute
            revision, document = execute(_READ, {"id": case}).one()
            data = orjson.loads(document)
            if data["count"] >= load.LIMIT:
                raise AssertionError
            data["count"] += 1
            line = {"id": case, "revision": revision + 1, "event": event_id, "document": byhand.journal(event)}
            execute(_WRITE, line)
            written = orjson.dumps(data).decode()
            execute(_MOVE, {"id": case, "revision": revision + 1, "at": byhand.AT, "document": written})
            return int(revision) + 1

        @DBOS.workflow()
        def entity(case: str) -> None:
            while (message := DBOS.recv(timeout_seconds=PATIENCE)) != "end":
                DBOS.set_event(message["id"], moved(case, message["id"], message["name"]))

        @DBOS.workflow()
        def handled(case: str, event_id: str, event: str) -> int:
            return moved(case, event_id, event)

        self.entity: Any = entity
        self.handled: Any = handled

    def check(self, count: int) -> None:
        DBOS.destroy(destroy_registry=True)
        self._as_many(count)
        self.hand.connection.close()

    def _as_many(self, count: int) -> None:
        self.hand.connection.autocommit = True
        lines = self.hand.connection.execute(
            "SELECT count(*) FROM byhand_journal WHERE case_id = ANY(%s)", [self.cases]
        ).fetchone()
        assert lines == (count,), (lines, count)


class Entities(Dbos):
    """A workflow that lives as long as its case, waits for its events, and answers each."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        for case in self.cases[:CASES]:
            with SetWorkflowID(case):
                DBOS.start_workflow(self.entity, case)

    def run(self, count: int) -> None:
        for number in range(count):
            turn, index = divmod(number, CASES)
            case, event_id = self.cases[index], uuid4().hex
            DBOS.send(case, {"id": event_id, "name": load.name(index, turn)}, idempotency_key=event_id)
            assert DBOS.get_event(case, event_id, timeout_seconds=PATIENCE) is not None

    def check(self, count: int) -> None:
        for case in self.cases[:CASES]:
            DBOS.send(case, "end")
        for case in self.cases[:CASES]:
            DBOS.retrieve_workflow(case).get_result()
        super().check(count)


class Workflows(Dbos):
    """A workflow for each event, of one transaction, with the event's id as its own."""

    def run(self, count: int) -> None:
        for number in range(count):
            turn, index = divmod(number, load.CASES)
            event_id = uuid4().hex
            with SetWorkflowID(event_id):
                self.handled(self.cases[index], event_id, load.name(index, turn))
