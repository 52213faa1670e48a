"""What is printed, and how: JSON for programs, plain tables and lines for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

T = TypeVar("T")

PLAIN_WIDTH = 100
"""Columns of what does not go to a terminal."""


def print_document(value: Any) -> None:
    """Print one JSON document."""
    click.echo(_json(value, indent=2))


def print_line(value: Any) -> None:
    """Print one line of JSON Lines. It reaches the reader with the next flush."""
    sys.stdout.write(_json(value) + "\n")


def _json(value: Any, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_written)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:  # a narrow terminal, or half a character in the data: JSON has escapes for both
        return json.dumps(value, indent=indent, default=_written)
    return text


def _written(value: Any) -> Any:
    """Write what facts may hold beyond JSON."""
    if isinstance(value, datetime):
        from caseway.engine.timestamp import instant_text

        return instant_text(value)
    return sorted(value, key=str) if isinstance(value, (set, frozenset)) else str(value)


def console(*, err: bool = False) -> Console:
    """Return a console that shows data as they are: no markup in them counts."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    width = None if stream.isatty() else PLAIN_WIDTH
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False, soft_wrap=False)


def print_shown(shown: RenderableType) -> None:
    """Print what rich shows, without the blanks at the ends of its lines."""
    out = console()
    with out.capture() as captured:
        out.print(shown)
    for line in captured.get().splitlines():
        click.echo(line.rstrip(" "), color=True)


def say(text: str) -> None:
    """Say something to people, beside the data."""
    from caseway.adapters.diagnostic import escaped

    click.echo(escaped(text), err=True)


@contextmanager
def saying_anyway(text: str) -> Iterator[None]:
    """Say to people what cannot be done again, where what the block prints does not reach its reader."""
    try:
        yield
        sys.stdout.flush()
    except OSError:
        say(text)
        raise


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """Return an empty table without lines, whose cells fold rather than lose anything."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        made.add_column(name, overflow="fold", justify="right" if name in right else "left")
    return made


def fields() -> Table:
    """Return an empty grid of labels and contents."""
    from rich.table import Table

    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    return made


def watched(items: Iterable[T], what: str) -> Iterator[T]:
    """Yield items, counting them on the terminal that people look at while they wait, where there is one."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}: {task.completed:.0f}", markup=False),
        console=console(err=True),
        transient=True,
        redirect_stdout=False,  # data are not talk
        redirect_stderr=False,
    ) as progress:
        task = progress.add_task(what, total=None)
        for item in items:
            yield item
            progress.advance(task)
