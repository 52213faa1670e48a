"""Many processes send to a few hot cases, and every journal must be a valid run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tests.soak.audit import Audit
from tests.soak.crew import Site, send, work
from tests.soak.kill import Crew, examined, prepared


def contending(site: Site, *, senders: int, seconds: float, say: Callable[[str], None]) -> Audit:
    """Let senders, and a worker among them, contend for so many seconds; an error that nobody handled ends the run."""
    site = replace(site, durable=False)
    prepared(site)
    crew = Crew(
        {f"sender {number}": partial(send, site, number) for number in range(senders)}
        | {"worker": partial(work, site)},
        site.folder / "died",
    )
    try:
        crew.begin()
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 10))
            say(f"{max(until - time.monotonic(), 0):.0f} seconds left")
        crew.end(list(crew.running))
    finally:
        crew.slay()
    return examined(site, senders)
