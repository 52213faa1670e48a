"""What tests start is ended, whatever becomes of it."""

from __future__ import annotations

import os

import pytest

from tests import program

PARENT = """
import subprocess, sys
sleeping = [sys.executable, "-c", "import time; time.sleep(3600)"]
child = subprocess.Popen(sleeping, start_new_session=True, close_fds=False)
print("started", flush=True)
child.wait()
"""


def test_a_program_is_ended_with_the_test_and_so_is_what_it_started():
    reading, writing = os.pipe()
    with pytest.raises(ZeroDivisionError), program.started(program.PYTHON, "-c", PARENT, pass_fds=[writing]) as running:  # noqa: PT012 - what fails is the end of the block
        os.close(writing)
        assert running.stdout.readline() == "started\n"
        raise ZeroDivisionError
    assert running.returncode < 0
    assert os.read(reading, 1) == b""  # as soon as nobody is left who could write
    os.close(reading)


def test_a_program_that_takes_too_long_is_ended_and_nobody_waits_for_it():
    with pytest.raises(AssertionError, match="it was ended"):
        program.done(program.PYTHON, "-c", PARENT, patience=0.5)


def test_a_program_that_fails_is_told_with_what_it_said():
    with pytest.raises(AssertionError, match=r"ended with 3(?s:.*)so it is"):
        program.done(program.PYTHON, "-c", "import sys; print('so it is', file=sys.stderr); sys.exit(3)")
    assert program.done(program.PYTHON, "-c", "raise SystemExit(3)", code=3).stdout == ""
