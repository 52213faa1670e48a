"""The order that a bank gets."""

import sys
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest
import sepaxml
from xmlschema import XMLSchema

from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.sepa_order import NAMESPACE, SCHEMA, clean
from caseway.adapters.sepa_transfer import LARGEST, SepaTransfer
from caseway.engine.errors import WorldError
from caseway.engine.payee import Payee
from caseway.engine.settlement import Batch, BatchLine
from tests.contracts.sample import minutes
from tests.engine.ledgers import ANNA, BEN, NOOR, PLATFORM, ledger

BATCH = Batch(
    "EUR-20260302-1",
    "EUR",
    "payable",
    minutes(0),
    date(2026, 3, 9),
    PLATFORM,
    "pain.001",
    (BatchLine(1, ANNA, 225), BatchLine(2, BEN, 5), BatchLine(3, NOOR, LARGEST)),
)


def order(batch=BATCH):
    return ET.fromstring(SepaTransfer().file(batch).content)


def texts(of, tag):
    return [each.text for each in of.iter(f"{{{NAMESPACE}}}{tag}")]


@pytest.fixture(scope="module")
def schema():
    from pathlib import Path

    return XMLSchema(Path(sepaxml.__file__).parent / "schemas" / f"{SCHEMA}.xsd")


@pytest.mark.parametrize(
    "batch",
    [
        BATCH,
        replace(BATCH, id="x" * 28, debtor=replace(PLATFORM, bic=None)),
        replace(BATCH, id="x" * 28, rehearsal=True),
        replace(BATCH, lines=(BatchLine(999_999, Payee("z", "Ж" * 70, NOOR.iban), 1),), id="A.b-" + "9" * 24),
    ],
    ids=["three lines", "a long id and no bank", "a rehearsal of a long id", "a long name"],
)
def test_an_order_is_what_the_standard_says(schema, batch):
    schema.validate(SepaTransfer().file(batch).content.decode())


def test_an_order_says_who_pays_what_to_whom_and_when():
    made = order()
    assert texts(made, "InstdAmt") == ["2.25", "0.05", "999999999.99"]
    assert texts(made, "IBAN") == [PLATFORM.iban, ANNA.iban, BEN.iban, NOOR.iban]
    assert texts(made, "EndToEndId") == ["EUR-20260302-1-1", "EUR-20260302-1-2", "EUR-20260302-1-3"]
    assert texts(made, "BICFI") == ["ABNANL2A", "GKCCBEBB"]
    assert texts(made, "Dt") == ["2026-03-09"]
    assert texts(made, "NbOfTxs") == ["3", "3"]
    assert texts(made, "CtrlSum") == ["1000000002.29", "1000000002.29"]
    assert {each.get("Ccy") for each in made.iter(f"{{{NAMESPACE}}}InstdAmt")} == {"EUR"}


def test_the_same_batch_gives_the_same_bytes():
    made = SepaTransfer().file(BATCH)
    assert made == SepaTransfer().file(BATCH)
    assert (made.name, made.type) == ("EUR-20260302-1.xml", "application/xml")
    assert texts(order(), "MsgId") == texts(order(), "PmtInfId") == ["EUR-20260302-1"]
    assert texts(order(), "CreDtTm") == ["2026-03-02T09:00:00Z"]


def test_the_order_of_a_rehearsal_is_plainly_none():
    rehearsed = replace(BATCH, rehearsal=True)
    assert SepaTransfer().file(rehearsed).name == "REHEARSAL-EUR-20260302-1.xml"
    made = order(rehearsed)
    assert texts(made, "MsgId") == texts(made, "PmtInfId") == ["REHEARSAL-EUR-20260302-1"]
    assert texts(made, "Ustrd") == ["REHEARSAL-EUR-20260302-1"] * 3
    assert texts(made, "EndToEndId") == texts(order(), "EndToEndId")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Anna Łęcka", "Anna Lecka"),
        ("Zażółć Gęślą", "Zazolc Gesla"),
        ("Søren Weiß", "Soren Weiss"),
        ("Иван", "Ivan"),
        ("Noor & Zonen", "Noor + Zonen"),
        ("<b>x</b>; DROP_TABLE", "b x /b DROP TABLE"),
        ("O'Neill (Jr.), J-P", "O'Neill (Jr.), J-P"),
        ("x" * 71, "x" * 70),
        ("🙂", ""),
    ],
)
def test_names_are_written_in_the_characters_of_sepa(name, written):
    assert clean(name) == written


@pytest.mark.parametrize(
    ("payee", "problem"),
    [
        (None, "has no bank details"),
        (replace(ANNA, iban=None), "has no IBAN"),
        (
            replace(ANNA, iban="PL61109010140000071219812847"),
            "has the IBAN PL**********************2847, whose check digits do not fit the rest",
        ),
        (
            replace(ANNA, iban="NL92ABNA041716430"),
            "has the IBAN NL***********6430, whose check digits do not fit the rest",
        ),
        (
            replace(ANNA, iban="DE8512345678901234"),
            "has the IBAN DE************1234, and no account of that country has such a number",
        ),
        (
            replace(ANNA, iban="ZZ1812345678901234"),
            "has the IBAN ZZ************1234, and no account of that country has such a number",
        ),
        (replace(ANNA, bic="ABNA"), "has the BIC ABNA, which no bank has"),
        (replace(ANNA, bic="ABNAQQ2A"), "has the BIC ABNAQQ2A, which no bank has"),
        (
            replace(ANNA, iban="TR330006100519786457841326"),
            "has the IBAN TR********************1326, of a country that SEPA does not reach",
        ),
        (replace(ANNA, name="🙂"), "has the name '🙂', of which SEPA can write nothing"),
        (replace(ANNA, name="?"), "has the name '?', of which SEPA can write nothing"),
    ],
)
def test_what_the_library_lets_through_is_an_objection(payee, problem):
    assert SepaTransfer().objection(payee, "EUR", 1) == problem


@pytest.mark.parametrize("iban", ["GB82WEST12345698765432", "CH9300762011623852957", "MD24AG000225100013104168"])
def test_countries_of_sepa_outside_of_the_union_are_reached(iban):
    assert SepaTransfer().objection(replace(ANNA, iban=iban), "EUR", 1) is None


@pytest.mark.parametrize("payee", [PLATFORM, ANNA, BEN, NOOR, replace(BEN, bic="GKCCBEBBXXX")])
def test_nothing_stands_against_sound_details(payee):
    assert SepaTransfer().objection(payee, "EUR", LARGEST) is None
    assert SepaTransfer().objection(payee, "EUR") is None


def test_a_transfer_has_its_limit():
    problem = SepaTransfer().objection(ANNA, "EUR", LARGEST + 1)
    assert problem == "would get 1000000000.00 EUR, and a SEPA transfer holds at most 999999999.99 EUR"


def test_a_machine_without_the_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sepaxml", None)
    monkeypatch.delitem(sys.modules, "caseway.adapters.sepa_order", raising=False)
    attempts = (
        lambda: SepaTransfer().objection(ANNA, "EUR", 1),
        lambda: SepaTransfer().file(BATCH),
        lambda: SepaTransfer().fault(ANNA),
        lambda: ledger(MemoryStore()).keep_payees([ANNA]),
    )
    for attempt in attempts:
        with pytest.raises(WorldError, match=r'needs the Python module "sepaxml": pip install "caseway\[settlement\]"'):
            attempt()
    of = ledger(MemoryStore())
    assert of.keep_payees([Payee("dora", "Dora")])  # of which there is nothing to check


@pytest.mark.parametrize(
    ("iban", "bic", "told"),
    [
        (None, None, None),
        ("NL91ABNA0417164300", "ABNANL2A", None),
        ("TR330006100519786457841326", None, None),
        ("NL5312340417164300", None, "no account has the IBAN NL5312340417164300: its country has none, or of another"),
        ("US64SVBKUS6S3300958879", None, "no account has the IBAN US64"),
        (None, "ABNAXX2A", "no bank has the BIC ABNAXX2A"),
    ],
)
def test_numbers_that_no_bank_has_are_faults_wherever_it_is(iban, bic, told):
    found = SepaTransfer().fault(Payee("x", "X", iban, bic))
    assert (found or "").startswith(told or "")
    assert (found is None) == (told is None)
