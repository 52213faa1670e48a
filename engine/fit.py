"""Whether a value fits a JSON Schema, said quickly: a schema becomes a plain function once, and is asked often.

A predicate agrees with jsonschema, which alone says what is wrong: it is asked only where the answer is no. So the
common case, a value that fits, costs microseconds and does not even import jsonschema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from caseway.engine.format import FORMATS

Schema = Mapping[str, Any]
Predicate = Callable[[Any], bool]

_ANNOTATIONS = frozenset(
    {
        "$schema",
        "definitions",
        "title",
        "description",
        "default",
        "examples",
        "patternErrorMessage",
        "errorMessage",
        "x-visible-to",
    }
)
# Keywords that are read together.
_OBJECT = frozenset({"properties", "additionalProperties", "required"})
_CHOICE = frozenset({"if", "then", "else"})


def integer(value: Any) -> bool:
    """Tell whether a value is a whole number, 3.0 included and booleans not."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def written_whole(value: Any) -> bool:
    """Tell whether a value is a number written without a point: in a document 20.00 may well mean 20 of something else."""
    return isinstance(value, int) and not isinstance(value, bool)


def predicate(schema: Schema, *, integer: Predicate = integer) -> Predicate:
    """Compile a schema; its `$ref`s point into its own `definitions`. `integer` tells what is a whole number."""
    return Compiler(schema, integer).compile(schema)


def number(value: Any) -> bool:
    """Tell whether a value is a number and no boolean."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def unique(items: Sequence[Any]) -> bool:
    """Tell whether no two items are equal as JSON values, in linear time."""
    return len({_frozen(item) for item in items}) == len(items)


def multiple(value: float, step: float) -> bool:
    """Tell whether a number is a multiple as written in decimals: 0.3 is one of 0.1."""
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    return Fraction(str(value)) % Fraction(str(step)) == 0


def searcher(pattern: str) -> Callable[[str], object]:
    """Compile a pattern as JSON Schema means it: `$` is the end of the text, not of its last line."""
    return re.compile(re.sub(r"\$$", r"\\Z", pattern)).search


def _frozen(value: Any) -> Hashable:
    # In JSON 1 equals 1.0, but true is not 1.
    match value:
        case bool():
            return ("boolean", value)
        case list():
            return ("list", *map(_frozen, value))
        case dict():
            return ("mapping", frozenset((key, _frozen(item)) for key, item in value.items()))
    return value if isinstance(value, Hashable) else id(value)


_TYPES: dict[str, Predicate] = {
    "string": lambda value: isinstance(value, str),
    "number": number,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}

# What each keyword asks of a value of the kind that it applies to.
_NUMERIC: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda value, bound: bool(value >= bound),
    "maximum": lambda value, bound: bool(value <= bound),
    "exclusiveMinimum": lambda value, bound: bool(value > bound),
    "exclusiveMaximum": lambda value, bound: bool(value < bound),
    "multipleOf": multiple,
}
_LENGTHS: dict[str, tuple[type, Callable[[Any, Any], bool]]] = {
    "minLength": (str, lambda value, bound: len(value) >= bound),
    "maxLength": (str, lambda value, bound: len(value) <= bound),
    "minItems": (list, lambda value, bound: len(value) >= bound),
    "maxItems": (list, lambda value, bound: len(value) <= bound),
    "minProperties": (dict, lambda value, bound: len(value) >= bound),
    "maxProperties": (dict, lambda value, bound: len(value) <= bound),
}


class Compiler:
    """Compiles one schema with its definitions, each of them once."""

    def __init__(self, root: Schema, integer: Predicate) -> None:
        self._root = root
        self._types = _TYPES | {"integer": integer}
        self._definitions: dict[str, Predicate] = {}

    def compile(self, schema: Schema | bool) -> Predicate:
        """Return the predicate of a part of the schema."""
        if isinstance(schema, bool):
            return _everything if schema else _nothing
        if "$ref" in schema:
            return self.definition(schema["$ref"])
        single = schema.keys() - _ANNOTATIONS - _OBJECT - _CHOICE
        checks = [self._keyword(keyword, argument) for keyword, argument in schema.items() if keyword in single]
        if _OBJECT & schema.keys():
            checks.append(self._object(schema))
        if "if" in schema:
            checks.append(self._choice(schema))
        return _all([check for check in checks if check is not _everything])

    def schema(self, ref: str) -> Schema:
        """Return what a reference such as `#/definitions/state` refers to."""
        definition: Schema = self._root["definitions"][ref.removeprefix("#/definitions/")]
        return definition

    def definition(self, ref: str) -> Predicate:
        """Return the predicate of a definition."""
        if ref not in self._definitions:
            # A definition may refer to itself: until it is compiled, what refers to it asks through this.
            self._definitions[ref] = partial(self._ask, ref)
            self._definitions[ref] = self.compile(self.schema(ref))
        return self._definitions[ref]

    def _ask(self, ref: str, value: Any) -> bool:
        return self._definitions[ref](value)

    def _keyword(self, keyword: str, argument: Any) -> Predicate:
        if keyword in _NUMERIC:
            return _applied(number, _NUMERIC[keyword], argument)
        if keyword in _LENGTHS:
            kind, test = _LENGTHS[keyword]
            return _applied(lambda value: isinstance(value, kind), test, argument)
        match keyword:
            case "type":
                return self._type(argument)
            case "const":
                return _among([argument])
            case "enum":
                return _among(argument)
            case "format":
                return _applied(_TYPES["string"], lambda value, test: test(value), FORMATS.get(argument, _everything))
            case "pattern":
                return _applied(_TYPES["string"], lambda value, search: search(value) is not None, searcher(argument))
            case "uniqueItems":
                return _applied(_TYPES["array"], lambda value, _: unique(value), argument) if argument else _everything
            case "items":
                each = self.compile(argument)
                return lambda value: not isinstance(value, list) or all(map(each, value))
            case "propertyNames":
                name = self.compile(argument)
                return lambda value: not isinstance(value, dict) or all(map(name, value))
            case "allOf":
                return _all([self.compile(each) for each in argument])
            case "not":
                refused = self.compile(argument)
                return lambda value: not refused(value)
            case "oneOf":
                return _one([self.compile(each) for each in argument])
            case _:
                return _nothing

    def _object(self, schema: Schema) -> Predicate:
        fields = {name: self.compile(field) for name, field in schema.get("properties", {}).items()}
        rest = self.compile(schema.get("additionalProperties", True))
        required = tuple(schema.get("required", ()))

        def fits(value: Any) -> bool:
            if not isinstance(value, dict):
                return True
            for name, item in value.items():
                if not fields.get(name, rest)(item):
                    return False
            return all(name in value for name in required)

        return fits

    def _type(self, names: str | list[str]) -> Predicate:
        if isinstance(names, str):
            return self._types[names]
        tests = tuple(self._types[name] for name in names)
        return lambda value: any(test(value) for test in tests)

    def _choice(self, schema: Schema) -> Predicate:
        # The condition has to be decided exactly, so it may hold only keywords whose no is certain too.
        condition = self.compile(schema["if"])
        then, otherwise = self.compile(schema.get("then", True)), self.compile(schema.get("else", True))
        return lambda value: then(value) if condition(value) else otherwise(value)


def _among(values: Sequence[Any]) -> Predicate:
    known = {_frozen(value) for value in values}
    return lambda value: _frozen(value) in known


def _applied(applies: Predicate, test: Callable[[Any, Any], bool], argument: Any) -> Predicate:
    return lambda value: not applies(value) or test(value, argument)


def _all(checks: Sequence[Predicate]) -> Predicate:
    match checks:
        case []:
            return _everything
        case [only]:
            return only
        case [first, second]:
            return lambda value: first(value) and second(value)
    return lambda value: all(check(value) for check in checks)


def _one(checks: Sequence[Predicate]) -> Predicate:
    return lambda value: sum(check(value) for check in checks) == 1


def _everything(_: Any) -> bool:
    return True


def _nothing(_: Any) -> bool:
    return False
