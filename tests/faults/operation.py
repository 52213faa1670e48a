"""What is done to cases while a call fails: how each is prepared, and the one thing that is then done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.engine.compiler import compile_process
from caseway.engine.definition import Definition
from caseway.engine.effect import Message
from caseway.engine.errors import WorldError
from caseway.engine.event import Event
from caseway.engine.outcome import Entry
from caseway.engine.runtime import Runtime
from tests.soak.plan import CLERK, DEFINITION, RUNNERS, data_of

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANNA, BEN = RUNNERS


class Hands:
    """Takes messages, or drops them all."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.drops = False

    def deliver(self, case: str, message: Message) -> None:
        if self.drops:
            raise WorldError("The postman was bitten.")
        self.taken.append(message.id)


@dataclass(frozen=True, slots=True)
class Bench:
    """One subject on the bench: `name` begins the ids of its cases.

    `steady` never fails; `shaky` is the one whose calls do.
    """

    name: str
    clock: SimulatedClock
    hands: Hands
    steady: Runtime
    shaky: Runtime

    def opened(self, suffix: str = "") -> str:
        case = self.name + suffix
        self.steady.start("errand", data_of(self.name), id=case)
        return case

    def did(self, case: str, name: str, actor: Any, **data: Any) -> None:
        self.steady.send(case, name, data, actor=actor, event_id=f"{case}-{name}")


@dataclass(frozen=True, slots=True)
class Operation:
    """`stations` is the number of states, before and after included, that another program can come to see: one for each commit.

    What is not repeatable does more when it is done again, as a second attempt to deliver does. `holds` is what the subject's own
    accounts hold in the end, in minor units, each by owner and account.
    """

    name: str
    stations: int
    prepare: Callable[[Bench], None]
    run: Callable[[Bench], Any]
    is_repeatable: bool = True
    holds: Mapping[str, int] = field(default_factory=dict)


def nothing(_: Bench) -> None:
    pass


def start(bench: Bench) -> Entry:
    return bench.shaky.start("errand", data_of(bench.name), id=bench.name)


@cache
def own_process(subject: str) -> Definition:
    """Return a process that only this subject has."""
    made = compile_process(dict(DEFINITION.content) | {"process": f"errand-{subject}"}).definition
    assert made
    return made


def start_of_new_process(bench: Bench) -> Entry:
    definition = own_process(bench.name)
    runtime = replace(bench.shaky, catalogue=Only(definition))
    return runtime.start(definition.process, data_of(bench.name), id=bench.name)


def open_and_wind(bench: Bench) -> None:
    bench.opened()
    bench.did(bench.name, "wind", CLERK)
    bench.clock.advance(timedelta(seconds=3))


def claim(bench: Bench) -> Entry:
    return bench.shaky.send(bench.name, "take", actor=ANNA, event_id="claimed")


def take_and_wind(bench: Bench) -> None:
    open_and_wind(bench)
    bench.did(bench.name, "take", ANNA)


def finish(bench: Bench) -> Entry:
    return bench.shaky.send(bench.name, "finish", actor=ANNA, event_id="finished")


def take_and_let_a_timer_fall_due(bench: Bench) -> None:
    take_and_wind(bench)
    bench.clock.advance(timedelta(seconds=30))


class Meddling:
    """Between reading a case and writing it, somebody else sends an event: once."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._is_done = False

    def compiled(self, hash: str, content: Any) -> Definition:  # noqa: A002
        if not self._is_done:
            self._is_done = True
            self._bench.did(self._bench.name, "say", BEN, text="wait")
        return self._bench.steady.catalogue.compiled(hash, content)


def finish_overtaken(bench: Bench) -> Entry:
    meddled: Any = Meddling(bench)
    return finish(replace(bench, shaky=replace(bench.shaky, catalogue=meddled)))


def let_timers_of_two_cases_fall_due(bench: Bench) -> None:
    for suffix in ("-a", "-b"):
        case = bench.opened(suffix)
        bench.did(case, "wind", CLERK)
    bench.did(f"{bench.name}-b", "take", BEN)
    bench.clock.advance(timedelta(seconds=41))


def fire(bench: Bench) -> None:
    bench.shaky.fire_due_timers()


def finish_so_that_messages_wait(bench: Bench) -> None:
    take_and_wind(bench)
    bench.did(bench.name, "finish", ANNA)


def relay(bench: Bench) -> None:
    bench.shaky.relay()


def finish_and_drop_what_is_sent(bench: Bench) -> None:
    bench.hands.drops = False
    bench.steady.relay()  # what the subject before could not deliver
    finish_so_that_messages_wait(bench)
    bench.hands.drops = True


def open_two(bench: Bench) -> None:
    bench.opened("-a")
    bench.opened("-b")


def send_many(bench: Bench) -> list[str]:
    one, other = f"{bench.name}-a", f"{bench.name}-b"
    events = [
        (one, Event("take", {}, "1", ANNA)),
        (other, Event("wind", {}, "2", CLERK)),
        (one, Event("finish", {}, "3", ANNA)),
        (one, Event("drop", {}, "4", ANNA)),
        (other, Event("take", {}, "5", BEN)),
    ]
    return [f"{each.entry} {each.error}" for each in bench.shaky.send_many(events, together=3)]


class OneId:
    """Gives the same id each time, so that subjects can be compared."""

    def new(self) -> str:
        return "the-only-one"


def redact(bench: Bench) -> None:
    replace(bench.shaky, ids=OneId()).redact(bench.name, ["case.place"], reason="nobody needs it")


# Three messages wait, two of them for the clerk. What comes of each is written by itself.
DELIVERING = 4
FAILING = 3

OPERATIONS = (
    Operation("a case is started", 2, lambda bench: bench.opened("-before"), start),
    Operation("the first case of a process is started", 3, nothing, start_of_new_process),
    Operation("work is claimed", 2, open_and_wind, claim),
    Operation("an event pays, tells and arms", 2, take_and_wind, finish),
    Operation("an event comes after a timer was due", 3, take_and_let_a_timer_fall_due, finish),
    Operation("an event is overtaken by another", 3, take_and_wind, finish_overtaken),
    Operation("timers of two cases fire", 2, let_timers_of_two_cases_fall_due, fire),
    Operation("messages are delivered", DELIVERING, finish_so_that_messages_wait, relay),
    Operation("messages cannot be delivered", FAILING, finish_and_drop_what_is_sent, relay, is_repeatable=False),
    Operation("a case is redacted", 2, finish_so_that_messages_wait, redact),
    Operation("many events are sent together", 3, open_two, send_many),
)
