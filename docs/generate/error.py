"""The page of errors, refusals and diagnostics."""

from __future__ import annotations

from collections.abc import Iterator

from caseway.adapters import checked_file as _checked_file  # noqa: F401  # declares errors of its own
from caseway.adapters import sql as _sql  # noqa: F401  # may declare errors of its own
from caseway.cli.failure import exit_code
from caseway.engine.errors import CasewayError
from docs.codes import is_warning, meanings
from docs.generate.markdown import NOTE, first, table


def errors() -> str:
    """Write the page of errors and codes."""
    intro = """# Errors and codes

Every error that Caseway raises on purpose is a `CasewayError`: a stable `code`, a sentence, and `facts`. The branches say who can do
something about it: the author of a process (`DefinitionError`), the caller (`CaseError`), or time (`WorldError`)."""
    told = [
        ("class", "code", "exit code", "meaning"),
        *(
            (f"{'&nbsp;&nbsp;' * depth}`{kind.__name__}`", f"`{kind.code}`", _exit(kind), first(kind))
            for kind, depth in _family(CasewayError, 0)
        ),
    ]
    parts = [NOTE, intro, table(told[0], told[1:])]
    parts += [
        """On the command line `usage` (exit code 2) stands for a command line that is wrong, `invalid-line` (exit code 4) for a line of a
batch that is no event, and `bug` (exit code 1) for an error that Caseway did not raise on purpose.""",
        f"""## Refusals

A `Refusal` says why an event did nothing. It is raised as `Refused` (exit code 4), whose `refusal` has this code, a sentence and facts.
On the command line, in JSON, `code` is the refusal's own.

{_meanings("refusal")}""",
        f"""## Failures of expressions at run time

What a `FaultyStep` tells about an expression is one of these. `caseway check` finds most of them beforehand.

{_meanings("evaluation")}""",
    ]
    parts.append("""## Diagnostics

What `caseway check` reports, as `FILE:LINE:COLUMN: CODE: what is wrong; what is possible instead`. Errors end with exit code 3; a
document with nothing but warnings is sound.""")
    for part, title in (
        ("file", "Files and YAML"),
        ("shape", "The form of a document, and of data"),
        ("meaning", "What a process or scenario means"),
        ("expression", "Expressions"),
    ):
        parts.append(f"### {title}\n\n{_diagnostics(part)}")
    return "\n\n".join(parts) + "\n"


def _family(kind: type[CasewayError], depth: int) -> Iterator[tuple[type[CasewayError], int]]:
    yield kind, depth
    for each in kind.__subclasses__():
        if not each.__module__.startswith("caseway."):
            continue
        yield from _family(each, depth + 1)


def _exit(kind: type[CasewayError]) -> str:
    return str(exit_code(kind.__new__(kind))) if kind is not CasewayError else ""


def _meanings(part: str) -> str:
    return table(("code", "meaning"), [(f"`{code}`", told) for code, told in meanings()[part].items()])


def _diagnostics(part: str) -> str:
    rows = [(f"`{code}`", "warning" if is_warning(code) else "error", told) for code, told in meanings()[part].items()]
    return table(("code", "severity", "meaning"), rows)
