"""What the scenarios of the visit cannot say: who sees what, the words of the guidance, the linked cases, and what is one parameter only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from caseway.adapters import yaml_document
from caseway.adapters.catalogue import SHIPPED
from caseway.adapters.checked_file import definition_in
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.document_renderer import DocumentRenderer
from caseway.adapters.folder_delivery import FolderDelivery
from caseway.adapters.machine import RandomIds
from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.wiring import open  # noqa: A004  # it opens a runtime
from caseway.engine.actor import Actor
from caseway.engine.errors import Refused
from caseway.engine.ports import Catalogue
from caseway.engine.runtime import Runtime
from tests.processes.language import untranslated

FOLDER = SHIPPED / "orange-friends-visit"
REQUEST = {
    "customer": {"id": "jan", "name": "Jan Kowalski", "phone": "600 100 200", "address": "ul. Długa 1"},
    "wish": "WiFi does not reach the attic",
    "candidates": ["anna", "bartek"],
    "orders": [{"title": "WiFi set-up", "price": 14900}],
}
PRIVATE = {"customer.name", "customer.phone", "customer.address"}
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANNA = Actor("anna", frozenset({"friend"}))
BARTEK = Actor("bartek", frozenset({"friend"}))
JAN = Actor("jan", frozenset({"customer"}))
MARTA = Actor("marta", frozenset({"dispatcher"}))

Happening = tuple[str, dict[str, Any], Actor]
ACCEPTED: list[Happening] = [("accept", {}, ANNA)]
CALLED = [*ACCEPTED, ("confirm_scope", {"summary": "A repeater in the attic"}, ANNA)]
ARRANGED = [*CALLED, ("agree_date", {"starts_at": "2026-03-05T16:00:00Z"}, ANNA)]
VISITING = [
    *ARRANGED,
    ("start_visit", {"introduced": True, "purpose_recalled": True, "scope_confirmed": True}, ANNA),
]
DISPUTED = [*VISITING, ("dispute_charge", {"complaint": "Too much"}, JAN)]
COMPLETED = [
    *VISITING,
    ("finish_work", {"work_done": "Repeater placed"}, ANNA),
    ("confirm_work", {"amount": 14900}, JAN),
    ("complete", {}, ANNA),
]


@cache
def catalogue(processes: Path) -> Catalogue:
    """Return the processes of a folder, compiled once for all tests."""
    return open(processes=processes).catalogue


def requested(
    *steps: Happening, processes: Path = SHIPPED, clock: SimulatedClock | None = None, outbox: Path | None = None
) -> Runtime:
    """Return a runtime with the request `OF-1` to which this has happened."""
    run = Runtime(
        MemoryStore(),
        catalogue(processes),
        clock or SimulatedClock(MORNING),
        RandomIds(),
        FolderDelivery(outbox) if outbox else None,
        renderer=DocumentRenderer(),
    )
    run.start("orange-friends-visit", REQUEST, id="OF-1")
    for event, data, actor in steps:
        run.send("OF-1", event, data, actor=actor)
    return run


def content(name: str) -> dict[str, Any]:
    return yaml_document.read(FOLDER / name).content


# every rule


def test_every_rule_is_carried_and_proved():
    rules = set(definition_in(FOLDER / "v1.yaml").sources)
    assert rules == {f"OF-{number:02}" for number in range(1, 28)}
    proved = {rule for scenario in content("v1.scenarios.yaml")["scenarios"] for rule in scenario.get("proves", ())}
    assert proved == rules


def test_all_that_a_person_reads_is_there_in_polish_and_english():
    assert untranslated(definition_in(FOLDER / "v1.yaml"), {"en", "pl"}) == []


# who sees what


def test_only_the_customer_the_dispatcher_and_whoever_has_the_request_see_name_telephone_and_address():
    run = requested()
    for actor in (ANNA, BARTEK):
        view = run.show("OF-1", actor=actor)
        assert set(view.withheld) >= PRIVATE
        assert view.data["customer"] == {"id": "jan"}
        assert view.data["wish"] == REQUEST["wish"]  # that is what one decides by
    for actor in (JAN, MARTA):
        assert run.show("OF-1", actor=actor).data["customer"] == REQUEST["customer"]
    run.send("OF-1", "accept", actor=ANNA)
    assert run.show("OF-1", actor=ANNA).data["customer"] == REQUEST["customer"]
    assert set(run.show("OF-1", actor=BARTEK).withheld) >= PRIVATE


def test_who_gave_the_request_back_sees_them_no_more():
    run = requested(
        *ARRANGED,
        ("give_back", {"because": "date_does_not_suit", "explanation": "At my sister's wedding"}, ANNA),
        ("accept", {}, BARTEK),
    )
    assert set(run.show("OF-1", actor=ANNA).withheld) >= PRIVATE | {"scope", "cancellations"}
    assert run.show("OF-1", actor=BARTEK).data["customer"] == REQUEST["customer"]


def test_why_a_friend_gave_up_is_for_the_dispatcher():
    run = requested(
        *ARRANGED, ("give_back", {"because": "date_does_not_suit", "explanation": "At my sister's wedding"}, ANNA)
    )
    assert "wedding" in str(run.show("OF-1", actor=MARTA).data["cancellations"])
    for actor in (JAN, BARTEK):
        assert "wedding" not in str(run.show("OF-1", actor=actor).data)
        assert "wedding" not in str([(entry.event, entry.change) for entry in run.history("OF-1", actor=actor)])


def test_the_history_keeps_the_same_things_from_the_same_people():
    run = requested(*COMPLETED)
    told = str([(entry.event, entry.change, entry.effects) for entry in run.history("OF-1", actor=BARTEK)])
    assert not [secret for secret in ("Kowalski", "600 100 200", "Długa", "repeater", "Repeater") if secret in told]
    told = str([(entry.event, entry.change) for entry in run.history("OF-1", actor=ANNA)])
    assert all(known in told for known in ("Kowalski", "600 100 200", "Długa"))


# guidance


@pytest.mark.parametrize(
    ("steps", "actor", "words"),
    [
        (ACCEPTED, ANNA, {"en": "sum up the request", "pl": "podsumuj to, co Klient wpisał"}),  # OF-07
        (ACCEPTED, ANNA, {"en": "somebody else will call", "pl": "skontaktuje się z nim ktoś inny"}),  # OF-08
        (CALLED, ANNA, {"en": "the customer decides the date", "pl": "to Klient decyduje o terminie"}),  # OF-06
        (CALLED, ANNA, {"en": "payment is in cash only", "pl": "płatność odbywa się tylko gotówką"}),  # OF-09
        (CALLED, ANNA, {"en": "another Orange Friend will have time", "pl": "będzie dostępny inny"}),  # OF-12
        (ARRANGED, ANNA, {"en": "clean, neat clothes", "pl": "schludny i czysty strój"}),  # OF-13
        (ARRANGED, ANNA, {"en": "keep your photo up to date", "pl": "aktualne zdjęcie na platformie"}),  # OF-13
        (ARRANGED, ANNA, {"en": "Insure yourself", "pl": "ubezpieczenie od odpowiedzialności cywilnej"}),  # OF-22
        (ARRANGED, JAN, {"en": "cancel free of charge", "pl": "bezpłatnie zrezygnować"}),  # OF-27
        (
            VISITING,
            ANNA,
            {"en": "Introduce yourself, recall the purpose", "pl": "Przedstaw się, przypomnij cel"},
        ),  # OF-14
        (VISITING, ANNA, {"en": "represent neither Orange nor Mila", "pl": "ani Orange, ani Mila"}),  # OF-14
        (VISITING, ANNA, {"en": "make a new request", "pl": "nowe zgłoszenie"}),  # OF-16
        (VISITING, ANNA, {"en": "avoid jargon and disputes", "pl": "unikaj żargonu i sporów"}),  # OF-23
        (DISPUTED, ANNA, {"en": "Be a mediator", "pl": "Bądź mediatorem"}),  # OF-23
        (DISPUTED, MARTA, {"en": "the customer must pay", "pl": "Klient musi zapłacić"}),  # OF-21
    ],
)
def test_guidance_is_told_to_the_right_person_at_the_right_moment_in_both_languages(steps, actor, words):
    run = requested(*steps)
    others = {ANNA, JAN, MARTA} - {actor}
    for language, expected in words.items():
        assert expected in " ".join(" ".join(run.show("OF-1", actor=actor, language=language).guidance).split())
        for other in others:
            assert expected not in " ".join(run.show("OF-1", actor=other, language=language).guidance)


def test_guidance_for_the_visit_is_not_told_before_or_after_it():
    for steps in (ACCEPTED, COMPLETED):
        guidance = " ".join(requested(*steps).show("OF-1", actor=ANNA, language="en").guidance)
        assert "Introduce yourself" not in guidance
        assert "clothes" not in guidance


# linked cases


def test_a_new_wish_becomes_a_request_of_the_same_customer_linked_to_this_one():
    run = requested(*VISITING, ("new_wish", {"wish": "An alarm system", "title": "Alarm", "price": 29900}, JAN))
    run.relay()
    (link,) = run.show("OF-1").links
    new = run.show(link.case)
    assert new.case.process == "orange-friends-visit"
    assert new.case.configuration == ("offered.nobody_left",)
    assert new.data["customer"] == REQUEST["customer"]
    assert (new.data["wish"], new.data["price"]) == ("An alarm system", 29900)
    assert [(each.kind, each.case) for each in new.links] == [("parent", "OF-1")]
    assert set(run.show(link.case, actor=ANNA).withheld) >= PRIVATE  # her visit, but not her request


def test_damage_becomes_a_claim_that_is_heard_of_when_it_ends_however_late():
    clock = SimulatedClock(MORNING)
    damage = ("report_damage", {"description": "A vase was broken", "amount": 30000}, JAN)
    run = requested(*VISITING, damage, clock=clock)
    run.relay()
    (link,) = run.show("OF-1").links
    assert run.show(link.case).case.process == "orange-friends-damage-claim"
    for event, data, actor in COMPLETED[len(VISITING) :]:
        run.send("OF-1", event, data, actor=actor)
    clock.advance(timedelta(days=28))
    run.fire_due_timers()
    assert run.show("OF-1").case.final
    run.send(link.case, "withdraw", actor=JAN)
    run.relay()
    assert [each.state for each in run.show("OF-1").links] == ["withdrawn"]


# one parameter only


def test_a_country_with_a_commission_of_twenty_per_cent_changes_one_number(tmp_path):
    copytree(SHIPPED, tmp_path / "processes")
    path = tmp_path / "processes" / "orange-friends-visit" / "v1.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count("commission_percent: 15") == 1
    path.write_text(text.replace("commission_percent: 15", "commission_percent: 20"), encoding="utf-8")
    run = requested(*COMPLETED, processes=tmp_path / "processes")
    assert {f"{each.owner}/{each.account}": each.amount for each in run.ledger.balances()} == {
        "jan/cash": -14900,
        "anna/cash": 14900,
        "anna/payable": -2980,
        "platform/commission": 2980,
    }


# worklists, what is taken out, and the bill


def test_a_request_stands_on_the_worklists_of_those_who_may_take_it_until_one_has_it():
    run = requested()
    (offered,) = run.work(ANNA, language="pl")
    assert (offered.case, offered.kind, offered.title) == ("OF-1", "offered", "Zaproponowane Friendom")
    assert offered.due == MORNING + timedelta(hours=1)
    assert run.work(Actor("celina", frozenset({"friend"}))) == run.work(JAN) == ()
    run.send("OF-1", "accept", actor=ANNA)
    assert [item.kind for item in run.work(ANNA)] == ["mine"]
    assert run.work(BARTEK) == ()
    run.send("OF-1", "give_back", {"because": "beyond_competence", "explanation": "Fibre"}, actor=ANNA)
    assert run.work(ANNA) == ()
    assert [item.kind for item in run.work(BARTEK)] == ["offered"]


def test_the_dispatcher_takes_out_what_a_customer_should_not_have_written():
    run = requested()
    run.redact("OF-1", ["case.wish"], reason="A card number", actor=MARTA)
    assert REQUEST["wish"] not in str([(entry.event, entry.change, entry.effects) for entry in run.history("OF-1")])
    with pytest.raises(Refused):
        run.redact("OF-1", ["case.orders"], reason="Too dear", actor=ANNA)


def test_both_get_a_bill_in_polish_with_lines_total_and_commission(tmp_path):
    run = requested(*COMPLETED, outbox=tmp_path)
    run.relay()
    assert len(list(tmp_path.glob("*.bill.pdf"))) == 2
    first, second = (path.read_text(encoding="utf-8") for path in tmp_path.glob("*.bill.html"))
    assert first == second
    lines = ("Rachunek OF-1", "Jan Kowalski, ul. Długa 1", "WiFi set-up", "149.00 PLN", "Razem", "(15%): 22.35 PLN")
    assert not [line for line in lines if line not in first]
    assert "Zapłacono gotówką" in first
