"""The platform owns accounts, and is nobody: whoever calls themselves so sees and does nothing."""

import pytest

from caseway.adapters.catalogue import Only
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.actor import PLATFORM, Actor
from caseway.engine.errors import InvalidInput
from caseway.engine.event import Event
from caseway.engine.person import Person
from caseway.engine.posting import PostingQuery
from tests.engine.claim import CLAIM, compiled, runtime

IMPOSTOR = Actor(PLATFORM, frozenset({"clerk"}))
DATA = {"customer": "maria", "amount": 2500}


@pytest.fixture
def run():
    made = runtime(catalogue=Only(compiled(CLAIM)), store=MemoryStore())
    made.start("parcel-claim", DATA, id="C1")
    return made


@pytest.mark.parametrize(
    "attempt",
    [
        lambda run: run.start("parcel-claim", DATA, id="C2", actor=IMPOSTOR),
        lambda run: run.send("C1", "pass", actor=IMPOSTOR),
        lambda run: run.retry("C1", "t", actor=IMPOSTOR),
        lambda run: run.redact("C1", ["customer"], reason="x", actor=IMPOSTOR),
        lambda run: run.show("C1", actor=IMPOSTOR),
        lambda run: run.accepts("C1", actor=IMPOSTOR),
        lambda run: list(run.history("C1", actor=IMPOSTOR)),
        lambda run: run.work(IMPOSTOR),
        lambda run: run.report(actor=IMPOSTOR),
        lambda run: list(run.ledger.postings(actor=IMPOSTOR)),
        lambda run: list(run.ledger.postings(PostingQuery(owner=PLATFORM), actor=IMPOSTOR)),
        lambda run: list(run.ledger.balances(owner=PLATFORM, actor=IMPOSTOR)),
        lambda run: run.ledger.statement(PLATFORM, actor=IMPOSTOR),
    ],
)
def test_nobody_acts_or_looks_as_the_platform(run, attempt):
    with pytest.raises(InvalidInput, match='Nobody can act as "platform"'):
        attempt(run)


def test_of_many_events_that_of_the_platform_is_refused(run):
    [outcome] = run.send_many([("C1", Event("pass", {}, "e", IMPOSTOR))])
    assert 'Nobody can act as "platform"' in str(outcome.error)


def test_nobody_of_that_id_is_in_the_directory(run):
    with pytest.raises(InvalidInput, match='nobody has the id "platform"'):
        run.keep_persons([Person(PLATFORM)])


def test_an_id_that_is_only_like_it_is_somebodys(run):
    for name in ("Platform", "platform2", "plat form"):
        assert list(run.ledger.balances(actor=Actor(name))) == []
