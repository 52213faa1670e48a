"""Public holidays, as the law has them in the years that tell countries apart."""

from __future__ import annotations

from datetime import date

import pytest

from caseway.engine.holiday import holidays_in, names, plain, possible, supported
from tests.engine.minutes import BELGIUM, NETHERLANDS, POLAND, UNITED_STATES


@pytest.mark.parametrize(
    ("code", "day", "called"),
    [
        ("NL", date(2026, 4, 27), ("King's Day",)),
        ("NL", date(2025, 4, 26), ("King's Day",)),
        ("NL", date(2025, 4, 27), ()),
        ("NL", date(2025, 5, 5), ("Liberation Day",)),
        ("NL", date(2026, 5, 5), ()),
        ("NL", date(2026, 4, 3), ("Good Friday",)),
        ("PL", date(2024, 12, 24), ()),
        ("PL", date(2025, 12, 24), ("Christmas Eve",)),
        ("BE", date(2026, 7, 21), ("National Day",)),
        ("US", date(2021, 12, 31), ("New Year's Day (observed)",)),
        ("DE", date(2026, 6, 4), ()),
        ("DE-BY", date(2026, 6, 4), ("Corpus Christi",)),
    ],
)
def test_a_public_holiday_is_known_under_its_english_name(code, day, called):
    assert holidays_in((code,), day.year).get(day, ()) == called


@pytest.mark.parametrize(
    ("code", "by_hand"), [("NL", NETHERLANDS), ("BE", BELGIUM), ("PL", POLAND), ("US", UNITED_STATES)]
)
def test_the_holidays_of_a_year_are_those_written_down_by_hand(code, by_hand):
    assert set(holidays_in((code,), 2026)) == {day for day in by_hand if day.year == 2026}


def test_holidays_of_several_countries_stand_together_and_each_name_once():
    both = holidays_in(("NL", "BE"), 2026)
    assert set(both) == {day for day in NETHERLANDS | BELGIUM if day.year == 2026}
    assert both[date(2026, 1, 1)] == ("New Year's Day",)
    assert holidays_in((), 2026) == {}


@pytest.mark.parametrize("code", ["NL", "BE", "PL", "US", "DE", "DE-BY", "GB-SCT", "AD", "IN"])
def test_countries_and_their_parts_are_known(code):
    assert supported(code)


@pytest.mark.parametrize(
    "code", ["", "XX", "nl", "NLD", "UK", "NL-ZZ", "NL-", "-BY", "DE-BY-X", "__class__", "holidays"]
)
def test_what_is_no_country_is_known_as_such(code):
    assert not supported(code)
    with pytest.raises(ValueError, match="no country, or part of one"):
        holidays_in((code,), 2026)


def test_what_could_have_been_meant_are_the_parts_of_the_country_or_else_all_countries():
    assert {"DE", "DE-BY", "DE-BE"} <= set(possible("DE-XX"))
    assert "NL" not in possible("DE-XX")
    assert {"NL", "BE", "PL"} <= set(possible("XX-YY"))


def test_years_of_which_a_country_knows_little_give_what_is_known_without_a_warning():
    assert date(2100, 1, 26) in holidays_in(("IN",), 2100)
    assert date(2100, 4, 27) in holidays_in(("NL",), 2100)
    assert not holidays_in(("NL",), 2101)


def test_the_names_of_holidays_are_those_of_all_years():
    assert {"Liberation Day", "King's Day", "National Day", "Christmas Day"} <= names(("NL", "BE"))
    assert {"Independence Day", "Independence Day (observed)"} <= names(["US"])
    assert "Liberation Day" not in names(["BE"])


def test_a_plain_name_is_without_remarks():
    assert plain("Independence Day (observed)") == "Independence Day"
    assert plain("Eid al-Fitr (observed, estimated)") == "Eid al-Fitr"
    assert plain("King's Day") == "King's Day"
