"""CSV that spreadsheets read as what it says."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO
from unicodedata import normalize

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FORMULA = ("=", "+", "-", "@")


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV file in UTF-8, of a line of column names and the rows; None is an empty cell."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def harmless(cell: object) -> str:
    """Return a cell as a text that no program takes for a formula: one that looks like it begins with an apostrophe. Numbers stay."""
    text = "" if cell is None else str(cell)
    is_formula = normalize("NFKC", text).lstrip().startswith(_FORMULA) or text[:1] in {"\t", "\r", "\n"}
    return f"'{text}" if is_formula and not _NUMBER.fullmatch(text) else text
