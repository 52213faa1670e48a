"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # not on Windows, where drafts of those who were killed stay
    fcntl = None  # type: ignore[assignment]  # the one other thing that it can be

PRIVATE, SHARED = 0o600, 0o666
"""Who may read and write a file: its owner alone, or whoever the process lets, as its umask says."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)

_RANDOM = 8
"""How many random bytes the name of a draft has."""


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write beside the file and rename: a reader sees the old content or the new, never a part. What fails is an OSError.

    When this returns, the file is on the disk. A `private` one is for its owner alone to read and write, whatever was there before; drafts of it
    that somebody left who was killed go.
    """
    if private:
        _sweep(path)
    with _draft(path, PRIVATE if private else SHARED) as (draft, file):
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        if fcntl is None:
            file.close()  # Windows renames no file that is open
        draft.replace(path)
    _settle(path.parent)


@contextmanager
def _draft(path: Path, mode: int) -> Iterator[tuple[Path, BinaryIO]]:
    """Lend a new file beside another, locked for as long as the block runs: so whoever sweeps knows that somebody is at it."""
    draft, file = _made(path, mode)
    try:
        yield draft, file
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    finally:
        file.close()


def _made(path: Path, mode: int) -> tuple[Path, BinaryIO]:
    while True:
        # A name that nobody can guess: where others may write as well, none of them waits with a file of theirs.
        draft = path.with_name(f".{path.name}.{token_hex(_RANDOM)}")
        file = os.fdopen(os.open(draft, _NEW, mode), "wb")
        if fcntl is None:
            return draft, file
        with suppress(OSError):  # a file system without locks, on which nobody sweeps either
            fcntl.flock(file, fcntl.LOCK_EX)
        if draft.exists():
            return draft, file
        file.close()  # somebody swept it away between the two


def _sweep(path: Path) -> None:
    """Delete drafts of a file at which nobody is any more. Two who write the same file leave each other's alone."""
    if fcntl is None:
        return
    form = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{{2 * _RANDOM}}}")
    with suppress(OSError):
        for each in list(path.parent.iterdir()):
            if form.fullmatch(each.name):
                _sweep_away(each)


def _sweep_away(draft: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held by who is at it, and by nobody who died
            draft.unlink()
        finally:
            os.close(descriptor)


def _settle(folder: Path) -> None:
    """Have the rename itself survive a power cut, where the system can promise that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):  # a folder that may be written and not read, or a system that does not do this
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
