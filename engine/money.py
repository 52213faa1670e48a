"""Amounts of money and of points, as people write them."""

from __future__ import annotations

import re

_LONGEST = 40
"""How many characters of what is no amount are shown."""

# ISO 4217, by how many digits the minor unit has. What is not here is no currency: points, hours, stars.
_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN "
    "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
MINOR_DIGITS = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}


LARGEST = 10**12
"""The most minor units that anybody may ask for at once."""

_DECIMAL = re.compile(r"([0-9]{1,999})(?:\.([0-9]{1,16}))?")


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
