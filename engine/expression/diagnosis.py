"""What cel-cpp says about an expression, as faults for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from caseway.engine.expression import dialect, function, wording
from caseway.engine.expression.kind import Schema
from caseway.engine.expression.lexeme import Lexeme
from caseway.engine.fault import Fault, suggestion

_PROBLEM = re.compile(
    r"^(?:INVALID_ARGUMENT: )?ERROR: <input>:(-?\d+):(-?\d+): (.*?)(?: \[INVALID_ARGUMENT\])?$", re.MULTILINE
)
_FIELD = re.compile(r"undefined field '(.*)' not found in struct '(.*)'")
_NAME = re.compile(r"undeclared reference to '(.*)' \(in container")
_OVERLOAD = re.compile(r"found no matching overload for '(.*)' applied to '\((.*)\)'")
_OPERAND = re.compile(r"expression of type '(.*)' cannot be the operand of a select operation")
_RANGE = re.compile(r"expression of type '(.*)' cannot be the range of a comprehension")
_FOUND = re.compile(r"(?:mismatched|extraneous|no viable alternative at) input '((?:.|\n)*?)'(?: expecting|$)")
_TOKEN = re.compile(r"token recognition error at: '((?:.|\n)*?)'?$")
_MISSING = re.compile(r"missing '(.*)' at")
_RESERVED = re.compile(r"reserved identifier: (.*)")
_VARIABLE = re.compile(r"(\w+)\(\) variable name must be a simple identifier")
_OPERATOR = re.compile(r"_?([!&|<>=+*/%-]+|@in|\[)_?\]?_?")
_KINDS = {
    "bool": "true or false",
    "int": "whole number",
    "double": "floating number",
    "string": "text",
    "dyn": "any value",
    "null_type": "null",
    "uint": "unsigned number",
    "google.protobuf.Timestamp": "instant",
    "google.protobuf.Duration": "duration",
    "timestamp": "instant",
}
_INNER = re.compile(r"(wrapper|list|map)\((.*)\)", re.DOTALL)
_ERROR = "*error*"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An expression that cel-cpp refused, with what was in scope."""

    text: str
    words: Sequence[Lexeme]
    variables: Mapping[str, Schema]
    messages: Mapping[str, Schema]

    def faults(self, problem: str) -> Iterator[Fault]:
        """Yield a fault for each error that cel-cpp reports; of errors in the syntax only the first, since the rest follow from it."""
        found = list(_PROBLEM.finditer(problem))
        lines = [0, *accumulate(len(line) + 1 for line in self.text.split("\n"))]
        syntax = False
        if not found:
            yield self._unplaced(problem)
        for match in found:
            line, column, said = int(match[1]), int(match[2]), match[3]
            if line < 1 or line >= len(lines):
                yield self._unplaced(said)
                return
            offset = min(lines[line - 1] + column - 1, len(self.text))
            if said.startswith("Syntax error"):
                if not syntax:
                    yield self._syntax(said.removeprefix("Syntax error: "), offset)
                syntax = True
            elif fault := self._meaning(said, offset):
                yield fault

    def _unplaced(self, said: str) -> Fault:
        message, hint = wording.too_nested()
        if "recursion" in said:
            return Fault("expression-too-large", message, hint=hint, offset=0)
        return Fault("syntax", wording.not_understood(self.text), hint=wording.phrase(), value=self.text[:60], offset=0)

    def _syntax(self, said: str, offset: int) -> Fault:
        hint = wording.phrase() if dialect.is_phrase(self.words) else ""
        word = self._word_at(offset)
        value = word.text if word else None
        if token := _TOKEN.match(said):
            if token[1][:1] in ("'", '"'):
                message, hint = wording.unclosed_text()
                return Fault("syntax", message, hint=hint, value=token[1][:60], offset=offset)
            return Fault("syntax", wording.not_understood(value or token[1]), hint=hint, value=value, offset=offset)
        if missing := _MISSING.match(said):
            return Fault("syntax", wording.missing(missing[1]), hint=hint, value=value, offset=offset)
        found = _FOUND.match(said)
        shown = value or (found[1] if found else "")
        return Fault(
            "syntax",
            wording.unexpected("" if offset >= len(self.text.rstrip()) else shown),
            hint=hint,
            value=value,
            offset=offset,
        )

    def _meaning(self, said: str, offset: int) -> Fault | None:
        if match := _FIELD.match(said):
            return self._field(match[1], match[2], offset)
        if match := _NAME.match(said):
            return self._name(match[1], offset)
        if match := _OVERLOAD.match(said):
            return self._overload(match[1], match[2], offset)
        if match := _OPERAND.match(said):
            return self._operand(match[1], offset)
        if match := _RANGE.match(said):
            return self._range(match[1], offset)
        if match := _RESERVED.match(said):
            message, hint = wording.reserved(match[1])
            return Fault("syntax", message, hint=hint, value=match[1], offset=offset)
        if match := _VARIABLE.match(said):
            message, hint = wording.no_variable(match[1])
            return Fault("syntax", message, hint=hint, offset=offset)
        if said.startswith("has()"):
            message, hint = wording.no_has()
            return Fault("syntax", message, hint=hint, offset=offset)
        if said.startswith("invalid") and "literal" in said:
            message, hint = wording.bad_number(value := self._value_at(offset))
            return Fault("syntax", message, hint=hint, value=value, offset=offset)
        return Fault(
            "syntax", wording.not_understood(self._value_at(offset)), value=self._value_at(offset), offset=offset
        )

    def _field(self, name: str, message: str, offset: int) -> Fault:
        fields = self.messages.get(message, {}).get("properties", {})
        at = self._after_dot(offset)
        return Fault(
            "unknown-field",
            wording.unknown_field(self._owner(offset), name),
            hint=suggestion(name, fields),
            value=name,
            offset=at,
        )

    def _operand(self, found: str, offset: int) -> Fault | None:
        if found == _ERROR:
            return None
        at = self._after_dot(offset)
        name = self._value_at(at)
        hint = (
            "take one of its items, such as list[0], or use exists(item, ...)"
            if found.startswith("list")
            else "only objects have fields"
        )
        return Fault("unknown-field", wording.no_fields(readable(found), name), hint=hint, value=name, offset=at)

    def _range(self, found: str, offset: int) -> Fault | None:
        if found == _ERROR:
            return None
        sign = self.text[offset : offset + 1]
        at = self._after_dot(offset) if sign == "." else self._before(offset) if sign == "(" else offset
        return Fault("type", wording.no_loop(readable(found)), value=self._value_at(at), offset=at)

    def _name(self, name: str, offset: int) -> Fault | None:
        if self.text[offset : offset + 1] == "(":
            return self._function(name, self._before(offset))
        root = name.partition(".")[0]
        at = self._root(root, offset)
        if at and self._is_call_target(at, name):
            return None
        return Fault("unknown-name", wording.unknown_name(root), hint=self._name_hint(root, at), value=root, offset=at)

    def _name_hint(self, name: str, offset: int) -> str:
        written = dialect.value_of(name)
        if written:
            return f"write {written}"
        within = [root for root, shape in self.variables.items() if name in (shape.get("properties") or {})]
        if within:
            return f'did you mean "{within[0]}.{name}"?'
        close = suggestion(name, self.variables)
        alone = len(self.words) == 1 and self.words[0].offset == offset
        if not alone:
            return close
        return wording.fixed_text(name) + ("; " + close if close.startswith("did you mean") else "")

    def _function(self, name: str, offset: int) -> Fault:
        member = self.text[:offset].rstrip().endswith(".")
        known = function.MEMBERS if member else function.GLOBAL
        instead = dialect.FUNCTIONS.get(name)
        if name in known:
            return Fault("type", wording.wrong_count(name), value=name, offset=offset)
        if instead:
            hint = f"write {instead}"
        elif not member and name in function.MEMBERS:
            hint = f"write it after its value: value.{name}(...)"
        elif member and name in function.GLOBAL:
            hint = f"write it around its value: {name}(...)"
        else:
            hint = suggestion(name, known)
        return Fault("unknown-function", wording.unknown_function(name), hint=hint, value=name, offset=offset)

    def _overload(self, name: str, operands: str, offset: int) -> Fault | None:
        kinds = list(_split(operands))
        if _ERROR in kinds:
            return None
        shown = [readable(each) for each in kinds]
        if name == "_?_:_":
            hint = (
                "write dyn(...) around one side where both are meant"
                if len(set(kinds[1:])) > 1 and kinds[0] == "bool"
                else ""
            )
            return Fault("type", wording.wrong_choice(shown), hint=hint, offset=offset)
        if match := _OPERATOR.fullmatch(name):
            operator = {"@in": "in", "[": "[ ]"}.get(match[1], match[1])
            return Fault(
                "type",
                wording.wrong_operands(operator, shown),
                hint=_operator_hint(match[1], kinds),
                value=operator,
                offset=offset,
            )
        written = "duration" if name == function.DURATION else name
        at = self._before(offset) if self.text[offset : offset + 1] == "(" else offset
        return Fault("type", wording.wrong_arguments(written, shown), value=written, offset=at)

    def _word_at(self, offset: int) -> Lexeme | None:
        return next((word for word in self.words if word.offset <= offset < word.end), None)

    def _value_at(self, offset: int) -> str:
        word = self._word_at(offset)
        return word.text if word else ""

    def _before(self, offset: int) -> int:
        """Return where the word before a bracket begins: the function's name."""
        return max((word.offset for word in self.words if word.end <= offset), default=offset)

    def _after_dot(self, offset: int) -> int:
        """Return where the word after a dot begins: the field's name."""
        return min((word.offset for word in self.words if word.offset > offset), default=offset)

    def _root(self, name: str, offset: int) -> int:
        """Return where the first name of a dotted path begins, given where the path's last dot is."""
        if self._value_at(offset) == name:
            return offset
        return max((word.offset for word in self.words if word.text == name and word.offset <= offset), default=offset)

    def _is_call_target(self, offset: int, name: str) -> bool:
        """Say whether a call on an unknown namespace follows, which is reported as an unknown function already."""
        return False if "." in name else self._value_at(offset) != name

    def _owner(self, offset: int) -> str:
        """Return the dotted path before a dot, as far as it is one."""
        path: list[str] = []
        for word in reversed([word for word in self.words if word.end <= offset]):
            if (word.kind == "name") is (len(path) % 2 == 0) and (word.kind == "name" or word.text == "."):
                path.insert(0, word.text)
            else:
                break
        return "".join(path).strip(".") or "this object"


def readable(kind: str) -> str:
    """Name a type of cel-cpp for people."""
    if match := _INNER.fullmatch(kind):
        inner = [readable(each) for each in _split(match[2])]
        match match[1]:
            case "wrapper":
                return f"{inner[0]} that may be null"
            case "list":
                return f"list of ({inner[0]})"
            case _:
                return f"map of ({inner[-1]})"
    return _KINDS.get(kind, "object" if re.fullmatch(r"shape\d+\.M\d+", kind) else kind)


def _split(kinds: str) -> Iterable[str]:
    """Split a list of types at its outer commas."""
    depth = begin = 0
    for at, sign in enumerate(kinds):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and not depth:
            yield kinds[begin:at].strip()
            begin = at + 1
    if kinds:
        yield kinds[begin:].strip()


def _operator_hint(operator: str, kinds: list[str]) -> str:
    if set(kinds) == {"int", "double"}:
        return "write the whole number as 1.0, or use double(...)"
    if "null_type" in kinds and operator in ("==", "!="):
        return "it is never null, so leave the question out"
    if operator == "@in" and kinds[-1] == "string":
        return "write text.contains(part)"
    if operator == "[" and kinds[0].startswith("shape"):
        return "fields are written with a dot: case.field"
    if operator == "+" and "string" in kinds:
        return "write string(...) around what is no text"
    if operator == "==" and "google.protobuf.Timestamp" in kinds and "string" in kinds:
        return 'write timestamp("2026-03-02T09:00:00Z")'
    return ""
