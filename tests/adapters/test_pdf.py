"""What a PDF does with signs that its font does not have."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from caseway.adapters.pdf import pdf

AT = datetime(2026, 3, 2, tzinfo=UTC)


def drawn(html: str) -> str:
    said = (page.extract_text() for page in PdfReader(BytesIO(pdf(html, "Bill", AT))).pages)
    return " ".join(" ".join(said).split())


@pytest.mark.parametrize(
    "html",
    [
        "<p>for 見</p>",
        "<h1>for &#35211;</h1>",
        "<ul><li>for &#x898b;</li></ul>",
        "<table><tr><th>who</th></tr><tr><td>for 見</td></tr></table>",
        "<p><b>for 見</b></p>",
        "<pre>for 見</pre>",
        '<p><a href="https://example.org">for 見</a></p>',
    ],
)
def test_a_sign_without_a_picture_is_shown_by_its_number_wherever_it_stands(html):
    assert "for [U+898B]" in drawn(html)
    assert "One character could not be printed" in drawn(html)


def test_every_such_sign_is_counted():
    assert "3 characters could not be printed" in drawn("<p>見 and 見</p><p>見</p>")


def test_what_nobody_would_see_is_not_counted():
    html = "<style>p { content: '見' }</style><p>Żółć Größe Ελλάδα Москва\t1\u202f234\u2009€\u200b and\u2060 so&nbsp;on</p>"
    assert drawn(html) == "Żółć Größe Ελλάδα Москва 1 234 € and so on"


def test_a_mark_on_a_letter_is_drawn_with_it():
    assert drawn("<p>Rene\u0301 Z\u0307</p>") == "René Ż"
