"""Every sentence that expressions say to people."""

from __future__ import annotations

from typing import Any

from caseway.engine.bound import DEPTH, INTEGER, LIST_LENGTH, NODES, TEXT_LENGTH
from caseway.engine.expression import bound

_SHOWN = 60


def quoted(value: Any) -> str:
    """Show a value, cut where it is long."""
    text = str(value)
    return f'"{text[:_SHOWN]}..."' if len(text) > _SHOWN else f'"{text}"'


# What an expression may not be


def empty() -> tuple[str, str]:
    return "the expression is empty", "write a CEL expression, such as case.attempts + 1"


def too_long(length: int, limit: int) -> tuple[str, str]:
    return f"the expression has {length:,} characters", f"at most {limit:,} are possible; split it into conditions"


def too_many_nodes(count: int) -> tuple[str, str]:
    return (
        f"the expression has {count} names, constants and operators, with its macros written out",
        f"at most {bound.NODES} are possible; split it into conditions",
    )


def too_nested() -> tuple[str, str]:
    return (
        f"the expression is nested more than {bound.BRACKETS} deep",
        "split it into conditions, or use a list of guards",
    )


def too_many_loops() -> tuple[str, str]:
    return (
        f"more than {bound.LOOPS} loops (all, exists, map, filter) stand within each other",
        f"at most {bound.LOOPS} are possible",
    )


def bad_character(character: str) -> tuple[str, str]:
    return f"the expression holds the character U+{ord(character):04X}, which cannot stand there", "leave it out"


def forbidden(name: str, instead: str) -> tuple[str, str]:
    return f'the function "{name}" is left out here', instead


def message_literal() -> tuple[str, str]:
    return "objects of a named type cannot be made here", 'write a map: {"key": value}'


# Names, fields, types


def unknown_name(name: str) -> str:
    return f'"{name}" is not known here'


def unknown_field(owner: str, name: str) -> str:
    return f'{owner} has no field "{name}"'


def no_fields(kind: str, name: str) -> str:
    return f'a {kind} has no field "{name}"'


def unknown_function(name: str) -> str:
    return f'there is no function "{name}"'


def fixed_text(text: str) -> str:
    return f"fixed text is {{text: {text}}} or '{text}' within the expression"


def wrong_operands(operator: str, kinds: list[str]) -> str:
    if len(kinds) == 1:
        return f'"{operator}" cannot take {_article(kinds[0])}'
    return f'"{operator}" cannot take {" and ".join(_article(each) for each in kinds)}'


def wrong_count(function: str) -> str:
    return f'"{function}" takes another number of values'


def wrong_arguments(function: str, kinds: list[str]) -> str:
    return f'"{function}" cannot take ({", ".join(kinds)})'


def wrong_choice(kinds: list[str]) -> str:
    condition, *branches = kinds
    if condition not in ("true or false", "any value"):
        return f'before "?" must stand true or false, and this is {_article(condition)}'
    return (
        f'both sides of ":" must have the same type, and these are {" and ".join(_article(each) for each in branches)}'
    )


def no_loop(kind: str) -> str:
    return f"only the items of a list can be gone through, and this is {_article(kind)}"


def result(problem: str) -> str:
    return f"the result is too large: {problem}"


def wrong_result(wanted: str, found: str) -> str:
    return f"{_article(wanted)} is wanted here, and this is {_article(found)}"


def wrong_part(place: str, wanted: str, found: str) -> str:
    return f"{place} must be {_article(wanted)}, and this is {_article(found)}"


def missing_part(name: str) -> str:
    return f'the field "{name}" is required here'


def no_data_result(found: str) -> tuple[str, str]:
    return f"{_article(found)} cannot be kept as data", "give a text, number, true or false, list or map"


def not_textual(found: str) -> tuple[str, str]:
    return f"{_article(found)} cannot stand within a text", "name one of its fields or items"


def floating() -> tuple[str, str]:
    return (
        "a computed value may not be a floating number",
        "count in minor units and use percent(), or write int(...) or string(...)",
    )


def may_be_absent(path: str, guard: str) -> tuple[str, str]:
    if not guard:
        return f"{path} may be absent", "give it a default or require it"
    return f"{path} may be absent", f"ask has({guard}) first, give it a default or require it"


def may_be_null(path: str) -> tuple[str, str]:
    return f"{path} may be null", f"ask {path} != null first"


def not_in_enum(value: Any, owner: str) -> str:
    return f"{quoted(value)} is never a value of {owner}"


def map_order() -> tuple[str, str]:
    return "the keys of a map have no order to go through", "go through keys(...), which sorts them"


def unknown_order() -> tuple[str, str]:
    return "this may be a map, whose keys have no order to go through", "declare its shape, or go through keys(...)"


def concatenation() -> tuple[str, str]:
    return (
        "texts and lists cannot be put together within all, exists, map or filter",
        "put them together outside, or use a template",
    )


def not_sortable(function: str, kind: str) -> str:
    return f'"{function}" cannot sort {_article(kind)}'


def sortable() -> str:
    return "sort texts, numbers, instants or durations"


# Syntax


def unexpected(found: str) -> str:
    return "the expression ends too early" if found in ("", "<EOF>") else f"{quoted(found)} cannot stand here"


def not_understood(found: str) -> str:
    return f"{quoted(found)} is not understood"


def unclosed_text() -> tuple[str, str]:
    return "the quoted text does not end", "close it with the quotation mark that it begins with"


def missing(sign: str) -> str:
    return f"a {quoted(sign)} is missing"


def reserved(name: str) -> tuple[str, str]:
    return f'"{name}" is a reserved word', "names of your own are possible instead"


def bad_number(found: str) -> tuple[str, str]:
    return f"{quoted(found)} is no number that can be kept", f"whole numbers go from -{INTEGER} to {INTEGER}"


def no_has() -> tuple[str, str]:
    return "has() asks for a field", "write has(case.field)"


def no_variable(macro: str) -> tuple[str, str]:
    return f"{macro}() first names its item by one word", f"write list.{macro}(item, ...)"


def dialect(found: str, written: str) -> tuple[str, str]:
    return f'CEL does not know "{found}"', f"write {written}"


def phrase() -> str:
    return "fixed text is {text: ...} or 'quoted' within the expression"


def unclosed_braces() -> tuple[str, str]:
    return 'the "{{" is not closed', 'close it with "}}"'


def bare_braces() -> tuple[str, str]:
    return 'the "}}" closes nothing', 'open it with "{{"'


# Constants


def no_duration(text: str) -> str:
    return f"{quoted(text)} is no duration; write for example 8h, 1h30m, 90s or PT8H"


def bad_constant(function: str, text: str) -> tuple[str, str]:
    match function:
        case "timestamp":
            return f"{quoted(text)} is no instant", "write for example 2026-03-02T09:00:00Z"
        case "matches":
            return f"{quoted(text)} is no regular expression", "RE2 syntax is possible, such as ^[0-9]{4}$"
        case "int":
            return f"{quoted(text)} is no whole number", "write the number itself"
        case _:
            return f"{quoted(text)} is no time zone", "write for example Europe/Warsaw or +01:00"


# At run time


def failed(text: str, problem: str) -> str:
    return f"{problem} (in: {text if len(text) <= _SHOWN * 2 else text[: _SHOWN * 2] + '...'})"


def absent(name: str) -> str:
    return f"there is no {quoted(name)}"


def no_item(index: str, size: str) -> str:
    return f"there is no item {index} in a list of {size}"


def cannot_take(function: str, kinds: str) -> str:
    return f'"{function}" cannot take ({kinds})'


def unusable() -> str:
    return "a value has the wrong type"


def by_zero() -> str:
    return "there is no division by zero"


def out_of_range() -> str:
    return f"the result leaves the range of whole numbers, instants or durations (numbers: up to {INTEGER})"


def too_many_rounds() -> str:
    return f"the loops take more than {bound.ITERATIONS - 1:,} rounds together"


def too_heavy(nodes: int) -> str:
    return f"its loops compare data of {nodes:,} values, and may do so with {bound.COMPARED:,}"


def too_many_items(items: int) -> str:
    return f"a list has {items:,} items, and map, filter and sums within loops may go through {bound.GONE_THROUGH:,}"


def integer_limit() -> str:
    return f"whole numbers go from -{INTEGER} to {INTEGER}"


def list_limit(length: int) -> str:
    return f"the list has {length:,} items and may have {LIST_LENGTH:,}"


def text_limit(length: int) -> str:
    return f"the text has {length:,} characters and may have {TEXT_LENGTH:,}"


def length_limit() -> str:
    return f"its texts have more than {bound.RESULT_LENGTH:,} characters together"


def depth_limit() -> str:
    return f"it is nested more than {DEPTH} deep"


def node_limit() -> str:
    return f"it has more than {NODES:,} values"


def not_a_number(path: str) -> str:
    return f"{path} is not a finite number"


def naive(path: str) -> str:
    return f"{path} is an instant without a time zone; write 2026-03-02T09:00:00Z"


def no_instant(path: str, text: str) -> str:
    return f"{path} is {quoted(text)}, which is no instant; write 2026-03-02T09:00:00Z"


def bad_text(path: str) -> str:
    return f"{path} holds a text with a NUL or half a character in it"


def no_data(path: str, kind: str) -> str:
    return f"{path} is a {kind}, which is no JSON data"


def no_key(path: str, key: Any) -> str:
    return f"{path} has the key {quoted(key)}, which is no text"


def no_result(kind: str) -> str:
    return f"the result is a {kind}, which cannot be kept as data"


def not_whole(value: Any) -> str:
    return f"sum() adds whole numbers, and {quoted(value)} is none"


def not_comparable() -> str:
    return "sorted() needs values of one type that have an order"


def _article(kind: str) -> str:
    if kind in ("true or false", "any value") or kind.startswith(("null", "bytes")):
        return kind
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
