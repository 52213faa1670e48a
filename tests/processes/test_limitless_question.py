"""What the scenarios of the question cannot say: who sees what, the words of the guidance, the worklists, and what is gone for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from caseway.adapters import yaml_document
from caseway.adapters.catalogue import SHIPPED
from caseway.adapters.checked_file import definition_in
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.machine import RandomIds
from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.wiring import open  # noqa: A004  # it opens a runtime
from caseway.engine.actor import Actor
from caseway.engine.effect import Message
from caseway.engine.errors import Refused
from caseway.engine.ports import Catalogue
from caseway.engine.posting import PostingQuery
from caseway.engine.runtime import Runtime
from tests.processes.language import untranslated

FOLDER = SHIPPED / "limitless-question"
MORNING = datetime(2026, 4, 1, 8, tzinfo=UTC)
QUESTION = {
    "customer": {"id": "customer-17", "name": "Maria de Vries"},
    "question": "My card 4111 1111 1111 1111 is refused.",
}
FEMKE, DAAN, LOTTE, MILAN = (Actor(name, frozenset({"ambassador"})) for name in ("femke", "daan", "lotte", "milan"))
MARIA = Actor("customer-17", frozenset({"customer"}))
OLGA = Actor("olga", frozenset({"moderator"}))
DESK = Actor("desk", frozenset({"customer_service"}))

Happening = tuple[str, dict[str, Any], Actor]
WRITING: list[Happening] = [("pick_up", {}, FEMKE)]
PREVIEW = [*WRITING, ("respond_and_close", {"body": "Hello! Try another card.", "code": "how_to"}, FEMKE)]
CLOSED = [*PREVIEW, ("send", {"problem": "settings"}, FEMKE)]
LIKED = [*CLOSED, ("review", {"item": "answer-2", "vote": "like"}, DAAN)]
REPLIED = [*LIKED, ("reply", {"body": "And on my phone?"}, MARIA)]
ADDITION = {
    "because": "customer_asks",
    "body": "Hello! Tap the three lines.",
    "code": "how_to",
    "problem": "settings",
    "previewed": True,
    "checked": True,
}
ADDED = [*REPLIED, ("review", {"item": "answer-2", "vote": "dislike", "addition": ADDITION}, LOTTE)]
FORWARDED = [*REPLIED, ("review", {"item": "answer-2", "vote": "like", "forward": True}, LOTTE)]
REPORTED = [*CLOSED, ("report", {"number": 1, "reason": "payment_data"}, DAAN)]
EXAMINED = [*REPORTED, ("examine", {"item": "report-1", "remove": True, "text": "4111 1111 1111 1111"}, OLGA)]


@cache
def catalogue() -> Catalogue:
    """Return the shipped processes, compiled once for all tests."""
    return open(processes=SHIPPED).catalogue


def asked(*steps: Happening, days: int = 0) -> Runtime:
    """Return a runtime with the question `LQ-1` to which this has happened, some days ago."""
    clock = SimulatedClock(MORNING)
    run = Runtime(MemoryStore(), catalogue(), clock, RandomIds())
    run.start("limitless-question", QUESTION, id="LQ-1")
    for event, data, actor in steps:
        run.send("LQ-1", event, data, actor=actor)
    clock.advance(timedelta(days=days))
    run.fire_due_timers()
    return run


def content(name: str) -> dict[str, Any]:
    return yaml_document.read(FOLDER / name).content


def outlets(run: Runtime, actor: Actor | None) -> str:
    """Return all that somebody can read of the question, one way or another."""
    parts: list[Any] = [run.show("LQ-1", actor=actor, language=language) for language in ("en", "nl")]
    parts += run.history("LQ-1", actor=actor)
    if actor is not None:
        parts += run.work(actor)
        for event in ("pick_up", "send", "rate", "review", "examine", "take_over"):
            try:
                run.send("LQ-1", event, {"item": "no-such-item"}, actor=actor)
            except Refused as error:
                parts.append((error.refusal.message, error.refusal.facts))
    return str(parts)


# every rule


def test_every_rule_of_the_question_is_carried_and_proved():
    rules = set(definition_in(FOLDER / "v1.yaml").sources)
    assert rules == {f"LQ-{number:02}" for number in range(3, 29)}
    proved = {rule for scenario in content("v1.scenarios.yaml")["scenarios"] for rule in scenario.get("proves", ())}
    assert proved == rules


def test_all_that_a_person_reads_is_there_in_dutch_and_english():
    assert untranslated(definition_in(FOLDER / "v1.yaml"), {"en", "nl"}) == []


# who sees what


@pytest.mark.parametrize("steps", [[], WRITING, PREVIEW, CLOSED, REPLIED, ADDED, FORWARDED, REPORTED, EXAMINED])
def test_no_ambassador_ever_reads_the_name_of_the_customer(steps):
    for days in (0, 3):
        run = asked(*steps, days=days)
        for ambassador in (FEMKE, DAAN):
            assert "Maria" not in outlets(run, ambassador)
        assert "Vries" not in str([message.body for message in messages(run)])


def test_the_customer_and_customer_service_see_the_name():
    run = asked(*FORWARDED)
    assert "Vries" not in outlets(run, OLGA)
    for actor in (MARIA, DESK):
        assert run.show("LQ-1", actor=actor).data["customer"]["name"] == "Maria de Vries"


def test_an_ambassador_who_has_questions_as_a_customer_answers_those_of_others():
    run = asked()
    both = Actor("customer-17", frozenset({"customer", "ambassador"}))
    with pytest.raises(Refused) as caught:
        run.send("LQ-1", "pick_up", actor=both)
    assert caught.value.refusal.code == "not-a-candidate"
    assert run.work(both) == ()


def test_what_is_not_sent_yet_is_read_by_its_writer_alone():
    run = asked(*PREVIEW)
    assert run.show("LQ-1", actor=FEMKE).data["draft"]["body"] == "Hello! Try another card."
    for actor in (DAAN, MARIA, OLGA):
        assert "another card" not in outlets(run, actor)


def test_nobody_knows_how_others_vote_before_the_votes_are_counted():
    under_review = asked(*ADDED)
    for actor in (FEMKE, MILAN, MARIA):
        told = outlets(under_review, actor)
        assert "'like'" not in told
        assert "dislike" not in told.replace("DISLIKE", "")
    assert [vote["vote"] for vote in under_review.show("LQ-1", actor=OLGA).data["votes"]] == ["like", "dislike"]
    counted = asked(*ADDED, ("review", {"item": "answer-4", "vote": "like"}, MILAN), days=3)
    seen = counted.show("LQ-1", actor=FEMKE).data["answers"]
    assert [(each["in_favour"], each["against"]) for each in seen] == [(1, 1), (1, 0)]
    assert "votes" in counted.show("LQ-1", actor=FEMKE).withheld
    assert "in_favour" not in str(counted.show("LQ-1", actor=MARIA).data)


def test_who_reported_what_is_known_to_moderators():
    run = asked(*REPORTED)
    assert run.show("LQ-1", actor=OLGA).data["reports"][0]["reported_by"] == "daan"
    for actor in (FEMKE, MARIA):
        assert "reports" in run.show("LQ-1", actor=actor).withheld


def test_each_ambassador_reads_of_the_pay_of_all_who_share_it():
    run = asked(*LIKED, days=3)
    assert run.show("LQ-1").case.closed
    lines = [line for line in run.ledger.postings(PostingQuery(case="LQ-1")) if line.unit == "EUR"]
    assert [(line.owner, line.amount) for line in lines] == [("platform", -225), ("femke", 225)]
    assert [line.owner for line in run.ledger.postings(PostingQuery(case="LQ-1"), actor=FEMKE)] == ["femke", "femke"]


# what is gone for good


def test_what_a_moderator_removes_is_gone_from_all_that_was_recorded():
    before, after = asked(*REPORTED), asked(*EXAMINED)
    for actor in (None, MARIA, FEMKE, OLGA):
        assert "4111 1111" in outlets(before, actor)
        assert "4111 1111" not in outlets(after, actor)
    assert after.show("LQ-1").data["conversation"][0]["body"] == "My card [redacted: removed] is refused."
    assert [line.revision for line in after.history("LQ-1") if line.redacted] == [1, 4, 6]


@pytest.mark.parametrize("part", [{}, {"text": "9876 5432"}])
def test_drafts_that_were_edited_before_one_was_sent_go_with_the_answer(part):
    drafts = ("Yuor number is 9876 5432.", "Nonsense.", "Your number is 9876 5432.")
    written = [
        step
        for body in drafts
        for step in (("respond_and_close", {"body": body, "code": "how_to"}, FEMKE), ("edit", {}, FEMKE))
    ]
    report = ("report", {"number": 2, "reason": "payment_data"}, DAAN)
    removed = ("examine", {"item": "report-1", "remove": True, **part}, OLGA)
    run = asked(*WRITING, *written[:-1], ("send", {"problem": "settings"}, FEMKE), report, removed)
    assert "9876" not in outlets(run, None)
    assert ("Nonsense." in outlets(run, None)) == bool(part)
    left = run.show("LQ-1").data["conversation"]
    assert [each["removed"] for each in left] == [False, not part]
    assert left[0]["body"] == QUESTION["question"]


def test_a_redaction_of_the_question_does_not_keep_a_paid_answer_from_being_removed():
    voted = ("review", {"item": "answer-2", "vote": "like"}, DAAN)
    run = asked(*CLOSED, voted, days=4)
    assert list(run.ledger.postings(PostingQuery(case="LQ-1")))
    run.redact("LQ-1", ["case.conversation[0]"], reason="personal")
    run.send("LQ-1", "report", {"number": 2, "reason": "payment_data"}, actor=DAAN)
    run.send("LQ-1", "examine", {"item": "report-1", "remove": True}, actor=OLGA)
    assert {each.amount for each in run.ledger.balances()} == {0}


def test_a_moderator_may_redact_what_nobody_reported():
    run = asked(*LIKED, days=3)
    run.redact("LQ-1", ["case.customer.name"], reason="Asked to be forgotten", actor=OLGA)
    assert "Vries" not in outlets(run, None)
    with pytest.raises(Refused):
        run.redact("LQ-1", ["case.conversation"], reason="I do not like it", actor=FEMKE)


# worklists


def test_an_answer_is_a_task_for_others_to_review():
    run = asked(*CLOSED)
    (task,) = run.work(DAAN, language="nl")
    assert (task.title, task.item, task.events) == ("Wordt beoordeeld", "answer-2", ("review", "skip_review"))
    assert [task.kind for task in run.work(FEMKE)] == ["mine"]
    run.send("LQ-1", "review", {"item": "answer-2", "vote": "like"}, actor=DAAN)
    assert run.work(DAAN) == ()
    assert [task.item for task in run.work(LOTTE)] == ["answer-2"]


def test_an_addition_is_a_task_for_all_but_whoever_wrote_it():
    run = asked(*ADDED)
    assert [task.item for task in run.work(MILAN)] == ["answer-2", "answer-4"]
    assert [task.item for task in run.work(DAAN)] == ["answer-4"]
    assert run.work(LOTTE) == ()


def test_a_question_that_was_skipped_is_on_the_worklists_of_others():
    run = asked(("skip", {}, DAAN), *WRITING)
    run.send("LQ-1", "hand_back", actor=FEMKE)
    assert run.work(DAAN) == run.work(FEMKE) == ()
    assert [task.kind for task in run.work(LOTTE)] == ["offered"]


def test_a_report_is_a_task_for_moderators_also_where_the_question_is_settled():
    for days in (0, 3):
        run = asked(*LIKED, days=days)
        run.send("LQ-1", "report", {"number": 1, "reason": "payment_data"}, actor=LOTTE)
        (task,) = run.work(OLGA)
        assert (task.item, task.events) == ("report-1", ("examine",))
        run.send("LQ-1", "examine", {"item": "report-1", "remove": False}, actor=OLGA)
        assert run.work(OLGA) == ()


def test_what_was_forwarded_is_a_task_for_customer_service():
    for steps in ([*WRITING, ("forward", {}, FEMKE)], FORWARDED):
        run = asked(*steps)
        assert [task.events for task in run.work(DESK)] == [("take_over",)]


# guidance


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], {"en": "Not sure how to answer?", "nl": "Weet je niet zeker hoe je moet antwoorden?"}),  # LQ-18
        (WRITING, {"en": "You do not see the customer's name", "nl": "Je ziet de naam van de klant niet"}),  # LQ-08
        (WRITING, {"en": "only if you are sure", "nl": "alleen als je het zeker weet"}),  # LQ-05
        (WRITING, {"en": "you may lose part", "nl": "loop je mogelijk een deel van de verdiensten mis"}),  # LQ-06
        (WRITING, {"en": "the code 'Not for Outlook'", "nl": "de code 'Niet voor Outlook'"}),  # LQ-13
        (WRITING, {"en": "Forward it to customer service", "nl": "Stuur de vraag door"}),  # LQ-17
        (WRITING, {"en": "useful links", "nl": "nuttige links"}),  # LQ-22
        (WRITING, {"en": "Thank the customer", "nl": "Bedank de klant"}),  # LQ-24
        (WRITING, {"en": "in your own account", "nl": "in je eigen account"}),  # LQ-25
        (PREVIEW, {"en": "the one problem", "nl": "het ene probleem"}),  # LQ-14
        (PREVIEW, {"en": "still right", "nl": "nog kloppen"}),  # LQ-15
        (PREVIEW, {"en": "proofread", "nl": "lees je antwoord nauwkeurig na"}),  # LQ-24
        (CLOSED, {"en": "Review honestly", "nl": "Beoordeel eerlijk"}),  # LQ-26
        (CLOSED, {"en": "BEST ANSWER is for", "nl": "BESTE ANTWOORD is voor"}),  # LQ-12
        (CLOSED, {"en": "inaccurate or incomplete", "nl": "onnauwkeurig of onvolledig"}),  # LQ-20
        (CLOSED, {"en": "do not contradict", "nl": "spreek de andere ambassadeur niet tegen"}),  # LQ-23
        (CLOSED, {"en": "useful links", "nl": "nuttige links"}),  # LQ-22, for whoever adds
        (REPLIED, {"en": "The customer has replied already", "nl": "De klant heeft al gereageerd"}),  # LQ-11
    ],
)
def test_guidance_is_told_to_ambassadors_at_the_right_moment_in_both_languages(steps, words):
    run = asked(*steps)
    for language, expected in words.items():
        assert expected in " ".join(run.show("LQ-1", actor=FEMKE, language=language).guidance)
        for other in (MARIA, DESK):
            assert expected not in " ".join(run.show("LQ-1", actor=other, language=language).guidance)


def test_guidance_goes_when_the_moment_is_over():
    for steps, days in ((WRITING, 0), (LIKED, 3)):
        assert "Review honestly" not in " ".join(asked(*steps, days=days).show("LQ-1", actor=FEMKE).guidance)
    assert "the customer's name" not in " ".join(asked(*CLOSED).show("LQ-1", actor=FEMKE).guidance)


def messages(run: Runtime) -> list[Message]:
    effects = [effect for entry in run.history("LQ-1") for effect in entry.effects]
    return [effect for effect in effects if isinstance(effect, Message)]
