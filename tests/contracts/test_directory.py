"""What every directory does that a store keeps."""

import pytest

from caseway.engine.person import Person
from tests.contracts.sample import minutes, moving, opened

ANNA = Person(
    "anna",
    frozenset({"friend", "clerk"}),
    frozenset({"plumbing", "pl: Kraków"}),
    ("pl", "en"),
    {"orange": 3, "repair": 0},
    "Anna Ż.",
    "anna@example.org",
)
BEN = Person("ben", frozenset({"friend"}), frozenset({"plumbing"}), active=False)
CARL = Person("Carl")
EVERYBODY = (ANNA, BEN, CARL)


@pytest.fixture
def directory(store):
    """The directory of every kind of store in turn."""
    return store.directory()


@pytest.fixture
def people(directory):
    """The same with three persons."""
    directory.keep(EVERYBODY, minutes(0))
    return directory


def ids(directory, **query):
    return [person.id for person in directory.persons(**query)]


def test_a_person_is_there_as_kept(people):
    assert [people.person(each.id) for each in EVERYBODY] == list(EVERYBODY)


def test_languages_stay_in_their_order(people):
    assert people.person("anna").languages == ("pl", "en")


def test_an_empty_directory_knows_nobody(directory):
    assert directory.person("anna") is None
    assert list(directory.persons()) == []
    assert directory.known(["anna"]) == {}


@pytest.mark.parametrize("other", ["Anna", "anna ", "", "a'; DROP TABLE caseway_person; --", "x" * 5000])
def test_an_id_is_compared_exactly(people, other):
    assert people.person(other) is None
    assert people.known([other]) == {}


def test_persons_come_in_order_of_their_ids(people):
    assert list(people.persons()) == [CARL, ANNA, BEN]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"role": "friend"}, ["anna", "ben"]),
        ({"role": "clerk"}, ["anna"]),
        ({"tag": "plumbing"}, ["anna", "ben"]),
        ({"tag": "plumb"}, []),
        ({"role": "clerk", "tag": "plumbing"}, ["anna"]),
        ({"role": "none"}, []),
    ],
)
def test_persons_may_be_narrowed(people, query, found):
    assert ids(people, **query) == found


def test_many_are_asked_about_at_once(people):
    assert people.known(["ben", "nobody", "anna"]) == {"anna": ANNA, "ben": BEN}
    assert people.known([]) == {}


def test_more_than_a_page_of_persons_are_all_there(directory):
    many = [Person(f"p{number:04}", frozenset({"even" if number % 2 == 0 else "odd"})) for number in range(1001)]
    assert len(directory.keep(many, minutes(0))) == len(many)
    assert ids(directory) == [each.id for each in many]
    assert len(ids(directory, role="odd")) == 500
    assert len(directory.known([each.id for each in many])) == len(many)


def test_keeping_says_who_was_not_so_before(people):
    other = Person("anna", frozenset({"friend"}))
    assert people.keep(EVERYBODY, minutes(1)) == []
    assert list(people.keep([other, BEN, Person("dora")], minutes(2))) == ["anna", "dora"]
    assert people.person("anna") == other
    assert people.keep([], minutes(3)) == []


def test_a_person_is_removed_once(people):
    assert people.remove("ben")
    assert not people.remove("ben")
    assert ids(people) == ["Carl", "anna"]


def test_a_load_gives_the_person_who_is_asked_about(store, people):
    case = opened(store)
    store.commit(moving(case))
    known = store.load("OF-1", "e2")
    assert known.person is None
    both = store.load("OF-1", "e2", "anna")
    assert (both.case, both.known, both.person) == (known.case, known.known, ANNA)
    assert store.load("OF-1", "e9", "nobody").person is None


def test_a_load_of_a_held_case_gives_the_person_too(store, people):
    opened(store)
    with store.locked([("OF-1", "e2")]) as held:
        assert held.load("OF-1", "e2", "anna").person == ANNA
        held.commit(moving(held.load("OF-1", "e2").case))
        assert held.load("OF-1", "e2", "ben").person == BEN
        assert held.load("OF-1", "e2", "nobody").person is None
        assert held.directory().person("Carl") == CARL
    assert store.load("OF-1", "e2", "anna").person == ANNA
