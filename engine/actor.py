"""Who does something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SYSTEM_ROLE = "system"
ASSIGNEE = "assignee"
RESERVED_ROLES = frozenset({SYSTEM_ROLE, ASSIGNEE})

PLATFORM = "platform"
"""The owner of the platform's own accounts. It is nobody: no actor has this id, and so none sees these accounts as their own."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or program that sends events: an id, the roles it holds, the tags it carries.

    `languages` (in order of preference) and `limits` (of work at a time, by process) are told by a directory. They do not
    make somebody else of an actor, and no journal keeps them.

    Where an actor is optional, `None` is the local operator: the host itself, who sees everything
    and may send the events that name nobody in `by`.
    """

    id: str
    roles: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    languages: tuple[str, ...] = field(default=(), compare=False)
    limits: Mapping[str, int] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        return f"{'+'.join(sorted(self.roles))}:{self.id}" if self.roles else self.id


def spoken(asked: str | None, actor: Actor | None) -> str:
    """Return the language to answer in: the one asked for, or the actor's first, or English."""
    return asked or next(iter(actor.languages if actor else ()), "en")


SYSTEM = Actor("system", frozenset({SYSTEM_ROLE}))
"""The actor of every timer."""
