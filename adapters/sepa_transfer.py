"""Batches as SEPA credit transfers: a pain.001 file, which a bank takes as an order."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from caseway.engine.effect import File
from caseway.engine.errors import WorldError
from caseway.engine.money import money
from caseway.engine.payee import Payee
from caseway.engine.settlement import Batch

LARGEST = 999_999_999_99
"""The most cents of one SEPA transfer."""


class SepaTransfer:
    """Takes euros, to and from accounts with an IBAN. The libraries are imported when the first order is made."""

    format = "pain.001"
    units: Collection[str] | None = frozenset({"EUR"})

    def objection(self, payee: Payee | None, unit: str, amount: int | None = None) -> str | None:
        """Return in words what is wrong with somebody's bank details, or with the amount."""
        if payee is None:
            return "has no bank details"
        if payee.iban is None:
            return "has no IBAN"
        if amount is not None and amount > LARGEST:
            return f"would get {money(amount, unit)}, and a SEPA transfer holds at most {money(LARGEST, unit)}"
        with _installed():
            from caseway.adapters.sepa_order import objection  # noqa: PLC0415 - only those who settle need it
        return objection(payee.name, payee.iban, payee.bic)

    def fault(self, payee: Payee) -> str | None:
        """Return in a sentence why no bank has these numbers, of SEPA or not."""
        with _installed():
            from caseway.adapters.sepa_order import fault  # noqa: PLC0415 - as above
        return fault(payee.iban, payee.bic)

    def file(self, batch: Batch) -> File:
        """Return the order: one payment with a transfer for each line."""
        with _installed():
            from caseway.adapters.sepa_order import order  # noqa: PLC0415 - as above
        return File(f"{batch.order}.xml", "application/xml", order(batch))


@contextmanager
def _installed() -> Iterator[None]:
    """Say what to install where a library is missing."""
    try:
        yield
    except ImportError as error:
        raise WorldError(
            f'An IBAN that is to be checked, or an order for a bank, needs the Python module "{error.name}": pip install "caseway[settlement]".'
        ) from error
