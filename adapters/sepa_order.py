"""Orders in pain.001.001.09, made by `sepaxml`. It checks next to nothing, so that is done here, with `python-stdnum`."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any
from xml.etree import ElementTree as ET

import sepaxml
from stdnum import bic as bic_number
from stdnum import iban as iban_number
from stdnum.exceptions import InvalidChecksum, ValidationError
from text_unidecode import unidecode

from caseway.engine.payee import LONGEST_NAME, Payee, masked
from caseway.engine.settlement import Batch, transfer_name

SCHEMA = "pain.001.001.09"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"

# By how their IBANs begin; what belongs to one of them has its letters. The European Payments Council keeps the list.
COUNTRIES = "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE SI SK SM VA"

LONGEST_MESSAGE_ID = 35
"""How many characters the standard gives to the name of an order. That of a rehearsal may lose its end, and needs it not."""

_FOREIGN = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]+")
"""What is outside of the characters that every bank in SEPA takes."""


def objection(name: str, iban: str, bic: str | None) -> str | None:
    """Return in words that go on from a name what no bank would take of somebody's details."""
    try:
        # It does not look whether there is such a bank: the library's list of those would be older than some of them.
        iban_number.validate(iban, check_country=False)
    except InvalidChecksum:
        return f"has the IBAN {masked(iban)}, whose check digits do not fit the rest"
    except ValidationError:
        return f"has the IBAN {masked(iban)}, and no account of that country has such a number"
    if iban[:2] not in COUNTRIES.split():
        return f"has the IBAN {masked(iban)}, of a country that SEPA does not reach"
    if bic is not None and not bic_number.is_valid(bic):
        return f"has the BIC {bic}, which no bank has"
    return None if any(map(str.isalnum, clean(name))) else f"has the name {name!r}, of which SEPA can write nothing"


def fault(iban: str | None, bic: str | None) -> str | None:
    """Return in a sentence why there cannot be such numbers, in whatever country."""
    if iban is not None and not iban_number.is_valid(iban, check_country=False):
        return f"no account has the IBAN {iban}: its country has none, or of another form or length"
    if bic is not None and not bic_number.is_valid(bic):
        return f"no bank has the BIC {bic}"
    return None


def order(batch: Batch) -> bytes:
    """Return an order with a transfer for each line, named `<batch>-<number>`; the same batch gives the same bytes."""
    debtor = _account(batch.debtor) | {"currency": batch.unit, "batch": True}
    transfer = sepaxml.SepaTransfer(
        debtor, schema=SCHEMA, clean=False
    )  # it would clean to ASCII, of which banks take less
    for line in batch.lines:
        payment = {
            "amount": line.amount,
            "execution_date": batch.due,
            "description": batch.order,
            "endtoend_id": transfer_name(batch, line),
        }
        transfer.add_payment(_account(line.payee) | payment)
    return _told_apart(ET.fromstring(transfer.export(validate=False)), batch)  # noqa: S314 - it was just made


def clean(text: str) -> str:
    """Write a text in the characters of SEPA: other alphabets are transliterated, what cannot be is left out."""
    return " ".join(_FOREIGN.sub(" ", unidecode(text.replace("&", "+"))).split())[:LONGEST_NAME].strip()


def _account(payee: Payee) -> dict[str, Any]:
    account = {"name": clean(payee.name), "IBAN": payee.iban}
    return account | ({"BIC": payee.bic} if payee.bic else {})


def _told_apart(document: ET.Element, batch: Batch) -> bytes:
    """Put the id and the instant of the batch where the library puts random ids and the time: banks tell the same order twice by them."""
    made_at = f"{batch.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    name = batch.order[:LONGEST_MESSAGE_ID]
    for tag, text in (("MsgId", name), ("PmtInfId", name), ("CreDtTm", made_at)):
        for element in document.iter(f"{{{NAMESPACE}}}{tag}"):
            element.text = text
    for agent in document.iter(f"{{{NAMESPACE}}}FinInstnId"):
        if not len(agent):  # the IBAN tells the bank, and that is to be said
            other = ET.SubElement(agent, f"{{{NAMESPACE}}}Othr")
            ET.SubElement(other, f"{{{NAMESPACE}}}Id").text = "NOTPROVIDED"
    ET.register_namespace("", NAMESPACE)
    ET.indent(document)
    written: bytes = ET.tostring(document, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"
