"""Whatever people send and look at: nobody is told what is hidden from them, and nobody does what is not theirs to do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from caseway.adapters import wiring
from caseway.adapters.catalogue import Only
from caseway.adapters.checked_file import definition_in
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.machine import RandomIds
from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.yaml_document import read
from caseway.cli.main import program
from caseway.engine.actor import SYSTEM, Actor
from caseway.engine.case import Case
from caseway.engine.definition import Definition
from caseway.engine.effect import Message
from caseway.engine.errors import CasewayError
from caseway.engine.journal import replay
from caseway.engine.outcome import Entry
from caseway.engine.reaction import Reaction
from caseway.engine.runtime import Runtime

HERE = Path(__file__).parent
PROCESSES = HERE.parents[1] / "processes"
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRETIVE = "secretive"
MOVES = {SECRETIVE: 100, "limitless-question": 80}
OTHER_MOVES = 40
AT_ONCE = 16
"""Moves of one case; then another one begins."""
DISCREET = HERE / "discreet.yaml"
DOCUMENTS = {path.parent.name: path for path in sorted(PROCESSES.glob("*/v1.yaml"))} | {
    SECRETIVE: HERE / "secretive.yaml"
}

# Where an actor is told anything: a new outlet is one line here. The arguments of the command line; `CASE` is the case.
OUTLETS = (
    ("show", "CASE", "--why"),
    ("show", "CASE", "--why", "--json"),
    ("history", "CASE"),
    ("history", "CASE", "--json"),
    ("list",),
    ("list", "--json"),
    ("work",),
    ("work", "--json"),
    ("report",),
    ("report", "--json"),
    ("ledger", "postings"),
    ("ledger", "postings", "--json"),
    ("ledger", "balance"),
    ("ledger", "balance", "--json"),
    ("worker", "status"),
    ("worker", "status", "--json"),
)
# The same for those who call the library.
VIEWS: Mapping[str, Callable[[Runtime, Actor], object]] = {
    "show": lambda runtime, actor: runtime.show("c", actor=actor),
    "history": lambda runtime, actor: list(runtime.history("c", actor=actor)),
    "accepts": lambda runtime, actor: runtime.accepts("c", actor=actor),
    "work": lambda runtime, actor: list(runtime.work(actor)),
    "postings": lambda runtime, actor: list(runtime.ledger.postings(actor=actor)),
    "balances": lambda runtime, actor: list(runtime.ledger.balances(actor=actor)),
    "set aside": lambda runtime, actor: runtime.set_aside(actor=actor),
}

# What `only_if` says, once more and in another language; what is not here is asked as the step asks it.
CONDITIONS: Mapping[tuple[str, str], Callable[[Case, Actor, Mapping[str, Any]], bool]] = {
    (SECRETIVE, "judge"): lambda case, actor, _: actor.id == case.data["judge"],
    (SECRETIVE, "whisper"): lambda _, actor, data: data["to"] != actor.id,
    (SECRETIVE, "break_right"): lambda *_: False,
}
# What is made of hidden data as well: the texts that tell of it.
TELLTALES = {
    "case.patience": ("PT77H13M", "P3DT5H13M", "77h 13min", "2026-03-05T14:13", "2026-03-05 14:13"),
}
FIXED = {"case.patience": "PT77H13M"}


@dataclass(frozen=True)
class Secret:
    """A hidden field: what can only come from it, and the audiences that each may keep somebody out."""

    path: str
    needles: tuple[str, ...]
    audiences: tuple[frozenset[str], ...]

    def is_for(self, actor: Actor, case: Case) -> bool:
        has_it = case.assignee == actor.id or any(work.holder == actor.id for work in case.work)
        return all(not actor.roles.isdisjoint(named) or ("assignee" in named and has_it) for named in self.audiences)

    def is_for_role(self, role: str | None) -> bool:
        return all(role in named for named in self.audiences)

    def is_in(self, text: str) -> bool:
        return any(needle in text for needle in self.needles)


@dataclass
class Casting:
    """Gives fields values: those that are hidden one that can be told again wherever it turns up."""

    people: list[Actor]
    workers: frozenset[str]
    dice: Random
    secrets: dict[str, Secret] = field(default_factory=dict)

    def value(self, schema: Mapping[str, Any], path: str, audiences: tuple[frozenset[str], ...] = ()) -> Any:
        if "x-visible-to" in schema:
            audiences = (*audiences, frozenset(schema["x-visible-to"]))
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.dice.choice(schema["enum"])
        match _kind(schema):
            case "object":
                return self._object(schema, path, audiences)
            case "array":
                least = max(schema.get("minItems", 0), 1)
                items = [self.value(schema["items"], f"{path}[]", audiences) for _ in range(least + 2)]
                return list({json.dumps(each): each for each in items}.values()) if least == 1 else items
            case "boolean":
                return self.dice.random() < 0.7
            case "integer" | "number":
                return self._number(schema, path, audiences)
        return self._text(schema, path, audiences)

    def _object(self, schema: Mapping[str, Any], path: str, audiences: tuple[frozenset[str], ...]) -> dict[str, Any]:
        made = {
            name: self.value(each, f"{path}.{name}", audiences) for name, each in schema.get("properties", {}).items()
        }
        free = schema.get("additionalProperties")
        if isinstance(free, Mapping):
            key = self._marked(f"{path}.KEY", (*audiences, frozenset(free.get("x-visible-to", ()))))
            made[key] = self.value(free, f"{path}.VALUE", audiences)
        return made

    def _number(self, schema: Mapping[str, Any], path: str, audiences: tuple[frozenset[str], ...]) -> int:
        least = schema.get("minimum", 0)
        if not audiences or "maximum" in schema:
            return self.dice.randint(least, min(schema.get("maximum", least + 9), least + 9))
        number = 918_270_001 + self._place(path)
        self._keep(path, (str(number), f"{number / 100:.2f}", f"{number / 100:,.2f}"), audiences)
        return number

    def _text(self, schema: Mapping[str, Any], path: str, audiences: tuple[frozenset[str], ...]) -> str:
        if schema.get("format") == "date-time":
            if not audiences:
                return "2026-03-03T16:00:00Z"
            year = 2031 + self._place(path)
            self._keep(path, (f"{year}-11-05",), audiences)
            return f"{year}-11-05T03:07:00Z"
        if path in FIXED:
            self._keep(path, TELLTALES[path], audiences)
            return FIXED[path]
        if path.endswith("[].id"):  # by which an item of a list is told from the others
            return f"{self._marked(path, audiences) if audiences else path}-{self.dice.getrandbits(40)}"
        names_people = (
            path.endswith(".id") or not audiences or (path.endswith("helpers[]") and self.dice.random() < 0.8)
        )
        return self._person(path) if names_people else self._marked(path, audiences)

    def _person(self, path: str) -> str:
        name = path.rpartition(".")[2].rstrip("s[]")
        meant = [each.id for each in self.people for role in each.roles if role in path or name in role]
        workers = [each.id for each in self.people if not each.roles.isdisjoint(self.workers)]
        return self.dice.choice(meant or workers or [each.id for each in self.people])

    def _marked(self, path: str, audiences: tuple[frozenset[str], ...]) -> str:
        self._keep(path, (f"SECRET-{path}",), audiences)
        return f"SECRET-{path}"

    def _keep(self, path: str, needles: tuple[str, ...], audiences: tuple[frozenset[str], ...]) -> None:
        self.secrets[path] = Secret(path, needles, tuple(each for each in audiences if each))

    def _place(self, path: str) -> int:
        return sorted({*self.secrets, path}).index(path) if path not in self.secrets else list(self.secrets).index(path)


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "string")
    return kind if isinstance(kind, str) else next(each for each in kind if each != "null")


@dataclass
class Inbox:
    """A delivery that keeps what it is given."""

    messages: list[Message] = field(default_factory=list)

    def deliver(self, case: str, message: Message) -> None:
        self.messages.append(message)


@cache
def content_of(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = read(DOCUMENTS[name]).content
    return content


@cache
def definition_of(name: str) -> Definition:
    return definition_in(DOCUMENTS[name])


class World:
    """One case of a process, the people around it, and what they were told."""

    def __init__(self, name: str, seed: int, met: Counter[str]) -> None:
        self.name, self.content, self.made, self.met = name, content_of(name), definition_of(name), met
        self.dice = Random(f"{name}-{seed}")
        roles = [*self.content.get("roles", {}), "stranger"]
        self.people = [Actor(f"{role}{number}", frozenset({role})) for role in roles for number in (1, 2)]
        workers = frozenset(state.work.role or "" for state in self.made.states.values() if state.work)
        self.casting = Casting(self.people, workers, self.dice)
        self.clock, self.inbox, self.store = SimulatedClock(MORNING), Inbox(), MemoryStore(rehearsal=True)
        self.runtime = Runtime(self.store, Only(self.made), self.clock, RandomIds(), self.inbox)
        self.delivered = 0

    @property
    def case(self) -> Case:
        return self.store.load("c", "").case

    # what happens

    def start(self) -> None:
        data = self.casting.value(self.content["data"], "case")
        self.runtime.start(self.name, data, id="c", actor=self.dice.choice([None, *self.people]))

    def move(self) -> None:
        if self.dice.random() < 0.12:
            self.clock.advance(self.dice.choice([timedelta(minutes=40), timedelta(hours=13)]))
            self.runtime.fire_due_timers()
            return
        event, actor = self._likely()
        shape = (self.content["events"][event] or {}).get("data", {"type": "object"})
        before = self.case.revision
        self._send(actor, event, self.casting.value(shape, f"event.{event}"))
        self.met["accepted" if self.case.revision > before else "refused"] += 1
        self.met["faults that quote"] += any("SECRET" in (timer.fault or "") for timer in self.case.timers)

    def _likely(self) -> tuple[str, Actor]:
        """Mostly something that the case accepts from somebody now, so that walks get somewhere."""
        found = [
            (each.event, actor)
            for actor in self.people
            for each in self.runtime.accepts("c", actor=actor)
            if each.accepted is not False or self.dice.random() < 0.04
        ]
        return self.dice.choice(found or [(next(iter(self.made.events)), self.people[0])])

    def _send(self, actor: Actor, event: str, data: Mapping[str, Any]) -> None:
        way = self.dice.choice(["library", "text", "json", "batch"])
        if way == "library":
            try:
                self.told(actor, repr(self.runtime.send("c", event, data, actor=actor)), "send")
            except CasewayError as error:
                self.told(actor, f"{error.message} {error.facts!r} {vars(error)!r}", "error")
                self.met[f"code {getattr(getattr(error, 'refusal', error), 'code', '')}"] += 1
        elif way == "batch":
            line = {"case": "c", "event": event, "data": data, "as": str(actor)}
            self.run(actor, "send", "--batch", "-", "--new-ids", stdin=json.dumps(line))
        else:
            self.run(actor, "send", "c", event, "--data", "-", *["--json"] * (way == "json"), stdin=json.dumps(data))

    # what people are told

    def run(self, actor: Actor | None, *arguments: str, stdin: str | None = None) -> str:
        who = ["--as", str(actor)] if actor else []
        result = CliRunner().invoke(program, [*arguments, *who], input=stdin)
        assert result.exit_code in {0, 3, 4}, f"{arguments}: {result.output}"
        text = result.stdout + result.stderr
        if actor is not None:
            self.told(actor, text, " ".join(arguments[:2]))
        return text

    def look(self, actor: Actor, outlets: int = len(OUTLETS)) -> None:
        for arguments in self.dice.sample(OUTLETS, outlets):
            self.run(actor, *("c" if each == "CASE" else each for each in arguments))
        for name, view in VIEWS.items():
            self.told(actor, repr(view(self.runtime, actor)), name)

    def told(self, actor: Actor, text: str, outlet: str) -> None:
        """Hold what somebody was told against what is hidden from them."""
        case, text = self.case, " ".join(text.split())
        published = self._published(actor, case)
        for secret in self.casting.secrets.values():
            if secret.is_for(actor, case) or secret.is_in(published):
                self.met[f"seen {secret.path}"] += secret.is_in(text)
            else:
                assert not secret.is_in(text), f"{self.name}: {actor} is told {secret.path} by {outlet}:\n{text}"
                self.met[f"held {outlet}"] += 1
        self.met["withheld"] += "withheld" in text

    def _published(self, actor: Actor, case: Case) -> str:
        """Return what the process itself has put where this actor may see it, by copying it there; the made-up one copies nothing."""
        if self.name == SECRETIVE:
            return ""
        told = [
            self._open(self.content["data"], line.change.get("data", {}), actor, case)
            for line in self.store.journal("c")
        ]
        return json.dumps(told, ensure_ascii=False)

    def _open(self, schema: Mapping[str, Any], value: Any, actor: Actor, case: Case) -> Any:
        named = schema.get("x-visible-to")
        if named and not Secret("", (), (frozenset(named),)).is_for(actor, case):
            return None
        if isinstance(value, Mapping):
            fields = schema.get("properties", {})
            return {key: self._open(fields.get(key, {}), each, actor, case) for key, each in value.items()}
        return (
            [self._open(schema.get("items", {}), each, actor, case) for each in value]
            if isinstance(value, list)
            else value
        )

    def open_letters(self) -> None:
        """Hold the messages that were delivered against what their recipients may see."""
        self.runtime.relay()
        case, messages = self.case, self.content.get("messages", {})
        for message in self.inbox.messages[self.delivered :]:
            text = json.dumps([dict(message.subject), dict(message.body)], ensure_ascii=False)
            role = messages[message.message].get("as")
            person = next((each for each in self.people if each.id == message.to), None)
            for secret in self.casting.secrets.values():
                if not secret.is_in(text):
                    continue
                assert secret.is_for_role(role), f"{message.message} tells {role} {secret.path}"
                if self.name == SECRETIVE and person:
                    assert secret.is_for(person, case), f"{message.message} tells {person} {secret.path}"
                self.met["letters with a secret"] += 1
            self.met["letters"] += 1
        self.delivered = len(self.inbox.messages)

    # who did it

    def rights(self) -> None:
        """Hold every step of the journal against the document: whoever sent its event had the right to."""
        journal = list(self.store.journal("c"))
        for number, line in enumerate(journal):
            actor, name = line.event.actor, line.event.name
            rule = (self.content["events"].get(name) or {}) if name in self.content["events"] else None
            if actor == SYSTEM or rule is None:
                continue
            before = replay(journal[:number])
            assert before is not None
            self._had_the_right(line, rule, before)

    def _had_the_right(self, line: Entry, rule: Mapping[str, Any], before: Case) -> None:
        actor, name = line.event.actor, line.event.name
        assert actor is not None
        named = rule.get("by", ())
        has_it = before.assignee == actor.id or any(work.holder == actor.id for work in before.work)
        assert not named or not actor.roles.isdisjoint(named) or ("assignee" in named and has_it), f"{actor}: {name}"
        if "only_if" in rule:
            assert self._condition_held(line, before, actor), f"{actor}: {name}"
            self.met[f"on condition {name}"] += 1
        self.met["rights"] += bool(named)

    def _condition_held(self, line: Entry, before: Case, actor: Actor) -> bool:
        said = CONDITIONS.get((self.name, line.event.name))
        if said is not None:
            return said(before, actor, line.event.data)
        rule = self.made.events[line.event.name]
        assert rule.only_if is not None
        return rule.only_if.holds(Reaction(self.made, before, line.event, line.at).activation)


@pytest.fixture
def met() -> Counter[str]:
    return Counter()


def walk(world: World, moves: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let a case meet people until it ends, and return how many moves that took."""
    # The command line opens this very runtime, with all that the walk has done to it.
    monkeypatch.setattr(wiring, "open", lambda *_, **__: world.runtime)
    world.start()
    made = 0
    while made < min(moves, AT_ONCE) and not world.case.final:
        made += 1
        world.move()
        world.open_letters()
        world.look(world.dice.choice(world.people), 4)
    for actor in world.dice.sample(world.people, 3):
        world.look(actor)
    world.rights()
    return max(made, 1)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nobody_is_told_what_is_hidden_from_them_and_nobody_does_what_is_not_theirs(
    name: str, met: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets: set[str] = set()
    moves = MOVES.get(name, OTHER_MOVES)
    while moves > 0:
        world = World(name, moves, met)
        moves -= walk(world, moves, monkeypatch)
        secrets |= {each.path for each in world.casting.secrets.values()}
    assert met["accepted"] >= 6, met
    assert met["refused"] >= 1, met
    assert met["rights"] >= 4, met
    if not secrets:
        return
    # There was something to hide in every outlet, and those who may see it did.
    outlets = {" ".join("c" if part == "CASE" else part for part in each[:2]) for each in OUTLETS} | {*VIEWS}
    assert all(met[f"held {outlet}"] >= 10 for outlet in outlets), met
    assert met["withheld"] >= 20, met
    assert sum(met[f"seen {path}"] > 0 for path in secrets) >= min(2, len(secrets)), met
    if name == SECRETIVE:
        everything_was_tried(secrets, met)


def everything_was_tried(secrets: set[str], met: Counter[str]) -> None:
    """Hold the walks through the process that hides the most to having met all that it hides, and all that may tell of it."""
    of_the_case = {path for path in secrets if path.startswith("case.")}
    assert len(of_the_case) >= 11, secrets
    assert {path for path in of_the_case if not met[f"seen {path}"]} == set(), met
    assert met["letters with a secret"] >= 10, met
    assert met["on condition judge"], met
    assert met["on condition whisper"], met
    codes = {key.removeprefix("code ") for key in met if key.startswith("code ")}
    assert {"not-allowed", "faulty-step"} <= codes, met
    assert met["faults that quote"], met


def test_the_local_operator_is_told_everything_by_the_same_outlets(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(SECRETIVE, 0, Counter())
    monkeypatch.setattr(wiring, "open", lambda *_, **__: world.runtime)
    world.start()
    for arguments in OUTLETS[:4]:
        text = " ".join(world.run(None, *("c" if each == "CASE" else each for each in arguments)).split())
        told = {path for path, secret in world.casting.secrets.items() if secret.is_in(text)}
        assert len(told) >= 2, arguments
    assert all(secret.is_in(str(asdict(world.case))) for secret in world.casting.secrets.values())


# what differs in hidden data alone looks the same


@dataclass
class Numbers:
    """Ids that are the same in every run."""

    last: int = 0

    def new(self) -> str:
        self.last += 1
        return f"event-{self.last}"


CLERK = Actor("clerk1", frozenset({"clerk"}))
PLAIN: Mapping[str, Any] = {"amount": 1000, "share": 50, "sure": True, "people": ["anna", "bo", "cees"], "key": "own"}
"""What is hidden from clerks where money moves everywhere."""
WAYS = (["send", "c", "EVENT"], ["send", "c", "EVENT", "--json"], ["BATCH", "send", "--batch", "-"])


EVENTS = ("pay", "fine", "part", "look", "wait", "tip", "back", "pay", "back", "part", "move")


def heard(hidden: Mapping[str, Any], *events: str) -> list[str]:
    """Return all that a clerk is told by every outlet, after each of some events that they send."""
    clock, inbox = SimulatedClock(MORNING), Inbox()
    runtime = Runtime(MemoryStore(rehearsal=True), Only(definition_in(DISCREET)), clock, Numbers(), inbox)
    runtime.start("discreet", hidden, id="c")
    told: list[str] = []

    def run(*arguments: str, stdin: str | None = None) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wiring, "open", lambda *_, **__: runtime)
            result = CliRunner().invoke(program, [*arguments, "--as", str(CLERK)], input=stdin)
        assert result.exit_code == 0, result.output
        told.append(f"{arguments}: {result.stdout}{result.stderr}")

    for nth, event in enumerate(events):
        first, *rest = WAYS[nth % len(WAYS)]
        if event == "wait":
            clock.advance(timedelta(hours=2))
            runtime.fire_due_timers()
        elif first == "BATCH":
            run(*rest, stdin=json.dumps({"case": "c", "event": event, "id": f"line-{nth}", "as": str(CLERK)}))
        else:
            run(first, *(event if each == "EVENT" else each for each in rest))
        for arguments in OUTLETS:
            run(*("c" if each == "CASE" else each for each in arguments))
        told += [f"{name}: {view(runtime, CLERK)!r}" for name, view in VIEWS.items()]
    assert not runtime.set_aside()
    return told


@pytest.fixture(scope="module")
def told() -> list[str]:
    return heard(PLAIN, *EVENTS)


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 0},
        {"amount": 1},
        {"share": 0},
        {"share": 100},
        {"sure": False},
        {"people": []},
        {"people": [""]},
        {"people": ["anna"]},
        {"key": "all"},
        {"amount": 0, "sure": False},
        {"amount": 0, "share": 0, "people": []},
    ],
    ids=str,
)
def test_whether_money_of_a_hidden_amount_moves_changes_nothing_that_others_are_told(
    other: Mapping[str, Any], told: list[str]
) -> None:
    assert heard(PLAIN | other, *EVENTS) == told


def test_what_is_said_of_hidden_payments_is_said_whether_there_are_any(told: list[str]) -> None:
    text = "\n".join(told)
    for name in ("effects.payout.fee", "effects.payout.round", "effects.claw_back.fee", "paid.fee", "paid.once"):
        assert name in text
    assert "paid 0.25 EUR to bram" in text
    assert "nudge due" in text
    assert "event-3" in text


def test_whoever_sees_how_much_is_told_by_nothing_but_the_payment_what_a_hidden_guard_says() -> None:
    yes, no = (heard(PLAIN | {"sure": sure, "tip": 0}, "tip") for sure in (True, False))
    assert yes == no
    assert not any(word in each for each in yes for word in ("unpaid", "Unpaid", "effects.payout.tip"))
    paid = "\n".join(heard(PLAIN | {"tip": 5}, "tip"))
    assert "took back 0.05 EUR from bram" in paid
