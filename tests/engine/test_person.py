"""What a directory says of a person, and what that makes of somebody who acts."""

import pytest

from caseway.engine.actor import Actor, spoken
from caseway.engine.outcome import Refusal
from caseway.engine.person import Person, admitted, changed, checked, person_from_record, person_record

ANNA = Person(
    "anna",
    frozenset({"clerk", "author"}),
    frozenset({"pipes"}),
    ("pl", "en"),
    {"repair": 3},
    "Anna",
    "anna@example.org",
)


def actor(*roles, id="anna", **more):  # noqa: A002
    return Actor(id, frozenset(roles), **more)


# acting


def test_an_actor_has_what_the_directory_says_and_the_roles_that_were_claimed():
    done = admitted(actor("clerk"), ANNA)
    assert (done.id, done.roles, done.tags) == ("anna", {"clerk"}, {"pipes"})
    assert (done.languages, done.limits) == (("pl", "en"), {"repair": 3})


def test_tags_are_the_directorys_and_not_those_that_were_claimed():
    assert admitted(actor("clerk", tags=frozenset({"gas"})), ANNA).tags == {"pipes"}


def test_whoever_is_unknown_is_taken_at_the_hosts_word():
    claimed = actor("chief", tags=frozenset({"gas"}))
    assert admitted(claimed, None) is claimed


def test_a_role_that_is_not_the_persons_is_refused():
    refusal = admitted(actor("clerk", "chief", "boss"), ANNA)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not-your-role"
    assert refusal.message == (
        'boss+chief+clerk:anna cannot act as "boss", "chief": the directory gives anna author, clerk.'
    )
    assert refusal.facts == {
        "actor": "boss+chief+clerk:anna",
        "not_held": ["boss", "chief"],
        "roles": ["author", "clerk"],
    }
    assert "gives ben no roles" in admitted(actor("clerk", id="ben"), Person("ben")).message


def test_whoever_is_not_active_is_refused_whatever_the_role():
    for roles in ((), ("clerk",), ("chief",)):
        refusal = admitted(actor(*roles), Person("anna", ANNA.roles, active=False))
        assert refusal.code == "not-active"


def test_a_directory_may_give_sets_and_lists_of_any_kind():
    done = admitted(actor("clerk"), Person("anna", {"clerk"}, ["pipes"], ["pl"]))
    assert (done.tags, done.languages) == (frozenset({"pipes"}), ("pl",))


def test_what_a_directory_says_makes_nobody_else_of_an_actor():
    known = admitted(actor("clerk"), Person("anna", {"clerk"}, languages=("pl",), limits={"repair": 1}))
    assert known == actor("clerk")
    assert hash(known) == hash(actor("clerk"))


def test_the_first_language_is_spoken_where_none_is_asked_for():
    assert spoken(None, admitted(actor("clerk"), ANNA)) == "pl"
    assert spoken("nl", admitted(actor("clerk"), ANNA)) == "nl"
    assert spoken(None, actor("clerk")) == spoken(None, None) == "en"


# records


def test_a_record_gives_the_same_person_back():
    assert person_from_record(person_record(ANNA)) == ANNA
    assert person_from_record(person_record(Person("ben"))) == Person("ben")


def test_what_a_record_does_not_name_stays():
    done = changed(ANNA, {"id": "anna", "tags": ["gas"], "mail": None, "active": False})
    assert done == Person(
        "anna", ANNA.roles, frozenset({"gas"}), ("pl", "en"), {"repair": 3}, "Anna", None, active=False
    )
    assert changed(ANNA, {}) == ANNA


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"rolls": []}, 'no "rolls"; did you mean "roles"'),
        ({"roles": "clerk"}, "no list of texts"),
        ({"roles": ["Clerk"]}, "cannot be a role"),
        ({"roles": ["assignee"]}, "Caseway gives it"),
        ({"roles": ["system"]}, "Caseway gives it"),
        ({"roles": [1]}, "no list of texts"),
        ({"tags": [""]}, "cannot be a tag"),
        ({"tags": ["a\nb"]}, "cannot be a tag"),
        ({"tags": ["x" * 201]}, "cannot be a tag"),
        ({"languages": ["Polish, mostly"]}, "not a language code"),
        ({"limits": ["repair"]}, "no object"),
        ({"limits": {"Repair": 1}}, "cannot be a process"),
        ({"limits": {"repair": -1}}, "no whole number"),
        ({"limits": {"repair": True}}, "no whole number"),
        ({"limits": {"repair": 1.5}}, "no whole number"),
        ({"limits": {"repair": 10**30}}, "no whole number"),
        ({"name": " "}, "cannot be a name"),
        ({"name": 7}, "cannot be a name"),
        ({"mail": "anna"}, "not a mail address"),
        ({"mail": "anna@example.org\nBcc: all@example.org"}, "not a mail address"),
        ({"mail": "a@b, c@d"}, "not a mail address"),
        ({"mail": ["a@b"]}, "not a mail address"),
        ({"active": "no"}, "neither true nor false"),
    ],
)
def test_what_has_the_wrong_form_is_told_in_a_sentence(record, told):
    with pytest.raises(ValueError, match=told):
        changed(ANNA, record)


@pytest.mark.parametrize("wrong", ["", "  ", "a\0b", "a\nb", "x" * 201, None, 7, "\ud800"])
def test_an_id_that_would_not_read_well_is_no_id(wrong):
    with pytest.raises(ValueError, match="cannot be the id of a person"):
        checked(Person(wrong))


def test_a_person_made_in_python_is_checked_as_one_that_was_read():
    assert checked(Person("anna", {"clerk"}, {"pipes"})) == Person("anna", frozenset({"clerk"}), frozenset({"pipes"}))
    with pytest.raises(ValueError, match="cannot be a role"):
        checked(Person("anna", {"the clerk"}))


def test_a_person_fits_a_role_and_a_tag():
    assert ANNA.fits(None, None)
    assert ANNA.fits("clerk", "pipes")
    assert not ANNA.fits("clerk", "gas")
    assert not ANNA.fits("chief", "pipes")
