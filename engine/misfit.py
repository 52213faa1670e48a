"""Why a value does not fit a JSON Schema: what jsonschema finds, as faults for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from caseway.engine.fault import Fault, Path, suggestion
from caseway.engine.fit import Compiler, Predicate, integer, multiple, number, predicate, searcher, unique
from caseway.engine.format import EXAMPLES, FORMATS

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Schema = Mapping[str, Any]

MOST = 1000
"""Faults told of one value: nobody mends more at once."""
_SHOWN = 60
_ALONE = "leave it out"
_FEW = 3
"""Items of a list that is shown as it is written."""
_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
}
# code, message, hint; {0} is the limit, {1} what there is.
_SIZES = {
    "minLength": ("too-short", "is shorter than {0} characters", "at least {0} needed"),
    "maxLength": ("too-long", "has {1} characters", "at most {0} are possible"),
    "minItems": ("too-few", "has {1} items", "at least {0} needed"),
    "maxItems": ("too-many", "has {1} items", "at most {0} possible"),
    "minProperties": ("too-few", "has {1} entries", "at least {0} needed"),
    "maxProperties": ("too-many", "has {1} entries", "at most {0} possible"),
}


class Misfit:
    """Finds everything in a value that does not fit one schema.

    `noun` is what the entries of a mapping are called: the `key` of a document, the `field` of data. `integer` tells what is a
    whole number.
    """

    def __init__(self, schema: Schema, noun: str, integer: Predicate = integer) -> None:
        self._schema = schema
        self._integer = integer
        self._noun = noun
        self._validator: Validator | None = None

    def faults(self, value: Any) -> tuple[Fault, ...]:
        """Return every fault, or the first thousand."""
        # Alternatives may ask for the same thing twice.
        explained = list(islice(self._explained(value), MOST))
        told = (fault for fault in explained if not self._follows(fault, explained))
        return tuple({(fault.code, fault.path, str(fault.value)): fault for fault in told}.values())

    def _follows(self, fault: Fault, explained: Iterable[Fault]) -> bool:
        """Say whether a fault is another side of one that is told: a key that is missing because it is misspelt, or alone."""
        unknown = f"unknown-{self._noun}"
        if fault.code == f"missing-{self._noun}":
            meant = f'did you mean "{fault.value}"?'
            return any((each.code, each.hint, each.path[:-1]) == (unknown, meant, fault.path) for each in explained)
        return (fault.code, fault.hint) == (unknown, _ALONE) and any(
            each.path == fault.path[:-1] and each.code.endswith("-verbs") for each in explained
        )

    def _explained(self, value: Any) -> Iterator[Fault]:
        if self._validator is None:
            self._validator = _validator(self._schema, self._integer)
        for error in self._validator.iter_errors(value):
            yield from self._explain(error)

    def _explain(self, error: ValidationError) -> Iterator[Fault]:
        """Say in sentences what one error of jsonschema means."""
        path: Path = tuple(error.absolute_path)
        schema: Schema = error.schema if isinstance(error.schema, Mapping) else {}
        value: Any = error.instance
        wanted: Any = error.validator_value
        if "propertyNames" in error.schema_path:
            yield _bad_name(self._noun, value, schema, path)
            return
        match error.validator:
            case "not":
                name = str(path[-1])
                message = f"{self._noun} {_quoted(name)} does not go with the others here"
                yield Fault(f"unknown-{self._noun}", message, path, hint=_ALONE, value=name, at_key=True)
            case "additionalProperties":
                yield from self._unknown(value, schema, path)
            case "required":
                yield self._missing(error.message, path)
            case "oneOf":
                yield from _verbs(value, schema, path)
            case "type":
                yield _wrong_type(value, wanted, schema, path)
            case "enum" | "const":
                yield _not_allowed(value, wanted if error.validator == "enum" else [wanted], path)
            case keyword:
                yield _bad_value(value, str(keyword), schema, path)

    def _unknown(self, value: Mapping[str, Any], schema: Schema, path: Path) -> Iterator[Fault]:
        allowed = schema.get("properties", {})
        for name in value:
            if name not in allowed:
                message = f"{self._noun} {_quoted(name)} is not known here"
                hint = suggestion(name, allowed)
                yield Fault(f"unknown-{self._noun}", message, (*path, name), hint=hint, value=_short(name), at_key=True)

    def _missing(self, name: str, path: Path) -> Fault:
        message = f"{label(path)} lacks the {self._noun} {_quoted(name)}"
        return Fault(f"missing-{self._noun}", message, path, hint=f"add {_quoted(name)}", value=name)


def label(path: Path) -> str:
    """Name the place for a sentence."""
    match path:
        case ():
            return "this"
        case (*_, str(name)):
            return f'"{name}"'
        case (*_, str(name), int(index)):
            return f'item {index + 1} of "{name}"'
    return f"item {int(path[-1]) + 1}"


def shown(value: Any) -> str:
    """Show an offending value briefly: its kind, and where it is short the value itself."""
    match value:
        case None:
            return "nothing (null)"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {json.dumps(value)}"[:_SHOWN]
        case str():
            return f"the text {_quoted(value)}"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    return f"a {type(value).__name__}"


def kinds(names: str | Iterable[str]) -> str:
    """Say which kinds of value are wanted."""
    return " or ".join(_KINDS[name] for name in ([names] if isinstance(names, str) else names))


def _wrong_type(value: Any, wanted: str | list[str], schema: Schema, path: Path) -> Fault:
    hint = f"give {kinds(wanted)}"
    if isinstance(value, float) and "integer" in wanted:
        hint = schema.get("errorMessage", f"write {value:.0f}" if value.is_integer() else hint)
    elif value is None and "object" in wanted:
        hint += ", {} for an empty one"
    elif "array" in wanted and "object" not in wanted and "string" not in wanted:
        hint += ", even of one item"
    elif "string" in wanted and "integer" not in wanted and isinstance(value, (int, float)):
        hint += f', for example "{json.dumps(value)}" in quotes'
    elif isinstance(value, str) and _reads_as(value, wanted):
        hint += f", {value} without quotes"
    return Fault(
        "wrong-type", f"{label(path)} is {shown(value)}, not {kinds(wanted)}", path, hint=hint, value=_short(value)
    )


def _bad_name(noun: str, name: Any, schema: Schema, path: Path) -> Fault:
    message = f"{_quoted(name)} cannot be the name of a {noun} here"
    hint = schema.get("patternErrorMessage", "")
    return Fault("bad-name", message, (*path, name), hint=hint, value=_short(name), at_key=True)


def _verbs(value: Any, schema: Schema, path: Path) -> Iterator[Fault]:
    """Explain alternatives of which each requires one key: the verbs of an action or a step."""
    if not isinstance(value, dict):
        return
    thing = schema["title"].lower()
    verbs = [alternative["required"][0] for alternative in schema["oneOf"]]
    given = [verb for verb in verbs if verb in value]
    code, possible = f"{thing}-verbs", ", ".join(verbs)
    if given:
        message = f"one {thing} cannot have both " + " and ".join(f'"{verb}"' for verb in given)
        hint = f"write {len(given)} {thing}s, one for each"
        yield Fault(code, message, (*path, given[1]), hint=hint, value=given[1], at_key=True)
    elif value.keys() <= schema["properties"].keys():
        # An unknown key is most likely the verb misspelt, and is a fault of its own.
        yield Fault(code, f"this {thing} does nothing", path, hint=f"give it one of {possible}")


def _not_allowed(value: Any, allowed: list[Any], path: Path) -> Fault:
    texts = [each for each in allowed if isinstance(each, str)]
    if texts and isinstance(value, str):
        hint = suggestion(value, texts)
    else:
        hint = "possible: " + ", ".join(json.dumps(each, ensure_ascii=False) for each in allowed[:12])
    told = json.dumps(value, ensure_ascii=False) if isinstance(value, list) and len(value) <= _FEW else shown(value)
    return Fault("not-allowed", f"{label(path)} cannot be {told[:_SHOWN]}", path, hint=hint, value=_short(value))


def _bad_value(value: Any, keyword: str, schema: Schema, path: Path) -> Fault:
    wanted, short = schema.get(keyword), _short(value)
    if keyword in _SIZES:
        code, message, hint = _SIZES[keyword]
        message = message.format(wanted, len(value)) if value else "is empty"
        return Fault(code, f"{label(path)} {message}", path, hint=hint.format(wanted), value=short)
    if keyword in _LIMITS:
        hint = f"{_LIMITS[keyword].format(wanted)} is possible"
        return Fault("bad-value", f"{label(path)} cannot be {shown(value)}", path, hint=hint, value=short)
    if keyword == "format":
        hint = f"write for example {EXAMPLES[str(wanted)]}"
        return Fault(
            "bad-format", f"{label(path)} is {shown(value)}, which is no {wanted}", path, hint=hint, value=short
        )
    if keyword == "pattern":
        hint = schema.get("patternErrorMessage", "")
        return Fault("bad-name", f"{label(path)} cannot be {shown(value)}", path, hint=hint, value=short)
    if keyword == "uniqueItems":
        return Fault("not-unique", f"{label(path)} holds the same item twice", path, hint="give each item once")
    return Fault("bad-value", f"{label(path)} cannot be {shown(value)}", path, value=short)


def _reads_as(text: str, wanted: str | list[str]) -> bool:
    """Tell whether a text would be of the wanted type if only its quotes were left out."""
    try:
        value = json.loads(text[:_SHOWN])
    except ValueError:
        return False
    return predicate({"type": wanted})(value)


def _quoted(text: str) -> str:
    return json.dumps(text if len(text) <= _SHOWN else text[:_SHOWN] + "…", ensure_ascii=False)


def _short(value: Any) -> Any:
    """Keep a scalar as the offending value; containers would only fill the screen."""
    if isinstance(value, str):
        return value[:_SHOWN]
    return None if isinstance(value, (list, dict)) else value


@cache
def _format_checker() -> Any:
    from jsonschema import FormatChecker  # noqa: PLC0415 - a slow import, wanted only where something is wrong

    checker = FormatChecker(formats=())
    for name, test in FORMATS.items():
        checker.checks(name)(lambda value, test=test: not isinstance(value, str) or test(value))
    return checker


def _validator(schema: Schema, integer: Predicate) -> Validator:
    """Make a validator of draft 2020-12 that passes over whole definitions by predicate where they fit.

    A few keywords are our own: to tell a missing name, to take `$` for the end, and to be exact and quick.
    """
    from jsonschema import Draft202012Validator, ValidationError  # noqa: PLC0415 - as above
    from jsonschema.validators import extend  # noqa: PLC0415 - as above

    compiler = Compiler(schema, integer)

    def ref(validator: Any, ref: str, instance: Any, _: Schema) -> Iterator[ValidationError]:
        if not compiler.definition(ref)(instance):
            yield from validator.descend(instance, compiler.schema(ref))

    def required(_: Validator, names: list[str], instance: Any, __: Schema) -> Iterator[ValidationError]:
        # The message is the missing name itself.
        yield from (ValidationError(name) for name in names if isinstance(instance, dict) and name not in instance)

    def pattern(_: Validator, pattern: str, instance: Any, __: Schema) -> Iterator[ValidationError]:
        if isinstance(instance, str) and searcher(pattern)(instance) is None:
            yield ValidationError("pattern")

    def unique_items(_: Validator, wanted: bool, instance: Any, __: Schema) -> Iterator[ValidationError]:
        if wanted and isinstance(instance, list) and not unique(instance):
            yield ValidationError("uniqueItems")

    def multiple_of(_: Validator, step: float, instance: Any, __: Schema) -> Iterator[ValidationError]:
        if number(instance) and not multiple(instance, step):
            yield ValidationError("multipleOf")

    keywords: dict[str, Any] = {
        "$ref": ref,
        "required": required,
        "pattern": pattern,
        "uniqueItems": unique_items,
        "multipleOf": multiple_of,
    }
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: integer(value))
    kind = extend(Draft202012Validator, keywords, type_checker=types)  # type: ignore[no-untyped-call]  # jsonschema leaves it untyped
    made: Validator = kind(schema, format_checker=_format_checker())
    return made
