"""How reports count the cases of a process: by which text in their data, per what, and in whose days."""

from __future__ import annotations

from caseway.engine.compiler.compilation import Compilation
from caseway.engine.definition import ReportRule
from caseway.engine.fault import Path, suggestion
from caseway.engine.report import is_text, shapes_along


def report_rule(compilation: Compilation) -> ReportRule:
    """Compile what a process says of its reports. Faults are reported; what is not said, or faulty, is as without it."""
    written = compilation.content.get("report") or {}
    rule = ReportRule()
    return ReportRule(
        by=_by(compilation, written["by"]) if "by" in written else rule.by,
        per=written.get("per", rule.per),
        zone=_zone(compilation, written["calendar"], rule.zone) if "calendar" in written else rule.zone,
    )


def _by(compilation: Compilation, written: str) -> tuple[str, ...] | None:
    path: Path = ("report", "by")
    names = written.split(".")[1:]
    shapes = list(shapes_along(compilation.data.schema, names))
    if len(shapes) < len(names):
        last = shapes[-1] if shapes else compilation.data.schema
        missing = names[len(shapes)]
        hint = suggestion(missing, last.get("properties") or {})
        compilation.fault("unknown-field", f'"{written}" is not a field of the data', path, hint, value=missing)
        return None
    if not is_text(shapes[-1]):
        told = f'"{written}" holds no text, so it cannot name groups of cases'
        compilation.fault("not-a-text", told, path, "name a field with type: string", value=names[-1])
        return None
    return tuple(names)


def _zone(compilation: Compilation, name: str, otherwise: str) -> str:
    calendars = compilation.calendars
    is_known = compilation.known("calendar", name, calendars, ("report", "calendar"))
    return calendars[name].zone if is_known else otherwise
