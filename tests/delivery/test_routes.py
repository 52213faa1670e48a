"""Where messages go, and where the secrets come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from caseway.adapters.delivery_target import delivery_to
from caseway.adapters.memory_directory import MemoryDirectory
from caseway.adapters.routed_delivery import Route, RoutedDelivery, routes
from caseway.engine.effect import Message
from caseway.engine.errors import InvalidInput, Undeliverable
from caseway.engine.person import Person
from tests.contracts.sample import NINE
from tests.delivery.mailbox import open_mailbox
from tests.delivery.receiver import receiving

HELLO = Message("OF-1:2:0", "hello", "anna", {"": "Hello"}, {"": "Body"})


def message(name: str, to: str = "anna") -> Message:
    return Message("OF-1:2:0", name, to, {}, {})


class Post:
    def __init__(self):
        self.taken = []

    def deliver(self, case, message):
        self.taken.append(message.message)


def test_the_first_route_that_fits_takes_a_message():
    bills, rest = Post(), Post()
    delivery = RoutedDelivery([(Route("x", ("bill_*", "final")), bills), (Route("y", (), ("anna", "b*")), rest)])
    for each in ("bill_1", "bill", "final", "Bill_1"):
        delivery.deliver("C", message(each))
    delivery.deliver("C", message("hello", "ben"))
    assert (bills.taken, rest.taken) == (["bill_1", "final"], ["bill", "Bill_1", "hello"])
    with pytest.raises(Undeliverable, match="No route takes message hello to carl"):
        delivery.deliver("C", message("hello", "carl"))


def test_routes_are_written_in_toml():
    text = """
        [[route]]
        messages = ["a"]
        to = ["b", "c"]
        deliver = "folder:x"
        role = "bank"
        secret = "BANK_SECRET"
        timeout = 5
        [[route]]
        deliver = "folder:y"
    """
    assert routes(text, "r.toml") == (
        Route("folder:x", ("a",), ("b", "c"), "bank", "BANK_SECRET", 5.0),
        Route("folder:y"),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[route", "r.toml is not TOML"),
        ("", "holds routes"),
        ("route = []", "holds routes"),
        ("route = [1]", "Route 1 of r.toml is no table"),
        ("[route]\ndeliver = 'x'", "holds routes"),
        ("secret = 's'\n[[route]]\ndeliver = 'x'", "holds routes"),
        ("[[route]]\nmessages = ['a']", "does not say where to deliver"),
        (
            "[[route]]\ndeliver = 'x'\n[[route]]\ndelivr = 'y'",
            "Route 2 of r.toml has no place for 'delivr'; did you mean",
        ),
        ("[[route]]\ndeliver = 3", "Route 1 of r.toml: deliver is a text"),
        ("[[route]]\ndeliver = 'x'\nmessages = 'a'", "messages is a list of texts"),
        ("[[route]]\ndeliver = 'x'\nto = [1]", "to is a list of texts"),
        ("[[route]]\ndeliver = 'x'\ntimeout = true", "timeout is a number of seconds"),
        ("a = " + "[" * 5000, "r.toml is not TOML"),
    ],
    ids=range(13),
)
def test_routes_that_cannot_be_followed_are_told(text, told):
    with pytest.raises(InvalidInput) as caught:
        routes(text, "r.toml")
    assert told in str(caught.value)


def test_each_route_has_its_own_secret_from_the_environment(tmp_path: Path):
    with receiving() as one, receiving() as other:
        file = tmp_path / "routes.toml"
        file.write_text(
            f"""[[route]]\nmessages = ["a"]\ndeliver = "webhook+{one.url}"\nsecret = "BANK"\n"""
            f"""[[route]]\ndeliver = "webhook+{other.url}"\n"""
        )
        directory = MemoryDirectory()
        with pytest.raises(InvalidInput, match="BANK is not set"):
            delivery_to(str(file), directory, {"CASEWAY_WEBHOOK_SECRET": "x"})
        delivery = delivery_to(str(file), directory, {"BANK": "y", "CASEWAY_WEBHOOK_SECRET": "x"})
        for name in ("a", "b"):
            delivery.deliver("OF-1", message(name))
        signed = [each.arrived[0].headers["caseway-signature"].split("v1=")[1] for each in (one, other)]
    assert len(set(signed)) == 2


def test_mail_goes_to_the_address_and_in_the_language_that_the_directory_has():
    directory = MemoryDirectory()
    directory.keep([Person("anna", languages=("pl",), mail="anna@example.org"), Person("ben")], NINE)
    with open_mailbox() as box:
        delivery = delivery_to(f"smtp://127.0.0.1:{box.port}?from=cases@example.org", directory, {})
        delivery.deliver("C", Message("C:1:0", "hello", "anna", {"en": "Hello", "pl": "Cześć"}, {"en": "a", "pl": "b"}))
        for nowhere in ("ben", "carl"):
            with pytest.raises(Undeliverable, match=nowhere):
                delivery.deliver("C", Message("C:1:0", "hello", nowhere, {"en": "Hello"}, {"en": "a"}))
        delivery.deliver("C", Message("C:1:0", "hello", "carl@example.org", {"en": "Hello"}, {"en": "a"}))
    assert [(mail["To"], mail["Subject"]) for mail in box.taken] == [
        ("anna@example.org", "Cześć"),
        ("carl@example.org", "Hello"),
    ]


@pytest.mark.parametrize("target", ["", "folder:", "x", "http://a.example", "webhook:x", "folder", "missing.toml"])
def test_a_target_that_is_none_is_told(target):
    with pytest.raises(InvalidInput):
        delivery_to(target, MemoryDirectory(), {})


def test_half_a_login_is_told():
    with pytest.raises(InvalidInput, match="a user and a password, or neither"):
        delivery_to("smtp://m.example?from=a@b.example", MemoryDirectory(), {"CASEWAY_SMTP_USER": "x"})
