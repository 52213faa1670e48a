"""Scenarios: what should come of a case, told step by step, and played in simulated time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from caseway.engine.actor import RESERVED_ROLES, Actor
from caseway.engine.case import Case
from caseway.engine.definition import Definition
from caseway.engine.duration import duration_text, parse_duration
from caseway.engine.effect import AlreadyPaid, Effect, Message, SendEvent, StartCase, Unpaid
from caseway.engine.errors import CasewayError, FaultyStep, Refused
from caseway.engine.expectation import expectation_faults, guidance_told, unknown, work_told
from caseway.engine.fault import Fault, Path
from caseway.engine.link import ended
from caseway.engine.paid import totals
from caseway.engine.payee import owner_id
from caseway.engine.posting import PostingQuery
from caseway.engine.runtime import Runtime
from caseway.engine.timestamp import instant_text
from caseway.engine.view import advice, level_record

EPOCH = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When a scenario begins that does not say: a Monday morning."""

TIMERS_IN_A_WAIT = 10_000
"""How many timers may fire in one wait; more is taken for a process that never rests."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario as written: `given`, `steps` and `expect` are as the schema describes them."""

    name: str
    proves: tuple[str, ...]
    given: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    expect: Mapping[str, Any]


def scenarios(content: Mapping[str, Any]) -> tuple[Scenario, ...]:
    """Return the scenarios of a document whose shape has been checked."""
    return tuple(
        Scenario(
            each["name"],
            tuple(each.get("proves", ())),
            each.get("given", {}),
            each.get("steps", ()),
            each.get("expect", {}),
        )
        for each in content["scenarios"]
    )


def scenario_faults(content: Mapping[str, Any], definition: Definition) -> Iterator[Fault]:
    """Yield the names in a scenario document that mean nothing to its process."""
    people = content.get("people", {})
    for name, person in people.items():
        for index, role in enumerate(person.get("roles", ())):
            if role not in definition.roles:
                yield unknown("role", role, definition.roles, ("people", name, "roles", index))
    names: set[str] = set()
    for index, scenario in enumerate(content["scenarios"]):
        path: Path = ("scenarios", index)
        if scenario["name"] in names:
            yield Fault(
                "duplicate-scenario",
                f'there are two scenarios "{scenario["name"]}"',
                (*path, "name"),
                "give each its own name",
                scenario["name"],
            )
        names.add(scenario["name"])
        for number, rule in enumerate(scenario.get("proves", ())):
            if rule not in definition.sources:
                yield unknown("source", rule, definition.sources, (*path, "proves", number))
        yield from _given_faults(scenario.get("given", {}), definition, (*path, "given"))
        for number, step in enumerate(scenario.get("steps", ())):
            yield from _step_faults(step, people, definition, (*path, "steps", number))
        yield from expectation_faults(scenario.get("expect", {}), people, definition, (*path, "expect"))


def _given_faults(given: Mapping[str, Any], definition: Definition, path: Path) -> Iterator[Fault]:
    for index, line in enumerate(given.get("paid", ())):
        name, at = line["payout"], (*path, "paid", index, "payout")
        if name not in definition.payouts:
            yield unknown("payout", name, definition.payouts, at)
        elif definition.payouts[name].once is None:
            told = f'the payout "{name}" has no once key that could be taken'
            yield Fault("never-once", told, at, "name a payout with once, or leave this out", name)


def _step_faults(
    step: Mapping[str, Any], people: Mapping[str, Any], definition: Definition, path: Path
) -> Iterator[Fault]:
    event = step.get("send")
    if event is not None and event not in definition.events and "refused" not in step:
        yield unknown("event", event, definition.events, (*path, "send"))
    person = step.get("as")
    if person is not None and person not in people and ":" not in person:
        yield unknown("person", person, people, (*path, "as"))
    if "wait" in step:
        try:
            parse_duration(step["wait"])
        except ValueError as error:
            yield Fault("bad-delay", str(error), (*path, "wait"), "write PT30M, PT8H, P2D or P1W", step["wait"])
    link = step.get("ended")
    if link is not None and link not in definition.links:
        yield unknown("link", link, definition.links, (*path, "ended"))
    yield from expectation_faults(step.get("expect", {}), people, definition, (*path, "expect"))


class Rehearsal(Protocol):
    """What a store to rehearse in does besides: `take` lets a once key be taken before anything happens."""

    def take(self, key: str, effect: str) -> None: ...


class Play:
    """One scenario being played on a runtime that has just been made, in a store to rehearse in."""

    def __init__(self, runtime: Runtime, definition: Definition, scenario: Scenario, people: Mapping[str, Any]) -> None:
        self.runtime, self.definition, self.scenario, self.people = runtime, definition, scenario, people
        given = scenario.given
        self.case = given.get("id", "case")
        self.now = datetime.fromisoformat(given["at"]).astimezone(UTC) if "at" in given else EPOCH
        self.refusals = 0

    def failures(self) -> Iterator[str]:
        """Play the scenario to its end, or to the first thing that is not as expected, and yield what is not."""
        self._take_keys()
        try:
            self.runtime.start(self.definition.process, self.scenario.given.get("data"), id=self.case, now=self.now)
        except CasewayError as error:
            yield f"given: {error.message}"
            return
        for number, step in enumerate(self.scenario.steps, 1):
            problems = [f"step {number} ({_told(step)}): {problem}" for problem in self._problems(step)]
            yield from problems
            if problems:
                return
        yield from (f"expect: {problem}" for problem in self._differences(self.scenario.expect))

    def _take_keys(self) -> None:
        """Let the once keys be taken that are given as such: by cases of another time."""
        store = cast("Rehearsal", self.runtime.store)
        for number, line in enumerate(self.scenario.given.get("paid", ()), 1):
            once = self.definition.payouts[line["payout"]].once
            if once is not None:
                store.take(once.full(line["once"]), f"before:{number}:0")

    def _problems(self, step: Mapping[str, Any]) -> Iterator[str]:
        if "wait" in step:
            yield from self._wait(self.now + parse_duration(step["wait"]))
        elif "until" in step:
            yield from self._until(datetime.fromisoformat(step["until"]).astimezone(UTC))
        elif "send" in step:
            yield from self._send(step)
        elif "ended" in step:
            yield from self._end(step["ended"], step["state"])
        else:
            yield from self._differences(step["expect"])

    def _send(self, step: Mapping[str, Any]) -> Iterator[str]:
        expected = step.get("refused")
        try:
            self.runtime.send(
                self.case, step["send"], step.get("data"), actor=self._actor(step.get("as")), now=self.now
            )
        except Refused as error:
            self.refusals += 1
            if error.refusal.code != expected:
                wanted = f"{expected} was expected" if expected else "it should have been accepted"
                yield f"refused ({error.refusal.code}), where {wanted}: {error.message}"
        except CasewayError as error:
            yield f"{error.code}: {error.message}"
        else:
            if expected:
                yield f"accepted, where a refusal ({expected}) was expected"

    def _end(self, name: str, state: str) -> Iterator[str]:
        """Let the first case that was started by a link, and has not ended, do so."""
        links = self.runtime.show(self.case, now=self.now).case.links
        link = next((link for link in links if (link.name, link.kind, link.state) == (name, "child", None)), None)
        if link is None:
            yield f'no case that was started as "{name}" is still to end'
            return
        data = {"case": link.case, "state": state}
        end = SendEvent(f"{link.case}:{state}", self.case, ended(name), data, self.now)
        try:
            self.runtime.hear_end(end, now=self.now)
        except CasewayError as error:
            yield f"{error.code}: {error.message}"

    def _until(self, at: datetime) -> Iterator[str]:
        if at < self.now:
            yield f"it is {instant_text(self.now)} already"
            return
        yield from self._wait(at)

    def _wait(self, until: datetime) -> Iterator[str]:
        for _ in range(TIMERS_IN_A_WAIT):
            due = self.runtime.store.due(until, 1)
            if not due:
                self.now = until
                return
            self.now = max(self.now, due[0].timer.due)
            for fired in self.runtime.fire_due_timers(limit=1, now=self.now):
                if (
                    fired.refusal
                    and fired.change.get("timers")
                    and any(timer["fault"] for timer in fired.change["timers"])
                ):
                    yield f"{FaultyStep.code}: {fired.refusal.message}"
                    return
        yield f"more than {TIMERS_IN_A_WAIT} timers fired; the process does not rest"

    def _actor(self, name: str | None) -> Actor | None:
        return None if name is None else self._person(name)

    def _person(self, name: str) -> Actor:
        if name in self.people:
            person = self.people[name]
            return Actor(person.get("id", name), frozenset(person.get("roles", ())), frozenset(person.get("tags", ())))
        roles, _, person_id = name.partition(":")
        return Actor(person_id, frozenset(roles.split("+")) - RESERVED_ROLES)

    def _differences(self, expect: Mapping[str, Any]) -> Iterator[str]:
        view = self.runtime.show(self.case, now=self.now)
        case = view.case
        seen: dict[str, Any] = {
            "state": sorted(case.configuration),
            "closed": case.closed,
            "final": case.final,
            "assignee": case.assignee,
            "refusals": self.refusals,
            "timers": sorted(timer.name for timer in case.timers),
            "already_paid": [effect.payout for effect in self._effects() if isinstance(effect, AlreadyPaid)],
        }
        for name, wanted in expect.items():
            match name:
                case "data":
                    yield from _fields("data", wanted, case.data)
                case "messages":
                    yield from _lines("message", wanted, self._messages())
                case "postings":
                    yield from _lines("posting", wanted, _as_asked(wanted, self._postings()))
                case "unpaid":
                    yield from _lines("unpaid payout", wanted, self._unpaid())
                case "balances":
                    yield from _fields("balance", {owner_id(name): wanted[name] for name in wanted}, self._balances())
                case "paid":
                    yield from _fields("paid", wanted, totals(case.paid, self.definition.unpaid))
                case "links":
                    yield from self._links(wanted)
                case "service_levels":
                    yield from _levels(wanted, {level.name: level_record(level) for level in view.levels})
                case "guidance":
                    yield from _fields("guidance for", wanted, self._guidance(case, wanted))
                case "work":
                    yield from self._work(wanted)
                case _:
                    value = (
                        sorted([wanted] if isinstance(wanted, str) else wanted)
                        if name in ("state", "timers")
                        else wanted
                    )
                    if seen[name] != value:
                        yield f"{name} is {_json(seen[name])}, not {_json(value)}"

    def _messages(self) -> list[dict[str, Any]]:
        return [
            {
                "message": effect.message,
                "to": effect.to,
                "subject": _written(effect.subject),
                "body": _written(effect.body),
            }
            for effect in self._effects()
            if isinstance(effect, Message)
        ]

    def _links(self, wanted: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Compare the cases that were started; of their data, only the fields that are wanted."""
        states = {link.case: link.state for link in self.runtime.show(self.case, now=self.now).case.links}
        started = [effect for effect in self._effects() if isinstance(effect, StartCase)]
        seen = [{"link": effect.link, "process": effect.process, "state": states[effect.case]} for effect in started]
        for number, (line, effect) in enumerate(zip(wanted, started, strict=False), 1):
            yield from _fields(f"link {number}: data", line.get("data", {}), effect.data)
        yield from _lines("link", [{key: each[key] for key in each if key != "data"} for each in wanted], seen)

    def _guidance(self, case: Case, people: Iterable[str]) -> dict[str, list[str]]:
        """Return the guidance that people are shown with the case as it is."""
        states = self.definition.active(case.configuration)
        return {name: guidance_told(advice(self.definition, states, self._person(name))) for name in people}

    def _work(self, wanted: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[str]:
        """Compare what the worklists of people have of this case; the order of its pieces does not matter."""
        for name, lists in wanted.items():
            items = self.runtime.work(self._person(name), process=self.definition.process, now=self.now)
            seen = work_told(item for item in items if item.case == self.case)
            yield from _fields(f"work of {name}:", {kind: sorted(lists[kind]) for kind in lists}, seen)

    def _effects(self) -> Iterable[Effect]:
        """Return everything that has been done so far."""
        return (effect for entry in self.runtime.history(self.case) for effect in entry.effects)

    def _postings(self) -> list[dict[str, Any]]:
        names = ("owner", "account", "amount", "unit", "payout", "purpose")
        return [
            {name: getattr(line, name) for name in names}
            for line in self.runtime.ledger.postings(PostingQuery(case=self.case))
        ]

    def _unpaid(self) -> list[dict[str, Any]]:
        return [
            {"payout": effect.payout, "reason": effect.reason, "of": effect.of}
            for effect in self._effects()
            if isinstance(effect, Unpaid)
        ]

    def _balances(self) -> dict[str, int]:
        return {f"{each.owner}/{each.account}/{each.unit}": each.amount for each in self.runtime.ledger.balances()}


def _as_asked(wanted: Sequence[Mapping[str, Any]], seen: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return postings as they are asked for: of a purpose in several languages any one will do, and of an id however it is written."""
    asked: Sequence[Mapping[str, Any]] = [*wanted[: len(seen)], *[{}] * (len(seen) - len(wanted))]
    return [line | _told_as(line, each) for line, each in zip(seen, asked, strict=True)]


def _told_as(line: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the purpose and the owner of a posting as they are asked for, where that is what they are."""
    purpose, owner, told = wanted.get("purpose"), wanted.get("owner"), {}
    if isinstance(line["purpose"], Mapping) and purpose in line["purpose"].values():
        told["purpose"] = purpose
    if owner is not None and owner_id(owner) == line["owner"]:
        told["owner"] = owner
    return told


def _written(text: Mapping[str, str]) -> Any:
    """Return a text as a document writes it: one without a language as a string."""
    return text[""] if set(text) == {""} else dict(text)


def _fields(what: str, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        if name not in seen:
            yield f"{what} {name} is missing; {_json(value)} was expected"
        elif seen[name] != value:
            yield f"{what} {name} is {_json(seen[name])}, not {_json(value)}"


def _levels(wanted: Mapping[str, Any], seen: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, level in wanted.items():
        if name not in seen:
            yield f"service level {name} has not begun; {_json(level)} was expected"
        else:
            yield from _fields(
                f"service level {name}:", {key: _one_way(key, value) for key, value in level.items()}, seen[name]
            )


def _one_way(key: str, value: Any) -> Any:
    """Write durations and instants as views do, where there are several ways: `PT48H` as `P2D`."""
    if key in ("budget", "consumed"):
        return duration_text(parse_duration(value))
    return instant_text(datetime.fromisoformat(value)) if key == "due" and value else value


def _lines(what: str, wanted: Sequence[Mapping[str, Any]], seen: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Compare lists of lines in order, looking only at the keys that are wanted of each."""
    for number, (each, line) in enumerate(zip(wanted, seen, strict=False), 1):
        found = {key: line.get(key) for key in each}
        if found != dict(each):
            yield f"{what} {number} is {_json(found)}, not {_json(each)}"
    if len(wanted) != len(seen):
        keys = tuple(wanted[0]) if wanted else tuple(seen[0])[:4]
        shown = ", ".join(_json({key: line.get(key) for key in keys}) for line in seen)
        yield f"there are {len(seen)} {what}s, not {len(wanted)}: {shown or 'none'}"


def _told(step: Mapping[str, Any]) -> str:
    if "wait" in step:
        return f"wait {step['wait']}"
    if "until" in step:
        return f"until {step['until']}"
    if "ended" in step:
        return f"ended {step['ended']} in {step['state']}"
    if "send" in step:
        return f"send {step['send']}" + (f" as {step['as']}" if "as" in step else "")
    return "expect"


def _json(value: Any) -> str:
    return json.dumps(dict(value) if isinstance(value, Mapping) else value, ensure_ascii=False, default=str)
