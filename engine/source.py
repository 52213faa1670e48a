"""The places of which an expression is made: those between which a process copies content."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from caseway.engine.spot import Spot, covers, keys_of

if TYPE_CHECKING:
    from caseway.engine.expression import Program

CASE, EVENT, LINK, ADDRESS, DOCUMENT, WORK = "case", "event", "link", "to", "document", "work"
"""What the places begin with between which is copied: the data of the case, of any event, of the cases that a link starts, whom a
message is for, what a document is made of, and whom the work of a state is for; each of the last four is followed by its name."""

ITEM = "item"
"""What an item that is changed is called."""

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_CHOOSING = re.compile(r"(?<=\w)\([^()\[\]]*\)|\[[^()\[\]]*\]")
_COMPOSING = re.compile(r"\+")


def is_near(place: Spot, other: Spot) -> bool:
    """Say whether one of two places is the other, or within it."""
    return covers(place, other) or covers(other, place)


def made_of(program: Program, item: Spot = ()) -> tuple[Spot, ...]:
    """Return the places whose values an expression uses. `item` is what that name stands for, if anything."""
    return tuple(each for path, whole in sorted(program.looks()) if whole and (each := _place(path, item)) is not None)


def is_whole(program: Program) -> bool:
    """Say whether an expression gives one of the values that it looks at as it is, as far as can be told, and composes nothing of them."""
    text = _QUOTED.sub("", program.text)
    while (plainer := _CHOOSING.sub("", text)) != text:
        text = plainer
    return _COMPOSING.search(text) is None


def _place(path: str, item: Spot) -> Spot | None:
    for name, place in (("event.data", (EVENT,)), (CASE, (CASE,)), (ITEM, item)):
        if place and path.startswith(name) and path[len(name) :][:1] in ("", ".", "["):
            return (*place, *keys_of(CASE + path.removeprefix(name)))
    return None
