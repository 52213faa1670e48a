"""Who does something."""

from __future__ import annotations

from dataclasses import dataclass

SYSTEM_ROLE = "system"
ASSIGNEE = "assignee"
RESERVED_ROLES = frozenset({SYSTEM_ROLE, ASSIGNEE})


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or program that sends events: an id, the roles it holds, the tags it carries.

    Where an actor is optional, `None` is the local operator: the host itself, who sees everything
    and may send the events that name nobody in `by`.
    """

    id: str
    roles: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{'+'.join(sorted(self.roles))}:{self.id}" if self.roles else self.id


SYSTEM = Actor("system", frozenset({SYSTEM_ROLE}))
"""The actor of every timer."""
