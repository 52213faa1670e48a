"""Which bank details can be kept."""

from dataclasses import replace

import pytest

from caseway.engine.payee import Payee, checked, masked

ANNA = Payee("anna", "Anna", "PL61109010140000071219812874", "WBKPPLPP")


def test_details_are_kept_without_spaces_and_in_capitals():
    assert checked(Payee("anna", "  Anna\u00a0 Łęcka ", "pl61 1090 1014 0000 0712 1981 2874 ", "wbkp pl pp")) == Payee(
        "anna", "Anna Łęcka", "PL61109010140000071219812874", "WBKPPLPP"
    )


def test_a_payee_may_have_a_name_alone_and_empty_numbers_are_none():
    assert checked(Payee("anna", "Anna", "", " ")) == Payee("anna", "Anna")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"id": ""}, "cannot be the id"),
        ({"id": "a\nb"}, "cannot be the id"),
        ({"id": "anna "}, "no space before or after"),
        ({"name": ""}, "cannot be the name"),
        ({"name": "x" * 71}, "cannot be the name"),
        ({"name": "a\u202eb"}, "cannot be the name"),
        ({"iban": "61109010140000071219812874"}, "is no IBAN"),
        ({"iban": "PL61"}, "is no IBAN"),
        ({"iban": "PL61109010140000071219812847"}, "check digits"),
        ({"iban": "PL٦١109010140000071219812874"}, "is no IBAN"),
        ({"bic": "WBKPPL"}, "is no BIC"),
        ({"bic": "WBKPPLPPX"}, "is no BIC"),
    ],
)
def test_what_has_the_wrong_form_is_told(wrong, said):
    with pytest.raises(ValueError, match=said):
        checked(replace(ANNA, **wrong))


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ValueError) as caught:
        checked(Payee("", "", "x", "y"))
    assert str(caught.value).count(";") >= 3


@pytest.mark.parametrize("place", range(4, 28))
def test_one_wrong_digit_anywhere_is_noticed(place):
    assert ANNA.iban
    digit = str((int(ANNA.iban[place]) + 1) % 10)
    with pytest.raises(ValueError, match="check digits"):
        checked(replace(ANNA, iban=ANNA.iban[:place] + digit + ANNA.iban[place + 1 :]))


def test_a_masked_number_shows_its_country_and_its_end():
    assert masked("NL91ABNA0417164300") == "NL************4300"
