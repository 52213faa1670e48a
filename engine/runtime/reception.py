"""Who acts: what a directory says of whoever comes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from caseway.engine.actor import PLATFORM, RESERVED_ROLES, Actor
from caseway.engine.case import Case
from caseway.engine.errors import InvalidInput, Refused
from caseway.engine.event import Event
from caseway.engine.outcome import Refusal
from caseway.engine.person import Person, admitted
from caseway.engine.ports import Directory, KeptDirectory, Loaded, Store

Met = dict[str, Person | None]
"""Whom the directory was asked about in one call, by id, and what it said: it is not asked twice."""


@dataclass(frozen=True, slots=True)
class Reception:
    """Asks the host's directory who somebody is, or the one that the store keeps."""

    store: Store
    own: Directory | None

    def directory(self) -> Directory:
        return self.own if self.own is not None else self.store.directory()

    def kept_directory(self) -> KeptDirectory:
        """Return the directory that can be written. Raises InvalidInput where the host has its own."""
        if self.own is not None:
            raise InvalidInput("This runtime was opened with a directory of the host's; its persons are kept there.")
        return self.store.directory()

    def load(self, case: str, event: str, actor: Actor | None, met: Met) -> Loaded:
        """Read a case, and with it the person who acts, where that is in the same database and not known yet."""
        if actor is None or self.own is not None or actor.id in met:
            return self.store.load(case, event)
        loaded = self.store.load(case, event, actor.id)
        met[actor.id] = loaded.person
        return loaded

    def seen(self, case: str, actor: Actor | None) -> tuple[Case, Actor | None]:
        """Read a case for somebody who looks at it; return who that is, too."""
        met: Met = {}
        found = self.load(case, "", actor, met).case
        return found, self.identified(actor, met)

    def meet(self, actors: Iterable[Actor | None]) -> Met:
        """Ask the directory about many actors at once."""
        ids = {actor.id for actor in actors if actor is not None}
        if self.own is not None:
            return {id_: self.own.person(id_) for id_ in ids}
        return {**dict.fromkeys(ids), **(self.store.directory().known(ids) if ids else {})}

    def identified(self, actor: Actor | None, met: Met | None = None) -> Actor | None:
        """Return who somebody is, for one who looks; raise Refused where they may not be whom they say."""
        if actor is None:
            return None
        unreserved(actor)
        outcome = self._admitted(actor, {} if met is None else met)
        if isinstance(outcome, Refusal):
            raise Refused(outcome)
        return outcome

    def introduced(self, event: Event, met: Met) -> Event | Refusal:
        """Return an event with its actor as the directory knows them, or why they may do nothing."""
        if event.actor is None or event.parent is not None:
            return event
        actor = self._admitted(event.actor, met)
        return actor if isinstance(actor, Refusal) else replace(event, actor=actor)

    def _admitted(self, actor: Actor, met: Met) -> Actor | Refusal:
        """Return an actor as the directory knows them, or why they may do nothing as whom they say they are."""
        if actor.id not in met:
            met[actor.id] = self.directory().person(actor.id)
        person = met[actor.id]
        if person is not None and person.id != actor.id:
            raise InvalidInput(
                f"The directory was asked for {actor.id} and told of {person.id}: ids are compared exactly."
            )
        return admitted(actor, person)


def unreserved(actor: Actor | None) -> Actor | None:
    """Return an actor who claims no role that is Caseway's own to give, and is not the platform itself. Raises InvalidInput."""
    if actor is not None and actor.id == PLATFORM:
        raise InvalidInput(f'Nobody can act as "{PLATFORM}": it is the owner of the platform\'s own accounts.')
    reserved = sorted(RESERVED_ROLES.intersection(actor.roles)) if actor is not None else ()
    if reserved:
        raise InvalidInput(f'Nobody can claim the role "{reserved[0]}": it is Caseway\'s own to give.')
    return actor
