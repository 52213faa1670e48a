from __future__ import annotations

import pytest

from caseway.engine.money import MINOR_DIGITS, money


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
