"""What a directory says of a person, and what that makes of somebody who acts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields, replace
from typing import Any

from caseway.engine.actor import PLATFORM, RESERVED_ROLES, Actor
from caseway.engine.fault import suggestion
from caseway.engine.outcome import Refusal

LONGEST = 200
"""How many characters an id, a name, a tag or an address may have."""

MOST = 1_000_000
"""The highest limit that somebody may have."""

_ROLE = re.compile(r"[a-z][a-z0-9_]*")
_PROCESS = re.compile(r"[a-z][a-z0-9-]*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")
_MAIL = re.compile(r"[^\s@<>(),;:\"\\]+@[^\s@<>(),;:\"\\]+")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may act.

    `languages` are in order of preference. `limits` says of processes, by name, how much work of theirs the person has at most
    at a time. One who is not `active` can do nothing; what they did stays.
    """

    id: str
    roles: AbstractSet[str] = frozenset()
    tags: AbstractSet[str] = frozenset()
    languages: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    name: str | None = None
    mail: str | None = None
    active: bool = True

    def fits(self, role: str | None, tag: str | None) -> bool:
        """Say whether the person holds a role and carries a tag; what is None does not matter."""
        return (role is None or role in self.roles) and (tag is None or tag in self.tags)


def admitted(actor: Actor, person: Person | None) -> Actor | Refusal:
    """Return the actor with what the directory says of them; one that it does not know stays as the host told.

    Roles are only those that were claimed. Refuses a person who is not active, and roles that are not theirs.
    """
    if person is None:
        return actor
    if not person.active:
        return Refusal(
            "not-active", f"{actor.id} is not active in the directory, and can do nothing.", {"actor": str(actor)}
        )
    foreign = sorted(actor.roles - frozenset(person.roles))
    if foreign:
        return _not_your_role(actor, person, foreign)
    return replace(actor, tags=frozenset(person.tags), languages=tuple(person.languages), limits=dict(person.limits))


def _not_your_role(actor: Actor, person: Person, foreign: list[str]) -> Refusal:
    named = ", ".join(f'"{role}"' for role in foreign)
    held = ", ".join(sorted(person.roles)) or "no roles"
    return Refusal(
        "not-your-role",
        f"{actor} cannot act as {named}: the directory gives {actor.id} {held}.",
        {"actor": str(actor), "not_held": foreign, "roles": sorted(person.roles)},
    )


# persons as JSON


def person_record(person: Person) -> dict[str, Any]:
    """Write a person as JSON."""
    return {
        "id": person.id,
        "name": person.name,
        "active": person.active,
        "roles": sorted(person.roles),
        "tags": sorted(person.tags),
        "languages": list(person.languages),
        "limits": dict(sorted(person.limits.items())),
        "mail": person.mail,
    }


def person_from_record(record: Mapping[str, Any]) -> Person:
    """Read what `person_record` wrote."""
    sets = {"roles": frozenset(record["roles"]), "tags": frozenset(record["tags"])}
    return Person(**{**record, **sets, "languages": tuple(record["languages"]), "limits": dict(record["limits"])})


def checked(person: Person) -> Person:
    """Return the person; raise ValueError with a sentence where something of theirs has the wrong form."""
    return changed(Person(checked_id(person.id)), person_record(person))


def changed(person: Person, record: Mapping[str, Any]) -> Person:
    """Return a person with what a record says of them; what it does not name stays. ValueError: a sentence on what is wrong."""
    unknown = next((key for key in record if key not in KEYS), None)
    if unknown is not None:
        raise ValueError(f'a person has no "{unknown}"; {suggestion(unknown, KEYS)}')
    return replace(person, **{key: _READ[key](value) for key, value in record.items() if key != "id"})


def checked_id(value: Any) -> str:
    """Return the id of a person; raise ValueError with a sentence where it can be none."""
    if value == PLATFORM:
        raise ValueError(f'nobody has the id "{PLATFORM}": it is the owner of the platform\'s own accounts.')
    if isinstance(value, str) and value.strip() and len(value) <= LONGEST and value.isprintable():
        return value
    raise ValueError(f"{_shown(value)} cannot be the id of a person: 1 to {LONGEST} printable characters.")


def _roles(value: Any) -> frozenset[str]:
    roles = _texts("roles", value)
    for role in roles:
        if not _ROLE.fullmatch(role):
            raise ValueError(f"{_shown(role)} cannot be a role: small letters, digits and _, a letter first.")
        if role in RESERVED_ROLES:
            raise ValueError(f'nobody holds the role "{role}" by being named in a directory: Caseway gives it.')
    return frozenset(roles)


def _tags(value: Any) -> frozenset[str]:
    return frozenset(_text("a tag", tag) for tag in _texts("tags", value))


def _languages(value: Any) -> tuple[str, ...]:
    languages = dict.fromkeys(_texts("languages", value))
    for language in languages:
        if not _LANGUAGE.fullmatch(language):
            raise ValueError(f"{_shown(language)} is not a language code; write one like en, nl or pl.")
    return tuple(languages)


def _limits(value: Any) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise ValueError(f'"limits" is {_shown(value)}, and no object of processes and numbers.')  # noqa: TRY004  # all are told alike
    for process, limit in value.items():
        if not _PROCESS.fullmatch(process):
            raise ValueError(f"{_shown(process)} cannot be a process: small letters, digits and -, a letter first.")
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= MOST:
            raise ValueError(f"the limit of {process} is {_shown(limit)}, and no whole number from 0 to {MOST}.")
    return dict(value)


def _name(value: Any) -> str | None:
    return None if value is None else _text("a name", value)


def _mail(value: Any) -> str | None:
    if value is None or (
        isinstance(value, str) and len(value) <= LONGEST and value.isprintable() and _MAIL.fullmatch(value)
    ):
        return value
    raise ValueError(f"{_shown(value)} is not a mail address; write one like anna@example.org.")


def _active(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f'"active" is {_shown(value)}, and neither true nor false.')


def _texts(key: str, value: Any) -> list[str]:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise ValueError(f'"{key}" is {_shown(value)}, and no list of texts.')


def _text(what: str, value: Any) -> str:
    if isinstance(value, str) and value.strip() and len(value) <= LONGEST and value.isprintable():
        return value
    raise ValueError(f"{_shown(value)} cannot be {what}: 1 to {LONGEST} printable characters.")


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."


KEYS = tuple(each.name for each in fields(Person))
"""What a record of a person may hold."""

_READ: Mapping[str, Callable[[Any], Any]] = {
    "roles": _roles,
    "tags": _tags,
    "languages": _languages,
    "limits": _limits,
    "name": _name,
    "mail": _mail,
    "active": _active,
}
