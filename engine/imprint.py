"""What an expression left in a text that was made of a template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from caseway.engine.expression import Program, Template


def replaced_in(rendered: str, template: Template, nth: int, old: str, new: str) -> str:
    """Return a rendered text in which the nth part of its template, an expression, gave `new` where it gave `old`.

    Other texts that say the same are let be. Where several places might be the one, none is left out.
    """
    before, after = _fixed(template.parts[:nth]), _fixed(template.parts[nth + 1 :])
    first, last = _head(rendered, before), _tail(rendered, after)
    if first is None or last is None or not old:
        return rendered
    made, done = [], 0
    for at in _occurrences(rendered, old):
        end = at + len(old)
        fits = (at == first if len(before) == 1 else at >= first and rendered.endswith(before[-1], done, at)) and (
            end == last if len(after) == 1 else end <= last and rendered.startswith(after[0], end)
        )
        if fits and at >= done:
            made += [rendered[done:at], new]
            done = end
    return "".join([*made, rendered[done:]])


def _fixed(parts: Sequence[str | Program]) -> list[str]:
    """Return the fixed texts before, between and after the expressions of some parts."""
    made = [""]
    for part in parts:
        if isinstance(part, str):
            made[-1] += part
        else:
            made.append("")
    return made


def _head(rendered: str, fixed: Sequence[str]) -> int | None:
    """Return where at the earliest all of a text has stood that comes before; None: it does not stand there."""
    if not rendered.startswith(fixed[0]):
        return None
    at = len(fixed[0])
    for text in fixed[1:]:
        found = rendered.find(text, at)
        if found < 0:
            return None
        at = found + len(text)
    return at


def _tail(rendered: str, fixed: Sequence[str]) -> int | None:
    """Return where at the latest all of a text begins that comes behind; None: it does not stand there."""
    if not rendered.endswith(fixed[-1]):
        return None
    at = len(rendered) - len(fixed[-1])
    for text in reversed(fixed[:-1]):
        at = rendered.rfind(text, 0, at)
        if at < 0:
            return None
    return at


def _occurrences(rendered: str, text: str) -> Iterator[int]:
    at = rendered.find(text)
    while at >= 0:
        yield at
        at = rendered.find(text, at + 1)
