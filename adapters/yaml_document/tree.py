"""From YAML's events to plain values, within bounds.

The events are taken one at a time and nothing here calls itself, so that neither depth nor aliases can exhaust
anything: libyaml's own tree would overflow the stack before anyone could count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from caseway.adapters.yaml_document import bound, scalar, syntax
from caseway.adapters.yaml_document.excerpt import excerpt
from caseway.adapters.yaml_document.frame import Anchored, Frame
from caseway.adapters.yaml_document.line import Lines
from caseway.adapters.yaml_document.node import ALIAS, FLOW_MAPPING, FLOW_SEQUENCE, MAPPING, PLAIN, SEQUENCE, Node
from caseway.adapters.yaml_document.syntax import WHOLE
from caseway.engine.fault import Fault, suggestion

Loader = type[yaml.SafeLoader] | type[yaml.CSafeLoader]
LOADER: Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C where PyYAML was built with it: it is twenty times faster."""

_PROLOGUE = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)|%[^\r\n]*(?:\r\n|\r|\n)?)*+")
_DIRECTIVE = re.compile(r"(?<![^\r\n])%[^#\r\n]*")
_EPILOGUE = re.compile(r"(?:\s|#[^\r\n]*|(?<![^\r\n])\.\.\.(?=\s|$))*+")
_VERSIONS = ("%YAML 1.2", "%YAML 1.1")


@dataclass(frozen=True, slots=True)
class Tree:
    """A document's content and places, and everything wrong with them. With faults, the rest may be incomplete."""

    content: Any
    root: Node
    faults: tuple[Fault, ...]


class _Exceeded(Exception):  # noqa: N818 - it never leaves this file
    """A bound was passed; nothing more is read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def grow(lines: Lines, loader: Loader = LOADER) -> Tree:
    """Read a text. All faults that can be found are found, up to the first that hides what follows it."""
    builder = _Builder(lines)
    if fault := _directive(lines.text):
        builder.faults.append(fault)
        return builder.tree()
    try:
        for event in yaml.parse(lines.text, Loader=loader):
            builder.take(event)
    except _Exceeded as exceeded:
        builder.faults.append(exceeded.fault)
    except yaml.YAMLError as error:
        builder.fail(error)
    return builder.tree()


def _directive(text: str) -> Fault | None:
    """Find a directive: they could only declare tags, and many of them keep libyaml busy for minutes."""
    prologue = _PROLOGUE.match(text)
    for found in _DIRECTIVE.finditer(text, 0, prologue.end() if prologue else 0):
        directive = found.group().rstrip()
        if directive not in _VERSIONS:
            hint = "leave it out, or quote it if it is a text"
            return _at(found.start(), "directive", f'"{excerpt(directive)}" is a YAML directive', hint, directive)
    return None


class _Builder:
    """Takes the events of one document, in order."""

    def __init__(self, lines: Lines) -> None:
        self.faults: list[Fault] = []
        self._lines = lines
        self._frames: list[Frame] = []
        self._anchors: dict[str, Anchored | None] = {}
        self._content: Any = None
        self._root: Node | None = None
        self._documents = self._aliases = self._nodes = self._characters = 0

    def tree(self) -> Tree:
        """Return what was read."""
        is_empty = self._root is None or (self._root.style == PLAIN and self._root.start == self._root.end)
        if is_empty and not self.faults:
            hint = "a process begins with its name: process: my-process"
            self.faults.append(_at(0, "empty-document", "there is nothing in this document", hint))
        return Tree(self._content, self._root or Node(0, 0, PLAIN), tuple(self.faults))

    def take(self, event: yaml.Event) -> None:
        """Take one event; raise _Exceeded where a bound is passed."""
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close(_end(event))
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._begin(_start(event))
            case yaml.DocumentEndEvent():
                self._end(_end(event), explicit=event.explicit)
            case _:
                pass

    def fail(self, error: yaml.YAMLError) -> None:
        """Note that the text is not YAML from here on, unless this line has a fault that explains it."""
        fault = syntax.reworded(error, self._lines)
        line = self._lines.number(fault.offset or 0)
        if all(self._lines.number(known.offset or 0) != line for known in self.faults):
            self.faults.append(fault)

    def _begin(self, start: int) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _Exceeded(_several(start))

    def _end(self, end: int, *, explicit: bool | None) -> None:
        """Refuse what follows the document here already: directives of another one would be read first."""
        text = self._lines.text
        rest = _EPILOGUE.match(text, end)
        after = rest.end() if rest else end
        if after < len(text) and (explicit or text[after] == "%"):
            raise _Exceeded(_several(after))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text: str = event.value
        start, style = _start(event), event.style or PLAIN
        self._count(1, len(text), start)
        if len(text) > bound.SCALAR:
            raise _Exceeded(_beyond(start, "scalar-too-long", "this text has more than", bound.SCALAR, "characters"))
        node = Node(start, _end(event), style)
        if event.tag is not None:
            self._tagged(start, event.tag)
        value = scalar.resolve(text) if style == PLAIN else text
        if isinstance(value, Fault):
            self._fault(start, value.code, value.message, value.hint, value.value)
            value = None
        if event.anchor is not None:
            self._anchors[event.anchor] = Anchored(value, node, 1, len(text), 0)
        self._put(value, node, text)

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        start = _start(event)
        self._count(1, 0, start)
        if len(self._frames) >= bound.DEPTH:
            raise _Exceeded(_too_deep(start))
        if event.tag is not None:
            self._tagged(start, event.tag)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        flow, block = (FLOW_MAPPING, MAPPING) if is_mapping else (FLOW_SEQUENCE, SEQUENCE)
        is_key = bool(self._frames) and (self._frames[-1].is_key or self._frames[-1].awaits_key)
        style = flow if event.flow_style else block
        content: Any = {} if is_mapping else []
        self._frames.append(Frame(start, style, content, event.anchor, is_key, self._nodes - 1, self._characters))
        if event.anchor is not None:
            self._anchors[event.anchor] = None

    def _close(self, end: int) -> None:
        frame = self._frames.pop()
        node = Node(frame.start, end, frame.style, frame.parts)
        if frame.anchor is not None:
            nodes, characters = self._nodes - frame.nodes, self._characters - frame.characters
            self._anchors[frame.anchor] = Anchored(frame.content, node, nodes, characters, frame.height)
        if self._frames:
            self._frames[-1].height = max(self._frames[-1].height, frame.height + 1)
        self._put(frame.content, node)

    def _alias(self, event: yaml.AliasEvent) -> None:
        name, start = event.anchor or "", _start(event)
        self._aliases += 1
        if self._aliases > bound.ALIASES:
            raise _Exceeded(_beyond(start, "too-many-aliases", "this document has more than", bound.ALIASES, "aliases"))
        known = self._anchors.get(name)
        if known is None:
            self._unknown(name, start)
            self._count(1, 0, start)
            self._put(None, Node(start, _end(event), ALIAS))
            return
        self._count(known.nodes, known.characters, start, alias=name)
        if len(self._frames) + known.height > bound.DEPTH:
            raise _Exceeded(_too_deep(start))
        if self._frames:
            self._frames[-1].height = max(self._frames[-1].height, known.height + 1)
        self._put(known.value, Node(start, _end(event), ALIAS, known.node.parts, known.node))

    def _unknown(self, name: str, start: int) -> None:
        if name in self._anchors:
            self._fault(
                start, "recursive-alias", f'"*{excerpt(name)}" stands inside of what it stands for', "quote it", name
            )
            return
        known = suggestion(name, self._anchors) if self._anchors else "there are no anchors here"
        hint = f"{known}; a leading * is a YAML alias: {WHOLE}"
        self._fault(start, "unknown-anchor", f'"*{excerpt(name)}" has no anchor before it', hint, name)

    def _put(self, value: Any, node: Node, text: str | None = None) -> None:
        """Add a value to what is being read: an item, a key, or the value of the key that waits."""
        if not self._frames:
            self._content, self._root = value, node
            return
        frame = self._frames[-1]
        if frame.is_flow and text is not None and node.style == PLAIN:
            self._look_for_cuts(frame, node, text)
        if not frame.is_mapping:
            frame.parts[len(frame.content)] = (node, node)
            frame.content.append(value)
        elif frame.key_node is None:
            frame.key, frame.key_node = self._key(frame, value, node, text), node
        else:
            if frame.key is not None:
                frame.content[frame.key] = value
                frame.parts[frame.key] = (frame.key_node, node)
            frame.key = frame.key_node = None

    def _key(self, frame: Frame, value: Any, node: Node, text: str | None) -> str | None:
        """Return the key, or None with a fault for what cannot be one."""
        if not isinstance(value, str) or node.style == ALIAS:
            self._fault(node.start, "key-not-text", *_key_sentences(self._lines.text, node, text), text)
            return None
        if value == "<<" and node.style == PLAIN:
            hint = "repeat the keys here; anchors (&name) and aliases (*name) of whole values can be used"
            self._fault(node.start, "merge-key", '"<<" merges nothing here', hint, value)
            return None
        if value in frame.content:
            first = self._lines.number(frame.parts[value][0].start)
            hint = "keep one of them"
            message = f'"{excerpt(value)}" stands here a second time; the first is on line {first}'
            self._fault(node.start, "duplicate-key", message, hint, value)
            return None
        return value

    def _look_for_cuts(self, frame: Frame, node: Node, text: str) -> None:
        """Find texts that YAML cut at a comma, since they stand in {...} or [...] without quotes."""
        opened = text.count("(") - text.count(")")
        if opened > 0:
            frame.cut = True
            message = f'"{excerpt(text)}" was cut at a comma: in {{...}} and [...] a comma ends the text'
            self._fault(node.start, "cut-text", message, WHOLE, text)
        elif frame.key_node is not None and node.start == node.end and not frame.cut:
            between = self._lines.text[frame.key_node.end : node.start]
            if frame.key is not None and ":" not in between:
                key = excerpt(frame.key)
                message = f'"{key}" has no value: in {{...}} a comma begins a new key'
                hint = f'write "{key}: ..."; if this is one text with a comma in it, {WHOLE}'
                self._fault(frame.key_node.start, "key-without-value", message, hint, frame.key)

    def _tagged(self, start: int, tag: str) -> None:
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        hint = f"a leading ! is a YAML tag: {WHOLE}"
        self._fault(start, "tag", f'"{excerpt(shown)}" is a YAML tag, and there are none here', hint, shown)

    def _count(self, nodes: int, characters: int, start: int, *, alias: str | None = None) -> None:
        self._nodes += nodes
        self._characters += characters
        if self._nodes > bound.NODES:
            raise _Exceeded(_many(start, "too-many-nodes", bound.NODES, "keys and values", alias))
        if self._characters > bound.CHARACTERS:
            raise _Exceeded(_many(start, "too-many-characters", bound.CHARACTERS, "characters", alias))

    def _fault(self, start: int, code: str, message: str, hint: str, value: Any = None) -> None:
        """Note a fault, unless it is inside a key that will be one as a whole, or explained by the last."""
        if (self._frames and self._frames[-1].is_key) or (self.faults and self.faults[-1].offset == start):
            return
        self.faults.append(_at(start, code, message, hint, value))
        if len(self.faults) >= bound.FAULTS:
            hint = "mend these first"
            raise _Exceeded(_at(start, "too-many-faults", f"reading stopped after {bound.FAULTS} faults", hint))


def _key_sentences(text: str, node: Node, written: str | None) -> tuple[str, str]:
    """Say what a key is instead of a text, and what its author probably meant."""
    if written is not None and node.style == PLAIN:
        if not written:
            return "a key is missing", 'write it before the ":"'
        key = excerpt(written)
        return f'the key "{key}" is not a text', f'quote it: "{key}"'
    if node.style == ALIAS:
        return "an alias cannot be a key", "repeat the key itself"
    if text.startswith("{", node.start):
        return "a mapping cannot be a key", f"if this is a text with {{{{ }}}} in it, {WHOLE}"
    return "a list or mapping cannot be a key", f"if this is a text, {WHOLE}"


def _start(event: yaml.Event) -> int:
    assert event.start_mark is not None, "every parsed event has marks"
    return event.start_mark.index


def _end(event: yaml.Event) -> int:
    assert event.end_mark is not None, "every parsed event has marks"
    return event.end_mark.index


def _several(start: int) -> Fault:
    hint = 'keep one of them per file, and "---" only at its top'
    return _at(start, "several-documents", "a second document begins here", hint)


def _at(start: int, code: str, message: str, hint: str, value: Any = None) -> Fault:
    return Fault(code, message, hint=hint, value=value, offset=start)


def _too_deep(start: int) -> Fault:
    return _beyond(start, "too-deep", "values stand inside each other deeper than", bound.DEPTH, "levels")


def _beyond(start: int, code: str, what: str, most: int, unit: str) -> Fault:
    return _at(start, code, f"{what} {most} {unit}", "nothing more of the document was read")


def _many(start: int, code: str, most: int, unit: str, alias: str | None) -> Fault:
    what = (
        f'with what "*{excerpt(alias)}" stands for, this document has more than'
        if alias
        else "this document has more than"
    )
    return _beyond(start, code, what, most, unit)
