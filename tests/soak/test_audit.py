"""An audit that finds nothing is worth something only if it finds what is there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from caseway.adapters import wiring
from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.engine.runtime import Runtime
from tests.faults.operation import NINE
from tests.soak.audit import Acknowledged, audit
from tests.soak.plan import CLERK, DEFINITION, RUNNERS, data_of

ANNA = RUNNERS[0]


@dataclass(frozen=True, slots=True)
class Lived:
    """A case that was started, wound, taken and finished, its messages delivered."""

    runtime: Runtime
    url: str
    folder: Path
    told: tuple[Acknowledged, ...]

    def faults(self, *told: Acknowledged) -> str:
        return "\n".join(audit(self.runtime, self.url, acknowledged=told or self.told, folder=self.folder).faults)

    def tampered(self, change: Callable[[Connection], object]) -> str:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            change(connection)
        engine.dispose()
        return self.faults()


@pytest.fixture
def lived(tmp_path: Path):
    url, folder = f"sqlite:///{tmp_path / 'cases.db'}", tmp_path / "outbox"
    with closing(wiring.open(url, clock=SimulatedClock(NINE), outbox=folder)) as opened:
        runtime = replace(opened, catalogue=Only(DEFINITION))
        runtime.start("errand", data_of("E-1"), id="E-1")
        steps = [("wind", CLERK), ("take", ANNA), ("finish", ANNA)]
        done = [runtime.send("E-1", name, actor=actor, event_id=name) for name, actor in steps]
        runtime.relay()
        yield Lived(runtime, url, folder, tuple(Acknowledged("E-1", each.event.id, each.revision) for each in done))


def test_nothing_is_found_where_nothing_is_wrong(lived: Lived):
    assert not lived.faults()


def test_an_acknowledged_event_that_is_not_there_is_found(lived: Lived):
    assert "the journal has it at None" in lived.faults(*lived.told, Acknowledged("E-1", "lost", 5))


def test_a_refused_event_that_happened_is_found(lived: Lived):
    assert "acknowledged at revision None" in lived.faults(*lived.told[:2], replace(lived.told[2], revision=None))


def test_an_event_that_nobody_sent_is_found(lived: Lived):
    assert "nobody was told" in lived.faults(*lived.told[:2])


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM caseway_posting WHERE line = 1", "postings that are missing"),
        ("UPDATE caseway_posting SET amount = amount * 2", "postings that no journal explains"),
        ("DELETE FROM caseway_timer", "its timers"),
        ("DELETE FROM caseway_outbox WHERE recipient = 'anna'", "messages lost from the outbox"),
        ("UPDATE caseway_outbox SET delivered_at = NULL", "not noted as delivered"),
        ("DELETE FROM caseway_journal WHERE revision = 2", "are not 1 to 4"),
        ("DELETE FROM caseway_journal WHERE revision = 4", "its journal replays to"),
        ("UPDATE caseway_case SET assignee = 'ben'", "are not what its document says"),
        ("UPDATE caseway_case SET document = replace(document, 'street', 'lane')", "its journal replays to"),
        (
            "UPDATE caseway_journal SET document = replace(document, 'anna', 'ben') WHERE revision = 4",
            "cannot have been",
        ),
        ("UPDATE caseway_journal SET document = replace(document, '\"wind\"', '\"stop\"')", "revision 2"),
    ],
)
def test_what_was_tampered_with_is_found(lived: Lived, statement: str, found: str):
    assert found in lived.tampered(lambda connection: connection.exec_driver_sql(statement))


def test_a_message_that_did_not_arrive_is_found(lived: Lived):
    next(lived.folder.iterdir()).unlink()
    assert "messages that did not arrive" in lived.faults()


def test_a_redacted_case_is_as_its_journal_says(lived: Lived):
    errand = lived.runtime.show("E-1").data
    field = next(name for name, value in errand.items() if isinstance(value, str) and len(value) > 3)
    lived.runtime.redact("E-1", [f"case.{field}"], reason="they asked")
    assert not lived.faults()
