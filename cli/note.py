"""Who did something, or why, as options take it."""

from __future__ import annotations

from typing import Any

import click


class Note(click.ParamType[str]):
    """A line of text."""

    name = "note"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from caseway.engine.settlement import NOTE_FORM, is_note

        if is_note(value):
            return str(value)
        return self.fail(f"{value!r:.60} is not {NOTE_FORM}.", param, ctx)
