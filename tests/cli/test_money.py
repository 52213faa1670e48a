from __future__ import annotations

import pytest

from caseway.engine.money import CURRENCIES, LARGEST, MINOR_DIGITS, SUCCESSORS, decimal, minor_units, money


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (225, "EUR", "2.25 EUR"),
        (-5, "PLN", "-0.05 PLN"),
        (0, "EUR", "0.00 EUR"),
        (-1234567, "EUR", "-12345.67 EUR"),
        (300, "JPY", "300 JPY"),
        (1001, "KWD", "1.001 KWD"),
        (12, "POINTS", "12 POINTS"),
        (-12, "POINTS", "-12 POINTS"),
    ],
)
def test_amounts_are_written_as_people_write_them(amount, unit, text):
    assert money(amount, unit) == text


def test_every_currency_has_a_code_of_three_letters():
    assert all(len(code) == 3 and code.isupper() for code in MINOR_DIGITS)


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [
        ("2.25", "EUR", 225),
        ("2.5", "EUR", 250),
        ("2", "EUR", 200),
        ("0.05", "PLN", 5),
        ("0", "EUR", 0),
        ("007.10", "EUR", 710),
        ("300", "JPY", 300),
        ("1.001", "KWD", 1001),
        ("12", "POINTS", 12),
        ("10000000000.00", "EUR", LARGEST),
    ],
)
def test_amounts_are_read_as_people_write_them(text, unit, amount):
    assert minor_units(text, unit) == amount


@pytest.mark.parametrize(
    ("text", "unit", "told"),
    [
        ("1.234", "EUR", "1.234 is no amount of EUR, which has 2 digits after the point."),
        ("1.0", "JPY", "1.0 is no amount of JPY, which has nothing after the point."),
        ("0.5", "POINTS", "0.5 is no amount of POINTS, which has nothing after the point."),
        ("1,50", "EUR", "'1,50' is no amount of EUR; write it like 1250.00."),
        ("10000000000.01", "EUR", "is more than 10000000000.00 EUR"),
        ("9" * 20, "EUR", "is more than 10000000000.00 EUR"),
        *(
            (text, "EUR", "is no amount of EUR; write it like 1250.00.")
            for text in (
                "",
                " ",
                "-5",
                "+5",
                "1e3",
                "٣",
                "1.٣",
                ".5",
                "5.",
                "1 000",
                "0x10",
                "nan",
                "1_0",
                "5\n",
                "9" * 5000,
            )
        ),
    ],
)
def test_what_is_no_amount_is_refused_with_a_sentence(text, unit, told):
    with pytest.raises(ValueError, match=r"amount|more") as raised:
        minor_units(text, unit)

    assert told in str(raised.value)
    assert len(str(raised.value)) < 100


@pytest.mark.parametrize("unit", ["EUR", "JPY", "KWD", "POINTS"])
def test_what_was_written_reads_as_the_same_amount(unit):
    assert all(minor_units(decimal(amount, unit), unit) == amount for amount in (0, 1, 99, 100, 12345, LARGEST))


@pytest.mark.parametrize(
    ("unit", "digits"),
    [("EUR", 2), ("JPY", 0), ("UYI", 0), ("KWD", 3), ("CLF", 4), ("UYW", 4), ("XCG", 2), ("XAD", 2), ("COU", 2)],
)
def test_a_currency_has_the_digits_of_its_minor_unit(unit, digits):
    assert CURRENCIES[unit] == digits


def test_what_is_no_currency_any_more_has_a_successor_that_is_one_and_keeps_its_digits_in_the_book():
    assert not SUCCESSORS.keys() & CURRENCIES.keys()
    assert set(SUCCESSORS.values()) <= CURRENCIES.keys()
    assert money(1234, "BGN") == "12.34 BGN"


def test_gold_and_codes_for_tests_are_no_currency_to_pay_in():
    assert not {"XAU", "XDR", "XTS", "XXX"} & CURRENCIES.keys()
