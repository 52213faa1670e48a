"""A YAML document as plain values and places, and how to read one."""

from __future__ import annotations

import pathlib
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from caseway.adapters.yaml_document import bound, offset, tree
from caseway.adapters.yaml_document.line import Lines
from caseway.adapters.yaml_document.node import PLAIN, UNREAD, Node
from caseway.engine.errors import InvalidDefinition
from caseway.engine.fault import Fault, Path

_WORD = re.compile(r"\w+")
_QUOTES = "\"'"
_COMMENT = re.compile(r"[ \t]+#")
# Controls, line ends that YAML 1.1 and 1.2 read differently, and what is no character at all.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text: line and columns, from 1, in characters. `end_column` is just after the last one."""

    line: int
    column: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Document:
    """A document that could be read. `content` is plain JSON values; aliases share theirs, so do not change it."""

    name: str
    text: str = field(repr=False)
    content: Any
    root: Node = field(repr=False)
    lines: Lines = field(repr=False)

    def line(self, number: int) -> str:
        """Return a line of the text, without its end."""
        return self.lines.line(number)

    def position(self, path: Path, *, at_key: bool = False, offset: int | None = None) -> Position:
        """Return where something stands: the value at `path`, its key, or a character of either.

        A mapping or list written by indentation stands where its key does. A path that leads nowhere stands where
        its nearest known ancestor does.
        """
        key, node, value, known = self._find(path)
        if at_key and known and path:
            node, value = key, path[-1]
        if offset is not None and known and (place := self._character(node, value, offset)) is not None:
            return self._span(*place)
        return self._extent(key, node)

    def remark(self, path: Path, offset: int) -> str:
        """Say what YAML may have done to the text at `path` that its author did not expect; empty where nothing."""
        _, node, value, known = self._find(path)
        node = node.target or node
        if not known or not isinstance(value, str):
            return ""
        if node.style in ("'", '"') and _WORD.fullmatch(value):
            return f"the quotes belong to YAML and are gone; for a fixed text write {{text: {value}}}"
        is_cut = offset >= len(value) or value[max(offset, 0)] in _QUOTES
        if node.style == PLAIN and is_cut and _COMMENT.match(self.text, node.end):
            return 'YAML takes what follows " #" for a comment; quote the whole text, or write it as a >- block'
        return ""

    def _find(self, path: Path) -> tuple[Node, Node, Any, bool]:
        """Follow a path as far as it goes: the key, the node and the value there, and whether that is all of it."""
        key = node = self.root
        value = self.content
        for part in path:
            found = (node.parts or {}).get(part)
            if found is None:
                return key, node, value, False
            key, node = found
            value = value[part]
        return key, node, value, True

    def _character(self, node: Node, value: Any, at: int) -> tuple[int, int] | None:
        """Return from where to where the word goes that has the character `at` of a scalar's value."""
        node = node.target or node
        if node.parts is not None:
            return None
        if node.style == UNREAD or not isinstance(value, str):
            return self._word(min(offset.beginning(self.text, node) + max(at, 0), node.end), node.end)
        places = offset.indexes(self.text, node, value)
        if at >= len(places):
            after = places[-1] + 1 if places else offset.beginning(self.text, node)
            return after, after
        return self._word(places[max(at, 0)], node.end)

    def _word(self, start: int, end: int) -> tuple[int, int]:
        word = _WORD.match(self.text, start, end)
        return start, word.end() if word else start

    def _extent(self, key: Node, node: Node) -> Position:
        """Return where a node stands: at its key where it is indented below it, or where there is nothing to see."""
        if key is not node and (node.is_block or node.start == node.end):
            node = key
        return self._span(offset.beginning(self.text, node), node.end)

    def _span(self, start: int, end: int) -> Position:
        """Return the position of some characters, as far as they are on the first one's line."""
        line = self.lines.number(start)
        column = start - self.lines.start(line) + 1
        visible = self.text[start : min(end, self.lines.end(line))].rstrip()
        return Position(line, column, column + max(len(visible), 1))


class UnreadableDocument(InvalidDefinition):
    """A document that is not YAML as Caseway reads it, or not there, or beyond a bound.

    `document` gives the places of `faults`: it has the text as its only value, and every fault an offset in it.
    """

    def __init__(self, document: Document, faults: Sequence[Fault]) -> None:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"{document.name} cannot be read: {faults[0].message}{more}", faults, file=document.name)
        self.document = document


def read(path: pathlib.Path) -> Document:
    """Read the document in a file; raise UnreadableDocument."""
    name = path.as_posix()
    return parse(name, _bytes(name, path))


def parse(name: str, text: str | bytes) -> Document:
    """Read the document in a text; raise UnreadableDocument. `name` is the file's, for people."""
    if len(text) > bound.SIZE:
        raise _unreadable(name, "", _too_big(name))
    decoded = _decoded(name, text).removeprefix("\ufeff")
    if found := _FORBIDDEN.search(decoded):
        raise _unreadable(name, decoded, _not_text(found))
    lines = Lines.of(decoded)
    grown = tree.grow(lines)
    if grown.faults:
        raise _unreadable(name, decoded, *grown.faults)
    return Document(name, decoded, grown.content, grown.root, lines)


def _bytes(name: str, path: pathlib.Path) -> bytes:
    """Read at most one byte more than a document may have."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not an ordinary file"
            fault = Fault("not-a-file", f'"{name}" is {kind}', hint="name a YAML file", value=name)
            raise _unreadable(name, "", fault)
        with path.open("rb") as file:
            return file.read(bound.SIZE + 1)
    except FileNotFoundError:
        fault = Fault("missing-file", f'there is no file "{name}"', hint="name a YAML file", value=name)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        hint = "let it be readable, or name another file"
        fault = Fault("unreadable-file", f'"{name}" cannot be opened: {reason}', hint=hint, value=name)
    raise _unreadable(name, "", fault)


def _decoded(name: str, text: str | bytes) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        before = len(text[: error.start].decode().removeprefix("\ufeff"))
        shown = text.decode(errors="replace").removeprefix("\ufeff")
        utf16 = text.startswith((b"\xff\xfe", b"\xfe\xff"))
        what = "the file is UTF-16" if utf16 else f"byte 0x{text[error.start]:02x} is not UTF-8"
        fault = Fault("not-utf-8", what, hint="save the file as UTF-8", offset=before)
    raise _unreadable(name, shown, fault)


def _not_text(found: re.Match[str]) -> Fault:
    code = ord(found.group())
    if code == 0:
        hint = "a document is text in UTF-8"
        return Fault("not-text", "there is a NUL character here, as in a binary file", hint=hint, offset=found.start())
    escape = f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - what two digits can say
    hint = f'remove it, or write it as "{escape}" in double quotes'
    return Fault("not-text", f"the character U+{code:04X} cannot be seen", hint=hint, offset=found.start())


def _too_big(name: str) -> Fault:
    hint = f"a document may have {bound.SIZE} bytes; split the process in two that start each other"
    return Fault("document-too-big", f'"{name}" has more than {bound.SIZE} bytes', hint=hint)


def _unreadable(name: str, text: str, *faults: Fault) -> UnreadableDocument:
    return UnreadableDocument(Document(name, text, text, Node(0, len(text), UNREAD), Lines.of(text)), faults)
