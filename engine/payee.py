"""Where somebody's money goes: bank details, which no process sees."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

LONGEST_ID = 200
"""How many characters the id of an owner of accounts may have, as that of a person."""

OWNER_FORM = f"1 to {LONGEST_ID} printable characters, no space before or after them"

LONGEST_NAME = 70
"""How many characters of a name a bank takes."""

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Payee:
    """The owner of accounts as a bank knows them. `id` is the owner's id in the ledger; `iban` and `bic` without spaces."""

    id: str
    name: str
    iban: str | None = None
    bic: str | None = None


@dataclass(frozen=True, slots=True)
class PayeeChange:
    """That somebody's bank details became others: when, by whom as far as anybody said, and what they were from then on.

    Of the IBAN only the country and the end are kept, so that what is forgotten is not kept after all. `name` is None where they were removed.
    """

    payee: str
    at: datetime
    by: str | None
    name: str | None = None
    iban: str | None = None
    bic: str | None = None


def change(payee: str, details: Payee | None, at: datetime, by: str | None) -> PayeeChange:
    """Return what is kept of a change of bank details; None: they were removed."""
    if details is None:
        return PayeeChange(payee, at, by)
    return PayeeChange(payee, at, by, details.name, details.iban and masked(details.iban), details.bic)


def checked(payee: Payee) -> Payee:
    """Return the payee as it is kept: the id as the book has it, single spaces in the name, none in the numbers, which are in capitals.

    Raises ValueError with a sentence on everything that has the wrong form. Whether a bank takes a number, the bank says.
    """
    fit = Payee(owner_id(payee.id), " ".join(payee.name.split()), _compact(payee.iban), _compact(payee.bic))
    faults = [*_id_faults(fit.id), *_name_faults(fit.name), *_iban_faults(fit.iban), *_bic_faults(fit.bic)]
    if faults:
        raise ValueError("; ".join(faults))
    return fit


def owner_id(text: str) -> str:
    """Return the id of an owner of accounts as the book keeps it: one that is written in two ways, as é can be, is one owner."""
    return normalize("NFC", text)


def is_owner(text: str) -> bool:
    """Say whether a text can be the id of somebody who owns accounts: one that people can tell from others."""
    return bool(text) and text == text.strip() and len(text) <= LONGEST_ID and text.isprintable()


def masked(iban: str) -> str:
    """Return an IBAN of which only the country and the last four characters can be read."""
    return f"{iban[:2]}{'*' * max(len(iban) - 6, 0)}{iban[-4:]}"


def _compact(number: str | None) -> str | None:
    return "".join(number.split()).upper() or None if number is not None else None


def _id_faults(text: str) -> list[str]:
    return [] if is_owner(text) else [f"{_shown(text)} cannot be the id of a payee: {OWNER_FORM}"]


def _name_faults(text: str) -> list[str]:
    if text and len(text) <= LONGEST_NAME and text.isprintable():
        return []
    return [f"{_shown(text)} cannot be the name of an account's holder: 1 to {LONGEST_NAME} printable characters"]


def _iban_faults(iban: str | None) -> list[str]:
    if iban is None:
        return []
    if not _IBAN.fullmatch(iban):
        return [
            f"{_shown(iban)} is no IBAN: two letters of a country, two check digits, then 11 to 30 letters and digits"
        ]
    # ISO 13616: the first four characters go last, letters count from A = 10, and the number leaves 1 when divided by 97.
    if int("".join(str(int(each, 36)) for each in iban[4:] + iban[:4])) % 97 != 1:
        return [f"the check digits of the IBAN {iban} do not fit the rest: a character is wrong, or two are swapped"]
    return []


def _bic_faults(bic: str | None) -> list[str]:
    if bic is None or _BIC.fullmatch(bic):
        return []
    return [f"{_shown(bic)} is no BIC: six letters, two letters or digits, and three more for a branch"]


def _shown(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
