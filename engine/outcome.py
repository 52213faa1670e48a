"""What came of an event: a Step or a Refusal, and the journal's line about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from caseway.engine.case import Case, Configuration, Load
from caseway.engine.effect import Effect
from caseway.engine.event import Event

if TYPE_CHECKING:
    from caseway.engine.erasure import Erasure
    from caseway.engine.errors import CasewayError


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event did nothing. `code` is stable kebab-case; `message` is a sentence for people."""

    code: str
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One run-to-completion reaction: the case before, the case after, and what is to be done.

    `transitions` names what was taken, in order. `refusal` is set only where a timer fired in vain: the
    firing consumes the timer, so it is a step of its own, in which nothing else happens than that the next of a series is armed.
    `load` is what it relied on where it gives somebody work whose amount is bounded. `erasures` is what is to be taken out of all that
    was written before, together with this step.
    """

    event: Event
    at: datetime
    before: Case
    after: Case
    transitions: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    refusal: Refusal | None = None
    load: Load | None = None
    erasures: tuple[Erasure, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A Step as the journal keeps it: one line per revision of a case.

    `source` and `target` are the configurations before and after. `change` is the difference between the
    two cases in JSON (see `journal.difference`); folding the changes of all entries gives the case. `withheld` names what is left
    out because it is not for the actor to see to whom this is shown; in the journal itself nothing is. `redacted` are the revisions at which content was taken out of this line.
    """

    case: str
    revision: int
    process: str
    version: int
    definition: str
    event: Event
    at: datetime
    source: Configuration
    target: Configuration
    change: Mapping[str, Any]
    transitions: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    refusal: Refusal | None = None
    withheld: tuple[str, ...] = ()
    redacted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one event of many: the journal entry, or the error that `send` would have raised."""

    case: str
    event: Event
    entry: Entry | None
    error: CasewayError | None


class Unread(Exception):  # noqa: N818  # no error: whoever runs the step answers it
    """A step needs to know of once keys whether they are taken. It has changed nothing, and is to be run again with the answer."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys


@dataclass(slots=True)
class JournalLine:
    """What a report needs of an Entry; `event` is its name.

    Not frozen: there are millions of them, and a frozen one takes three times as long to make.
    """

    case: str
    at: datetime
    event: str
    target: Configuration
    change: Mapping[str, Any]
