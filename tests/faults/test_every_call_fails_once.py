"""Every call to the database fails once, in every way: cases and book are as before or as after, and never between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, or_, select

from caseway.adapters import wiring
from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.sql.settlement import read_batch, read_rejection
from caseway.adapters.sql.table import mark, metadata, posting
from caseway.engine.definition import Definition
from caseway.engine.errors import WorldError
from caseway.engine.seal import rejection_seal, seal_text, sealed
from tests import postgres
from tests.faults.fuse import Fault, Fuse, fragile
from tests.faults.money import MONEY, PAYDAY
from tests.faults.operation import NINE, OPERATIONS, Bench, Hands, Operation, own_process
from tests.soak.audit import audit
from tests.soak.driver import with_driver
from tests.soak.plan import DEFINITION

DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.thorough))
NAMING = {"id", "case", "owner", "batch", "process"}
"""Columns that say whose a row is."""
FAULTS = {"sqlite": (Fault.REFUSED, Fault.UNANSWERED), "postgresql": tuple(Fault)}


@pytest.mark.parametrize("operation", [*OPERATIONS, *MONEY], ids=lambda operation: operation.name)
@pytest.mark.parametrize("database", DATABASES)
def test_whichever_call_fails_cases_and_book_are_as_before_or_as_after(
    database: str, operation: Operation, tmp_path: Path
):
    with a_database(database, tmp_path) as url, benches(url) as (bench, fuse, stored):
        reference = bench("reference")
        stations, outcome, calls = observed(reference, fuse, stored, operation)
        assert len(stations) == operation.stations
        assert held(reference) == operation.holds
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
                assert held(subject) == operation.holds, where
                assert not operation.holds or not list(subject.steady.ledger.verify()), where
                if not told:
                    assert at > 1, "nothing was called"
                    break
        assert not list(reference.steady.ledger.verify())
        assert not audit(replace(reference.steady, catalogue=EVERY), url).faults


class Every:
    """Knows every process that a subject has."""

    def compiled(self, _hash: str, content: Callable[[], Mapping[str, Any]]) -> Definition:
        name = content()["process"]
        known = {each.process: each for each in (DEFINITION, PAYDAY)}
        return known.get(name) or own_process(name.removeprefix("errand-"))


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
            assert not list(bench.steady.ledger.verify())

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


FOLLOWS = re.compile(r"""["']follows["']: ?(null|None|["'][0-9a-f]{64}["']),?""")


def plain(stored: Engine, bench: Bench) -> list[str]:
    """Everything that another program sees of a subject, with its name taken out so that subjects can be compared."""
    rows = []
    with stored.connect() as connection:
        for table in metadata.sorted_tables:
            whose = [column.contains(bench.name) for column in table.c if column.name in NAMING]
            if whose:
                wanted = select(table).where(or_(*whose)).order_by(*table.primary_key.columns)
                found = connection.execute(wanted).mappings()
                rows += [f"{table.name} {_comparable(row, bench.clock.now())}" for row in found]
        since = posting.c.seq > select(func.coalesce(func.max(mark.c.seq), 0)).scalar_subquery()
        mine = or_(posting.c.owner.contains(bench.name), posting.c.case.contains(bench.name))
        rows.append(f"since the checkpoint {connection.execute(select(func.count()).where(since, mine)).scalar_one()}")
    return [normal(row, bench) for row in rows]


def _comparable(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Leave out what differs from subject to subject: how long exactly a message waits after a failure is up to its id.

    Who holds one meanwhile is left out as well: it is given back, and if that is what failed, all the same in time.
    """
    plain = {name: value for name, value in row.items() if name not in {"seq", "not_before"}}
    if "seal" in row:  # whose digests are of the subject's names
        told = row["document"]
        is_now = rejection_seal(read_rejection(told)) if "batch" in row else seal_text(sealed(read_batch(told)))
        plain["seal"] = row["seal"] == is_now
        plain["document"] = FOLLOWS.sub("", str(told))  # it is the seal of some other subject's batch
    return plain | {"waits": row["attempts"] > 0 and row["not_before"] > now} if "not_before" in row else plain


def normal(text: str, bench: Bench) -> str:
    return text.replace(own_process(bench.name).hash, "HASH").replace(bench.name, "NAME")


def held(bench: Bench) -> dict[str, int]:
    """Return what the accounts of those hold who are the subject's alone."""
    return {
        normal(f"{each.owner} {each.account}", bench): each.amount
        for each in bench.steady.ledger.balances()
        if bench.name in each.owner
    }


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
    catalogue = Only(DEFINITION)
    opened = partial(wiring.open, url, clock=clock, delivery=hands)
    with closing(opened()) as steady, fragile(opened) as (shaky, fuse), closing(shaky):

        def bench(name: str) -> Bench:
            clock.set(NINE)
            return Bench(name, clock, hands, *(replace(each, catalogue=catalogue) for each in (steady, shaky)))

        yield bench, fuse, stored
    stored.dispose()
