"""The reference says what the code says. `python -m docs.generate` writes it anew."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from docs import codes, generate
from docs.codes import HOUSE
from docs.generate.document import HEADED, THINGS
from docs.generate.error import errors
from docs.generate.expression import expressions

BROKEN = HOUSE / "tests" / "documents" / "broken"

pages = cache(generate.pages)


@pytest.mark.parametrize("path", sorted(pages()), ids=lambda path: path.name)
def test_a_page_of_the_reference_is_fresh(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == pages()[path], "run: python -m docs.generate"


def test_every_code_of_the_source_is_explained() -> None:
    assert not codes.undocumented(), "add a sentence to docs/reference/codes.toml"


def test_no_code_is_explained_that_the_source_does_not_have() -> None:
    assert not codes.unmade(), "take it out of docs/reference/codes.toml"


def test_every_code_that_a_broken_document_expects_is_explained() -> None:
    told = {code for part in ("file", "shape", "meaning", "expression") for code in codes.meanings()[part]}
    expected = re.compile(r"^# expect: \d+:\d+ (?P<code>[a-z0-9-]+) (?:error|warning)", re.MULTILINE)
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in BROKEN.glob("*.yaml")]
    found = {match["code"] for text in texts for match in expected.finditer(text)}
    assert not found - told


def test_warnings_are_told_apart_from_errors() -> None:
    assert codes.is_warning("unused-event")
    assert not codes.is_warning("unknown-target")
    assert "| `unused-event` | warning |" in errors()
    assert "| `unknown-target` | error |" in errors()


def test_bounds_stand_in_the_reference_as_they_are() -> None:
    from caseway.engine.expression import bound

    assert f"| {bound.LENGTH:,} | Characters of one expression. |" in expressions()


def test_every_thing_of_the_language_has_a_title() -> None:
    from caseway.schemas.validator import properties

    for name in ("process", "scenarios"):
        assert {thing for thing in properties(name) if "." not in thing} <= THINGS.keys() | HEADED.keys()
