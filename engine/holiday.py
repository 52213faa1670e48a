"""Public holidays of countries (`NL`) and parts of them (`DE-BY`), under their English names.

The library that knows them takes a tenth of a second to import, so that waits until somebody asks for holidays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from warnings import catch_warnings, simplefilter

LANGUAGE = "en_US"
"""The library has English names of all public holidays under this; countries without translations are in English anyway."""
SAMPLED = range(2020, 2041)
"""Years that hold every holiday at least once, also those of leap and lustrum years."""

_MARKS = (" (observed)", " (estimated)", " (observed, estimated)", " (substitute day)", " (in lieu)")


def supported(code: str) -> bool:
    """Say whether the public holidays of a country or a part of one are known."""
    country, dash, part = code.partition("-")
    return country in _parts() and (part in _parts()[country] if dash else True)


def possible(code: str) -> Collection[str]:
    """Return what could have been meant by a code that is not known: the parts of its country, or else all countries."""
    country, dash, _ = code.partition("-")
    if dash and country in _parts():
        return [country, *(f"{country}-{part}" for part in _parts()[country])]
    return list(_parts())


@lru_cache(maxsize=4096)
def holidays_in(codes: tuple[str, ...], year: int) -> Mapping[date, tuple[str, ...]]:
    """Return the public holidays of all these countries in one year, by date; a name that several give to a day stands there once.

    Raise ValueError where one of the codes is not known.
    """
    found: dict[date, tuple[str, ...]] = {}
    for code in codes:
        for day, names in _holidays_of(code, year).items():
            found[day] = tuple(dict.fromkeys((*found.get(day, ()), *names)))
    return MappingProxyType(found)


def names(codes: Iterable[str]) -> frozenset[str]:
    """Return what the public holidays of these countries are called: their own names, and the plain ones."""
    given = tuple(codes)
    found = {name for year in SAMPLED for each in holidays_in(given, year).values() for name in each}
    return frozenset(found | {plain(name) for name in found})


def plain(name: str) -> str:
    """Return the name of a holiday without the remark that it is kept on another day, or only estimated."""
    for mark in _MARKS:
        name = name.removesuffix(mark)
    return name


@lru_cache(maxsize=4096)
def _holidays_of(code: str, year: int) -> Mapping[date, tuple[str, ...]]:
    if not supported(code):
        raise ValueError(f'"{code}" is no country, or part of one, whose public holidays are known')
    from holidays import country_holidays  # noqa: PLC0415  # only who needs holidays pays for them

    country, _, part = code.partition("-")
    with catch_warnings():
        simplefilter("ignore")  # for some countries: that dates by the moon are not yet known so far ahead
        given = country_holidays(country, subdiv=part or None, years=year, expand=False, language=LANGUAGE)
    return {day: tuple(given.get_list(day)) for day in sorted(given) if day.year == year}


@lru_cache(maxsize=1)
def _parts() -> Mapping[str, list[str]]:
    """Return the codes of the parts of each country whose holidays are known."""
    from holidays import list_supported_countries  # noqa: PLC0415  # as above

    return list_supported_countries(include_aliases=False)
