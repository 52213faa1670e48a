"""Amounts of money and of points, as people write them."""

from __future__ import annotations

import re

_LONGEST = 40
"""How many characters of what is no amount are shown."""

# ISO 4217 as of 2026-01-01, by how many digits the minor unit has. Gold, drawing rights and the codes for tests have none, and nobody is
# paid in them. What is not here is no currency: points, hours, stars.
_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP "
    "COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN "
    "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
CURRENCIES = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}
"""The currencies that there are, and how many digits their minor unit has."""

_FORMER = {
    "EUR": "ATS BEF BGN CYP DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MTL NLG PTE SIT SKK",
    "AZN": "AZM",
    "BYN": "BYB BYR",
    "CUP": "CUC",
    "GHS": "GHC",
    "MRU": "MRO",
    "MZN": "MZM",
    "PLN": "PLZ",
    "RON": "ROL",
    "RUB": "RUR",
    "SDG": "SDD",
    "SLE": "SLL",
    "STN": "STD",
    "TMT": "TMM",
    "TRY": "TRL",
    "VES": "VEB VEF",
    "XCG": "ANG",
    "ZMW": "ZMK",
    "ZWG": "ZWD ZWL ZWR",
}
SUCCESSORS = {code: now for now, codes in _FORMER.items() for code in codes.split()}
"""Currencies that there were, and what is paid in their place."""

# What a book was paid in stays what it was.
MINOR_DIGITS = {**CURRENCIES, "ANG": 2, "BGN": 2}
"""How many digits the minor unit of each currency has in which a book may hold amounts."""

_UNIT = re.compile(r"[A-Z][A-Z0-9]{1,11}")


LARGEST = 10**12
"""The most minor units that anybody may ask for at once."""

_DECIMAL = re.compile(r"([0-9]{1,999})(?:\.([0-9]{1,16}))?")


UNIT_FORM = "units are written in capitals, as in EUR, PLN or POINTS"


def is_unit(text: str) -> bool:
    """Say whether a text has the form of a unit, as `EUR` and `POINTS` have."""
    return _UNIT.fullmatch(text) is not None


def money(amount: int, unit: str) -> str:
    """Write minor units as an amount: `2.25 EUR`, `300 JPY`, and `12 POINTS` for what is no currency."""
    return f"{decimal(amount, unit)} {unit}"


def decimal(amount: int, unit: str) -> str:
    """Write minor units as a number of whole ones, with every digit that the unit has: `2.25`, `300`, `-0.05`."""
    digits = MINOR_DIGITS.get(unit, 0)
    if not digits:
        return str(amount)
    whole, rest = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{whole}.{rest:0{digits}}"


def minor_units(text: str, unit: str) -> int:
    """Read a number of whole ones, such as `2.25` or `2`, and return exactly as many minor units.

    Raises ValueError with a sentence where it is none: signs, exponents, separators of thousands, more digits than the unit has.
    """
    digits = MINOR_DIGITS.get(unit, 0)
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise ValueError(f"{_shown(text)} is no amount of {unit}; write it like {decimal(1250 * 10**digits, unit)}.")
    whole, rest = found[1], found[2] or ""
    if len(rest) > digits:
        raise ValueError(f"{text} is no amount of {unit}, which has {_places(digits)} after the point.")
    amount = int(whole + rest.ljust(digits, "0"))
    if amount > LARGEST:
        raise ValueError(f"{text:.{_LONGEST}} {unit} is more than {money(LARGEST, unit)}, the most there may be.")
    return amount


def _places(digits: int) -> str:
    return f"{digits} digits" if digits else "nothing"


def _shown(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
