"""Statements as files."""

import sys
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from caseway.adapters.statement_sheet import statement_csv, statement_html, statement_pdf
from caseway.engine.effect import Payout, Share
from caseway.engine.errors import WorldError
from caseway.engine.event import Event
from caseway.engine.outcome import Entry
from caseway.engine.posting import Posting
from caseway.engine.statement import statement, with_shares
from tests.contracts.sample import minutes

FEE = Posting(
    "OF-1:1:0",
    1,
    "payout",
    minutes(1),
    "zoë",
    "payable",
    225,
    "EUR",
    "Odpowiedź: zażółć gęślą jaźń",
    "OF-1",
    1,
    "orange",
    1,
    "fee",
    ("OF-02", "OF-03"),
)
OUT = replace(
    FEE, effect="settlement/B/1", line=0, kind="settlement", at=minutes(9), amount=-225, purpose="Settled in batch B"
)
OUT = replace(OUT, case=None, revision=None, process=None, version=None, payout=None, implements=(), batch="B")
MADE = statement("zoë", [FEE, OUT], minutes(60), since=minutes(1), until=minutes(30))


def text(made):
    """What a PDF says, wherever its lines end."""
    said = (page.extract_text() for page in PdfReader(BytesIO(made.content)).pages)
    return " ".join(" ".join(said).split())


def test_a_table_has_the_opening_the_lines_and_the_closing_of_each_account():
    made = statement_csv(MADE)
    assert (made.name, made.type) == ("statement-zoë-20260302.csv", "text/csv")
    assert made.content.decode() == (
        "owner,account,unit,at,kind,purpose,case,revision,implements,process,version,payout,share,effect,batch,amount,balance\n"
        "zoë,payable,EUR,2026-03-02T09:01:00Z,opening,,,,,,,,,,,,0.00\n"
        "zoë,payable,EUR,2026-03-02T09:01:00Z,payout,Odpowiedź: zażółć gęślą jaźń,OF-1,1,OF-02 OF-03,orange,1,fee,,OF-1:1:0,,2.25,2.25\n"
        "zoë,payable,EUR,2026-03-02T09:09:00Z,settlement,Settled in batch B,,,,,,,,settlement/B/1,B,-2.25,0.00\n"
        "zoë,payable,EUR,2026-03-02T09:30:00Z,closing,,,,,,,,,,,,0.00\n"
    )


def test_what_was_taken_back_does_not_read_as_if_it_had_been_paid():
    back = replace(FEE, effect="OF-1:2:0", kind="claw-back", at=minutes(2), amount=-225)
    assert "Taken back: Odpowiedź" in statement_html(statement("zoë", [FEE, back], minutes(60)))


def test_a_share_says_what_part_of_what_it_is():
    effect = Payout(
        "OF-1:1:0", "fee", 225, "EUR", "zoë", "payable", "platform", "payouts", "Fee", share=Share(4, 7, 394)
    )
    entry = Entry("OF-1", 1, "orange", 1, "5f1d", Event("go", {}, "e"), minutes(1), (), (), {}, effects=(effect,))
    made = with_shares(MADE, [entry])
    assert ",fee,4 of 7 parts of 3.94 EUR,OF-1:1:0,," in statement_csv(made).content.decode()
    assert [line.share for line in made.sections[0].lines] == [Share(4, 7, 394), None]


TOLD = replace(FEE, purpose={"nl": "Bezoek", "pl": "Wizyta"})


@pytest.mark.parametrize(("language", "said"), [("pl", "Wizyta"), ("nl", "Bezoek"), ("fr", "Bezoek")])
def test_what_something_is_for_is_told_in_the_language_asked_for(language, said):
    made = statement("zoë", [TOLD], minutes(60))
    assert f",{said}," in statement_csv(made, language).content.decode()
    assert f"{said} [OF-02" in text(statement_pdf(made, language))


@pytest.mark.parametrize(
    ("owner", "shown", "count"),
    [
        ("日本", "[U+65E5][U+672C]", "2 characters"),
        ("محمد", "[U+0645][U+062D][U+0645][U+062F]", "4 characters"),
        ("😀", "[U+1F600]", "One character"),
    ],
)
def test_what_the_font_cannot_draw_is_shown_by_its_number_and_counted(owner, shown, count):
    made = text(statement_pdf(statement(owner, [], minutes(60))))
    assert f"Statement of {shown}" in made
    assert f"{count} could not be printed" in made


def test_an_account_and_a_purpose_that_cannot_be_drawn_are_shown_by_their_numbers():
    made = text(statement_pdf(statement("zoë", [replace(FEE, purpose="→ 見", case="案-1")], minutes(60))))
    assert "[U+2192] [U+898B]" in made
    assert "case [U+6848]-1:1" in made


def test_what_can_be_drawn_needs_no_word_about_it():
    spaced = statement_pdf(statement("Rene\u0301 \u00adA\u202f1\u200bB", [], minutes(60)))
    assert "Statement of René" in text(spaced)
    assert "could not be printed" not in text(spaced)


def test_a_pdf_says_the_same_in_any_letters():
    shown = text(statement_pdf(MADE))
    for said in (
        "Statement of zoë",
        "zażółć gęślą jaźń",
        "[OF-02, OF-03] (case OF-1:1)",
        "batch B",
        "2.25",
        "-2.25",
        "Opening balance",
        "From 2026-03-02T09:01:00Z until 2026-03-02T09:30:00Z",
    ):
        assert said in shown


def test_the_same_statement_gives_the_same_pdf():
    assert statement_pdf(MADE) == statement_pdf(MADE)


def test_a_long_statement_goes_on_over_pages():
    lines = [replace(FEE, effect=f"OF-{n}:1:0", case=f"OF-{n}", at=minutes(n)) for n in range(1, 120)]
    shown = text(statement_pdf(statement("zoë", lines, minutes(200))))
    assert all(f"OF-{n}:1)" in shown for n in range(1, 120))


def test_what_people_wrote_is_never_html():
    spoilt = replace(FEE, purpose="<img src=x> & <b>", case="<script>", account="<i>", owner="<u>")
    html = statement_html(statement("<u>", [spoilt], minutes(60)))
    assert not {"<img", "<script", "<i>", "<u>", "<b>"} & {
        tag for tag in ("<img", "<script", "<i>", "<u>", "<b>") if tag in html
    }
    assert "&lt;img src=x&gt; &amp; &lt;b&gt;" in html
    assert "<script>" in text(statement_pdf(statement("<u>", [spoilt], minutes(60))))


@pytest.mark.parametrize("long", ["x" * 200, "ż" * 200, "🙂 " * 50])
def test_any_text_can_be_drawn(long):
    spoilt = replace(FEE, purpose=long, case=long[:200], account=long[:60], amount=10**12)
    assert statement_pdf(statement(long, [spoilt], minutes(60))).content.startswith(b"%PDF")


def test_a_statement_of_nothing_says_so():
    assert "Nothing happened" in text(statement_pdf(statement("zoë", [], minutes(60))))
    assert len(statement_csv(statement("zoë", [], minutes(60))).content.splitlines()) == 1


def test_the_name_of_a_file_is_one_on_any_system():
    assert statement_csv(statement("../../a:b", [], minutes(60))).name == "statement-------a-b-20260302.csv"


def test_a_machine_without_the_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fpdf", None)
    monkeypatch.delitem(sys.modules, "caseway.adapters.pdf", raising=False)
    with pytest.raises(WorldError, match=r'needs the Python module "fpdf": pip install "caseway\[documents\]"'):
        statement_pdf(MADE)
