"""`python -m tests.contention`: many claim one offer, one person claims many, and many come to pay one reward, at the same moment.

Exit 1: something was not as it must be.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

from tests.contention import race
from tests.contention.crowd import LIMIT, Crowd, Told, Turn, opened
from tests.soak.audit import Acknowledged, audit
from tests.soak.server import Server

SHOWN = 20
"""How many faults are shown of all that are found."""

DATABASES = ("sqlite", "postgresql")


def main() -> int:
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no process outlives this one
    runs = [run for run, wanted in ((_run, asked.offers or asked.limits), (_race, asked.rewards)) if wanted]
    sound = [run(database, asked) for database in asked.on for run in runs]
    return 0 if all(sound) else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.contention", description=__doc__)
    parser.add_argument("--on", nargs="+", choices=DATABASES, default=DATABASES, help="which databases")
    parser.add_argument("--claimers", type=int, default=64, help="how many processes claim (default: 64)")
    parser.add_argument("--offers", type=int, default=200, help="how many offers they all claim (default: 200)")
    parser.add_argument(
        "--limits", type=int, default=20, help="how often all claim something for one person (default: 20)"
    )
    parser.add_argument("--racers", type=int, default=16, help="how many processes come to pay (default: 16)")
    parser.add_argument("--rewards", type=int, default=80, help="how many rewards they come to pay (default: 80)")
    parser.add_argument("--ways", nargs="+", choices=race.KINDS, default=race.KINDS, help="in which ways")
    return parser.parse_args()


def _run(database: str, asked: argparse.Namespace) -> bool:
    with _place(database, asked.claimers) as (url, folder):
        crowd = Crowd(url, folder, asked.claimers, tuple(_turns(asked)))
        _print(f"{database}: {asked.offers} offers and {asked.limits} people at their limit, {asked.claimers} claimers")
        crowd.prepare()
        began = time.monotonic()
        try:
            crowd.run()
        except AssertionError as error:
            _print(f"  FAILED: {error}")
            return False
        took = time.monotonic() - began
        told = list(crowd.told())
        with closing(opened(url)) as runtime:
            answers = [Acknowledged(each.case, each.event, each.revision) for each in told]
            found = audit(runtime, url, acknowledged=answers)
        faults = [*_faults(crowd, told), *found.faults]
    _print(f"  {len(told)} claims in {took:.1f} s ({len(told) / took:.0f} a second): {_outcomes(told)}")
    _print(f"  an answer after {_milliseconds(told)}")
    _print(f"  {found.cases} cases and {found.entries} revisions held against each other")
    return _concluded(faults)


def _race(database: str, asked: argparse.Namespace) -> bool:
    with _place(database, asked.racers * race.THREADS) as (url, folder):
        rounds = tuple(asked.ways[number % len(asked.ways)] for number in range(asked.rewards))
        run = race.Race(url, folder, asked.racers, rounds)
        _print(f"{database}: {asked.rewards} rewards, and {asked.racers} processes that come to pay each of them")
        run.prepare()
        began = time.monotonic()
        try:
            run.run()
        except AssertionError as error:
            _print(f"  FAILED: {error}")
            return False
        took = time.monotonic() - began
        faults, overtaken = list(race.faults(run)), run.overtaken()
        with closing(race.opened(url)) as runtime:
            found = audit(runtime, url)
    _print(f"  {took:.1f} s; a step was overtaken by another {overtaken} times")
    _print(f"  {found.cases} cases and {found.entries} revisions held against each other")
    return _concluded([*faults, *found.faults])


def _concluded(faults: Sequence[str]) -> bool:
    for fault in faults[:SHOWN]:
        _print(f"  FAULT: {fault}")
    _print("  all as it must be" if not faults else f"  {len(faults)} faults")
    return not faults


def _turns(asked: argparse.Namespace) -> Iterator[Turn]:
    yield from (Turn((f"O-{number}",)) for number in range(asked.offers))
    for number in range(asked.limits):
        yield Turn(tuple(f"S-{number}-{claimer}" for claimer in range(asked.claimers)), f"person-{number}")


def _faults(crowd: Crowd, told: Sequence[Told]) -> Iterator[str]:
    """Yield where an offer went to more than one or to nobody, where a person got more or less than the limit, and where somebody got no clear answer."""
    for index, turn in enumerate(crowd.turns):
        answers = [each for each in told if each.turn == index]
        most, clear = (1, "already-claimed") if turn.person is None else (LIMIT, "at-limit")
        won = sum(each.revision is not None for each in answers)
        if len(answers) != crowd.claimers:
            yield f"of {crowd.claimers} claims of turn {index}, {len(answers)} were answered"
        if won != min(most, crowd.claimers):
            yield f"{won} claims of turn {index} ({turn.cases[0]}) were done, and {most} can be"
        unclear = Counter(each.refusal for each in answers if each.revision is None and each.refusal != clear)
        if unclear:
            yield f"turn {index} was refused as {dict(unclear)}, and not as {clear}"


def _outcomes(told: Sequence[Told]) -> str:
    counted = Counter(each.refusal or "done" for each in told)
    return ", ".join(f"{times} {what}" for what, times in counted.most_common())


def _milliseconds(told: Sequence[Told]) -> str:
    taken = sorted(each.seconds * 1000 for each in told)
    return f"{median(taken):.1f} ms in the median, {taken[len(taken) * 99 // 100]:.0f} ms for 99 of 100, {taken[-1]:.0f} ms at the most"


@contextmanager
def _place(database: str, claimers: int) -> Iterator[tuple[str, Path]]:
    """Give a new database and a folder, and take both away afterwards."""
    with tempfile.TemporaryDirectory(prefix="caseway-contention-") as name:
        folder = Path(name)
        if database == "sqlite":
            # SQLite lets whoever asks at the right moment write next: with many at once, some wait long.
            yield f"sqlite:///{folder / 'cases.db'}?timeout=120", folder
            return
        server = Server(connections=3 * claimers + 10)
        try:
            yield server.url, folder
        finally:
            server.stop()


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # progress is for whoever waits for it


if __name__ == "__main__":
    sys.exit(main())
