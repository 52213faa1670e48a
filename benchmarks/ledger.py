"""What money costs: steps that pay, balances over many postings, and many who pay from one account."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, create_engine

from benchmarks import bulk, sent
from benchmarks.option import sized
from benchmarks.report import Goal, Report, table
from benchmarks.rounds import Arm, Timing, Work, timings
from benchmarks.server import Server, alchemy, postgresql
from benchmarks.workers import Crowd, together
from benchmarks.workers import Work as Paying
from caseway.adapters import wiring
from caseway.engine.posting import Balance, PostingQuery
from caseway.engine.runtime import Runtime

CHARTS = Path(__file__).parent / "charts"
CASES = sized(100, 5)
"""Events go to so many cases in turn."""
POSTINGS, ACCOUNTS = sized((1_000_000, 1_000), (200, 10))
SINCE = sized(10_000, 20)
"""How many postings there are that no checkpoint has: as many as a worker lets there be before it makes one."""
PAYERS = sized(32, 2)
"""How many processes pay at the same time."""
EACH = sized(100, 3)
"""How many events each of them sends in a round."""
ROUNDS, STEP_ROUNDS, CROWD_ROUNDS = sized((7, 15, 3), (1, 1, 1))
MOST_MS, LEAST_SHARE = 50.0, 0.8

STEPS = {
    "a step without a payout": ("note", 0),
    "a step that pays one": ("pay", 2),
    "a step that shares among five": ("share", 10),
    "a step that pays once for a key": ("pay_once", 2),
}
"""Events of the process, and how many postings each of them makes."""

_SUM = "SELECT owner, account, unit, sum(amount) FROM caseway_posting GROUP BY owner, account, unit ORDER BY 1, 2, 3"


def run() -> list[Report]:
    with ExitStack() as stack:
        server = stack.enter_context(postgresql())
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="caseway-bench-")))
        files = (f"sqlite:///{folder}/{number}.db" for number in itertools.count())
        name = f"PostgreSQL {server.version()}"
        reports = _steps(name, alchemy(server.database()), server), _steps("SQLite", next(files), server)
        sums = _balances(name, alchemy(server.database()), server), _balances("SQLite", next(files), server)
        return [*reports, *sums, _one_account(name, alchemy(server.database()), server)]


# Steps


class Steps:
    """Events of one kind to cases in turn, and a check that each wrote the postings that it should."""

    def __init__(self, runtime: Runtime, event: str, lines: int, payer: str = "platform", cases: int = CASES) -> None:
        self.runtime, self.event, self.lines = runtime, event, lines
        self.cases = [f"{uuid4().hex}-{number}" for number in range(cases)]
        for case in self.cases:
            runtime.start("purse", _opening(payer, case), id=case)

    def run(self, count: int) -> None:
        send, event, cases = self.runtime.send, self.event, self.cases
        for number in range(count):
            send(cases[number % len(cases)], event, sent.SAID, actor=sent.AGENT, event_id=uuid4().hex)

    def check(self, count: int) -> None:
        written = [list(self.runtime.ledger.postings(PostingQuery(case=case))) for case in self.cases]
        assert sum(map(len, written)) == count * self.lines
        assert not sum(line.amount for lines in written for line in lines)
        assert sum(self.runtime.show(case).data["count"] for case in self.cases) == count
        self.runtime.close()


def _steps(name: str, url: str, server: Server) -> Report:
    def prepare(event: str, lines: int) -> Work:
        return Steps(wiring.open(url, processes=CHARTS), event, lines)

    arms = [Arm(what, partial(prepare, *step)) for what, step in STEPS.items()]
    found = timings(arms, rounds=STEP_ROUNDS, elsewhere=server.processor)
    rows = [_step_row(each, found[0], lines) for each, (_, lines) in zip(found, STEPS.values(), strict=True)]
    heads = ["what", "µs of processor here", "µs at the server", "steps per second", "postings per second"]
    return Report(f"Ledger, steps: {name}", (table([*heads, "times the first, by clock", "by processor"], rows),))


def _step_row(each: Timing, first: Timing, lines: int) -> Sequence[str]:
    return [
        each.name,
        *(f"{part:,.0f}" for part in each.microseconds),
        f"{each.per_wall_second:,.0f}",
        f"{lines * each.per_wall_second:,.0f}" if lines else "",
        "1" if each is first else f"{each.faster_than(first, by_clock=True):.2f}",
        "1" if each is first else f"{sum(first.microseconds) / sum(each.microseconds):.2f}",
    ]


def _opening(payer: str, case: str) -> dict[str, Any]:
    helpers = [{"id": f"helper-{number}", "votes": 2 * number + 1} for number in range(5)]
    return {"payer": payer, "payee": f"payee-of-{case}", "helpers": helpers}


# Balances


@dataclass(frozen=True, slots=True)
class Filled:
    """A book with many postings, nearly all of them in a checkpoint; what it comes to, and who is asked for alone."""

    runtime: Runtime
    engine: Engine
    whole: list[Balance]
    owner: str

    def summed(self) -> list[Balance]:
        """Return the balances as the database adds up every posting."""
        with self.engine.connect() as connection:
            return [Balance(*names, int(amount)) for *names, amount in connection.exec_driver_sql(_SUM)]

    def balances(self) -> list[Balance]:
        return list(self.runtime.ledger.balances())

    def one(self) -> list[Balance]:
        return list(self.runtime.ledger.balances(owner=self.owner))


class Asked:
    """Balances asked for, and a check that they are those of the postings."""

    def __init__(self, ask: Any, expected: list[Balance]) -> None:
        self.ask, self.expected, self.found = ask, expected, list[Balance]()

    def run(self, count: int) -> None:
        for _ in range(count):
            self.found = self.ask()

    def check(self, _count: int) -> None:
        assert self.found == self.expected


def _balances(name: str, url: str, server: Server) -> Report:
    with closing(wiring.open(url, processes=CHARTS)) as runtime:
        seconds = _fill(runtime, url)
        engine = create_engine(url)
        filled = Filled(runtime, engine, [], "owner-1")
        whole = filled.summed()
        mine = [each for each in whole if each.owner == filled.owner]
        assert len(whole) == ACCOUNTS
        assert mine
        arms = [
            Arm("sum over all postings", lambda: Asked(filled.summed, whole)),
            Arm("balances", lambda: Asked(filled.balances, whole)),
            Arm("balances of one owner", lambda: Asked(filled.one, mine)),
        ]
        found = timings(arms, rounds=ROUNDS, elsewhere=server.processor)
        engine.dispose()
    rows = [
        [
            each.name,
            f"{1e3 / each.per_wall_second:,.2f}",
            "1" if each is found[0] else f"{each.faster_than(found[0], by_clock=True):,.1f}",
        ]
        for each in found
    ]
    made = [[f"checkpoint of {POSTINGS:,} postings", f"{seconds:.1f}", f"{1e6 * seconds / POSTINGS:.1f}"]]
    goals = [
        Goal(
            f"{each.name}, {POSTINGS:,} postings and {SINCE:,} since",
            1e3 / each.per_wall_second,
            most=MOST_MS,
            unit="ms",
        )
        for each in found[1:]
    ]
    title = f"Ledger, {ACCOUNTS:,} accounts, {POSTINGS:,} postings in a checkpoint and {SINCE:,} since: {name}"
    tables = (
        table(["what", "ms of clock", "times as fast as the sum"], rows),
        table(["made once", "seconds", "µs for each"], made),
    )
    return Report(title, tables, tuple(goals))


def _fill(runtime: Runtime, url: str) -> float:
    """Fill a book, take a checkpoint, fill in some more, and return how many seconds the checkpoint took."""
    runtime.start("purse", _opening("owner-0", "model"), id="model")
    runtime.send("model", "pay", sent.SAID, actor=sent.AGENT)
    bulk.pay(url, "model", POSTINGS // 2 - 1, ACCOUNTS)
    bulk.settle(url)
    begun, taken = perf_counter(), 0
    while done := runtime.ledger.checkpoint():
        taken += done
    seconds = perf_counter() - begun
    assert taken == POSTINGS, taken
    bulk.pay(url, "model", SINCE // 2, ACCOUNTS)
    assert bulk.counted(url, "caseway_posting") == POSTINGS + 2 * (SINCE // 2)
    bulk.settle(url)
    return seconds


# One account


def paying(runtime: Runtime, payer: str = "") -> Paying:
    """Pay, each from the account that is given, or from one of its own."""
    work = Steps(runtime, "pay", 2, payer or f"payer-{uuid4().hex}", cases=sized(10, 1))

    def pay(count: int) -> int:
        work.run(count)
        return count

    return pay


def _one_account(name: str, url: str, server: Server) -> Report:
    kinds = {"an account of its own each": paying, "one account for all": partial(paying, payer="the-one")}
    found: dict[str, list[Crowd]] = {what: [] for what in kinds}
    wiring.open(url, processes=CHARTS).close()
    for number in range(CROWD_ROUNDS):
        for what in list(kinds)[:: 1 if number % 2 else -1]:
            found[what].append(together(server, url, kinds[what], PAYERS, PAYERS * EACH))
    with closing(wiring.open(url, processes=CHARTS)) as runtime:
        (balance,) = runtime.ledger.balances(owner="the-one")
    assert balance.amount == -250 * PAYERS * EACH * CROWD_ROUNDS
    own, one = found.values()
    share = median(mine.per_second / theirs.per_second for mine, theirs in zip(one, own, strict=True))
    rows = [
        [
            what,
            f"{median(each.per_second for each in crowd):,.0f}",
            f"{1e6 * median(each.here for each in crowd):,.0f}",
            f"{1e6 * median(each.server for each in crowd):,.0f}",
            "1" if crowd is own else f"{share:.2f}",
        ]
        for what, crowd in found.items()
    ]
    heads = ["paid from", "steps per second", "µs of processor each", "µs at the server", "times the first"]
    goal = Goal("one account against as many as there are processes", share, least=LEAST_SHARE)
    return Report(f"Ledger, {PAYERS} processes that pay: {name}", (table(heads, rows),), (goal,))
