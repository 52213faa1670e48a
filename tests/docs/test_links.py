"""Links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.replay import HOUSE, pages

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
_ANCHOR = re.compile(r'<a id="(?P<id>[^"]+)">')


def prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> Iterator[str]:
    for heading in _HEADING.finditer(prose(page)):
        kept = re.sub(r"[^\w\- ]", "", heading["text"].lower())
        yield kept.replace(" ", "-")
    yield from (anchor["id"] for anchor in _ANCHOR.finditer(prose(page)))


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(HOUSE)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    for link in _LINK.finditer(prose(page)):
        target, _, anchor = link["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), f"{link['target']} leads nowhere"
        assert not anchor or anchor in set(anchors(there)), f"{link['target']} has no such heading"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(HOUSE)))
def test_no_two_anchors_of_a_page_are_the_same(page: Path) -> None:
    found = [anchor["id"] for anchor in _ANCHOR.finditer(prose(page))]
    headings = {
        re.sub(r"[^\w\- ]", "", each["text"].lower()).replace(" ", "-") for each in _HEADING.finditer(prose(page))
    }
    assert len(found) == len(set(found))
    assert not headings & set(found)


def test_the_map_names_every_page() -> None:
    named = {
        (HOUSE / "docs" / link["target"]).resolve() for link in _LINK.finditer(prose(HOUSE / "docs" / "README.md"))
    }
    decisions = HOUSE / "docs" / "decisions"
    there = {page for page in (HOUSE / "docs").rglob("*.md") if page.parent != decisions}
    assert there - named == {HOUSE / "docs" / "README.md"}
