"""Writes the pages of the reference."""

from docs.codes import HOUSE
from docs.generate import pages

for path, text in pages().items():
    path.write_text(text, encoding="utf-8")
    print(path.relative_to(HOUSE))
