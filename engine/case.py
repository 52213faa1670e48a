"""One running instance of a process, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Configuration = tuple[str, ...]
"""The active leaves, as state paths, in document order."""

Memory = tuple[tuple[str, Configuration], ...]
"""What each history state remembers, by path, sorted."""


@dataclass(frozen=True, slots=True)
class Timer:
    """An event that the clock will send.

    `id` is the id of the effect that armed it, and will be the id of the event. `name` is the event that
    it sends. `fault` says why it was set aside, where its firing failed.
    """

    id: str
    name: str
    due: datetime
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A state's offer to people. `candidates` is None where anyone with the role may claim.

    Who passed stays passed when the state is entered again; `offered` is false once claimed or left.
    """

    state: str
    role: str | None
    candidates: tuple[str, ...] | None = None
    passed: tuple[str, ...] = ()
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """Everything there is to know about a case now. Instants are UTC; `data` is JSON.

    `definition` is the content hash of the version that the case is pinned to. `entered` says since when
    each active state (leaf or not) has been active. Revision 0 has not been opened yet.
    """

    id: str
    process: str
    version: int
    definition: str
    revision: int = 0
    configuration: Configuration = ()
    memory: Memory = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    timers: tuple[Timer, ...] = ()
    work: tuple[Work, ...] = ()
    assignee: str | None = None
    entered: Mapping[str, datetime] = field(default_factory=dict)
    opened_at: datetime | None = None
    last_at: datetime | None = None
    closed: bool = False
    final: bool = False
