"""`python -m tests.soak`: kill, settle and contend, in full unless told otherwise. Exit 1: something was not as it must be."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from caseway.adapters.machine import SystemClock
from tests.soak.audit import Audit
from tests.soak.contend import contending
from tests.soak.crew import Site
from tests.soak.kill import CASES, killing
from tests.soak.payday import paying
from tests.soak.plan import Haste
from tests.soak.server import Server
from tests.soak.till import Till

SHOWN = 20
"""How many faults are shown of all that are found."""

DATABASES = ("sqlite", "postgresql")


def main() -> int:
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no process outlives this one
    sound = True
    for database in asked.on:
        with _place(database) as (url, folder, server):
            if asked.kills:
                site = _site(url, folder / "kills", asked.seed, CASES)
                sound &= _done(
                    f"{database}: {asked.kills} kills",
                    lambda say, site=site: killing(site, asked.kills, pause=asked.pause, server=server, say=say),
                )
        with _place(database) as (url, folder, server):
            if asked.settlements:
                till = _till(url, folder / "settlements")
                sound &= _done(
                    f"{database}: {asked.settlements} kills while somebody settles",
                    lambda say, till=till, server=server: paying(
                        till, asked.settlements, seed=asked.seed, server=server, say=say
                    ),
                )
        with _place(database) as (url, folder, _):
            if asked.seconds:
                site = _site(url, folder / "contention", asked.seed, tuple(f"H-{n}" for n in range(asked.cases)))
                sound &= _done(
                    f"{database}: {asked.processes} processes on {asked.cases} cases",
                    lambda say, site=site: (
                        contending(site, senders=asked.processes, seconds=asked.seconds, say=say),
                        Counter(),
                    ),
                )
    return 0 if sound else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--on", nargs="+", choices=DATABASES, default=DATABASES, help="which databases")
    parser.add_argument("--kills", type=int, default=250, help="how many kills on each database (default: 250)")
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between kills, on average (default: 0.1)")
    parser.add_argument(
        "--settlements", type=int, default=100, help="how many kills while somebody settles, on each (default: 100)"
    )
    parser.add_argument("--processes", type=int, default=32, help="how many contend (default: 32)")
    parser.add_argument("--cases", type=int, default=50, help="for how many cases (default: 50)")
    parser.add_argument("--seconds", type=float, default=60, help="for how long (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="of the random events and moments (default: 1)")
    return parser.parse_args()


def _site(url: str, folder: Path, seed: int, cases: tuple[str, ...]) -> Site:
    folder.mkdir()
    return Site(url, folder, Haste(SystemClock().now()), seed, cases)


def _till(url: str, folder: Path) -> Till:
    folder.mkdir()
    return Till(url, folder)


@contextmanager
def _place(database: str) -> Iterator[tuple[str, Path, Server | None]]:
    """Give a new database and a folder, and take both away afterwards."""
    with tempfile.TemporaryDirectory(prefix="caseway-soak-") as name:
        folder = Path(name)
        if database == "sqlite":
            # SQLite lets whoever asks at the right moment write next: with many at once, some wait long.
            yield f"sqlite:///{folder / 'cases.db'}?timeout=60", folder, None
            return
        server = Server()
        try:
            yield server.url, folder, server
        finally:
            server.stop()


def _done(title: str, run: Callable[[Callable[[str], None]], tuple[Audit, Counter[str]]]) -> bool:
    began = time.monotonic()

    def say(text: str) -> None:
        _print(f"  {time.monotonic() - began:5.1f} s  {text}")

    _print(title)
    try:
        found, met = run(say)
    except AssertionError as error:
        say(f"FAILED: {error}")
        return False
    for what, times in sorted(met.items()):
        say(f"{times:4} times {what}")
    say(
        f"{found.cases} cases, {found.entries} revisions ({found.timers_fired} by timers), {found.messages} messages, "
        f"{found.postings} postings; senders were told of {found.acknowledged} done and {found.refused} refused"
    )
    for fault in found.faults[:SHOWN]:
        say(f"FAULT: {fault}")
    say("all as it must be" if not found.faults else f"{len(found.faults)} faults")
    return not found.faults


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # progress is for whoever waits for it


if __name__ == "__main__":
    sys.exit(main())
