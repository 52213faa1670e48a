"""A network that is not there: a port that passes everything on to a server's socket, each way a little later.

Run as a program of its own, so that its work is nobody else's: `python -m benchmarks.delay SOCKET SECONDS` prints its port.
"""

from __future__ import annotations

import ctypes
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from time import perf_counter, sleep

EACH_WAY = 0.0004
"""Seconds."""
_OWN = 0.00013
"""About how many seconds passing on takes by itself, each way; a benchmark tells the round trip that it found."""
_LARGEST = 1 << 20
_PR_SET_TIMERSLACK = 29


@contextmanager
def delayed(target: str, seconds: float = EACH_WAY) -> Iterator[int]:
    """Put a delay before a server's socket and lend the port to reach it by."""
    command = [sys.executable, "-m", "benchmarks.delay", target, str(seconds)]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        assert program.stdout is not None
        yield int(program.stdout.readline())
    finally:
        program.kill()
        program.wait()


def main(target: str, seconds: float) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            client, _ = listening.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(target)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, sink in ((client, server), (server, client)):
                waiting: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
                Thread(target=_take, args=(source, waiting, seconds), daemon=True).start()
                Thread(target=_give, args=(waiting, sink), daemon=True).start()


def _take(source: socket.socket, waiting: SimpleQueue[tuple[float, bytes]], seconds: float) -> None:
    _wake_exactly()
    data = b"-"
    while data:
        try:
            data = source.recv(_LARGEST)
        except OSError:
            data = b""
        waiting.put((perf_counter() + max(seconds - _OWN, 0), data))


def _give(waiting: SimpleQueue[tuple[float, bytes]], sink: socket.socket) -> None:
    _wake_exactly()
    while True:
        due, data = waiting.get()
        left = due - perf_counter()
        if left > 0:
            sleep(left)
        try:
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            sink.sendall(data)
        except OSError:
            return


def _wake_exactly() -> None:
    """Have Linux wake this thread when it said, and not up to 50 microseconds later."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
