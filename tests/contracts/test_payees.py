"""What every registry of bank details does that a store keeps."""

import pytest

from caseway.engine.payee import Payee
from tests.contracts.sample import minutes

ANNA = Payee("anna", "Anna Żółć", "NL91ABNA0417164300", "ABNANL2A")
BEN = Payee("ben", "Ben")
CARL = Payee("Carl", "Carl", "PL61109010140000071219812874")
EVERYBODY = (ANNA, BEN, CARL)


@pytest.fixture
def registry(store):
    """The registry of every kind of store in turn, with three payees."""
    made = store.payees()
    made.keep(EVERYBODY, minutes(0))
    return made


def test_payees_come_as_kept_in_order_of_their_ids(registry):
    assert list(registry.payees()) == [CARL, ANNA, BEN]


def test_some_are_asked_about_by_their_ids(registry):
    assert list(registry.payees(["ben", "nobody", "anna", "ben", "ANNA"])) == [ANNA, BEN]
    assert list(registry.payees([])) == []


def test_what_is_kept_is_written_over_what_was_kept_before(registry):
    registry.keep([Payee("ben", "Old"), Payee("ben", "Ben Two", "BE68539007547034")], minutes(1))
    assert list(registry.payees(["ben"])) == [Payee("ben", "Ben Two", "BE68539007547034")]
    registry.keep([], minutes(2))
    assert len(list(registry.payees())) == 3


def test_a_payee_is_removed_once(registry):
    assert registry.remove("anna", minutes(5))
    assert not registry.remove("anna", minutes(5))
    assert list(registry.payees()) == [CARL, BEN]


def test_more_than_a_page_of_payees_are_all_there(registry):
    many = [Payee(f"p{number:04}", f"P {number}") for number in range(501)]
    registry.keep(many, minutes(0))
    assert list(registry.payees()) == [CARL, ANNA, BEN, *many]
    assert list(registry.payees([each.id for each in reversed(many)])) == many


def test_details_are_kept_with_what_is_written_beside_them(store, registry):
    with store.locked([]) as held:
        held.payees().keep([Payee("dora", "Dora")], minutes(1))
        assert list(held.payees().payees(["dora"])) == [Payee("dora", "Dora")]
    assert list(registry.payees(["dora"])) == [Payee("dora", "Dora")]


# who changed what


def told(registry, payee):
    return [(each.at, each.by, each.name, each.iban, each.bic) for each in registry.changes(payee)]


def test_every_change_is_kept_with_who_and_when_and_the_ends_of_the_numbers(registry):
    registry.keep([ANNA, Payee("anna", "Anna", "BE68539007547034")], minutes(1), "eva")
    registry.keep([Payee("anna", "Anna", "BE68539007547034")], minutes(2), "eva")  # which changes nothing
    registry.remove("anna", minutes(3), "dora")
    registry.remove("anna", minutes(4), "dora")
    registry.keep([ANNA], minutes(5))
    assert told(registry, "anna") == [
        (minutes(0), None, "Anna Żółć", "NL************4300", "ABNANL2A"),
        (minutes(1), "eva", "Anna", "BE**********7034", None),
        (minutes(3), "dora", None, None, None),
        (minutes(5), None, "Anna Żółć", "NL************4300", "ABNANL2A"),
    ]
    assert len(told(registry, "ben")) == 1
    assert told(registry, "nobody") == []
