"""Who acts: the runtime asks the directory, its own or the host's, once in a call."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from caseway.adapters.catalogue import Only
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.actor import SYSTEM, Actor
from caseway.engine.errors import CaseConflict, InvalidInput, Refused, WorldError
from caseway.engine.event import Event
from caseway.engine.person import Person
from tests.engine.claim import CLAIM, CLERK, CUSTOMER, compiled, runtime

DATA = {"customer": "maria", "amount": 2500}
ANNA = Person("anna", frozenset({"clerk", "author"}), frozenset({"glass"}), ("nl", "en"), {"parcel-claim": 2})
PROCESS = deepcopy(CLAIM)
PROCESS["events"]["mend"] = {}
PROCESS["states"]["open"]["title"] = {"en": "Open", "nl": "Geopend"}
PROCESS["states"]["open"]["on"]["mend"] = {"guard": "'glass' in actor.tags", "target": "taken"}


@dataclass
class Ldap:
    """A host's own directory, which remembers what it was asked."""

    people: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)

    def person(self, id):  # noqa: A002
        self.asked.append(id)
        return self.people.get(id)

    def persons(self, *, role=None, tag=None):
        return (each for each in self.people.values() if each.fits(role, tag))


class Watched(MemoryStore):
    """A store that remembers whom it was asked for, and can lose a race."""

    def __init__(self):
        super().__init__()
        self.asked, self.races = [], 0

    def load(self, case, event, person=""):
        self.asked.append(person)
        return super().load(case, event, person)

    def commit(self, step):
        if self.races:
            self.races -= 1
            raise CaseConflict("lost")
        return super().commit(step)


@pytest.fixture(params=["own", "host"])
def people(request):
    """A runtime with one open case that knows anna by either kind of directory; and a function that sets what it knows of her."""
    return opened(request.param)


def opened(kind, store=None):
    host = Ldap() if kind == "host" else None
    run = runtime(catalogue=Only(compiled(PROCESS)), directory=host, store=store or MemoryStore())
    run.start("parcel-claim", DATA, id="C1")

    def tell(person):
        if host is None:
            run.keep_persons([person])
        else:
            host.people[person.id] = person

    tell(ANNA)
    return run, tell


def refusal(call, *arguments, **more):
    with pytest.raises(Refused) as caught:
        call(*arguments, **more)
    return caught.value.refusal


def calls(run, actor):
    """Every call that an actor makes on the case C1."""
    return [
        lambda: run.send("C1", "note", {"text": "x"}, actor=actor),
        lambda: run.start("parcel-claim", DATA, id="C2", actor=actor),
        lambda: run.show("C1", actor=actor),
        lambda: run.accepts("C1", actor=actor),
        lambda: run.history("C1", actor=actor),
        lambda: run.report(actor=actor),
        lambda: run.retry("C1", "C1:1:0", actor=actor),
    ]


def test_an_actor_has_the_tags_of_the_person(people):
    run, _ = people
    assert refusal(run.send, "C1", "mend", actor=Actor("piotr", frozenset({"clerk"}))).code == "guarded"
    line = run.send("C1", "mend", actor=CLERK)
    assert line.event.actor.tags == {"glass"}
    assert [each.event.actor for each in run.history("C1")][-1].tags == {"glass"}


def test_claiming_a_tag_gives_a_known_person_none(people):
    run, tell = people
    tell(Person("anna", frozenset({"clerk"})))
    assert refusal(run.send, "C1", "mend", actor=Actor("anna", CLERK.roles, frozenset({"glass"}))).code == "guarded"


def test_no_call_takes_a_role_that_is_not_the_persons(people):
    run, _ = people
    for call in calls(run, Actor("anna", frozenset({"chief"}))):
        assert refusal(call).code == "not-your-role"
    assert run.show("C1").case.revision == 1


def test_no_call_takes_somebody_who_is_not_active(people):
    run, tell = people
    tell(Person("anna", ANNA.roles, active=False))
    for call in calls(run, CLERK):
        assert refusal(call).code == "not-active"


def test_whoever_is_not_in_the_directory_is_taken_at_the_hosts_word(people):
    run, _ = people
    stranger = Actor("vera", frozenset({"clerk"}), frozenset({"glass"}))
    assert run.send("C1", "mend", actor=stranger).event.actor == stranger


def test_the_local_operator_and_the_clock_are_nobody_whom_a_directory_knows(people):
    run, tell = people
    tell(Person("system", active=False))
    assert run.send("C1", "note", {"text": "x"}).revision == 2
    run.clock.advance(timedelta(hours=4))
    assert [line.event.actor for line in run.fire_due_timers()] == [SYSTEM] * 3


def test_a_title_is_in_the_first_language_of_the_person_where_none_is_asked_for(people):
    run, _ = people
    assert run.show("C1", actor=CLERK).title == "Geopend"
    assert run.show("C1", actor=CLERK, language="en").title == "Open"
    assert run.show("C1", actor=CUSTOMER).title == run.show("C1").title == "Open"


def test_a_repeated_event_has_its_first_outcome_whatever_the_directory_says_by_now(people):
    run, tell = people
    first = run.send("C1", "mend", actor=CLERK, event_id="e1")
    for now in (Person("anna", ANNA.roles, frozenset({"wood"})), Person("anna", active=False)):
        tell(now)
        assert run.send("C1", "mend", actor=CLERK, event_id="e1") == first
    assert refusal(run.send, "C1", "mend", actor=Actor("anna"), event_id="e1").code == "event-id-reused"


def test_a_repeated_start_has_its_first_outcome_whatever_the_directory_says_by_now(people):
    run, tell = people
    first = run.start("parcel-claim", DATA, id="C2", actor=CLERK)
    tell(Person("anna", active=False))
    assert run.start("parcel-claim", DATA, id="C2", actor=CLERK) == first


def test_of_many_events_each_is_sent_by_whom_the_directory_knows(people):
    run, _ = people
    events = [
        ("C1", Event("note", {"text": "a"}, "a", CLERK)),
        ("C1", Event("note", {"text": "b"}, "b", Actor("anna", frozenset({"chief"})))),
        ("C1", Event("note", {"text": "c"}, "c")),
        ("C1", Event("mend", {}, "d", CLERK)),
        ("C1", Event("note", {"text": "e"}, "e", Actor("vera", frozenset({"chief"})))),
    ]
    done = list(run.send_many(events, together=3))
    assert [each.error.refusal.code if each.error else each.entry.revision for each in done] == [
        2,
        "not-your-role",
        3,
        4,
        "not-accepted",
    ]


def test_a_host_is_asked_once_for_each_person_of_a_call():
    run, _ = opened("host", Watched())
    run.store.races = 1
    run.send("C1", "note", {"text": "x"}, actor=CLERK)
    assert run.directory.asked == ["anna"]
    run.directory.asked.clear()
    notes = [("C1", Event("note", {"text": str(n)}, f"n{n}", (CLERK, CUSTOMER)[n % 2])) for n in range(6)]
    assert all(each.error is None for each in run.send_many(notes))
    assert sorted(run.directory.asked) == ["anna", "maria"]
    assert set(run.store.asked) == {""}


def test_our_own_directory_is_read_with_the_case_and_only_for_somebody():
    run, _ = opened("own", Watched())
    run.store.asked.clear()
    run.store.races = 1
    run.send("C1", "note", {"text": "x"}, actor=CLERK)
    assert run.store.asked == ["anna", ""]
    run.store.asked.clear()
    run.send("C1", "note", {"text": "x"})
    run.show("C1")
    run.fire_due_timers()
    assert run.store.asked == ["", ""]


def test_what_a_hosts_directory_cannot_say_reaches_the_caller_and_nothing_happens():
    class Broken(Ldap):
        def person(self, id):  # noqa: A002
            raise WorldError("The user database does not answer. Try again.")

    run = runtime(directory=Broken())
    run.start("parcel-claim", DATA, id="C1")
    with pytest.raises(WorldError, match="does not answer"):
        run.send("C1", "take", actor=CLERK)
    with pytest.raises(WorldError, match="does not answer"):
        list(run.send_many([("C1", Event("take", {}, "e", CLERK))]))
    assert run.show("C1").case.revision == 1


def test_a_directory_that_tells_of_somebody_else_is_not_believed():
    run = runtime(directory=Ldap({"ANNA": ANNA}))
    run.start("parcel-claim", DATA, id="C1")
    with pytest.raises(InvalidInput, match="asked for ANNA and told of anna"):
        run.send("C1", "take", actor=Actor("ANNA", CLERK.roles))


@pytest.mark.parametrize("role", ["assignee", "system"])
def test_a_role_that_caseway_gives_cannot_be_claimed(people, role):
    run, _ = people
    run.send("C1", "take", actor=CLERK)
    eve = Actor("eve", frozenset({"clerk", role}))
    for call in (*calls(run, eve), lambda: run.send("C1", "grant", actor=eve)):
        with pytest.raises(InvalidInput, match=f'claim the role "{role}"'):
            call()
    (outcome,) = run.send_many([("C1", Event("grant", {}, "g", eve))])
    assert outcome.error.code == "invalid-input"
    assert run.show("C1").case.configuration == ("taken",)


# keeping persons


def test_persons_are_kept_listed_and_removed():
    run = runtime()
    assert run.keep_persons([ANNA, Person("ben")]) == ["anna", "ben"]
    assert run.keep_persons([ANNA]) == []
    assert run.person("anna") == ANNA
    assert [each.id for each in run.persons(role="clerk")] == ["anna"]
    assert run.remove_person("anna")
    assert not run.remove_person("anna")
    assert run.person("anna") is None


def test_of_persons_one_of_whom_does_not_fit_none_is_kept():
    run = runtime()
    with pytest.raises(InvalidInput, match="'the clerk' cannot be a role"):
        run.keep_persons([ANNA, Person("ben", frozenset({"the clerk"}))])
    assert list(run.persons()) == []


def test_a_hosts_directory_is_read_and_never_written():
    run = runtime(directory=Ldap({"anna": ANNA}))
    assert run.person("anna") == ANNA
    assert list(run.persons(tag="glass")) == [ANNA]
    for call in (lambda: run.keep_persons([ANNA]), lambda: run.remove_person("anna")):
        with pytest.raises(InvalidInput, match="directory of the host"):
            call()
