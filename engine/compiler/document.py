"""Documents: the values that their templates get. The templates themselves are checked by who knows their language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from caseway.engine.compiler.compilation import BOOLEAN, INTEGER, STRING, Compilation
from caseway.engine.compiler.expression import Expressions
from caseway.engine.document import DocumentRule
from caseway.engine.expression import Schema, Scope
from caseway.engine.fault import Path
from caseway.engine.value import Fields, Value

FORMATS = ("pdf",)
"""What a document is made as where it does not say."""


class Documents:
    """Compiles documents, for each message that they go with: its recipient reads them, too."""

    def __init__(self, compilation: Compilation, expressions: Expressions) -> None:
        self.compilation, self.expressions = compilation, expressions
        self.rules: dict[str, DocumentRule] = {}
        self._written: Mapping[str, Any] = compilation.content.get("documents") or {}

    def attached(self, message: Mapping[str, Any], path: Path) -> Iterator[DocumentRule]:
        """Yield the documents that go with a message."""
        for index, name in enumerate(message.get("attach") or ()):
            if self.compilation.known("document", name, self._written, (*path, "attach", index)):
                rule = self._document(name)
                if rule is not None:
                    yield rule

    def rest(self) -> None:
        """Compile the documents that go with no message."""
        for name, rule in self._written.items():
            self.compilation.implements(rule, ("documents", name))
            if ("document", name) not in self.compilation.used:
                self._document(name)

    def _document(self, name: str) -> DocumentRule | None:
        rule, path = self._written[name], ("documents", name, "data")
        template, title = rule.get("template"), rule.get("title") or {}
        scope = self.compilation.scope
        written = rule.get("data") or {}
        values = {key: self.expressions.value(scope, each, (*path, key)) for key, each in written.items()}
        known: dict[str, Value] = {key: value for key, value in values.items() if value is not None}
        if not isinstance(template, Mapping) or len(known) < len(written):
            return None
        self.rules[name] = DocumentRule(
            name=name,
            template=template.get("text", ""),
            data=Fields(known),
            shapes={key: _shape(scope, each) for key, each in written.items()},
            formats=tuple(rule.get("formats") or FORMATS),
            title={"": title} if isinstance(title, str) else title,
        )
        return self.rules[name]


def _shape(scope: Scope, written: Any) -> Schema | None:
    """Return the shape of a value as far as it is known from how it is written."""
    match written:
        case bool():
            return BOOLEAN
        case int():
            return INTEGER
        case {"text": str(), **rest} if not rest:
            return STRING
        case str():
            return scope.shape(written)
        case dict():
            fields = {key: _shape(scope, each) or {} for key, each in written.items()}
            return {"type": "object", "properties": fields, "required": list(fields)}
        case list():
            shapes = [_shape(scope, each) for each in written]
            return {
                "type": "array",
                "items": shapes[0] or {} if shapes and all(each == shapes[0] for each in shapes) else {},
            }
    return None
