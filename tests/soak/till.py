"""Who pays and who settles: processes that may be killed at any moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, NoReturn

import psycopg  # noqa: F401  # loaded before the copies are made, as is all that follows
import sepaxml  # noqa: F401
import stdnum.iban  # noqa: F401

from caseway.adapters import sepa_transfer, sql, whole_file, wiring  # noqa: F401
from caseway.adapters.catalogue import Only
from caseway.adapters.checked_file import definition_in
from caseway.cli.ledger import ledger  # noqa: F401
from caseway.cli.main import main
from caseway.engine.payee import Payee
from caseway.engine.runtime import Runtime
from tests.soak.crew import Signal, forked, insisted
from tests.soak.plan import PROCESSES

DEFINITION = definition_in(PROCESSES / "payday" / "v1.yaml")

PEOPLE = tuple(f"person-{number:02}" for number in range(40))
CASES = ("P-0", "P-1", "P-2")
MINIMUM = "0.50"

REST = 0.04
"""How many seconds a payer rests after each payment."""

SETTLES, REJECTS, FILES = "add_batch", "add_rejection", "write_whole"
"""The functions with which the writing of a settlement, of what was sent back, and of a file begins."""

DONE, REFUSED, WORLD = 0, 4, 5
"""How an operator's command may end; see `caseway --help`."""


@dataclass(frozen=True, slots=True)
class Till:
    """Where a run takes place: the database, and what operators were told and wrote."""

    url: str
    folder: Path

    @property
    def orders(self) -> Path:
        """The folder of the files for the bank."""
        return self.folder / "orders"

    @property
    def told(self) -> Path:
        """What operators were told when they were not killed, one JSON document a line."""
        return self.folder / "told.jsonl"

    def open(self) -> Runtime:
        return replace(wiring.open(self.url), catalogue=Only(DEFINITION))

    def prepare(self) -> None:
        """Make the database, with everybody's bank details. No connection is left for the processes to inherit."""
        wiring.init(self.url, rehearsal=False)
        with closing(self.open()) as runtime:
            runtime.ledger.keep_payees([Payee("platform", "Platform", _iban(0))])
            runtime.ledger.keep_payees(
                Payee(name, name.title(), _iban(number)) for number, name in enumerate(PEOPLE, 1)
            )
            for number, case in enumerate(CASES):
                runtime.start("payday", {"people": list(PEOPLE[number :: 2 if number else 1])}, id=case)
                runtime.send(case, "pay", {"amount": 100_000, "lucky": PEOPLE[0]})


def pay(till: Till) -> None:
    """Pay, and take into the checkpoint what was paid, until asked to end."""
    told = Signal.awaited()
    dice = Random(os.getpid())
    with closing(insisted(till.open)) as runtime:
        for number in count():
            case, data = dice.choice(CASES), {"amount": dice.randint(100, 10_000), "lucky": dice.choice(PEOPLE)}
            event = f"{os.getpid()}-{number}"
            insisted(lambda: runtime.send(case, "pay", data, event_id=event))  # noqa: B023
            if not number % 4:
                insisted(runtime.ledger.checkpoint)
            if told.given:
                return
            time.sleep(REST)


@dataclass(slots=True)
class Operator:
    """One command of `caseway ledger` in a process of its own. What it says goes to a file; `code` is how it ended, negative: by which signal."""

    batch: str
    payee: str | None
    said: Path
    process: int | subprocess.Popen[bytes]
    code: int | None = None

    def kill(self) -> None:
        if isinstance(self.process, int):
            os.kill(self.process, signal.SIGKILL)  # it is there until somebody waits for it
        else:
            self.process.kill()

    def ended(self) -> int:
        """Wait for its end, and return its code."""
        if self.code is None:
            is_copy = isinstance(self.process, int)
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1]) if is_copy else self.process.wait()
        return self.code

    def called(self) -> int:
        """Return how many calls it took from where it began to write, where it was one that counts."""
        path = self.said.with_suffix(".calls")
        return int(path.read_text()) if path.exists() else 0

    def answer(self) -> dict[str, Any]:
        """Return what it said."""
        answer: dict[str, Any] = json.loads(self.said.read_text())
        return answer


def settling(till: Till, batch: str, said: Path, *, alone: bool = False, fuse: Fuse | None = None) -> Operator:
    """Begin to settle as a batch of this id: in a new Python with `alone`; else in a copy of this process, which has loaded everything, so that
    a kill hits the work."""
    options = (
        "--unit",
        "EUR",
        "--minimum",
        MINIMUM,
        "--batch",
        batch,
        "--output",
        str(till.orders),
        "--by",
        "an operator",
    )
    line = _line(till, "settle", *options)
    if not alone:
        return Operator(batch, None, said, _copied(till, line, said, fuse or Fuse(SETTLES)))
    with said.open("wb") as file:
        started = subprocess.Popen([sys.executable, "-m", "caseway.cli.main", *line[1:]], stdout=file, stderr=file)
    return Operator(batch, None, said, started)


def rejecting(till: Till, batch: str, payee: str, said: Path, *, fuse: Fuse | None = None) -> Operator:
    """Begin to send a line of a batch back."""
    line = _line(till, "reject", batch, payee, "--reason", "account closed")
    return Operator(batch, payee, said, _copied(till, line, said, fuse or Fuse(REJECTS)))


def verifying(till: Till, said: Path) -> Operator:
    """Begin to verify the book."""
    return Operator("", None, said, _copied(till, _line(till, "verify"), said, Fuse(SETTLES)))


def _line(till: Till, *arguments: str) -> tuple[str, ...]:
    return ("caseway", "ledger", *arguments, "--json", "--database", till.url)


def _copied(till: Till, line: Sequence[str], said: Path, fuse: Fuse) -> int:
    return forked(lambda: _ran(line, said, fuse), till.folder / "died")


@dataclass(slots=True)
class Fuse:
    """Counts what a process calls, in Python and below it, once it has called `since`; and kills it at the call of a number."""

    since: str
    at: int | None = None
    called: int = 0
    is_lit: bool = False

    def __call__(self, frame: FrameType, _what: str, _about: object) -> None:
        self.is_lit = self.is_lit or frame.f_code.co_name == self.since
        self.called += self.is_lit
        if self.called == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def _ran(line: Sequence[str], said: Path, fuse: Fuse) -> NoReturn:
    file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.argv = list(line)
    sys.setprofile(fuse)
    try:
        main()
    except SystemExit as ended:
        sys.setprofile(None)
        sys.stdout.flush()
        said.with_suffix(".calls").write_text(str(fuse.called))
        os._exit(ended.code if isinstance(ended.code, int) else 0)


def _iban(number: int) -> str:
    """Return a German account number with the right check digits."""
    account = f"{number:018}"
    return f"DE{98 - int(f'{account}131400') % 97:02}{account}"
