"""Caseway runs the life of a customer-service case from a lifecycle written in YAML.

`open` gives a Runtime on a database, `over` one in a transaction of your own; everything else here is what goes in and comes out.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from caseway.adapters.wiring import open, over  # noqa: A004
    from caseway.engine.acceptance import Acceptance
    from caseway.engine.actor import Actor
    from caseway.engine.case import Case
    from caseway.engine.errors import (
        CaseConflict,
        CaseError,
        CasewayError,
        DefinitionError,
        Refused,
        Undeliverable,
        WorldError,
    )
    from caseway.engine.effect import Message
    from caseway.engine.event import Event
    from caseway.engine.outcome import Entry, Refusal
    from caseway.engine.person import Person
    from caseway.engine.payee import Payee
    from caseway.engine.ports import Answer, CaseQuery, Delivery, Directory
    from caseway.engine.posting import PostingQuery
    from caseway.engine.runtime import Runtime
    from caseway.engine.runtime.ledger import Ledger
    from caseway.engine.settlement import Batch
    from caseway.engine.view import CaseView

# Each name is imported when it is first asked for: `caseway --help` needs none of them.
_HOMES = {
    "open": "adapters.wiring",
    "over": "adapters.wiring",
    "Acceptance": "engine.acceptance",
    "Actor": "engine.actor",
    "Answer": "engine.ports",
    "Batch": "engine.settlement",
    "Case": "engine.case",
    "CaseConflict": "engine.errors",
    "CaseError": "engine.errors",
    "CaseQuery": "engine.ports",
    "CaseView": "engine.view",
    "CasewayError": "engine.errors",
    "DefinitionError": "engine.errors",
    "Delivery": "engine.ports",
    "Directory": "engine.ports",
    "Entry": "engine.outcome",
    "Event": "engine.event",
    "Ledger": "engine.runtime.ledger",
    "Message": "engine.effect",
    "Payee": "engine.payee",
    "Person": "engine.person",
    "PostingQuery": "engine.posting",
    "Refusal": "engine.outcome",
    "Refused": "engine.errors",
    "Runtime": "engine.runtime",
    "Undeliverable": "engine.errors",
    "WorldError": "engine.errors",
}

__all__ = [
    "Acceptance",
    "Actor",
    "Answer",
    "Batch",
    "Case",
    "CaseConflict",
    "CaseError",
    "CaseQuery",
    "CaseView",
    "CasewayError",
    "DefinitionError",
    "Delivery",
    "Directory",
    "Entry",
    "Event",
    "Ledger",
    "Message",
    "Payee",
    "Person",
    "PostingQuery",
    "Refusal",
    "Refused",
    "Runtime",
    "Undeliverable",
    "WorldError",
    "open",
    "over",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("caseway")
        except PackageNotFoundError:
            return "unknown"
    if name not in _HOMES:
        raise AttributeError(f"caseway has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"caseway.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
