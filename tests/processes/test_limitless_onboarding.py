"""What the scenarios of the onboarding cannot say: two cases of one ambassador, who sees what, and the words of the guidance."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from caseway.adapters import yaml_document
from caseway.adapters.catalogue import SHIPPED
from caseway.adapters.checked_file import definition_in
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.wiring import open  # noqa: A004  # it opens a runtime
from caseway.engine.actor import Actor
from caseway.engine.effect import AlreadyPaid, Payout
from caseway.engine.runtime import Runtime
from tests.processes.language import untranslated

FOLDER = SHIPPED / "limitless-onboarding"
NOOR, SAM = (Actor(name, frozenset({"ambassador"})) for name in ("noor", "sam"))
ACADEMY = Actor("academy", frozenset({"academy"}))


def runtime() -> Runtime:
    return open(processes=SHIPPED, clock=SimulatedClock(datetime(2026, 1, 5, 9, tzinfo=UTC)))


def learned(run: Runtime, case: str, actor: Actor) -> None:
    """Invite an ambassador, who passes both tests."""
    run.start("limitless-onboarding", {"ambassador": actor.id}, id=case)
    for event in ("begin", "limitless_page_read", "outlook_guide_read"):
        run.send(case, event, actor=actor)
    run.send(case, "limitless_quiz_marked", {"score": 91}, actor=ACADEMY)
    run.send(case, "outlook_test_marked", {"score": 91}, actor=ACADEMY)


def effects(run: Runtime, case: str) -> list[Payout | AlreadyPaid]:
    found = [effect for entry in run.history(case) for effect in entry.effects]
    return [effect for effect in found if isinstance(effect, Payout | AlreadyPaid)]


def test_every_rule_of_the_onboarding_is_carried_and_proved():
    rules = set(definition_in(FOLDER / "v1.yaml").sources)
    assert rules == {"LQ-01", "LQ-02"}
    content = yaml_document.read(FOLDER / "v1.scenarios.yaml").content
    assert {rule for scenario in content["scenarios"] for rule in scenario.get("proves", ())} == rules


def test_all_that_an_ambassador_reads_is_there_in_dutch_and_english():
    assert untranslated(definition_in(FOLDER / "v1.yaml"), {"en", "nl"}) == []


def test_an_ambassador_who_is_invited_twice_earns_the_reward_in_the_first_case_alone():
    run = runtime()
    learned(run, "first", NOOR)
    learned(run, "second", NOOR)
    learned(run, "other", SAM)
    (paid,), (again,) = effects(run, "first"), effects(run, "second")
    assert isinstance(paid, Payout)
    assert paid.once == "welcome_reward/noor"
    assert isinstance(again, AlreadyPaid)
    assert again.by == paid.id
    assert run.show("second").case.configuration == ("practising",)  # welcome all the same
    assert {each.owner: each.amount for each in run.ledger.balances()} == {
        "noor": 2000,
        "sam": 2000,
        "platform": -4000,
    }


def test_how_often_somebody_tried_is_nobody_elses_business():
    run = runtime()
    learned(run, "first", NOOR)
    assert "91" in str(run.show("first", actor=NOOR).data)
    assert "tests" in run.show("first", actor=SAM).withheld
    assert "91" not in str([(entry.event.data, entry.change) for entry in run.history("first", actor=SAM)])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("take the Limitless quiz", "how to help Outlook.com customers", "Practise in the app")),
        ("nl", ("de Limitless quiz", "klanten van Outlook.com kunt helpen", "Oefen op de app")),
    ],
)
def test_what_to_do_next_is_told_in_both_languages(language, words):
    run = runtime()
    run.start("limitless-onboarding", {"ambassador": "noor"}, id="first")
    run.send("first", "begin", actor=NOOR)
    assert all(word in " ".join(run.show("first", actor=NOOR, language=language).guidance) for word in words[:2])
    learned(run, "second", NOOR)
    assert words[2] in " ".join(run.show("second", actor=NOOR, language=language).guidance)
