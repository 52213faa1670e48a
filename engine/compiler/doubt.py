"""What payouts say that is possible, and that hardly anybody means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from caseway.engine.compiler.compilation import Compilation, listed
from caseway.engine.compiler.items import CASE
from caseway.engine.compiler.likeness import are_alike, is_slip_of
from caseway.engine.compiler.unit import unit_doubts
from caseway.engine.expression import Schema
from caseway.engine.fault import Path
from caseway.engine.flaw import ALL, Look
from caseway.engine.shape import Shape

KNOWN = ("payable", "payouts", "cash", "points")
"""Accounts that are called so everywhere."""

_TEMPLATE = "{{"


@dataclass(frozen=True, slots=True)
class Loose:
    """A field that a payment needs, and whose declared shape lets in what makes it fail: its path, how the message goes on, what is possible.

    `path` is where it is read. `is_declarable`: its declaration can say so, which mends every place at once.
    """

    field: str
    told: str
    hint: str
    path: Path
    is_declarable: bool = True


@dataclass(frozen=True, slots=True)
class TakenBack:
    """An action that takes back: of which payout, and where."""

    payout: str
    path: Path


def loose(field: str, schema: Schema, look: Look, path: Path) -> Loose | None:
    """Return what can be wrong with a field of this shape that nothing but the payment would notice."""
    shape, kinds = Shape(schema), listed(schema.get("type"))

    def lets_in(value: Any) -> bool:
        return not shape.faults(value) and look(value) is not None

    if "string" in kinds and lets_in(""):
        is_declarable = schema.get("default") != "" or not field.startswith(CASE)
        hint = "declare minLength: 1 for it" if is_declarable else f"say when: {field} != ''"
        return Loose(field, "may be an empty text", hint, path, is_declarable)
    if "integer" not in kinds:
        return None
    if lets_in(-(schema.get("multipleOf") or 1)):
        return Loose(field, "may be less than 0", "declare minimum: 0 for it", path)
    if lets_in(ALL + 1):
        return Loose(field, f"may be more than {ALL}", f"declare maximum: {ALL} for it", path)
    return None


def doubts(
    compilation: Compilation,
    fields: Sequence[Loose],
    paid: Mapping[str, Sequence[Path]],
    taken: Sequence[TakenBack],
) -> None:
    """Warn of all of it, in a document that has no error. `paid` says where each payout is paid."""
    payouts: Mapping[str, Any] = compilation.content.get("payouts") or {}
    unit_doubts(compilation, payouts)
    _accounts(compilation, payouts)
    for at in (*(("payouts", name, "purpose") for name in payouts), *((*each.path, "purpose") for each in taken)):
        _purpose(compilation, at)
    told_of = set()
    for each in fields:
        key = (each.field, each.told, () if each.is_declarable else each.path)
        if (
            key not in told_of
            and not _is_guarded(compilation.content, each, paid)
            and not _is_filled_in(compilation, each)
        ):
            told_of.add(key)
            told = f"{each.field} {each.told}, and then the event that moves this money fails"
            compilation.warn("unsafe-field", told, each.path, each.hint)
    for action in taken:
        if action.payout not in paid:
            told = f'no action pays "{action.payout}", so this takes back nothing but what earlier versions paid'
            compilation.warn("paid-nowhere", told, action.path, f"add pay: {action.payout} where it is earned")


def _purpose(compilation: Compilation, path: Path) -> None:
    found = _found(compilation.content, path)
    texts = found.items() if isinstance(found, Mapping) else [("", found)]
    for language, text in texts:
        if isinstance(text, str) and _TEMPLATE in text:
            told = "a purpose is plain text: what stands in {{ }} is not filled in"
            at = (*path, language) if language else path
            compilation.warn("purpose-is-plain", told, at, "leave it out; the book names the case and the owner anyway")


# accounts


def _accounts(compilation: Compilation, payouts: Mapping[str, Any]) -> None:
    """Warn of accounts that are called nearly as another one is."""
    keys = ("account", "payer_account")
    written = [(rule[key], ("payouts", name, key)) for name, rule in payouts.items() for key in keys if key in rule]
    uses = Counter(account for account, _ in written)
    order = list(uses)
    for account, path in written:
        other = _meant(account, order, uses)
        if other is not None:
            told = f'the account "{account}" is another one than "{other}", and hardly differs from it'
            hint = f'did you mean "{other}"? else choose a name that nobody takes for it'
            compilation.warn("similar-account", told, path, hint)


def _meant(account: str, order: Sequence[str], uses: Mapping[str, int]) -> str | None:
    """Return the account for which one was probably mistyped: a well-known one, or one that is used more often, or as often and earlier."""
    if account in KNOWN:
        return None
    known = next((each for each in KNOWN if is_slip_of(account, each)), None)
    if known is not None or uses[account] > 1:
        return known
    rest = (each for each in order if each not in KNOWN and are_alike(account, each))
    return next((each for each in rest if uses[each] > 1 or order.index(each) < order.index(account)), None)


# guards


def _is_guarded(content: Mapping[str, Any], doubt: Loose, paid: Mapping[str, Sequence[Path]]) -> bool:
    """Say whether a guard looks at the field, of the payout or wherever it is paid: then somebody has thought of it."""
    if doubt.path[0] != "payouts":
        return _is_asked(content, doubt.field, doubt.path)
    sites = paid.get(str(doubt.path[1]), ())
    return _is_asked(content, doubt.field, doubt.path) or (
        bool(sites) and all(_is_asked(content, doubt.field, site) for site in sites)
    )


def _is_filled_in(compilation: Compilation, doubt: Loose) -> bool:
    """Say whether a field begins as an empty text on purpose: an action fills it in."""
    names = doubt.field.removeprefix(CASE).split(".")
    schema = compilation.data.at(names) if doubt.field.startswith(CASE) else None
    return (schema or {}).get("default") == "" and _is_set(compilation.content.get("states"), ".".join(names))


def _is_set(written: Any, field: str) -> bool:
    if isinstance(written, Mapping):
        fields = written.get("set")
        return (isinstance(fields, Mapping) and field in fields) or any(
            _is_set(each, field) for each in written.values()
        )
    return isinstance(written, list) and any(_is_set(each, field) for each in written)


def _is_asked(content: Mapping[str, Any], field: str, path: Path) -> bool:
    """Say whether a guard looks at a field that stands around what has this path."""
    word = re.compile(rf"(?<![\w.]){re.escape(field)}(?!\w)")
    conditions = content.get("conditions") or {}
    around = (_found(content, path[:end]) for end in range(1, len(path)))
    guards = (each.get(key) for each in around if isinstance(each, Mapping) for key in ("guard", "when"))
    return any(word.search(text) for guard in guards for text in _texts(guard, conditions))


def _texts(guard: Any, conditions: Mapping[str, Any]) -> Iterator[str]:
    """Yield the expressions of a guard, those of the conditions that it names among them."""
    if isinstance(guard, str):
        yield from _texts(conditions[guard], conditions) if guard in conditions else (guard,)
    elif isinstance(guard, Mapping | list):
        for each in guard.values() if isinstance(guard, Mapping) else guard:
            yield from _texts(each, conditions)


def _found(content: Any, path: Path) -> Any:
    """Return what stands at a path; None: nothing."""
    for key in path:
        if isinstance(content, Mapping):
            content = content.get(key)
        elif isinstance(content, list) and isinstance(key, int) and key < len(content):
            content = content[key]
        else:
            return None
    return content
