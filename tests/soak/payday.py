"""Kills operators at random moments while they settle, and the server, and looks at what is left."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from statistics import median

from tests.soak.audit import Audit, audit
from tests.soak.kill import SERVER_SHARE, Crew
from tests.soak.server import Server
from tests.soak.settlement_audit import Told, digest, settlement_faults
from tests.soak.till import (
    DONE,
    FILES,
    REFUSED,
    REJECTS,
    SETTLES,
    WORLD,
    Fuse,
    Operator,
    Till,
    pay,
    rejecting,
    settling,
    verifying,
)

PAYERS = ("payer 1", "payer 2")

ALONE_SHARE = 1 / 20
"""Which part of the operators is a new Python each, of which most of the time goes into loading."""

SLOW = 1.5
"""How many seconds such a one is given at the most before it is killed."""

WRITING_SHARE = 2 / 3
"""Which part of the operators is killed while they write, at some call of theirs; the others are at any moment."""

FILE_SHARE = 1 / 4
FILE_CALLS = 40
"""Which part of these is killed at one of the first so many calls with which the file is written."""

REJECTIONS_SHARE = 1 / 6
"""Which part of what is begun sends a line of a batch back."""

AGAIN_SHARE = 0.7
"""How often what was killed is done again at once; the rest is at the end."""


def paying(
    till: Till, kills: int, *, seed: int, server: Server | None, say: Callable[[str], None]
) -> tuple[Audit, Counter[str]]:
    """Kill so many times, then settle again whatever was begun, and return what was found and what was met how often."""
    till.prepare()
    run = Run(till, Random(seed), server, Crew(dict.fromkeys(PAYERS, partial(pay, till)), till.folder / "died"))
    try:
        run.crew.begin()
        run.measure()
        for number in range(1, kills + 1):
            run.round(number)
            if number % 25 == 0:
                run.verify()
                say(f"{number} of {kills} kills")
        left = [batch for batch in run.begun if batch not in run.sure]
        say(f"{len(left)} of {len(run.begun)} batches are settled once more")
        for batch in left:
            run.again(batch)
        run.crew.end(list(PAYERS))
    finally:
        run.crew.slay()
    return examined(till, run.faults), run.met


def examined(till: Till, before: list[str]) -> Audit:
    """Hold the book against the journals, the batches, the files, and what operators were told."""
    with closing(till.open()) as runtime:
        found = audit(runtime, till.url)
        return replace(
            found, faults=(*before, *found.faults, *settlement_faults(runtime, till.orders, list(told(till))))
        )


def told(till: Till) -> Iterator[Told]:
    """Yield what operators were told."""
    for line in till.told.read_text().splitlines() if till.told.exists() else ():
        yield Told(**json.loads(line))


@dataclass(slots=True)
class Run:
    """The rounds of a run, in each of which one process is killed."""

    till: Till
    dice: Random
    server: Server | None
    crew: Crew
    met: Counter[str] = field(default_factory=Counter)
    begun: list[str] = field(default_factory=list)
    sure: set[str] = field(default_factory=set)
    """Batches that were settled again, with nobody killed at it."""
    paid: dict[str, list[str]] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    calls: int = 1
    rejection_calls: int = 500
    """How many calls it takes to write a settlement, or a rejection, and to end."""
    number: int = 0

    def measure(self) -> None:
        """Settle a few times undisturbed, to know how long it takes."""
        for _ in range(3):
            began = time.monotonic()
            operator = self.settling(self.new())
            self.finished(operator)
            self.took.append(time.monotonic() - began)
            self.calls = max(operator.called(), self.calls)

    def round(self, number: int) -> None:
        """Begin something, kill it or what it needs at some moment, and mostly do it again."""
        if self.server and self.dice.random() < SERVER_SHARE:
            operator = self.settling(self.new())
            time.sleep(self.dice.uniform(0, 1.2) * median(self.took))
            self.met[self.server.struck(self.dice)] += 1
            self.finished(operator)
        elif number % 10 == 0:
            self.crew.kill(self.dice.choice(PAYERS))
            self.met["a payer was killed"] += 1
        elif self.paid and self.dice.random() < REJECTIONS_SHARE:
            self._reject()
        else:
            self._settle()

    def verify(self) -> None:
        """Have the book verified while somebody pays."""
        if self.finished(verifying(self.till, self._file())) == DONE:
            self.met["the book was verified meanwhile"] += 1

    def _settle(self) -> None:
        alone = self.dice.random() < ALONE_SHARE
        fuse = None if alone or self.dice.random() > WRITING_SHARE else self._fuse()
        operator = self.settling(self.new(), alone=alone, fuse=fuse)
        way = self.dice.choice(["same batch", "another batch", None, None])
        other = None if way is None else self.settling(operator.batch if way == "same batch" else self.new())
        if way is not None:
            self.met[f"two operators at once: {way}"] += 1
        if fuse is None:
            time.sleep(self.dice.uniform(0, SLOW) if alone else self.dice.uniform(0, 1.2) * median(self.took))
            operator.kill()
        killed = operator.ended() < 0
        self.met["an operator was killed" if killed else "an operator was quicker than its killer"] += 1
        if not killed:
            self.finished(operator)
        if other is not None:
            self.finished(other)
        if self.dice.random() < AGAIN_SHARE:
            self.again(operator.batch, killed=killed and way != "same batch")

    def _reject(self) -> None:
        batch = self.dice.choice(list(self.paid))
        payee = self.dice.choice(self.paid[batch])
        fuse = Fuse(REJECTS, self.dice.randint(1, self.rejection_calls))
        operator = rejecting(self.till, batch, payee, self._file(), fuse=fuse)
        killed = operator.ended() < 0
        self.met["one who sent back was killed" if killed else "one who sent back was quicker"] += 1
        again = rejecting(self.till, batch, payee, self._file())
        if self.finished(again) == DONE:
            self.rejection_calls = max(again.called(), self.rejection_calls)

    def _fuse(self) -> Fuse:
        """Return one that burns down while a settlement is written, or its file."""
        is_file = self.dice.random() < FILE_SHARE
        return (
            Fuse(FILES, self.dice.randint(1, FILE_CALLS))
            if is_file
            else Fuse(SETTLES, self.dice.randint(1, self.calls))
        )

    def again(self, batch: str, *, killed: bool = False) -> None:
        """Settle again what may have been settled, and hold the file against the one that is there."""
        there = next(self.till.orders.glob(f"{batch}.*"), None)
        before = there and digest(there)
        operator = self.settling(batch)
        if self.finished(operator) != DONE:
            return
        self.sure.add(batch)
        answer = operator.answer()
        if before is not None and (answer["changed"] or digest(Path(answer["file"])) != before):
            self.faults.append(f"batch {batch} was there with its file, and is another one the second time")
        if killed:
            far = "with the book closed and no file" if before is None else "with the file written"
            self.met[f"killed {'before anything was written' if answer['changed'] else far}"] += 1

    def new(self) -> str:
        """Return the id of a batch that nobody has used."""
        self.begun.append(f"B-{len(self.begun)}")
        return self.begun[-1]

    def settling(self, batch: str, *, alone: bool = False, fuse: Fuse | None = None) -> Operator:
        return settling(self.till, batch, self._file(), alone=alone, fuse=fuse)

    def finished(self, operator: Operator) -> int:
        """Wait for one that was not killed, write down what it was told, and return its code."""
        code = operator.ended()
        if code == DONE:
            self._note(operator)
        elif code == REFUSED and operator.batch and operator.answer()["error"]["code"] == "nothing-to-settle":
            self.met["nothing was left to settle"] += 1
        elif code == WORLD and self.server:
            self.met["an operator was told that the database failed"] += 1
        else:
            self.faults.append(
                f"{operator.batch} {operator.payee or ''} ended with {code}: {operator.said.read_text()}"
            )
        return code

    def _note(self, operator: Operator) -> None:
        if not operator.batch:
            return
        answer = operator.answer()
        if operator.payee is None:
            self.paid[operator.batch] = [line["payee"]["id"] for line in answer["lines"]]
            path = Path(answer["file"])
            known = Told(operator.batch, None, answer["total"], path.name, digest(path))
        else:
            known = Told(operator.batch, operator.payee, None, None, None)
        with self.till.told.open("a") as file:
            file.write(json.dumps(asdict(known)) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _file(self) -> Path:
        self.number += 1
        return self.till.folder / f"operator-{self.number}.json"
