"""What payouts are paid in: currencies, and points of one's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from caseway.engine.compiler.compilation import Compilation
from caseway.engine.compiler.likeness import are_alike, slips
from caseway.engine.fault import Path
from caseway.engine.money import CURRENCIES, SUCCESSORS

_CODE = 3
"""Letters of the code of a currency."""
_OFTEN = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "PLN",
    "JPY",
    "SEK",
    "NOK",
    "DKK",
    "CZK",
    "HUF",
    "RON",
    "UAH",
    "TRY",
    "CAD",
    "AUD",
    "CNY",
    "INR",
    "BRL",
    "MXN",
    "ZAR",
)
"""Currencies that are meant by letters that are nearly theirs: the first of these that is."""
_SPOKEN = {
    "CENT": "EUR",
    "CENTS": "EUR",
    "DOLLAR": "USD",
    "DOLLARS": "USD",
    "EURO": "EUR",
    "EUROS": "EUR",
    "FRANC": "CHF",
    "FRANCS": "CHF",
    "GROSZ": "PLN",
    "GROSZY": "PLN",
    "POUND": "GBP",
    "POUNDS": "GBP",
    "YEN": "JPY",
    "ZLOTY": "PLN",
    "ZLOTYS": "PLN",
}
"""What people call the currencies that most are paid in."""


def check_unit(compilation: Compilation, unit: str, path: Path) -> None:
    """Report three letters that are no currency: without its digits, an amount would be worth a hundred times as much."""
    if compilation.kept or len(unit) != _CODE or not unit.isalpha() or unit in CURRENCIES:
        return
    told = f'"{unit}" is no currency any more' if unit in SUCCESSORS else f'"{unit}" is no currency'
    compilation.fault("unknown-currency", told, path, _hint(unit), value=unit)


def unit_doubts(compilation: Compilation, payouts: Mapping[str, Any]) -> None:
    """Warn of points that are called as a currency is, and of two kinds of points that differ by a slip."""
    uses = Counter(rule["unit"] for rule in payouts.values() if "unit" in rule)
    order = list(uses)
    for name, rule in payouts.items():
        unit, path = rule.get("unit", ""), ("payouts", name, "unit")
        if unit in _SPOKEN and unit not in CURRENCIES:
            told = f'"{unit}" is no currency but points, which have no cents'
            compilation.warn("points-or-currency", told, path, f"write {_SPOKEN[unit]} to pay in the currency")
        elif unit not in CURRENCIES:
            for other in _likes(unit, order, uses):
                told = f'"{unit}" is another unit than "{other}", and hardly differs from it'
                compilation.warn(
                    "similar-unit", told, path, f"write {other}, or names that nobody takes for each other"
                )


def _likes(unit: str, order: list[str], uses: Mapping[str, int]) -> Iterator[str]:
    """Yield the unit for which this one was probably mistyped: one that is used more often, or as often and earlier."""
    weight = (-uses[unit], order.index(unit)) if unit in uses else (0, 0)
    for other in order:
        if other not in CURRENCIES and are_alike(unit, other) and (-uses[other], order.index(other)) < weight:
            yield other
            return


def _hint(unit: str) -> str:
    meant = SUCCESSORS.get(unit) or _SPOKEN.get(unit) or _near(unit)
    own = "points of your own have longer names, such as POINTS"
    return f'did you mean "{meant}"? {own}' if meant else f"currencies are EUR, PLN and so on, by ISO 4217; {own}"


def _near(unit: str) -> str | None:
    """Return the currency that is one slip away."""
    return next((code for code in _OFTEN if slips(unit, code) == 1), None)
