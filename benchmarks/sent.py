"""Caseway as a store benchmark sends it events: one by one, or many per commit."""

from __future__ import annotations

from uuid import uuid4

from benchmarks import load
from caseway.engine.actor import Actor
from caseway.engine.event import Event
from caseway.engine.posting import PostingQuery
from caseway.engine.runtime import Runtime

AGENT = Actor(load.AGENT, frozenset({load.ROLE}))
TOGETHER = 100
"""How many events share a commit."""
SAID = {"text": load.TEXT}


class Cases:
    """Cases of this round, opened through the runtime, and a check that each event did all that it should."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        round_id = uuid4().hex
        self.cases = [f"{round_id}-{number}" for number in range(load.CASES)]
        for case in self.cases:
            runtime.start(load.PROCESS, load.opening(), id=case)

    def check(self, count: int) -> None:
        for number, case in enumerate(self.cases):
            turns = load.expected(count, number)
            events = [load.name(number, turn) for turn in range(turns)]
            assert self.runtime.show(case).data["count"] == turns
            if number < 5:  # all that was written, of some of them
                assert [line.event.name for line in self.runtime.history(case)][1:] == events
                assert len(list(self.runtime.ledger.postings(PostingQuery(case=case)))) == 2 * events.count("settle")
        self.runtime.close()


class Single(Cases):
    """Each event by itself, each on the disk before the next."""

    def run(self, count: int) -> None:
        send, cases = self.runtime.send, self.cases
        for number in range(count):
            turn, index = divmod(number, load.CASES)
            send(cases[index], load.name(index, turn), SAID, actor=AGENT, event_id=uuid4().hex)


class Batched(Cases):
    """The same events, many per commit."""

    def run(self, count: int) -> None:
        events = (self._event(number) for number in range(count))
        for outcome in self.runtime.send_many(events, together=TOGETHER):
            assert outcome.error is None, outcome.error

    def _event(self, number: int) -> tuple[str, Event]:
        turn, index = divmod(number, load.CASES)
        return self.cases[index], Event(load.name(index, turn), SAID, uuid4().hex, AGENT)
