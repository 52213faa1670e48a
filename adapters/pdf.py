"""PDFs of simple HTML: text, headings, lists and tables, in a font that comes with Caseway.

What the font cannot draw is never left out: its number in Unicode stands in its place, and the last line says how many characters that are.
"""

from __future__ import annotations

import logging
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

from fpdf import FPDF
from fpdf.fonts import FontFace, TextStyle
from fpdf.html import HTML2FPDF

from caseway.adapters.document_template import TAGS

FONTS = Path(__file__).parent / "font"
_FAMILY = "document"
_SIZE = 10.5
_UNBROKEN = "\u2007\u202f"
"""Spaces at which no line ends."""
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

    def handle_data(self, data: str) -> None:
        super().handle_data(self.pdf.drawable(data) if isinstance(self.pdf, _Pdf) else data)


class _Pdf(FPDF):
    HTML2FPDF_CLASS = _Html
    undrawn = 0
    """How many characters the font has no picture of."""

    def drawable(self, text: str) -> str:
        """Return a text of signs that the font has, and in the place of any other one its number."""
        pictures = self.fonts[_FAMILY].cmap  # type: ignore[union-attr]  # those of the bold one are the same
        return "".join(each if ord(each) in pictures else self._stand_in(each) for each in normalize("NFC", text))

    def _stand_in(self, sign: str) -> str:
        kind = category(sign)
        if kind == "Zs":
            return "\xa0" if sign in _UNBROKEN else " "
        if kind == "Cf" or sign in "\t\n\r\f\v":  # nothing that anybody would see
            return sign
        self.undrawn += 1
        return f"[U+{ord(sign):04X}]"


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


def _drawn(made: _Pdf, html: str) -> bytes:
    made.set_font(_FAMILY, size=_SIZE)
    made.add_page()
    _write(made, _UNSEEN.sub("", html))
    if made.undrawn:
        told = "One character" if made.undrawn == 1 else f"{made.undrawn} characters"
        stand_in = "could not be printed; the number in Unicode stands in the place of each, as in [U+65E5]."
        _write(made, f"<p>{told} {stand_in}</p>")
    return bytes(made.output())


def _write(made: FPDF, html: str) -> None:
    made.write_html(
        html,
        font_family=_FAMILY,
        li_prefix_color=_BLACK,
        tag_styles=_styles(),
        warn_on_tags_not_matching=False,
    )


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
