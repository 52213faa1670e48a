"""Several deliveries behind one: each message goes the first way whose words fit it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from caseway.engine.effect import Message
from caseway.engine.errors import InvalidInput, Undeliverable
from caseway.engine.fault import suggestion
from caseway.engine.ports import Answer, Delivery, Rewritable


@dataclass(frozen=True, slots=True)
class Route:
    """Which messages go where. `messages` and `to` are patterns (`bill_*`); empty ones fit everything.

    `role` is what a receiver's answers act in, `secret` names the environment variable with a webhook's secret, and `timeout` is in
    seconds; None: whatever is usual.
    """

    deliver: str
    messages: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    role: str | None = None
    secret: str | None = None
    timeout: float | None = None

    def takes(self, message: Message) -> bool:
        """Say whether a message goes this way."""
        return _fits(message.message, self.messages) and _fits(message.to, self.to)


class RoutedDelivery:
    """Delivers each message by the first route that takes it; a message that none takes is refused for good."""

    def __init__(self, ways: Sequence[tuple[Route, Delivery]]) -> None:
        self._ways = tuple(ways)

    def deliver(self, case: str, message: Message) -> Answer | None:
        for route, delivery in self._ways:
            if route.takes(message):
                return delivery.deliver(case, message)
        told = f"No route takes message {message.message} to {message.to}; add one, or one that takes all that is left."
        raise Undeliverable(told, effect=message.id)

    def rewrite(self, case: str, message: Message) -> bool:
        """Have every way write anew what it keeps of a message: where it went may have depended on what was redacted."""
        kept = [way.rewrite(case, message) for _, way in self._ways if isinstance(way, Rewritable)]
        return any(kept)


def routes(text: str, name: str) -> tuple[Route, ...]:
    """Read routes from TOML: a table `[[route]]` each. `name` is the file's, for errors; raises InvalidInput."""
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInput(f"{name} is not TOML: {error}.") from error
    found = content.get("route")
    strange = sorted(content.keys() - {"route"})
    if strange or not isinstance(found, list) or not found:
        raise InvalidInput(f"{name} holds routes, each in a table [[route]], and nothing else.")
    return tuple(_route(each, f"Route {number} of {name}") for number, each in enumerate(found, start=1))


def _route(written: Any, of: str) -> Route:
    if not isinstance(written, Mapping):
        raise InvalidInput(f"{of} is no table: write [[route]], and its words below.")
    for key in written:
        if key not in _READERS:
            raise InvalidInput(f"{of} has no place for {key!r}; {suggestion(key, _READERS)}")
    if "deliver" not in written:
        raise InvalidInput(f'{of} does not say where to deliver; write deliver = "webhook+https://...".')
    return Route(**{key: _READERS[key](value, f"{of}: {key}") for key, value in written.items()})


def _text(value: Any, of: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{of} is a text, not {value!r}.")
    return value


def _patterns(value: Any, of: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidInput(f"{of} is a list of texts, not {value!r}.")
    return tuple(value)


def _seconds(value: Any, of: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidInput(f"{of} is a number of seconds, not {value!r}.")
    return float(value)


_READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "deliver": _text,
    "messages": _patterns,
    "to": _patterns,
    "role": _text,
    "secret": _text,
    "timeout": _seconds,
}


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
