"""What the scenarios of the partner inquiry cannot say: numbers over many questions, who sees what, and the words of the guidance."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from caseway.adapters.catalogue import SHIPPED
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.wiring import open  # noqa: A004  # it opens a runtime
from caseway.engine.actor import Actor
from caseway.engine.errors import Refused
from caseway.engine.report import LevelCount, ReportQuery
from caseway.engine.runtime import Runtime

QUESTION = {
    "customer": {"id": "kees", "name": "Kees Bakker"},
    "partner": "ketelhuis",
    "order": "4711",
    "sold_by": "partner",
    "asked": "partner",
    "agents": ["sanne", "tim"],
    "leads": ["lotte"],
    "conversation": [{"writer": "customer", "body": "The kettle leaks."}],
}
ANSWER = {
    "body": "How annoying! Shall we send a new one, or return your money?",
    "expert": {"correct": True, "sufficient": True, "solutions": 2},
    "personal": {"empathic": True, "feeling_acknowledged": True, "tone_matched": True},
}
SANNE = Actor("sanne", frozenset({"partner_agent"}))
TIM = Actor("tim", frozenset({"partner_agent"}))
LOTTE = Actor("lotte", frozenset({"partner_lead"}))
ILSE = Actor("ilse", frozenset({"customer_service"}))
MANAGER = Actor("joris", frozenset({"partner_manager"}))
WEEK = ReportQuery("bol-partner-inquiry", begin=date(2026, 5, 4), end=date(2026, 5, 10))


def at(text: str) -> datetime:
    """Read an hour of the first week of May, a Monday to Sunday: `05T09:00`."""
    return datetime.fromisoformat(f"2026-05-{text}:00+00:00")


def runtime() -> Runtime:
    return open(processes=SHIPPED, clock=SimulatedClock(at("11T07:00")))


def asked(run: Runtime, id: str, **more: str) -> None:  # noqa: A002  # the word of the glossary
    run.start("bol-partner-inquiry", {**QUESTION, **more}, id=id, now=at("04T07:00"))


def answered(run: Runtime, id: str, when: str, **more: str) -> None:  # noqa: A002  # as above
    asked(run, id, **more)
    run.send(id, "open_question", actor=SANNE, now=at("04T07:30"))
    run.send(id, "answer", ANSWER, actor=SANNE, now=at(when))


def numbers(run: Runtime) -> dict[str | None, LevelCount]:
    """Return how many answers of each partner were on time in the week."""
    (section,) = run.report(WEEK, actor=MANAGER).sections
    assert (section.per, section.zone) == ("week", "Europe/Amsterdam")
    return {row.group: next(level for level in row.levels if level.level == "answer") for row in section.rows}


def came_back(run: Runtime) -> None:
    """Let a question be forwarded to Sanne, and come back from her hands after 48 hours."""
    asked(run, "BP-1", asked="customer_service")
    run.send("BP-1", "forward", actor=ILSE, now=at("04T07:00"))
    run.send("BP-1", "open_question", actor=SANNE, now=at("04T08:00"))
    run.send("BP-1", "inform", {"about": "delivery", "body": "A secret of Kees."}, actor=SANNE, now=at("04T08:00"))
    run.fire_due_timers(now=at("06T07:00"))


def test_a_partner_with_nine_of_ten_questions_on_time_is_at_the_norm():
    run = runtime()
    for number in range(9):
        answered(run, f"BP-{number}", "04T14:59")
    answered(run, "BP-9", "05T07:01")
    told = numbers(run)["ketelhuis"]
    assert (told.met, told.breached, told.is_below, told.is_exceeded) == (9, 1, False, False)


def test_a_partner_with_fewer_on_time_is_below_the_norm():
    run = runtime()
    for number in range(8):
        answered(run, f"BP-{number}", "04T14:59")
    answered(run, "BP-8", "05T07:01")
    told = numbers(run)["ketelhuis"]
    assert (told.met, told.breached, told.is_below, told.is_exceeded) == (8, 1, True, False)


@pytest.mark.parametrize(("late", "warned"), [(9, False), (10, True)])
def test_ten_late_questions_in_one_week_bring_the_warning(late, warned):
    run = runtime()
    for number in range(late):
        answered(run, f"BP-{number}", "05T07:01")
    answered(run, "BP-99", "05T07:01", partner="theehuis")
    told = numbers(run)
    assert (told["ketelhuis"].breached, told["ketelhuis"].is_exceeded) == (late, warned)
    assert (told["theehuis"].breached, told["theehuis"].is_exceeded) == (1, False)


def test_what_customer_service_lets_lie_is_not_in_the_numbers_of_the_partner():
    run = runtime()
    asked(run, "BP-1", asked="customer_service")
    run.send("BP-1", "pick_up", actor=ILSE, now=at("05T07:00"))
    run.send("BP-1", "answer", ANSWER, actor=ILSE, now=at("05T07:01"))
    assert {group: told.breached for group, told in numbers(run).items()} == {"bol.com": 1}


def test_no_partner_sees_the_numbers_of_another():
    run = runtime()
    answered(run, "BP-1", "04T14:59")
    for by in (None, "case.partner"):
        with pytest.raises(Refused) as caught:
            run.report(ReportQuery("bol-partner-inquiry", by=by), actor=LOTTE)
        assert caught.value.refusal.code == "not-allowed"


def test_a_question_that_came_back_is_out_of_the_partners_sight():
    run = runtime()
    came_back(run)
    for actor in (SANNE, TIM, LOTTE):
        view = run.show("BP-1", actor=actor)
        assert {"customer", "conversation", "tracking"} <= set(view.withheld)
        assert not [each.event for each in view.accepts if each.accepted is not False]
        assert view.guidance == ()
        assert "secret" not in str([entry.event.data for entry in run.history("BP-1", actor=actor)])
        assert "secret" not in str([(entry.change, entry.effects) for entry in run.history("BP-1", actor=actor)])
    assert run.show("BP-1", actor=ILSE).data["conversation"][-1]["body"] == "A secret of Kees."


def test_a_question_is_read_by_whoever_opened_it():
    run = runtime()
    asked(run, "BP-1")
    assert "conversation" in run.show("BP-1", actor=SANNE).withheld
    run.send("BP-1", "open_question", actor=SANNE, now=at("04T07:30"))
    assert run.show("BP-1", actor=SANNE).data["conversation"] == QUESTION["conversation"]
    assert "conversation" in run.show("BP-1", actor=TIM).withheld


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("understanding", "patience", "conversation techniques", "service-minded e-mails")),
        ("nl", ("begrip", "geduld", "gesprekstechnieken", "servicegerichte e-mails")),
    ],
)
def test_how_to_write_is_told_to_whoever_has_the_question(language, words):
    run = runtime()
    asked(run, "BP-1")
    asked(run, "BP-2", asked="customer_service")
    for case, actor, other in (("BP-1", SANNE, ILSE), ("BP-2", ILSE, SANNE)):
        (told,) = run.show(case, actor=actor, language=language).guidance
        assert all(word in told for word in words)
        assert not run.show(case, actor=other, language=language).guidance
