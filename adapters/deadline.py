"""A bound on how long an exchange over the network takes in all, however slowly the other side goes on."""

from __future__ import annotations

import io
from socket import socket
from time import monotonic
from typing import Any


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; raise TimeoutError where there are none."""
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


def reader(connection: socket, deadline: Deadline) -> io.BufferedReader:
    """Return what reads from a connection until the deadline. A timeout alone would begin anew with each byte that comes."""
    return io.BufferedReader(_Timed(connection, deadline))


class _Timed(io.RawIOBase):
    def __init__(self, connection: socket, deadline: Deadline) -> None:
        self._connection, self._deadline = connection, deadline
        # The connection stays open for as long as this is, also where its owner has closed it.
        self._raw = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connection.settimeout(self._deadline.left())
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()
