"""Whether what an expression gives is what is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from caseway.engine.expression import kind, syntax, wording
from caseway.engine.expression.inference import Inference, Locals
from caseway.engine.expression.kind import NULL, Schema
from caseway.engine.expression.syntax import Call, Constant, Entries, Items, Node
from caseway.engine.fault import Fault, suggestion

_NONE: Locals = {}


@dataclass(frozen=True, slots=True)
class Fit:
    """Compares shapes; literals, lists and both sides of a choice part by part, so that a fault points at its part."""

    inference: Inference

    def faults(self, node: Node, wants: Schema | None) -> Iterator[Fault]:
        """Yield why the value of a node would not fit."""
        match node:
            case Call(function=syntax.CHOICE, arguments=(_, left, right)):
                yield from self.faults(left, wants)
                yield from self.faults(right, wants)
                return
            case Items(items=items) if wants is None or kind.kind(wants)[0] == "array":
                for item in items:
                    yield from self.faults(item, kind.items(wants))
                return
            case Entries(message="") if wants is None or kind.kind(wants)[0] == "object":
                yield from self._entries(node, wants)
                return
        found = self.inference.shape(node, _NONE)
        if found is not None:
            yield from self._value(node, found, wants)

    def _value(self, node: Node, found: Schema, wants: Schema | None) -> Iterator[Fault]:
        at = node.spot.offset
        base = kind.refined(found)
        if base in kind.INTERNAL:
            message, hint = wording.no_data_result(kind.described(found))
            yield Fault("result-type", message, hint=hint, offset=at)
        elif wants is kind.TEXTUAL and base in ("array", "object"):
            message, hint = wording.not_textual(kind.described(found))
            yield Fault("result-type", message, hint=hint, offset=at)
        elif base == "number" and (wants is None or wants is kind.TEXTUAL or kind.kind(wants)[0] == "integer"):
            message, hint = wording.floating()
            yield Fault("double", message, hint=hint, offset=at)
        elif wants is not None:
            yield from self._against(node, found, wants)

    def _against(self, node: Node, found: Schema, wants: Schema) -> Iterator[Fault]:
        at = node.spot.offset
        if problem := misfit(found, wants):
            yield Fault(
                "result-type",
                problem,
                hint=_hint(found, wants),
                offset=at,
                value=node.value if isinstance(node, Constant) else None,
            )
        elif "enum" in wants and "const" in found and found["const"] not in wants["enum"]:
            message = wording.not_in_enum(found["const"], "what is wanted here")
            hint = suggestion(str(found["const"]), map(str, wants["enum"]))
            yield Fault("not-in-enum", message, hint=hint, value=found["const"], offset=at)

    def _entries(self, node: Entries, wants: Schema | None) -> Iterator[Fault]:
        fields = (wants or {}).get("properties")
        free = (wants or {}).get("additionalProperties")
        named = set()
        for key, value in node.entries:
            name = key.value if isinstance(key, Constant) and isinstance(key.value, str) else None
            if name is None:
                yield from self.faults(value, free if isinstance(free, Mapping) else None)
                continue
            named.add(name)
            if fields is not None and name not in fields and not isinstance(free, Mapping):
                yield Fault(
                    "unknown-field",
                    wording.unknown_field("what is wanted here", name),
                    hint=suggestion(name, fields),
                    value=name,
                    offset=key.spot.offset,
                )
                continue
            yield from self.faults(value, kind.field(wants, name))
        for name in (wants or {}).get("required", ()):
            if (
                name not in named
                and kind.field(wants, name) is not None
                and "default" not in (kind.field(wants, name) or {})
            ):
                yield Fault(
                    "result-type",
                    wording.missing_part(name),
                    hint=f'write "{name}": ... into the map',
                    value=name,
                    offset=node.spot.offset,
                )


def misfit(found: Schema, wants: Schema, depth: int = 0) -> str | None:
    """Say why data of one shape do not fit another, or None. Null and enums are asked about elsewhere."""
    wanted, actual = kind.refined(wants), kind.refined(found)
    if wanted is None or actual is None:
        return None
    if found == NULL or actual == "null":
        return None if kind.nullable(wants) else wording.wrong_result(kind.described(wants), "null")
    if actual == "duration" and wanted == "string" and wants.get("format") == "duration":
        return None
    if actual != wanted and (actual, wanted) != ("integer", "number"):
        return wording.wrong_result(_wanted(wants), kind.described(found))
    if wanted == "array":
        inner, outer = kind.items(found), kind.items(wants)
        if inner and outer and misfit(inner, outer, depth + 1):
            return wording.wrong_result(_wanted(wants), kind.described(found))
    if wanted == "object":
        return _object_misfit(found, wants, depth)
    return None


def _object_misfit(found: Schema, wants: Schema, depth: int) -> str | None:
    fields = wants.get("properties") or {}
    free = wants.get("additionalProperties")
    for name, declared in (found.get("properties") or {}).items():
        target = fields.get(name) or (free if isinstance(free, Mapping) else None)
        if target is None:
            return wording.unknown_field("what is wanted here", name)
        if misfit(declared, target, depth + 1):
            return wording.wrong_part(f'the field "{name}"', kind.described(target), kind.described(declared))
    if "properties" in found:
        for name in wants.get("required", ()):
            if name not in found["properties"] and "default" not in fields.get(name, {}):
                return wording.missing_part(name)
    return None


def _wanted(wants: Schema) -> str:
    base, null = kind.kind(wants)
    return kind.described({**wants, "type": base}) if null and base else kind.described(wants)


def _hint(found: Schema, wants: Schema) -> str:
    wanted, actual = kind.refined(wants), kind.refined(found)
    if wanted == "string" and actual in ("integer", "number", "boolean", "instant", "duration"):
        return "write string(...) around it"
    if wanted == "instant" and actual == "string":
        return 'write timestamp("2026-03-02T09:00:00Z"), or declare the field with format: date-time'
    if wanted == "boolean":
        return "write a comparison, such as case.attempts >= 3"
    if wanted == "array" and kind.items(wants) is not None and actual == kind.refined(kind.items(wants) or {}):
        return "write [ ] around it"
    if wanted == "integer" and actual == "string":
        return "write int(...) around it"
    return ""
