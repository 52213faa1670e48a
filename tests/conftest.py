"""What every run of the tests does, whichever of them it runs."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

LONG_WAITS = ("tests/soak/", "tests/contention/")
"""Tests that mostly wait for processes of their own: they come first, so that no worker waits for them alone in the end."""

GARBAGE = 10_000
"""After how many new objects garbage is looked for: less often than usual, since most of it is gone before."""

PATIENCE = 5.0
"""How many seconds a thread may take to end after the last test."""


def pytest_configure() -> None:
    gc.disable()  # collecting makes millions of objects, and hardly any garbage
    gc.set_threshold(GARBAGE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONG_WAITS))


def pytest_collection_finish() -> None:
    gc.freeze()  # modules and tests stay to the end: nobody need look at them again
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def no_thread_outlives_its_test() -> Iterator[None]:
    """See to it that nothing works on behind the other tests, which would take their time."""
    yield
    others = [each for each in threading.enumerate() if each is not threading.current_thread()]
    for each in others:
        each.join(PATIENCE)
    assert not [each.name for each in others if each.is_alive()]
