"""What a benchmark prints: tables in Markdown, and goals that are met or missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.rounds import Timing


@dataclass(frozen=True, slots=True)
class Goal:
    """What was to be reached, and what was measured; `most` where less is better."""

    what: str
    measured: float
    least: float | None = None
    most: float | None = None
    unit: str = "x"

    @property
    def met(self) -> bool:
        return (self.least is None or self.measured >= self.least) and (self.most is None or self.measured <= self.most)

    def __str__(self) -> str:
        wanted = f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"
        return f"{'pass' if self.met else 'FAIL'}  {self.what}: {self.measured:.2f} {self.unit} ({wanted})"


@dataclass(frozen=True, slots=True)
class Report:
    """What one benchmark found: a heading, tables, goals."""

    title: str
    tables: tuple[str, ...]
    goals: tuple[Goal, ...] = field(default=())

    def __str__(self) -> str:
        goals = "\n".join(f"    {goal}" for goal in self.goals)
        return "\n\n".join(filter(None, (f"## {self.title}", *self.tables, goals)))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay rows out as a Markdown table, the first column to the left, the others to the right."""
    lines = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(heads), *lines]) for column in range(len(heads))]
    written = ["| " + " | ".join(_cells(line, widths)) + " |" for line in [list(heads), *lines]]
    rule = "|".join("-" * (width + 2) if not column else "-" * (width + 1) + ":" for column, width in enumerate(widths))
    return "\n".join([written[0], f"|{rule}|", *written[1:]])


def rates(what: str, found: Sequence[Timing], reference: int = 0, *, by_clock: bool = False) -> str:
    """Lay out how often each arm does its work in a second, and how that compares with one of them."""
    base = found[reference]
    rows = (
        [
            each.name,
            f"{each.per_second:,.0f}",
            f"{each.per_wall_second:,.0f}",
            "1" if each is base else f"{each.faster_than(base, by_clock=by_clock):.2f}",
        ]
        for each in found
    )
    compared = f"times {base.name}" + (", by clock" if by_clock else "")
    heads = [what, "per second of processor", "per second of clock", compared]
    return table(heads, rows)


def costs(what: str, found: Sequence[Timing], reference: Timing) -> str:
    """Lay out what one time costs each arm, here and at the server, how many there are by the clock, and how that compares."""
    rows = (
        [
            each.name,
            *(f"{part:,.0f}" for part in each.microseconds),
            f"{each.per_wall_second:,.0f}",
            "1" if each is reference else f"{each.faster_than(reference, by_clock=True):.2f}",
            "1" if each is reference else f"{sum(reference.microseconds) / sum(each.microseconds):.2f}",
        ]
        for each in found
    )
    compared = f"times {reference.name}, by clock", "by processor"
    heads = [what, "µs of processor here", "µs at the server", "per second of clock", *compared]
    return table(heads, rows)


def seconds(what: str, found: Sequence[Timing], reference: int = 0) -> str:
    """Lay out how many seconds each takes, and how that compares with one of them."""
    base = found[reference]
    rows = (
        [
            each.name,
            f"{1 / each.per_second:.3f}",
            f"{1 / each.per_wall_second:.3f}",
            "1" if each is base else f"{base.faster_than(each):.2f}",
        ]
        for each in found
    )
    return table([what, "seconds of processor", "seconds of clock", f"times {base.name}"], rows)


def _cells(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]
