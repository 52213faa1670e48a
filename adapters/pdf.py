"""PDFs of simple HTML: text, headings, lists and tables, in a font that comes with Caseway."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.fonts import FontFace, TextStyle
from fpdf.html import HTML2FPDF

from caseway.adapters.document_template import TAGS

FONTS = Path(__file__).parent / "font"
_FAMILY = "document"
_SIZE = 10.5
_SIZES = {"h1": 20.0, "h2": 16.0, "h3": 13.0, "h4": 11.5, "h5": 10.5, "h6": 10.5}
_BLACK = (0, 0, 0)
_UNSEEN = re.compile(r"<(style|script|title)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_KEPT = {
    "a": ("href",),
    "font": ("color", "size"),
    "ol": ("start", "type"),
    "p": ("align",),
    "table": ("border", "width", "align", "cellpadding"),
    "td": ("align", "colspan", "width", "bgcolor"),
    "th": ("align", "colspan", "width", "bgcolor"),
    "tr": ("bgcolor",),
    "ul": ("type",),
}
"""The attributes that mean something; no other reaches the library, and none that names a file."""
_MEANT = TAGS - {"div", "meta", "small", "span", "style", "title"}
"""The elements that the library draws; what stands within others is drawn as it is."""

logging.getLogger("fpdf").setLevel(logging.ERROR)  # it warns of what a template may do
logging.getLogger("fontTools").setLevel(logging.ERROR)


class _Html(HTML2FPDF):
    """Draws what `adapters/document_template` lets through. It opens no file: an image is never among it."""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in _MEANT:
            kept = _KEPT.get(tag, ())
            super().handle_starttag(tag, [(name, value) for name, value in attrs if name in kept and value is not None])

    def handle_endtag(self, tag: str) -> None:
        if tag in _MEANT:
            super().handle_endtag(tag)


class _Pdf(FPDF):
    HTML2FPDF_CLASS = _Html


def pdf(html: str, title: str, at: datetime) -> bytes:
    """Return a PDF of a document that was made at an instant; the same document gives the same bytes.

    Raises whatever the library raises where it cannot draw something.
    """
    made = _Pdf(format="A4")
    made.set_creation_date(at)
    made.set_title(title)
    made.set_producer("Caseway")
    made.set_margin(20)
    made.set_auto_page_break(auto=True, margin=20)
    for style, file in (("", "Regular"), ("B", "Bold"), ("I", "Regular"), ("BI", "Bold")):
        made.add_font(_FAMILY, style, FONTS / f"NotoSans-{file}.ttf")
    try:
        return _drawn(made, html)
    finally:
        for font in made.fonts.values():
            font.ttfont.close()  # type: ignore[union-attr]  # none of them is one of those without a file


def _drawn(made: FPDF, html: str) -> bytes:
    made.set_font(_FAMILY, size=_SIZE)
    made.add_page()
    made.write_html(
        _UNSEEN.sub("", html),
        font_family=_FAMILY,
        li_prefix_color=_BLACK,
        tag_styles=_styles(),
        warn_on_tags_not_matching=False,
    )
    return bytes(made.output())


def _styles() -> dict[str, Any]:
    headings = {
        tag: TextStyle(font_family=_FAMILY, font_style="B", font_size_pt=size, color=_BLACK, t_margin=4, b_margin=2)
        for tag, size in _SIZES.items()
    }
    plain = FontFace(family=_FAMILY, color=_BLACK)
    return headings | {
        "code": plain,
        "pre": TextStyle(font_family=_FAMILY, font_size_pt=_SIZE),
        "a": FontFace(color=(0, 0, 180)),
    }
