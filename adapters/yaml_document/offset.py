"""From a character of a scalar's value to the character of the text that it came from."""

from __future__ import annotations

import re

from caseway.adapters.yaml_document.node import ALIAS, UNREAD, Node

_ANCHOR = re.compile(r"&\S+(?:\s|(?<=\s)#[^\r\n]*)*+")
_HEADER = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
_BLANKS = re.compile(r"[ \t\r\n]+")
_BREAK = re.compile(r"\r\n|\r|\n")
_INDENT = re.compile(r"[ \t]*")
_ESCAPED_DIGITS = {"x": 2, "u": 4, "U": 8}


def indexes(text: str, node: Node, value: str) -> list[int]:
    """Return the index in `text` of every character of the scalar's value; the scalar's start where unsure."""
    start = beginning(text, node)
    if node.style in ("|", ">"):
        found = _block(text, _HEADER.match(text, start, node.end), value)
    else:
        quote = len(node.style)
        found = _flow(text, start + quote, node.end - quote, node.style)
    return found if len(found) == len(value) else [start] * len(value)


def beginning(text: str, node: Node) -> int:
    """Return where a node begins, its anchor skipped."""
    if node.style in (ALIAS, UNREAD):
        return node.start
    anchor = _ANCHOR.match(text, node.start, node.end)
    return anchor.end() if anchor else node.start


def _flow(text: str, at: int, end: int, style: str) -> list[int]:
    """Read a plain or quoted scalar again, noting where each character comes from."""
    found: list[int] = []
    while at < end:
        if blanks := _BLANKS.match(text, at, end):
            found += _folded(text, blanks.start(), blanks.end())
            at = blanks.end()
        elif style == '"' and text[at] == "\\":
            at = _escaped(text, at, end, found)
        else:
            found.append(at)
            at += 2 if style == "'" and text[at] == "'" else 1
    return found


def _folded(text: str, start: int, end: int) -> list[int]:
    """Fold blanks: without a line break they stay, one break is a space, each further one is a line feed."""
    breaks = [found.start() for found in _BREAK.finditer(text, start, end)]
    if not breaks:
        return list(range(start, end))
    return breaks[1:] or breaks


def _escaped(text: str, at: int, end: int, found: list[int]) -> int:
    """Take the escape sequence at `at` and return where the text goes on."""
    if joined := _BREAK.match(text, at + 1, end):
        blanks = _BLANKS.match(text, joined.end(), end)
        after = blanks.end() if blanks else joined.end()
        found += [line.start() for line in _BREAK.finditer(text, joined.end(), after)]
        return after
    found.append(at)
    return at + 2 + _ESCAPED_DIGITS.get(text[at + 1 : at + 2], 0)


def _block(text: str, header: re.Match[str] | None, value: str) -> list[int]:
    """Match a block scalar with its value: what is not blank stands in both, in the same order."""
    assert header is not None, "the pattern matches anything"
    found: list[int] = []
    at = header.end() - 1
    for character in value:
        if character in " \t\n":
            at += 1
        else:
            at = _next_solid(text, at + 1 if found else header.end())
        found.append(at)
    return _indented(found, value)


def _next_solid(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _indented(found: list[int], value: str) -> list[int]:
    """Place the blanks that begin a line of the value by what follows them."""
    at = 0
    for line in value.split("\n"):
        indent = _INDENT.match(line)
        width = indent.end() if indent else 0
        if width < len(line):
            for back in range(1, width + 1):
                found[at + width - back] = found[at + width] - back
        at += len(line) + 1
    return found
