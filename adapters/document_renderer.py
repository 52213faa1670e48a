"""Documents made of their templates: HTML, and PDF of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from caseway.engine.definition import speak
from caseway.engine.document import DocumentRule
from caseway.engine.errors import Undeliverable, WorldError


class DocumentRenderer:
    """Makes documents with Jinja and, where they are to be PDFs, with fpdf2. Both are imported when the first is made."""

    def make(self, rule: DocumentRule, data: Mapping[str, Any], kind: str, at: datetime) -> bytes:
        """Return what a file of a document in this format holds."""
        html = _html(rule, data)
        return _pdf(rule, html, at) if kind == "pdf" else html.encode("utf-8", "replace")


def _html(rule: DocumentRule, data: Mapping[str, Any]) -> str:
    from jinja2 import TemplateError  # noqa: PLC0415 - only those who make documents need it

    from caseway.adapters.document_template import html  # noqa: PLC0415

    try:
        return html(rule.template, data)
    except (TemplateError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise Undeliverable(f"The document {rule.name} cannot be made: {error}.", document=rule.name) from error


def _pdf(rule: DocumentRule, html: str, at: datetime) -> bytes:
    try:
        from caseway.adapters.pdf import pdf  # noqa: PLC0415
    except ImportError as error:
        raise WorldError(
            f'A PDF needs the Python module "{error.name}": pip install "caseway[documents]".', document=rule.name
        ) from error
    try:
        return pdf(html, speak(rule.title) or rule.name, at)
    except Exception as error:  # the library says in many ways that it cannot draw something
        raise Undeliverable(f"The document {rule.name} cannot be made a PDF: {error}.", document=rule.name) from error
