"""How a worker is told to end: by SIGINT or SIGTERM, whatever it does at that moment."""

from __future__ import annotations

import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ending:
    """Whether the program was told to end.

    A lock with a timeout, such as `threading.Event`, sleeps through a signal that comes just before it blocks, or to another
    thread: Python runs a handler only between two instructions of the main thread, and the lock holds it in one. The system's
    own handler, however, writes each signal into a socket at once, and a socket with something in it never blocks.
    """

    def __init__(self, signals: socket.socket) -> None:
        self._signals = signals
        self.is_told = False

    def wait(self, seconds: float) -> bool:
        """Wait so many seconds, or until the program is told to end; say whether it is."""
        end = monotonic() + seconds
        while not self.is_told and select.select([self._signals], [], [], max(0.0, end - monotonic()))[0]:
            self.is_told = any(number in SIGNALS for number in self._signals.recv(64))
        return self.is_told


@contextmanager
def until_told() -> Iterator[Ending]:
    """Give an Ending that the first SIGINT or SIGTERM tells; a second one ends the program as usual."""
    reading, writing = socket.socketpair()
    reading.setblocking(False)
    writing.setblocking(False)
    ending = Ending(reading)
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def tell(_number: int, _frame: object) -> None:
        ending.is_told = True
        restore()

    awoken = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    for number in before:
        signal.signal(number, tell)
    try:
        yield ending
    finally:
        restore()
        signal.set_wakeup_fd(awoken)
        reading.close()
        writing.close()
