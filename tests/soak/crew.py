"""Processes that may be killed: senders that acknowledge, and workers."""

from __future__ import annotations

import json
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn, TypeVar

from caseway.adapters import wiring
from caseway.adapters.catalogue import Only
from caseway.engine.errors import Refused, UnknownCase, WorldError
from caseway.engine.event import Event
from caseway.engine.runtime import Runtime
from tests.soak.audit import Acknowledged
from tests.soak.plan import DEFINITION, Haste, data_of, turn

Result = TypeVar("Result")
Told = tuple[str, str, int | None]

PATIENCE = 180.0
"""How many seconds a process goes on asking a database that does not answer."""

PAUSE = 0.01
"""How many seconds a process waits before it asks again."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a run takes place, and what its senders are to do."""

    url: str
    folder: Path
    clock: Haste
    seed: int
    cases: tuple[str, ...]
    durable: bool = True

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    def acknowledgements(self, sender: int) -> Path:
        return self.folder / f"sender-{sender}.jsonl"

    def open(self) -> Runtime:
        """Open the database, with the process compiled already."""
        opened = wiring.open(self.url, outbox=self.outbox, clock=self.clock)
        return replace(opened, catalogue=Only(DEFINITION))


@dataclass(slots=True)
class Signal:
    """Whether this process was asked to end; what it is at is finished first."""

    given: bool = field(default=False)

    @classmethod
    def awaited(cls) -> Signal:
        made = cls()

        def give(_number: int, _frame: object) -> None:
            made.given = True

        signal.signal(signal.SIGTERM, give)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the harness decides, not the terminal
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        return made


def forked(work: Callable[[], None], log: Path) -> int:
    """Run `work` in a process of its own and return its id. What it dies of is written to `log`."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until the new process can take it
    process = os.fork()
    if not process:
        _run(work, log)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    return process


def _run(work: Callable[[], None], log: Path) -> NoReturn:
    died = 1
    try:
        work()
        died = 0
    except BaseException:  # noqa: BLE001  # whatever it is, the harness must hear of it
        with log.open("a") as file:
            file.write(traceback.format_exc())
    finally:
        os._exit(died)  # what the harness has left to do is not this process's business


def send(site: Site, sender: int) -> None:
    """Send and acknowledge until asked to end, going on after the last turn that was acknowledged."""
    told = Signal.awaited()
    path = site.acknowledgements(sender)
    number = _mended(path)
    with path.open("ab", buffering=0) as file, closing(_opened(site)) as runtime:
        while True:
            # At least once: a predecessor that was killed may have sent this turn already.
            outcomes = insisted(lambda: list(_sent(runtime, turn(site.seed, sender, number, site.cases))))  # noqa: B023
            file.write(json.dumps([number, outcomes]).encode() + b"\n")
            if site.durable:
                os.fsync(file.fileno())
            number += 1
            if told.given:
                return


def work(site: Site) -> None:
    """Fire timers and deliver messages until asked to end."""
    told = Signal.awaited()
    with closing(_opened(site)) as runtime:
        while not told.given:
            if not insisted(lambda: _pass(runtime)):
                time.sleep(PAUSE)


def acknowledged(site: Site, senders: int) -> Iterator[Acknowledged]:
    """Yield what all senders were told."""
    for sender in range(senders):
        path = site.acknowledgements(sender)
        for line in path.read_text().splitlines() if path.exists() else ():
            for case, event, revision in json.loads(line)[1]:
                yield Acknowledged(case, event, revision)


def drained(runtime: Runtime) -> None:
    """Do what is due, until nothing is; what workers held that were killed comes back when its time is over."""
    while _pass(runtime) or runtime.backlog().waiting.count:
        time.sleep(PAUSE)


def _opened(site: Site) -> Runtime:
    return insisted(site.open)


def _pass(runtime: Runtime) -> bool:
    fired, relayed = runtime.fire_due_timers(limit=20), runtime.relay(limit=20)
    assert not relayed.failed, relayed.failed
    return bool(fired or relayed.delivered)


def _sent(runtime: Runtime, events: list[tuple[str, Event]]) -> Iterator[Told]:
    if len(events) == 1:
        yield from _sent_alone(runtime, *events[0])
        return
    for outcome in runtime.send_many(events, together=5):
        case, event = outcome.case, outcome.event
        if outcome.entry is not None:
            yield case, event.id, outcome.entry.revision
        elif isinstance(outcome.error, Refused):
            yield case, event.id, None
        elif isinstance(outcome.error, UnknownCase):
            yield from _sent_alone(runtime, case, event)
        else:
            assert outcome.error is not None, "an outcome is one or the other"
            raise outcome.error


def _sent_alone(runtime: Runtime, case: str, event: Event) -> Iterator[Told]:
    """Send one event, to a case that is started first if it is not there."""
    try:
        done = runtime.send(case, event.name, event.data, actor=event.actor, event_id=event.id)
    except Refused:
        yield case, event.id, None
    except UnknownCase:
        started = runtime.start(DEFINITION.process, data_of(case), id=case)
        yield case, started.event.id, started.revision
        yield from _sent_alone(runtime, case, event)
    else:
        yield case, event.id, done.revision


def insisted(attempt: Callable[[], Result]) -> Result:
    """Ask again where the world failed, as a caller would who wants to know what came of it."""
    patient_until = time.monotonic() + PATIENCE
    while True:
        try:
            return attempt()
        except WorldError:
            if time.monotonic() > patient_until:
                raise
            time.sleep(PAUSE)


def _mended(path: Path) -> int:
    """Take away a line that was being written when its sender was killed, and return the number of the next turn."""
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        path.write_bytes(whole)
    return whole.count(b"\n")
