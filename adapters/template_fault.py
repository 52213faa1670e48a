"""What is wrong with the template of a document: what it cannot do, what it does not know, and what a PDF cannot show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, nodes

from caseway.adapters.document_template import ENVIRONMENT, TAGS, compiled
from caseway.engine.expression import Schema
from caseway.engine.expression.kind import field, items, kind
from caseway.engine.fault import Fault, suggestion

LEVELS = 40
"""How deep the parts of a template may stand within each other."""

_LOOP: Schema = {
    "type": "object",
    "properties": {name: {"type": "integer"} for name in ("index", "index0", "length")}
    | {name: {"type": "boolean"} for name in ("first", "last")},
}
_PLAIN = (
    *(
        nodes.Template,
        nodes.Output,
        nodes.TemplateData,
        nodes.Const,
        nodes.If,
        nodes.CondExpr,
        nodes.Compare,
        nodes.Operand,
    ),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.Add, nodes.Sub, nodes.Neg, nodes.List),
)
"""What has no more to it than its parts."""

Known = Mapping[str, Schema | None]


def template_faults(text: str, known: Known, *, is_printed: bool) -> list[Fault]:
    """Return all that is wrong with a template which gets these values, by offset. `is_printed`: a PDF is made of it."""
    try:
        tree = ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        at = _begin(text, error.lineno)
        return [
            Fault(
                "template-syntax", f"this is no template: {_said(error)}", offset=at, hint="see the language of Jinja"
            )
        ]
    except RecursionError:
        return [_too_deep()]
    except ValueError as error:  # a number that Python does not read
        return [Fault("template-syntax", f"this is no template: {error}", offset=0)]
    checking = _Checking(text, is_printed=is_printed)
    try:
        checking.walk(tree, known, frozenset(), 0)
    except RecursionError:
        return [_too_deep()]
    if not checking.faults:
        try:
            compiled(text)
        except (TemplateError, RecursionError, SyntaxError) as error:
            checking.faults.append(Fault("template-syntax", f"this is no template: {error}", offset=0))
    return sorted(checking.faults, key=lambda fault: fault.offset or 0)


def _too_deep() -> Fault:
    told = f"parts of this template stand more than {LEVELS} levels deep within each other"
    return Fault("template-syntax", told, offset=0, hint="use fewer levels")


def _said(error: TemplateSyntaxError) -> str:
    return (error.message or "it cannot be read").rstrip(".")


class _Checking:
    """One walk over a template. Jinja tells the lines of things; where in its line a word stands is looked for."""

    def __init__(self, text: str, *, is_printed: bool) -> None:
        self.faults: list[Fault] = []
        self._text, self._is_printed, self._line = text, is_printed, 1
        self._told: set[tuple[int, str]] = set()

    def fault(self, code: str, message: str, line: int | None, word: str, hint: str = "") -> None:
        offset = self._place(line or self._line, word, code)
        if (offset, code) not in self._told:
            self._told.add((offset, code))
            self.faults.append(Fault(code, message, hint=hint, value=word or None, offset=offset))

    def walk(self, node: nodes.Node, known: Known, sure: frozenset[str], depth: int) -> None:
        """Look at a node and all within. `sure` are the values that are not null here."""
        if node.lineno:  # what Jinja adds of itself has none
            self._line = node.lineno
        if depth > LEVELS:
            self.faults = self.faults or [_too_deep()]
            return
        match node:
            case nodes.TemplateData(data=data):
                self._markup(data, node.lineno)
            case nodes.Output(nodes=parts):
                self._all(parts, known, sure, depth)
            case nodes.For():
                self._loop(node, known, sure, depth)
            case nodes.If(test=test, body=body, elif_=others, else_=rest):
                self.walk(test, known, sure, depth + 1)
                self._all(body, known, sure | _assured(test), depth)
                self._all([*others, *rest], known, sure, depth)
            case nodes.CondExpr(test=test, expr1=expr1, expr2=expr2):
                self.walk(test, known, sure, depth + 1)
                self.walk(expr1, known, sure | _assured(test), depth + 1)
                if expr2 is not None:
                    self.walk(expr2, known, sure, depth + 1)
            case nodes.And(left=left, right=right):
                self.walk(left, known, sure, depth + 1)
                self.walk(right, known, sure | _assured(left), depth + 1)
            case nodes.Name() | nodes.Getattr() | nodes.Getitem():
                self.shape(node, known, sure, depth)
            case nodes.Filter(name=name) if name not in ENVIRONMENT.filters:
                told = f'there is no filter "{name}" here'
                self.fault("template-unknown", told, node.lineno, name, suggestion(name, ENVIRONMENT.filters))
            case nodes.Test(name=name) if name not in ENVIRONMENT.tests:
                self.fault(
                    "template-unknown",
                    f'there is no test "{name}" here',
                    node.lineno,
                    name,
                    suggestion(name, ENVIRONMENT.tests),
                )
            case nodes.Filter() | nodes.Test():
                self._all(node.iter_child_nodes(), known, sure, depth)
            case _ if isinstance(node, _PLAIN):
                self._all(node.iter_child_nodes(), known, sure, depth)
            case _:
                self._foreign(node)

    def _all(self, parts: Any, known: Known, sure: frozenset[str], depth: int) -> None:
        for part in parts:
            self.walk(part, known, sure, depth + 1)

    def _foreign(self, node: nodes.Node) -> None:
        what = type(node).__name__.lower()
        self.fault("template-foreign", f"documents cannot do this ({what})", node.lineno, "", _POSSIBLE)

    def _loop(self, node: nodes.For, known: Known, sure: frozenset[str], depth: int) -> None:
        over = self.shape(node.iter, known, sure, depth + 1) if _is_path(node.iter) else None
        if not _is_path(node.iter):
            self.walk(node.iter, known, sure, depth + 1)
        if over is not None and kind(over)[0] not in {"array", None}:
            told = f"{_path(node.iter)} is no list"
            self.fault("not-a-list", told, node.lineno, _last(node.iter), "loop over a list")
        elif over is not None and kind(over)[1] and _path(node.iter) not in sure:
            hint = f"write {_path(node.iter)} or []"
            self.fault("may-be-null", f"{_path(node.iter)} may be null", node.lineno, _last(node.iter), hint)
        if not isinstance(node.target, nodes.Name) or node.recursive:
            self._foreign(node)
            return
        within = {**known, node.target.name: items(over), "loop": _LOOP}
        if node.test is not None:
            self.walk(node.test, within, sure, depth + 1)
        self._all(node.body, within, sure, depth)
        self._all(node.else_, known, sure, depth)

    def shape(self, node: nodes.Node, known: Known, sure: frozenset[str], depth: int) -> Schema | None:
        """Return the shape of a value that a path leads to, None where nothing is known; report what is not there."""
        match node:
            case nodes.Name(name=name):
                if name not in known:
                    told = f'"{name}" is not one of the values of this document'
                    self.fault("template-unknown", told, node.lineno, name, suggestion(name, known))
                return known.get(name)
            case (
                nodes.Getattr(node=inner, attr=str(attribute))
                | nodes.Getitem(node=inner, arg=nodes.Const(value=str(attribute)))
            ):
                return self._member(inner, attribute, node.lineno, self.shape(inner, known, sure, depth + 1), sure)
            case nodes.Getitem(node=inner, arg=arg):
                self.walk(arg, known, sure, depth + 1)
                return items(self.shape(inner, known, sure, depth + 1))
        self.walk(node, known, sure, depth + 1)
        return None

    def _member(
        self, inner: nodes.Node, name: str, line: int, shape: Schema | None, sure: frozenset[str]
    ) -> Schema | None:
        if name.startswith("_"):
            self.fault("template-foreign", f'"{name}" is not for documents', line, name, _POSSIBLE)
            return None
        if shape is None:
            return None
        base, null = kind(shape)
        if null and _path(inner) not in sure:
            hint = f"ask first: {{% if {_path(inner)} %}}"
            self.fault("may-be-null", f"{_path(inner)} may be null", line, name, hint)
        found = field(shape, name)
        if found is None and base is not None:
            fields = shape.get("properties") or {}
            self.fault(
                "template-unknown", f'{_path(inner)} has no field "{name}"', line, name, suggestion(name, fields)
            )
        return found

    def _markup(self, data: str, line: int) -> None:
        if not self._is_printed:
            return
        for tag, at in _tags(data):
            if tag not in TAGS:
                hint = "possible: html alone, or text, headings, lists and tables"
                self.fault("template-element", f"a PDF cannot show <{tag}>", line + at - 1, f"<{tag}", hint)

    def _place(self, line: int, word: str, code: str) -> int:
        """Return where a word stands in a line that was not told of yet, or else where the line begins."""
        begin = _begin(self._text, line)
        end = self._text.find("\n", begin)
        row = self._text[begin : len(self._text) if end < 0 else end]
        pattern = rf"(?<!\w){re.escape(word)}(?!\w)" if word[:1].isalnum() or word[:1] == "_" else re.escape(word)
        for found in re.finditer(pattern, row, re.IGNORECASE):
            if word and (begin + found.start(), code) not in self._told:
                return begin + found.start()
        return begin + len(row) - len(row.lstrip())


_POSSIBLE = (
    "a template prints values, loops over lists and asks conditions; what it needs to know is computed in `data`"
)


def _begin(text: str, line: int) -> int:
    """Return the offset at which a line begins, from 1."""
    at = 0
    for _ in range(line - 1):
        found = text.find("\n", at)
        if found < 0:
            break
        at = found + 1
    return at


def _is_path(node: nodes.Node) -> bool:
    return isinstance(node, (nodes.Name, nodes.Getattr, nodes.Getitem))


def _path(node: nodes.Node) -> str:
    match node:
        case nodes.Name(name=str(name)):
            return name
        case nodes.Getattr(node=inner, attr=str(name)) | nodes.Getitem(node=inner, arg=nodes.Const(value=str(name))):
            return f"{_path(inner)}.{name}"
    return "this"


def _last(node: nodes.Node) -> str:
    return _path(node).rpartition(".")[2]


def _assured(test: nodes.Node) -> frozenset[str]:
    """Return the paths that are not null where a condition holds."""
    match test:
        case nodes.Name() | nodes.Getattr():
            return frozenset({_path(test)})
        case nodes.And(left=left, right=right):
            return _assured(left) | _assured(right)
        case nodes.Not(node=nodes.Test(node=asked, name="none")):
            return frozenset({_path(asked)})
    return frozenset()


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the library's signature
        self.found.append((tag, self.getpos()[0]))


def _tags(data: str) -> list[tuple[str, int]]:
    """Return the elements that begin in a piece of a template, each with its line in it."""
    markup = _Markup()
    markup.feed(data)
    return markup.found
