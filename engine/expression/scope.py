"""What an expression may see, and the way from its text to a program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from caseway.engine.bound import TEXT_LENGTH
from caseway.engine.expression import bound, dialect, environment, function, wording
from caseway.engine.expression.activation import Activation
from caseway.engine.expression.conversion import Form, form
from caseway.engine.expression.diagnosis import Diagnosis
from caseway.engine.expression.exposure import Look, exposed, looked, stands_for
from caseway.engine.expression.fit import Fit
from caseway.engine.expression.inference import Inference
from caseway.engine.expression.inspection import NOTHING, Inspection, facts
from caseway.engine.expression.kind import TEXTUAL, Schema
from caseway.engine.expression.lexeme import CLOSING, OPENING, Lexeme, lexemes
from caseway.engine.expression.program import Program
from caseway.engine.expression.selection import selection
from caseway.engine.expression.syntax import Node, tree
from caseway.engine.expression.template import Hole, Template, split
from caseway.engine.expression.translation import translated
from caseway.engine.expression.vocabulary import Vocabulary
from caseway.engine.fault import Fault
from caseway.engine.private import Private, within

_BAD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of characters, which cel-cpp cuts a text at or cannot read."""

Compiled = tuple[Program | None, tuple[Fault, ...]]


class Language:
    """What all expressions of one definition share: types and environments, made once for equal shapes."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._environments: dict[tuple[tuple[str, str], ...], Any] = {}
        self._forms: dict[str, Form] = {}

    def scope(self, variables: Mapping[str, Schema]) -> Scope:
        """Return the scope of these variables, by name and shape. It costs nothing until something is compiled."""
        return Scope(self, variables)

    def environment(self, variables: Mapping[str, Schema]) -> Any:
        """Return the environment in which these variables have their types."""
        vocabulary = self._vocabulary
        key = tuple((name, vocabulary.key(schema)) for name, schema in variables.items())
        if key not in self._environments:
            types = {name: vocabulary.type(schema) for name, schema in variables.items()}
            self._environments[key] = environment.checked(types, vocabulary.pool)
        return self._environments[key]

    def inference(self, variables: Mapping[str, Schema]) -> Inference:
        """Return what finds the shapes of an expression's parts."""
        return Inference(self._vocabulary, variables)

    def form(self, schema: Schema) -> Form:
        """Return the one form of equal shapes, so that activations can keep what they converted."""
        key = self._vocabulary.key(schema)
        if key not in self._forms:
            self._forms[key] = form(schema)
        return self._forms[key]

    @property
    def messages(self) -> Mapping[str, Schema]:
        """The shapes of objects by the names that cel-cpp knows them by."""
        return self._vocabulary.messages


class Scope:
    """The variables that an expression may read."""

    def __init__(self, language: Language, variables: Mapping[str, Schema]) -> None:
        self.language = language
        self.variables = variables
        self._made: tuple[Any, Inference, Form] | None = None
        self._is_open: bool | None = None

    def activation(self, values: Mapping[str, Any]) -> Activation:
        """Return plain values to evaluate on: JSON, with instants as texts or as aware datetimes."""
        return Activation(values)

    def compile(self, text: str, wants: Schema | None = None, known: frozenset[str] = NOTHING) -> Compiled:
        """Check an expression whose value must fit a shape; return its program, or every fault that can be found.

        `known` is what is certain already: the `establishes` of guards that hold before this is evaluated.
        """
        if fault := _unreadable(text):
            return None, (fault,)
        words = tuple(lexemes(text))
        if fault := _nested(words):
            return None, (fault,)
        left_out = tuple(_left_out(words))
        program, faults = self._checked(text, words, wants, known)
        if left_out:
            program = None
            faults = tuple(fault for fault in faults if fault.code not in ("unknown-name", "unknown-function"))
        found = tuple(_distinct((*left_out, *faults)))
        return (None if found else program), found

    def shape(self, text: str) -> Schema | None:
        """Return the shape of what an expression gives, or None where nothing is known, also because it does not compile."""
        if _unreadable(text) or _nested(tuple(lexemes(text))):
            return None
        env, inference, _ = self._environment()
        try:
            root, _ = tree(env.compile(text).serialize())
        except RuntimeError:
            return None
        return inference.shape(root, {})

    def template(self, text: str) -> tuple[Template | None, tuple[Fault, ...]]:
        """Check a text with `{{ CEL }}` inside; offsets of faults count within the whole text."""
        if len(text) > TEXT_LENGTH:
            return None, (Fault("expression-too-long", wording.text_limit(len(text)), offset=TEXT_LENGTH),)
        faults: list[Fault] = []
        parts: list[str | Program] = []
        private: list[Private] = []
        for part in split(text):
            if isinstance(part, Fault):
                faults.append(part)
            elif isinstance(part, Hole):
                program, found = self._hole(part)
                faults += found
                if program:
                    parts.append(program)
                    private += (replace(each, offset=part.offset + each.offset) for each in program.private)
            else:
                parts.append(part)
        return (None if faults else Template(text, tuple(parts), tuple(private))), tuple(faults)

    def _hole(self, hole: Hole) -> Compiled:
        program, faults = self.compile(hole.text, TEXTUAL)
        if program is None:
            return None, tuple(replace(fault, offset=hole.offset + (fault.offset or 0)) for fault in faults)
        return program, ()

    def _checked(self, text: str, words: Sequence[Lexeme], wants: Schema | None, known: frozenset[str]) -> Compiled:
        env, _, _ = self._environment()
        try:
            expression = env.compile(text)
        except RuntimeError as error:
            return None, tuple(self._refused(text, words, wants, known, str(error)))
        return self._understood(text, words, expression, wants, known)

    def _refused(
        self, text: str, words: Sequence[Lexeme], wants: Schema | None, known: frozenset[str], problem: str
    ) -> Iterator[Fault]:
        foreign = tuple(dialect.faults(words, self.variables))
        prose = dialect.is_phrase(words) and not any(word.text in self.variables for word in words)
        if prose or not foreign:
            yield from Diagnosis(text, words, self.variables, self.language.messages).faults(problem)
            return
        yield from foreign
        repaired = dialect.repaired(text, words, self.variables)
        if repaired is not None:
            _, faults = self._checked(repaired, tuple(lexemes(repaired)), wants, known)
            yield from (fault for fault in faults if fault.code != "syntax")

    def _understood(
        self, text: str, words: Sequence[Lexeme], expression: Any, wants: Schema | None, known: frozenset[str]
    ) -> Compiled:
        _, inference, whole = self._environment()
        root, count = tree(expression.serialize())
        if count > bound.NODES:
            message, hint = wording.too_many_nodes(count)
            return None, (Fault("expression-too-large", message, hint=hint, offset=0),)
        inspection = Inspection(inference, self.variables)
        inspection.walk(root, wants, known, {})
        faults = inspection.faults
        if not any(fault.code == "unknown-name" for fault in faults):
            faults += Fit(inference).faults(root, wants)
        if faults:
            return None, tuple(_at_names(sorted(faults, key=lambda fault: fault.offset or 0), words))
        reads = frozenset(inspection.reads)
        return Program(
            text=text,
            reads=reads,
            establishes=facts(root, holds=True),
            refutes=facts(root, holds=False),
            wants=wants,
            weight=inspection.weight,
            private=self._private(root, words),
            _selection=selection(reads, whole),
            _expression=environment.runnable(self._runnable(text, words, expression).serialize()),
            _translated=translated(root, whole, reads) if inspection.weight.light else None,
            _looked=partial(self._looked, text),
        ), ()

    def _looked(self, text: str, whole: bool) -> tuple[str, frozenset[Look]]:
        """Return the list whose items an expression that compiles gives, and what it looks at; not worked out for all when these are made."""
        env, inference, _ = self._environment()
        root, _ = tree(env.compile(text).serialize())
        return stands_for(root), looked(root, inference, whole=whole)

    def _private(self, root: Node, words: Sequence[Lexeme]) -> tuple[Private, ...]:
        """Return the private fields that an expression looks at; where nothing is private, nobody looks for them."""
        if self._is_open is None:
            self._is_open = not any(True for schema in self.variables.values() for _ in within(schema, ""))
        if self._is_open:
            return ()
        found = exposed(root, self._environment()[1])
        return tuple(replace(each, offset=_named(each.offset, words)) for each in found)

    def _runnable(self, text: str, words: Sequence[Lexeme], expression: Any) -> Any:
        """Let `duration` read ISO 8601 as well: it becomes a function of ours, which cel-cpp would not let replace its own."""
        called = [
            word
            for word, after, argument in zip(words, words[1:], words[2:], strict=False)
            if word.text == "duration" and after.text == "(" and (argument.kind != "text" or "P" in argument.text[:5])
        ]
        if not called:
            return expression
        for word in reversed(called):
            text = text[: word.offset] + function.DURATION + text[word.end :]
        return self._environment()[0].compile(text)

    def _environment(self) -> tuple[Any, Inference, Form]:
        if self._made is None:
            language = self.language
            whole = Form(fields={name: language.form(schema) for name, schema in self.variables.items()})
            self._made = language.environment(self.variables), language.inference(self.variables), whole
        return self._made


def _unreadable(text: str) -> Fault | None:
    """Report what must not come near the parser."""
    if len(text) > bound.LENGTH:
        message, hint = wording.too_long(len(text), bound.LENGTH)
        return Fault("expression-too-long", message, hint=hint, offset=bound.LENGTH)
    if not text.strip():
        message, hint = wording.empty()
        return Fault("syntax", message, hint=hint, offset=0)
    if bad := _BAD.search(text):
        message, hint = wording.bad_character(bad[0])
        return Fault("syntax", message, hint=hint, offset=bad.start())
    return None


def _nested(words: Sequence[Lexeme]) -> Fault | None:
    depth = 0
    for word in words:
        if word.kind != "sign":
            continue
        depth += (word.text in OPENING) - (word.text in CLOSING)
        if depth > bound.BRACKETS:
            message, hint = wording.too_nested()
            return Fault("expression-too-large", message, hint=hint, offset=word.offset)
    return None


def _left_out(words: Sequence[Lexeme]) -> Iterator[Fault]:
    for word, after in pairwise(words):
        if after.text == "(" and word.kind == "name" and word.text in function.FORBIDDEN:
            message, hint = wording.forbidden(word.text, function.FORBIDDEN[word.text])
            yield Fault("forbidden-function", message, hint=hint, value=word.text, offset=word.offset)


def _at_names(faults: Sequence[Fault], words: Sequence[Lexeme]) -> Iterator[Fault]:
    """Move faults from the dot before a field to the field, and from a call's bracket to the function."""
    for fault in faults:
        yield replace(fault, offset=_named(fault.offset or 0, words))


def _named(at: int, words: Sequence[Lexeme]) -> int:
    """Return where the name stands that an offset of cel-cpp belongs to."""
    word = next((word for word in words if word.offset == at), None)
    if word is not None and word.text == ".":
        return min((other.offset for other in words if other.offset > at), default=at)
    if word is not None and word.text == "(":
        return max((other.offset for other in words if other.offset < at), default=at)
    return at


def _distinct(faults: Sequence[Fault]) -> Iterator[Fault]:
    seen = set()
    for fault in faults:
        key = fault.code, fault.offset
        if key not in seen:
            seen.add(key)
            yield fault
