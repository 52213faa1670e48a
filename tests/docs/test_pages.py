"""The documentation is replayed: what it shows is what happens. `python -m docs.replay --write` writes it down anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from caseway.adapters.checked_file import check_process
from docs.replay import HOUSE, Block, Terminal, alike, blocks, differences, pages

PAGES = pages()
BLOCKS = [(page, block) for page in PAGES for block in blocks(page)]
DOCUMENTS = [each for each in BLOCKS if each[1].language == "yaml" and each[1].verb != "faulty"]


def name(value: object) -> str:
    if isinstance(value, Path):
        return str(value.relative_to(HOUSE))
    return f"line {value.line}" if isinstance(value, Block) else str(value)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_shows_what_happens(page: Path, tmp_path: Path) -> None:
    found = list(differences(page, tmp_path))
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize(("page", "block"), DOCUMENTS, ids=name)
def test_a_block_that_is_a_process_passes_the_check(page: Path, block: Block, tmp_path: Path) -> None:
    content = next(yaml.safe_load_all(block.text)) if "\nprocess: " in f"\n{block.text}" else None
    if not isinstance(content, dict) or "states" not in content:
        return
    path = tmp_path / "v1.yaml"
    path.write_text(block.text, encoding="utf-8")
    assert not check_process(path).diagnostics, page


def test_every_kind_of_block_is_replayed_or_known_to_be_only_read() -> None:
    only_read = {"sh", "ini", "json", "text", "yaml"}
    for page, block in BLOCKS:
        assert block.verb or block.language in {"console", "python"} | only_read, f"{name(page)}:{block.line}"


@pytest.mark.parametrize(("page", "block"), [each for each in BLOCKS if each[1].language == "json"], ids=name)
def test_a_block_of_json_is_json(page: Path, block: Block) -> None:
    assert json.loads(block.text), page


def test_dots_stand_for_what_a_page_leaves_out() -> None:
    assert alike("a...c\n", "abc\n")
    assert alike("a\n...\nd\n", "a\nb\nc\nd\n")
    assert alike("a\n...\n", "a\nb\n")
    assert not alike("a...c\n", "ab\nc\n")
    assert not alike("a\n", "a\nb\n")
    assert not alike("a.c\n", "abc\n")


def test_a_terminal_edits_only_what_is_there_once(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.write("a.txt", "one\ntwo\n")
    terminal.edit("a.txt", " one\n-two\n+three\n")
    assert terminal.run("cat a.txt") == "one\nthree\n"
    with pytest.raises(ValueError, match="0 times"):
        terminal.edit("a.txt", "-two\n")


def test_a_terminal_does_not_pretend_to_know_a_command(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not know rm"):
        Terminal(tmp_path).run("rm -r .")
