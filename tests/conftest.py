"""What every run of the tests does, whichever of them it runs."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres

LONG_WAITS = ("tests/soak/", "tests/contention/")
"""Tests that mostly wait for processes of their own: they come first, so that no worker waits for them alone in the end."""

GARBAGE = 10_000
"""After how many new objects garbage is looked for: less often than usual, since most of it is gone before."""

PATIENCE = 60.0
"""How many seconds a thread may take to end after the last test."""

OURS = ("CASEWAY_", "_CASEWAY_")
OF_TERMINALS = (
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
)
OF_PYTHON = ("PYTHONWARNINGS", "PYTHONIOENCODING", "PYTHONOPTIMIZE", "PYTHONSAFEPATH")
OF_POSTGRESQL = "PG"
"""Settings of whoever runs the tests. They are theirs, and change what programs do and print: the tests go without."""


def pytest_configure() -> None:
    gc.disable()  # collecting makes millions of objects, and hardly any garbage
    gc.set_threshold(GARBAGE)
    for name in [name for name in os.environ if _is_of_the_user(name)]:
        del os.environ[name]
    # How fast the machine is decides nothing, and every run looks at the same examples.
    settings.register_profile(
        "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("steady")


def pytest_unconfigure() -> None:
    postgres.stop()


def _is_of_the_user(name: str) -> bool:
    if postgres.OTHER in os.environ and (name == postgres.OTHER or name.startswith(OF_POSTGRESQL)):
        return False  # they belong to the server that is to be used
    return name.startswith((*OURS, OF_POSTGRESQL)) or name in (*OF_TERMINALS, *OF_PYTHON)


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
