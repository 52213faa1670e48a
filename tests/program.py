"""Programs that tests start: each has so much time and no more, and nothing of it outlives its test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

HOUSE = Path(__file__).parents[1]

PYTHON = sys.executable
CASEWAY = (PYTHON, "-m", "caseway.cli.main")

PATIENCE = 240.0
"""How many seconds a program may take: many times what any of them does, for machines that are slow or busy; less than a test may."""

GRACE = 30.0
"""How many seconds a program may take to end in order, once it is told to."""

SAID = 4000
"""How much is shown of what a program said, in characters."""


@contextmanager
def started(*command: object, patience: float = PATIENCE, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a program that says what it says in text; at the end of the block, end it and all that it started.

    It is ended too when its time is over, so that nobody reads or waits for ever: whoever does finds it ended. `options` are
    those of Popen.
    """
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    running = subprocess.Popen([str(each) for each in command], start_new_session=True, **options)
    watch = threading.Timer(patience, _end, [running])
    watch.start()
    try:
        with running:
            try:
                yield running
            finally:
                _end(running)
    finally:
        watch.cancel()
        watch.join()


def done(
    *command: object, code: int | None = 0, patience: float = PATIENCE, **options: Any
) -> subprocess.CompletedProcess[Any]:
    """Run a program to its end, and return what it said. AssertionError: it took too long, or did not end with `code`; None is any."""
    with started(*command, patience=patience, **options) as running:
        said = running.communicate()
        told = subprocess.CompletedProcess(running.args, running.returncode, *said)
    assert code is None or told.returncode == code, _last_words(told, patience)
    return told


def _last_words(told: subprocess.CompletedProcess[Any], patience: float) -> str:
    said = "".join(str(each)[-SAID:] for each in (told.stdout, told.stderr) if each)
    late = f" (where it ran for {patience:g} seconds, it was ended)" if told.returncode < 0 else ""
    return f"{_line(told.args)} ended with {told.returncode}{late}, saying:\n{said}"


def _line(command: Sequence[str]) -> str:
    return " ".join(each if len(each) < 100 else f"{each[:100]}..." for each in command)


def _end(program: subprocess.Popen[str]) -> None:
    """End a program, in order if it does so soon; and then, whatever it left, whichever of them is in a session of its own."""
    family = _family(program)
    if program.poll() is None:
        program.terminate()
        with suppress(subprocess.TimeoutExpired):
            program.wait(GRACE)
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    program.wait()


def _family(program: subprocess.Popen[str]) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(program.pid).children(recursive=True)
    return []
