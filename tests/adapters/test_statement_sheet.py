"""Statements as files."""

import sys
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from caseway.adapters.statement_sheet import statement_csv, statement_html, statement_pdf
from caseway.engine.errors import WorldError
from caseway.engine.posting import Posting
from caseway.engine.statement import statement
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
)
OUT = replace(
    FEE, effect="settlement/B/1", line=0, kind="settlement", at=minutes(9), amount=-225, purpose="Settled in batch B"
)
OUT = replace(OUT, case=None, payout=None, batch="B")
MADE = statement("zoë", [FEE, OUT], minutes(60), since=minutes(1), until=minutes(30))


def text(made):
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(made.content)).pages)


def test_a_table_has_the_opening_the_lines_and_the_closing_of_each_account():
    made = statement_csv(MADE)
    assert (made.name, made.type) == ("statement-zoë-20260302.csv", "text/csv")
    assert made.content.decode() == (
        "owner,account,unit,at,kind,purpose,case,payout,batch,amount,balance\n"
        "zoë,payable,EUR,2026-03-02T09:01:00Z,opening,,,,,,0.00\n"
        "zoë,payable,EUR,2026-03-02T09:01:00Z,payout,Odpowiedź: zażółć gęślą jaźń,OF-1,fee,,2.25,2.25\n"
        "zoë,payable,EUR,2026-03-02T09:09:00Z,settlement,Settled in batch B,,,B,-2.25,0.00\n"
        "zoë,payable,EUR,2026-03-02T09:30:00Z,closing,,,,,,0.00\n"
    )


def test_what_was_taken_back_does_not_read_as_if_it_had_been_paid():
    back = replace(FEE, effect="OF-1:2:0", kind="claw-back", at=minutes(2), amount=-225)
    assert "Taken back: Odpowiedź" in statement_html(statement("zoë", [FEE, back], minutes(60)))


def test_a_pdf_says_the_same_in_any_letters():
    shown = text(statement_pdf(MADE))
    for said in (
        "Statement of zoë",
        "zażółć gęślą jaźń",
        "case OF-1",
        "batch B",
        "2.25",
        "-2.25",
        "Opening balance",
        "2026-03-02",
    ):
        assert said in shown


def test_the_same_statement_gives_the_same_pdf():
    assert statement_pdf(MADE) == statement_pdf(MADE)


def test_a_long_statement_goes_on_over_pages():
    lines = [replace(FEE, effect=f"OF-{n}:1:0", case=f"OF-{n}", at=minutes(n)) for n in range(1, 120)]
    shown = text(statement_pdf(statement("zoë", lines, minutes(200))))
    assert all(f"case OF-{n})" in shown for n in range(1, 120))


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
