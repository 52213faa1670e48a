"""SpiffWorkflow: BPMN in Python. It keeps nothing by itself, so each event loads and stores its JSON in PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import psycopg
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from benchmarks import byhand, load

CHART = Path(__file__).parent / "charts" / "visit" / "spiff.bpmn"
_READ = "SELECT revision, document FROM byhand_case WHERE id = %s FOR UPDATE"
_WRITE = "INSERT INTO byhand_journal VALUES (%s, %s, %s, %s)"
_MOVE = "UPDATE byhand_case SET revision = %s, last_at = %s, document = %s WHERE id = %s"


class Spiff:
    """A user task, a script and a guarded gateway, round and round: each time is an event.

    What SpiffWorkflow keeps of a case grows with every event; a round is short, so this shows it at its best.
    """

    def __init__(self, url: str) -> None:
        parser = BpmnParser()
        parser.add_bpmn_file(str(CHART))
        self.serializer = BpmnWorkflowSerializer()
        workflow = BpmnWorkflow(parser.get_spec("visit"))
        workflow.data.update(count=0, customer=load.CUSTOMER, last=load.TEXT)
        workflow.do_engine_steps()
        _waiting(workflow).data.update(count=0, customer=load.CUSTOMER, last=load.TEXT)
        opened = self.serializer.serialize_json(workflow)
        self.hand = byhand.Psycopg(url)
        self.connection, self.cases = self.hand.connection, self.hand.cases
        self.connection.execute("UPDATE byhand_case SET document = %s WHERE id = ANY(%s)", (opened, self.cases))
        self.connection.commit()

    def run(self, count: int) -> None:
        connection: psycopg.Connection[tuple[int, str]] = self.connection
        for number in range(count):
            turn, index = divmod(number, load.CASES)
            case, event = self.cases[index], load.name(index, turn)
            row = connection.execute(_READ, (case,)).fetchone()
            assert row is not None
            revision, document = row
            workflow = self.serializer.deserialize_json(document)
            task = _waiting(workflow)
            task.data["last"] = load.TEXT
            task.run()
            workflow.do_engine_steps()
            connection.execute(_WRITE, (case, revision + 1, uuid4().hex, byhand.journal(event)))
            written = self.serializer.serialize_json(workflow)
            connection.execute(_MOVE, (revision + 1, byhand.AT, written, case))
            connection.commit()

    def check(self, count: int) -> None:
        self.connection.autocommit = True
        found = self.connection.execute("SELECT id, document FROM byhand_case WHERE id = ANY(%s)", [self.cases])
        counts = {case: _waiting(self.serializer.deserialize_json(text)).data["count"] for case, text in found}
        assert counts == {case: load.expected(count, number) for number, case in enumerate(self.cases)}
        self.connection.close()


def _waiting(workflow: BpmnWorkflow) -> object:
    (task,) = workflow.get_tasks(state=TaskState.READY, manual=True)
    return task
