"""Redactions: the step that one is, and what it makes of all that was written about the case before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from caseway.engine.actor import Actor
from caseway.engine.case import Case, Tombstone
from caseway.engine.effect import AlreadyPaid, ClawBack, Outbound, Payout
from caseway.engine.erasure import Erasure
from caseway.engine.errors import InvalidInput
from caseway.engine.event import REDACTED, Event
from caseway.engine.journal import replay
from caseway.engine.link import parent_of
from caseway.engine.outcome import Entry, Refusal, Step
from caseway.engine.spot import NoSpot, Spot, lost, parse_spot, swept, texts_in, values_at
from caseway.engine.spread import SHORTEST, is_searchable
from caseway.engine.visibility import is_one_of

if TYPE_CHECKING:
    from caseway.engine.definition import Definition

LONGEST = 200
"""How many characters a reason may have."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants redacted: places in the data, texts wherever they stand, the event data of lines of the journal; and why."""

    reason: str
    paths: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    revisions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Redaction:
    """What came of a redaction. `entry` is the line of the journal that says so; None: nothing of it was there (any more).

    `lines` and `messages` count what was rewritten in the journal and in the outbox, `files` what a delivery wrote anew. `linked` are the cases that had been told of
    it, `copies` the copies of the database that were rewritten. `too_short` counts texts that are gone from their place and were
    searched for nowhere else. `kept` says where a text still stands, since who did what, and who was paid, is not redacted.
    """

    case: str
    entry: Entry | None
    lines: int = 0
    messages: int = 0
    files: int = 0
    linked: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    too_short: int = 0
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A redacting step, and what was written before that it changes."""

    step: Step
    lines: tuple[Entry, ...]
    messages: tuple[Outbound, ...]
    is_idle: bool
    """Nothing of it was there."""


def objection(definition: Definition, case: Case, actor: Actor | None) -> Refusal | None:
    """Say why an actor may not redact a case; the local operator may."""
    if actor is None or is_one_of(definition.redactors, case, actor):
        return None
    may = " or ".join(definition.redactors)
    hint = (
        f"only {may} may" if may else f"{definition.process} names nobody in `redact`, so only the local operator may"
    )
    told = f"{actor} may not redact case {case.id}: {hint}."
    return Refusal("not-allowed", told, {"actor": str(actor), "by": list(definition.redactors)})


def erasure_of(definition: Definition, case: Case, wanted: Wanted, lines: Sequence[Entry]) -> Erasure:
    """Return what erases what is wanted, as far as its form goes. Raises InvalidInput."""
    reason = wanted.reason.strip()
    if not reason or len(reason) > LONGEST or not reason.isprintable():
        raise InvalidInput(
            f"A redaction needs a reason: 1 to {LONGEST} printable characters, which stay for all to read."
        )
    if not (wanted.paths or wanted.texts or wanted.revisions):
        raise InvalidInput("Say what is to be redacted: a path such as case.notes, a text, or a revision.")
    spots = tuple(_spot(definition, case, path) for path in wanted.paths)
    unknown = sorted(set(wanted.revisions) - {line.revision for line in lines})
    if unknown:
        raise InvalidInput(f"Case {case.id} has no revision {unknown[0]}: its journal ends at {case.revision}.")
    made = Erasure(definition, reason, spots, frozenset(wanted.texts), frozenset(wanted.revisions))
    for text in wanted.texts:
        if not is_searchable(text, made.mark):
            raise InvalidInput(_unsearchable(text))
    return made


def redact(case: Case, event: Event, now: datetime, erasure: Erasure, paths: Iterable[str]) -> Step:
    """Return the step by which a person redacts a case. Nothing but its content changes: no timer, no state, no work."""
    at = max(now, case.last_at) if case.last_at else now
    by = None if event.actor is None else str(event.actor)
    after = erasure.case(case)
    stone = Tombstone(
        tuple(dict.fromkeys((*paths, *swept(case.data, after.data, erasure.spots)))),
        erasure.reason,
        at,
        by,
        case.revision + 1,
        tuple(dict.fromkeys(lost(case.data, after.data, erasure.spots))),
    )
    stone = erasure.tombstone(stone)
    after = replace(after, revision=case.revision + 1, last_at=at, tombstones=(*after.tombstones, stone))
    data = {**event.data, "paths": list(stone.paths), "reason": stone.reason}
    return Step(replace(event, data=data), at, case, after, erasures=(erasure,))


def redacting(step: Step, erasures: Sequence[Erasure]) -> Step:
    """Return a step that takes content out of all that was written before, and leaves none of it behind itself."""
    for erasure in erasures:
        step = erasure.step(step)
    return replace(step, erasures=tuple(erasures))


def rewriting(step: Step, lines: Sequence[Entry], sent: Sequence[Outbound]) -> Rewriting:
    """Return what a redacting step changes of what was written before it: lines of the journal, and what is in the outbox."""
    erasures = [
        erasure.learned(
            lines, replace(step.before, tombstones=step.after.tombstones[: len(step.before.tombstones) + nth])
        )
        for nth, erasure in enumerate(step.erasures)  # each found what those before it had left
    ]
    redone = [(line, _erased(line, erasures, step.after.revision)) for line in lines]
    done = _grounded(_named(step, redacting(step, erasures)), [new for _, new in redone])
    changed = tuple(new for old, new in redone if new is not old)
    resent = tuple(new for old in sent if (new := _resent(old, erasures)) != old)
    content = replace(done.after, revision=0, last_at=None, tombstones=done.before.tombstones)
    is_idle = not changed and not resent and content == replace(done.before, revision=0, last_at=None)
    return Rewriting(done, changed, resent, is_idle)


def _named(step: Step, done: Step) -> Step:
    """Return a redacting step whose tombstone knows what its journal showed to be somebody's content besides."""
    more = tuple(swept(step.after.data, done.after.data, ()))
    *others, stone = done.after.tombstones
    if not more or stone.lost is None:
        return done
    told = replace(stone, lost=tuple(dict.fromkeys((*stone.lost, *more))))
    return replace(done, after=replace(done.after, tombstones=(*others, told)))


def _grounded(step: Step, lines: Sequence[Entry]) -> Step:
    """Return a step that says of each field what it is now, where the rewritten journal does not come to that any more."""
    folded = replay(lines)
    data, before = ({} if folded is None else folded.data), step.before.data
    lost = {
        name: data.get(name)
        for name, value in step.after.data.items()
        if name in before and before[name] == value and data.get(name) != value
    }
    return replace(step, before=replace(step.before, data={**before, **lost})) if lost else step


def followed(
    case: Case, definition: Definition, source: Step, lines: Sequence[Entry], passed_on: Iterable[Erasure]
) -> Step:
    """Return the step by which a linked case loses what another one, which told it of that, redacts.

    `passed_on` is what the case that started this one loses.
    """
    texts = frozenset(text for erasure in source.erasures for text in erasure.texts)
    link = parent_of(case.links)
    traces = frozenset(trace for erasure in passed_on for trace in (erasure.passed_on(link.name) if link else ()))
    erasure = Erasure(definition, source.erasures[-1].reason, texts=texts, traces=traces).learned(lines, case)
    origin = source.after
    event = Event(REDACTED, {"from": origin.id}, f"{origin.id}:{source.event.id}:redacted", source.event.actor)
    return redact(case, event, source.at, erasure, ())


def hits(data: Any, erasure: Erasure, path: str = "case") -> Iterator[str]:
    """Yield the places in the data of the texts that are searched for."""
    match data:
        case str():
            if erasure.words(data) != data:
                yield path
        case dict():
            for name, each in data.items():
                yield from hits(each, erasure, f"{path}.{name}")
        case list():
            for index, each in enumerate(data):
                yield from hits(each, erasure, f"{path}[{index}]")


def too_short(data: Any, spots: Iterable[Spot]) -> int:
    """Count the texts at some places that are too short to be searched for."""
    return sum(
        1 for spot in spots for value in values_at(data, spot) for text in texts_in(value) if len(text) < SHORTEST
    )


def kept(lines: Iterable[Entry], case: Case, erasures: Iterable[Erasure]) -> tuple[str, ...]:
    """Say where a text that was erased still stands: in ids, and in who did what and who was paid."""
    found: dict[str, None] = {}
    for erasure in erasures:
        for name, text in _identities(lines, case):
            # The book keeps ids composed, and the data may have them otherwise.
            if text and any(erasure.words(each) != each for each in (text, normalize("NFD", text))):
                found[name] = None
    return tuple(found)


def _spot(definition: Definition, case: Case, path: str) -> Spot:
    try:
        spot = parse_spot(path, definition.data.schema)
    except NoSpot as error:
        raise InvalidInput(f"{error.message}; {error.hint.rstrip('.')}") from None
    for depth, key in enumerate(spot):
        if isinstance(key, int):
            lists = [value for value in values_at(case.data, spot[:depth]) if isinstance(value, list)]
            if not any(key < len(value) for value in lists):
                held = max(map(len, lists), default=0)
                raise InvalidInput(f"{path}: the list has {held} items, counted from 0.")
    return spot


def _unsearchable(text: str) -> str:
    if len(text.strip()) < SHORTEST:
        return (
            f"A text of less than {SHORTEST} characters stands in too many words to be searched for. "
            "Name the place instead, such as case.notes."
        )
    return "The reason says the text again, and the reason stays. Give a reason without it."


def _erased(line: Entry, erasures: Iterable[Erasure], revision: int) -> Entry:
    made = line
    for erasure in erasures:
        made = erasure.entry(made)
    return line if made == line else replace(made, redacted=(*line.redacted, revision))


def _resent(effect: Outbound, erasures: Iterable[Erasure]) -> Outbound:
    made: Any = effect
    for erasure in erasures:
        made = erasure.effect(made)
    found: Outbound = made
    return found


def _identities(lines: Iterable[Entry], case: Case) -> Iterator[tuple[str, str | None]]:
    yield "the id of the case", case.id
    yield "the assignee", case.assignee
    for work in case.work:
        for person in (work.holder, *work.passed, *work.had, *work.done):
            yield f"the people of the work in {work.state}", person
        yield f"the items of the work in {work.state}", work.item
    for line in lines:
        yield f"the event id of revision {line.revision}", line.event.id
        if line.event.actor is not None:
            yield f"who acted at revision {line.revision}", line.event.actor.id
        for effect in line.effects:
            if isinstance(effect, (Payout, ClawBack)):
                yield f"the ledger, by revision {line.revision}", f"{effect.payee}\n{effect.payer}"
            if isinstance(effect, (Payout, AlreadyPaid)):
                yield f"the once key of revision {line.revision}", effect.once
