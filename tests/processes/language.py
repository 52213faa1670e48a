"""In which languages a process speaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from caseway.engine.definition import Definition


def untranslated(made: Definition, languages: set[str]) -> list[Any]:
    """Return every title, and every text by language, that is not in exactly these."""
    titles: dict[str, Any] = {f"state {state.path}": state.title for state in made.states.values()}
    titles |= {f"event {event.name}": event.title for event in made.events.values()}
    titles |= {f"link {link.name}": link.title for link in made.links.values()}
    titles |= {f"level {level.name}": level.title for level in made.levels.values()}
    titles |= {f"role {name}": title for name, title in made.roles.items()}
    missing = [name for name, title in titles.items() if set(title) != languages]
    return missing + [text for text in _texts(made.content, languages) if set(text) != languages]


def _texts(value: Any, languages: set[str]) -> Iterator[dict[str, str]]:
    """Yield what is written by language."""
    if isinstance(value, dict):
        if languages & value.keys():
            yield value
        for each in value.values():
            yield from _texts(each, languages)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, languages)
