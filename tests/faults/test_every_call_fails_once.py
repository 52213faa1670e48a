"""Every call to the database fails once, in every way: the case is as before or as after, and never between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select

from caseway.adapters import wiring
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.sql.table import metadata
from caseway.engine.definition import Definition
from caseway.engine.errors import WorldError
from tests import postgres
from tests.faults.fuse import Fault, Fuse, fragile
from tests.faults.operation import NINE, OPERATIONS, Bench, Hands, Operation, own_process
from tests.soak.audit import audit
from tests.soak.driver import with_driver
from tests.soak.plan import DEFINITION

DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.thorough))
FAULTS = {"sqlite": (Fault.REFUSED, Fault.UNANSWERED), "postgresql": tuple(Fault)}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
@pytest.mark.parametrize("database", DATABASES)
def test_whichever_call_fails_the_case_is_as_before_or_as_after(database: str, operation: Operation, tmp_path: Path):
    with a_database(database, tmp_path) as url, benches(url) as (bench, fuse, stored):
        stations, outcome, calls = observed(bench("reference"), fuse, stored, operation)
        assert len(stations) == operation.stations
        for fault in FAULTS[database]:
            for at in count(1):
                if fault is Fault.UNANSWERED and is_read(calls[at - 1 : at]):
                    continue  # an answer that is lost on the way back is as good as a question that was lost
                subject = bench(f"s{at}-{fault.name.lower()}")
                operation.prepare(subject)
                fuse.set(at, fault)
                failed = attempted(operation, subject)
                told = fuse.blown_in
                fuse.off()
                where = f"call {at} of {len(calls)} ({told}) failed: {fault.value}; {failed}"
                assert plain(stored, subject) in stations, where
                again = operation.run(subject)
                assert plain(stored, subject) == stations[-1] or not operation.is_repeatable, where
                assert outcome is None or normal(str(again), subject) == outcome, where
                assert delivered(stored, subject) <= set(subject.hands.taken), where
                if not told:
                    assert at > 1, "nothing was called"
                    break
        assert not audit(replace(bench("end").steady, catalogue=EVERY), url).faults


class Every:
    """Knows every process that a subject has."""

    def compiled(self, _hash: str, content: Callable[[], Mapping[str, Any]]) -> Definition:
        name = content()["process"]
        return DEFINITION if name == "errand" else own_process(name.removeprefix("errand-"))


EVERY: Any = Every()


def is_read(call: list[str]) -> bool:
    return any(each.startswith(("fetch", "rollback", "execute SELECT")) for each in call)


def observed(
    bench: Bench, fuse: Fuse, stored: Engine, operation: Operation
) -> tuple[list[list[str]], str | None, list[str]]:
    """Let nothing fail, and return what another program sees one after the other, what comes of it, and every call."""
    operation.prepare(bench)
    stations = [plain(stored, bench)]

    def look() -> None:
        seen = plain(stored, bench)
        if seen != stations[-1]:
            stations.append(seen)

    fuse.set(0, between=look)
    outcome = operation.run(bench)
    calls = list(fuse.calls)
    fuse.off()
    return stations, None if outcome is None else normal(str(outcome), bench), calls


def attempted(operation: Operation, subject: Bench) -> str:
    """Do it with the fuse set; what fails must be told as the world's fault."""
    try:
        operation.run(subject)
    except WorldError as error:
        return error.message
    return "it went well nevertheless"


def plain(stored: Engine, bench: Bench) -> list[str]:
    """Everything that another program sees of a subject, with its name taken out so that subjects can be compared."""
    with stored.connect() as connection:
        return [
            normal(str(_comparable(row, bench.clock.now())), bench)
            for table in metadata.sorted_tables
            for column in [table.c.get("case", table.c.get("process" if "content" in table.c else "id"))]
            if column is not None
            for row in connection.execute(
                select(table).where(column.contains(bench.name)).order_by(*table.primary_key.columns)
            ).mappings()
        ]


def _comparable(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Leave out what differs from subject to subject: how long exactly a message waits after a failure is up to its id.

    Who holds one meanwhile is left out as well: it is given back, and if that is what failed, all the same in time.
    """
    plain = {name: value for name, value in row.items() if name not in {"seq", "not_before"}}
    return plain | {"waits": row["attempts"] > 0 and row["not_before"] > now} if "not_before" in row else plain


def normal(text: str, bench: Bench) -> str:
    return text.replace(own_process(bench.name).hash, "HASH").replace(bench.name, "NAME")


def delivered(stored: Engine, bench: Bench) -> set[str]:
    outbox = metadata.tables["caseway_outbox"]
    wanted = select(outbox.c.effect).where(outbox.c.case.startswith(bench.name), outbox.c.delivered_at.is_not(None))
    with stored.connect() as connection:
        return set(connection.execute(wanted).scalars())


@contextmanager
def a_database(kind: str, folder: Path) -> Iterator[str]:
    lent = nullcontext(f"sqlite:///{folder / 'cases.db'}") if kind == "sqlite" else postgres.database()
    with lent as url:
        yield url


@contextmanager
def benches(url: str):
    """Give a maker of subjects, the fuse that their calls hang on, and another program's way to the database."""
    clock, hands, stored = SimulatedClock(NINE), Hands(), create_engine(with_driver(url), isolation_level="AUTOCOMMIT")
    catalogue = wiring.Only(DEFINITION)
    opened = partial(wiring.open, url, clock=clock, delivery=hands)
    with closing(opened()) as steady, fragile(opened) as (shaky, fuse), closing(shaky):

        def bench(name: str) -> Bench:
            clock.set(NINE)
            return Bench(name, clock, hands, *(replace(each, catalogue=catalogue) for each in (steady, shaky)))

        yield bench, fuse, stored
    stored.dispose()
