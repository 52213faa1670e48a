"""How a worker with nothing to do waits on PostgreSQL: until its time has come, or a timer is armed that is due sooner.

Polling stays the truth. A notice only shortens the wait: one that is lost costs no more than the rest of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from caseway.adapters.sql.statement import AWAIT, CHANNEL, FORGET

SLICE = 0.2
"""How many seconds pass at most before a worker that is told to end notices."""

_STALE = timedelta(days=1)


def await_due(
    connection: Connection,
    seconds: float,
    until: datetime,
    pause: Callable[[float], Any],
    is_sooner: Callable[[], bool],
) -> None:
    """Wait through a connection of its own that commits each statement. `is_sooner` looks once more after having said so."""
    worker = {"waiting_worker": uuid4().hex, "long_ago": until - _STALE}
    connection.exec_driver_sql(f"LISTEN {CHANNEL}")
    connection.execute(AWAIT, {"waiting_worker": worker["waiting_worker"], "waits_until": until})
    try:
        if not is_sooner():
            _wait(connection.connection.driver_connection, seconds, pause)
    finally:
        connection.execute(FORGET, worker)  # and those who died while they waited
        connection.exec_driver_sql(f"UNLISTEN {CHANNEL}")


def _wait(driver: Any, seconds: float, pause: Callable[[float], Any]) -> None:
    end = monotonic() + seconds
    while (left := end - monotonic()) > 0 and not pause(0):
        if list(driver.notifies(timeout=min(left, SLICE), stop_after=1)):
            return
