"""Kills senders, workers and the database itself at random moments, and looks at what is left."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from caseway.adapters import wiring
from tests.soak.audit import Audit, audit
from tests.soak.crew import Site, acknowledged, drained, forked, send, work
from tests.soak.server import Server

SENDERS, WORKERS = 3, 2
CASES = tuple(f"E-{number}" for number in range(12))
SERVER_SHARE = 1 / 8
"""Which part of the kills hits the database server, where there is one."""

SAID = 2000
"""How much is shown of what processes died of, in characters."""


@dataclass(slots=True)
class Crew:
    """The processes of a run by role, and how each is made anew."""

    roles: dict[str, Callable[[], None]]
    log: Path
    running: dict[str, int] = field(default_factory=dict)

    def begin(self) -> None:
        for role in self.roles:
            self._start(role)

    def kill(self, role: str) -> None:
        """Kill a process, and put another in its place."""
        os.kill(self.running[role], signal.SIGKILL)
        _, status = os.waitpid(self.running.pop(role), 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, self._last_words(role, status)
        self._start(role)

    def end(self, roles: list[str]) -> None:
        """Ask processes to finish what they are at, and wait until they have."""
        for role in roles:
            os.kill(self.running[role], signal.SIGTERM)
        for role in roles:
            _, status = os.waitpid(self.running.pop(role), 0)
            assert status == 0, self._last_words(role, status)

    def slay(self) -> None:
        """Leave nothing running, whatever happened."""
        for process in self.running.values():
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        self.running.clear()

    def _start(self, role: str) -> None:
        self.running[role] = forked(self.roles[role], self.log)

    def _last_words(self, role: str, status: int) -> str:
        said = self.log.read_text()[-SAID:] if self.log.exists() else "nothing"
        return f"{role} ended with {os.waitstatus_to_exitcode(status)}, saying {said}"


def killing(
    site: Site, kills: int, *, pause: float, server: Server | None, say: Callable[[str], None]
) -> tuple[Audit, Counter[str]]:
    """Kill so many times, let the rest finish, and return what was found and what was killed how often.

    `pause` is how many seconds lie between two kills on average.
    """
    dice, met = Random(site.seed), Counter[str]()
    prepared(site)
    crew = Crew(
        {f"sender {number}": partial(send, site, number) for number in range(SENDERS)}
        | {f"worker {number}": partial(work, site) for number in range(WORKERS)},
        site.folder / "died",
    )
    try:
        crew.begin()
        for number in range(1, kills + 1):
            time.sleep(dice.uniform(0, 2 * pause))
            if server and dice.random() < SERVER_SHARE:
                met[server.struck(dice)] += 1
            else:
                role = dice.choice(sorted(crew.running))
                crew.kill(role)
                met[f"a {role.split()[0]} was killed"] += 1
            if number % 25 == 0:
                say(f"{number} of {kills} kills")
        crew.end([role for role in crew.running if role.startswith("sender")])
        crew.end(list(crew.running))
    finally:
        crew.slay()
    return examined(site, SENDERS), met


def prepared(site: Site) -> None:
    """Make the database. Its connections are closed before the first process is forked."""
    wiring.init(site.url, rehearsal=False)


def examined(site: Site, senders: int) -> Audit:
    """Do what is still due, and hold everything against the journals and the acknowledgements."""
    with closing(site.open()) as runtime:
        drained(runtime)
        return audit(runtime, site.url, acknowledged=list(acknowledged(site, senders)), folder=site.outbox)
