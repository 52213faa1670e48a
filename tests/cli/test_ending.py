from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from time import monotonic

import pytest

from caseway.cli.worker.ending import until_told

LONG, SOON = 60.0, 30.0
"""How long the waits are, and within how many seconds they must be cut short."""


@contextmanager
def soon():
    began = monotonic()
    yield
    assert monotonic() - began < SOON


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_wait_is_not_slept_through(number):
    with until_told() as ending, soon():
        os.kill(os.getpid(), number)
        assert ending.wait(LONG)
        assert ending.is_told


def test_a_signal_that_another_thread_takes_ends_the_wait():
    """The system's call of the main thread goes on undisturbed, as it does where a signal comes just before it blocks."""
    waits = threading.Event()

    def take() -> None:
        waits.wait()
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        done.wait(LONG)  # a thread that ends would hand over the signal

    done = threading.Event()
    other = threading.Thread(target=take)
    other.start()
    try:
        with until_told() as ending, soon():
            waits.set()
            assert ending.wait(LONG)
    finally:
        done.set()
        other.join()


def test_a_signal_of_another_kind_does_not_end_the_wait():
    heard = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
    try:
        with until_told() as ending:
            signal.raise_signal(signal.SIGUSR1)
            assert not ending.wait(0.01)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == [signal.SIGUSR1]


def test_a_wait_that_nobody_ends_takes_its_time():
    with until_told() as ending:
        assert not ending.wait(0)
        assert not ending.wait(0.01)


def test_the_second_signal_ends_the_program_as_usual():
    with until_told() as ending:
        signal.raise_signal(signal.SIGINT)
        assert ending.is_told
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_signals_are_as_they_were():
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with until_told():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert signal.set_wakeup_fd(-1) == -1


def test_the_second_signal_may_be_of_the_other_kind():
    with until_told() as ending:
        signal.raise_signal(signal.SIGTERM)
        assert ending.is_told
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
