"""What a transition, an entry or an exit does to the case. Each action works on one step's Reaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caseway.engine.expression import ExpressionError, Template
from caseway.engine.guard import Faulty, Guard
from caseway.engine.link import CHILDREN
from caseway.engine.loss import is_known, refuse_lost
from caseway.engine.moment import Moment
from caseway.engine.payout import MoveNothing, Pay, TakeBack
from caseway.engine.source import made_of
from caseway.engine.sparing import spared
from caseway.engine.spot import Spot
from caseway.engine.taking import Taking, Trace
from caseway.engine.timer import cancel
from caseway.engine.value import Computed, Delay, Fields, Value, found, replaced

if TYPE_CHECKING:
    from caseway.engine.document import DocumentRule
    from caseway.engine.reaction import Reaction

FieldPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """Give fields of the case's data new values, all computed before any is given."""

    fields: tuple[tuple[FieldPath, Value], ...]

    def perform(self, reaction: Reaction) -> None:
        activation = reaction.activation
        known = [path for path, value in self.fields if reaction.tombstones and is_known(reaction, value)]
        reaction.give([(path, value.evaluate(activation)) for path, value in self.fields])
        if known:
            reaction.renew(known)


@dataclass(frozen=True, slots=True)
class Append:
    """Put an item at the end of a list of the case's data."""

    to: FieldPath
    item: Value

    def perform(self, reaction: Reaction) -> None:
        items = found(reaction.data, self.to) or []
        reaction.give([(self.to, [*items, self.item.evaluate(reaction.activation)])])


@dataclass(frozen=True, slots=True)
class Change:
    """Give fields of a list's items new values: of every item, or of those for which `where` holds."""

    among: FieldPath
    where: Guard | None
    fields: tuple[tuple[FieldPath, Value], ...]

    def perform(self, reaction: Reaction) -> None:
        items = [self._changed(item, reaction) for item in found(reaction.data, self.among) or []]
        reaction.give([(self.among, items)])

    def _changed(self, item: Any, reaction: Reaction) -> Any:
        activation = reaction.activation.extended(item=item)
        if self.where is not None and not self.where.holds(activation):
            return item
        values = [(path, value.evaluate(activation)) for path, value in self.fields]
        for path, value in values:
            item = replaced(item, path, value)
        return item


@dataclass(frozen=True, slots=True)
class Remove:
    """Take the items for which `where` holds out of a list of the case's data."""

    among: FieldPath
    where: Guard

    def perform(self, reaction: Reaction) -> None:
        activation = reaction.activation
        items = found(reaction.data, self.among) or []
        kept = [item for item in items if not self.where.holds(activation.extended(item=item))]
        reaction.give([(self.among, kept)])


@dataclass(frozen=True, slots=True)
class Raise:
    """Let the case itself send an event, which runs before any from outside. Its data must fit, as any event's."""

    event: str
    data: Fields
    place: str

    def perform(self, reaction: Reaction) -> None:
        shape = reaction.definition.events[self.event].data
        data = shape.complete(self.data.evaluate(reaction.activation))
        faults = spared(shape, data, None, reaction.tombstones)
        if faults:
            raise Faulty(self.place, self.event, f"its data do not fit: {faults[0].message}")
        reaction.raise_event(self.event, data)


@dataclass(frozen=True, slots=True)
class Arm:
    """Have the clock send an event after a while or at a moment in the data; one armed before under this name is void."""

    timer: str
    when: Delay | Moment

    def perform(self, reaction: Reaction) -> None:
        due = self.when.due(reaction)
        if due is None:
            reaction.void(self.timer)
        else:
            reaction.arm(self.timer, due)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Make a timer void, if it is armed."""

    timer: str

    def perform(self, reaction: Reaction) -> None:
        cancel(self.timer, reaction)


@dataclass(frozen=True, slots=True)
class Tell:
    """Send a message to each of its recipients, once each, in order."""

    message: str
    to: Value
    subject: Mapping[str, Template]
    body: Mapping[str, Template]
    place: str
    attached: tuple[DocumentRule, ...] = ()

    def perform(self, reaction: Reaction) -> None:
        activation = reaction.activation
        recipients = self.to.evaluate(activation)
        subject = {language: self._text(template, reaction) for language, template in self.subject.items()}
        body = {language: self._text(template, reaction) for language, template in self.body.items()}
        definition, now = reaction.definition.hash, reaction.now
        attached = tuple(each.attachment(definition, activation, now) for each in self.attached)
        for recipient in dict.fromkeys([recipients] if isinstance(recipients, str) else recipients):
            reaction.tell(self.message, recipient, subject, body, attached)

    def _text(self, template: Template, reaction: Reaction) -> str:
        try:
            return template.render(reaction.activation)
        except ExpressionError as error:
            raise Faulty(self.place, template.text, str(error)) from error


@dataclass(frozen=True, slots=True)
class When:
    """An action that is left out where its guard says no, or has another done in its place."""

    guard: Guard
    action: Action
    otherwise: Action | None = None

    def perform(self, reaction: Reaction) -> None:
        if isinstance(self.action, Pay | TakeBack):
            refuse_lost(reaction, self.action.place, self.guard)
        if self.guard.holds(reaction.activation):
            self.action.perform(reaction)
        elif self.otherwise is not None:
            self.otherwise.perform(reaction)


@dataclass(frozen=True, slots=True)
class Start:
    """Have another case started, and keep the link to it."""

    link: str
    process: str
    data: Value
    place: str

    def perform(self, reaction: Reaction) -> None:
        if len(reaction.links) >= CHILDREN:
            raise Faulty(self.place, self.process, f"a case can be linked to {CHILDREN} others at most")
        reaction.start(self, self.data.evaluate(reaction.activation))


@dataclass(frozen=True, slots=True)
class Redact:
    """Take what stands at places of the data out of them, and out of all that was written about the case."""

    spots: tuple[Spot, ...]
    reason: str

    def perform(self, reaction: Reaction) -> None:
        reaction.redact(self.spots, self.reason)


@dataclass(frozen=True, slots=True)
class RedactItems:
    """Take fields of those items of a list for which `where` holds out of them, or only a text in these, and out of all that was written about the case.

    `name` is what expressions call an item. An item that has nothing of it is none of those. `fields` are places within an item; () is all of it.
    """

    among: FieldPath
    name: str
    where: Guard | None
    fields: tuple[Spot, ...]
    text: Value | None
    reason: str
    place: str

    def perform(self, reaction: Reaction) -> None:
        activation = reaction.activation
        listed = tuple(found(reaction.data, self.among) or ())
        part = None if self.text is None else self._part(self.text, reaction)
        chosen = frozenset(
            index
            for index, item in enumerate(listed)
            if self.where is None or self.where.holds(activation.extended(**{self.name: item}))
        )
        taking = Taking(self.among, listed, chosen, self.fields, part).narrowed(reaction.marks)
        if taking.chosen:
            reaction.take(taking, self._named(part), self.reason)

    def _part(self, text: Value, reaction: Reaction) -> str:
        part: str = text.evaluate(reaction.activation)
        if not part:
            told = text.program.text if isinstance(text, Computed) else "''"
            raise Faulty(
                f"{self.place}.text", told, "an empty text stands everywhere; leave out text where all of it is to go"
            )
        return part

    def _named(self, part: str | None) -> Iterator[Trace]:
        """Yield what says the text that is to go."""
        if part is not None and isinstance(self.text, Computed):
            for place in made_of(self.text.program):
                yield Trace(place, part)


Action = (
    Set
    | Append
    | Change
    | Remove
    | Raise
    | Arm
    | Cancel
    | Tell
    | Pay
    | TakeBack
    | MoveNothing
    | Start
    | Redact
    | RedactItems
    | When
)
