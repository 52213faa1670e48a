"""When what waits in the outbox may go out: in order along each line, and later after each failure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol, TypeVar

ADDRESSLESS = "Whom it is for was redacted."
"""Why a message is set aside that nobody can deliver any more."""

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
_STEPS = 10_000
"""How finely the share of a pause is told apart."""


class Waiting(Protocol):
    """Something in the outbox. What has the same line stands in it, one behind the other."""

    @property
    def line(self) -> Hashable: ...
    @property
    def not_before(self) -> datetime | None: ...


Item = TypeVar("Item", bound=Waiting)


def pause(effect: str, attempts: int) -> timedelta:
    """Return how long to wait after so many failures, 1 or more: about twice as long each time, up to an hour.

    It is the same whoever asks. What failed together does not come back together: the id decides which part of the second
    half is waited.
    """
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(attempts - 1, 30)))
    digest = sha256(f"{effect} {attempts}".encode("utf-8", "surrogatepass")).digest()
    share = int.from_bytes(digest[:8], "big") % _STEPS
    return longest * (_STEPS + share) / (2 * _STEPS)


def ready(waiting: Iterable[Item], now: datetime) -> Iterator[Item]:
    """Yield what may go out at `now`, in order: nothing that stands behind something which may not yet."""
    held: set[Hashable] = set()
    for item in waiting:
        if item.line in held:
            continue
        if item.not_before is not None and item.not_before > now:
            held.add(item.line)
        else:
            yield item
