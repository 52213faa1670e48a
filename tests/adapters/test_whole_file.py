"""Files that are there whole or not at all, and some for their owner's eyes alone."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from caseway.adapters import whole_file
from caseway.adapters.whole_file import write_whole

STALE = ".bank.xml.0123456789abcdef"
"""A draft of somebody who was killed."""


@pytest.fixture
def umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.usefixtures("umask")
def test_a_private_file_is_its_owners_alone_whatever_was_there_before(tmp_path):
    path = tmp_path / "bank.xml"
    write_whole(path, b"old")
    assert rights(path) == 0o644
    write_whole(path, b"new", private=True)
    assert (rights(path), path.read_bytes()) == (0o600, b"new")
    assert names(tmp_path) == ["bank.xml"]


def test_what_somebody_left_who_was_killed_goes_with_the_next_private_write_of_the_same_file(tmp_path):
    others = [".bank.xml.xyz", ".bank.xml", ".other.xml.0123456789abcdef", "bank.xml.0123456789abcdef"]
    for name in (STALE, *others):
        (tmp_path / name).write_text("<Doc")
    write_whole(tmp_path / "bank.xml", b"new")
    assert STALE in names(tmp_path)
    write_whole(tmp_path / "bank.xml", b"new", private=True)
    assert names(tmp_path) == sorted(["bank.xml", *others])


def test_a_draft_at_which_somebody_is_stays(tmp_path):
    path = tmp_path / "bank.xml"
    with whole_file._draft(path, 0o600) as (draft, file):
        write_whole(path, b"theirs", private=True)
        assert draft.exists()
        file.write(b"ours")
        file.flush()
        draft.replace(path)
    assert path.read_bytes() == b"ours"
    assert names(tmp_path) == ["bank.xml"]


def test_a_draft_that_is_swept_away_before_it_is_locked_is_made_anew(tmp_path, monkeypatch):
    swept = []
    real = whole_file.fcntl.flock

    def flock(file, how):
        if not swept:
            swept.extend(tmp_path.iterdir())
            swept[0].unlink()
        real(file, how)

    monkeypatch.setattr(whole_file.fcntl, "flock", flock)
    write_whole(tmp_path / "bank.xml", b"new", private=True)
    assert (tmp_path / "bank.xml").read_bytes() == b"new"
    assert len(swept) == 1
    assert names(tmp_path) == ["bank.xml"]


def test_a_file_system_without_locks_is_written_to_as_well_and_nothing_is_swept(tmp_path, monkeypatch):
    def flock(file, how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(whole_file.fcntl, "flock", flock)
    (tmp_path / STALE).write_text("")
    write_whole(tmp_path / "bank.xml", b"new", private=True)
    assert names(tmp_path) == [STALE, "bank.xml"]


def test_a_system_without_locks_is_written_to_as_well(tmp_path, monkeypatch):
    monkeypatch.setattr(whole_file, "fcntl", None)
    (tmp_path / STALE).write_text("")
    write_whole(tmp_path / "bank.xml", b"new", private=True)
    assert (tmp_path / "bank.xml").read_bytes() == b"new"
    assert names(tmp_path) == [STALE, "bank.xml"]


def test_many_who_write_the_same_file_at_once_leave_one_of_theirs_whole(tmp_path):
    path = tmp_path / "bank.xml"
    contents = [bytes([number]) * 100_000 for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write_whole(path, content, private=True), contents))
    assert path.read_bytes() in contents
    assert names(tmp_path) == ["bank.xml"]


def test_where_the_file_cannot_be_put_nothing_is_left(tmp_path):
    (tmp_path / "bank.xml").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "bank.xml", b"new", private=True)
    assert names(tmp_path) == ["bank.xml"]
