"""Templates in the language of Jinja, of which documents need a small part: it is checked, and nothing else runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from caseway.engine.money import money

LENGTH = 200_000
"""How many characters a document may have."""
ROUNDS = 20_000
"""How many rounds all loops of a template may take together."""

TAGS = frozenset(
    [
        "a",
        "b",
        "blockquote",
        "body",
        "br",
        "center",
        "code",
        "dd",
        "del",
        "dl",
        "dt",
        "em",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "hr",
        "html",
        "i",
        "li",
        "meta",
        "ol",
        "p",
        "pre",
        "s",
        "small",
        "span",
        "strong",
        "style",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "u",
        "ul",
        "div",
    ]
)
"""The elements that a PDF can be made of."""


class ExceededError(TemplateError):
    """A document is larger than any may be."""


class _Environment(SandboxedEnvironment):
    """No way to a file, to another template or to Python; what is not there is an error; what data hold is no HTML."""

    def __init__(self) -> None:
        super().__init__(
            autoescape=True, undefined=StrictUndefined, loader=None, finalize=_shown, keep_trailing_newline=True
        )
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _KEPT} | dict(_OWN)
        self.tests = {name: self.tests[name] for name in _TESTS}


class _Items(list[Any]):
    """A list of which each round of a loop is counted."""

    def __init__(self, values: list[Any], rounds: list[int]) -> None:
        super().__init__(values)
        self._rounds = rounds

    def __iter__(self) -> Iterator[Any]:
        for each in super().__iter__():
            self._rounds[0] -= 1
            if self._rounds[0] < 0:
                raise ExceededError(f"its loops take more than {ROUNDS:,} rounds")
            yield each


def html(template: str, data: Mapping[str, Any]) -> str:
    """Return the document that a template makes of data. Raises TemplateError, and TypeError or ValueError from what it computes."""
    rounds = [ROUNDS]
    made, length = [], 0
    for part in compiled(template).generate(_counted(dict(data), rounds)):
        length += len(part)
        if length > LENGTH:
            raise ExceededError(f"it would have more than {LENGTH:,} characters")
        made.append(part)
    return "".join(made)


def _counted(value: Any, rounds: list[int]) -> Any:
    if isinstance(value, dict):
        return {key: _counted(each, rounds) for key, each in value.items()}
    if isinstance(value, list):
        return _Items([_counted(each, rounds) for each in value], rounds)
    return value


def _shown(value: Any) -> Any:
    """Write null as nothing, and truth as YAML has it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def _money(amount: Any, unit: Any) -> str:
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise TypeError(f"money is counted in whole minor units, not {amount!r}")
    return money(amount, str(unit))


def _date(at: Any, pattern: str = "%Y-%m-%d", zone: str = "UTC") -> str:
    if at is None:
        return ""
    read = datetime.fromisoformat(str(at))
    return (read.astimezone(ZoneInfo(zone)) if read.tzinfo else read.replace(tzinfo=UTC)).strftime(pattern)


_KEPT = ("default", "escape", "e", "first", "join", "last", "length", "lower", "title", "trim", "upper")
_TESTS = ("defined", "none", "divisibleby", "odd", "even")
_OWN: Mapping[str, Callable[..., Any]] = {"money": _money, "date": _date}
ENVIRONMENT = _Environment()


@lru_cache(maxsize=64)
def compiled(template: str) -> Any:
    """Return a template ready to make documents. Raises TemplateError."""
    return ENVIRONMENT.from_string(template)
