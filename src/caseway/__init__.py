"""Caseway runs the life of a customer-service case from a lifecycle written in YAML.

`open` gives a Runtime on a database, `over` one in a transaction of your own; everything else here is what goes in and comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caseway.adapters.wiring import open as open  # noqa: A004
    from caseway.adapters.wiring import over as over
    from caseway.engine.acceptance import Acceptance as Acceptance
    from caseway.engine.actor import Actor as Actor
    from caseway.engine.backlog import Backlog as Backlog
    from caseway.engine.backlog import Queue as Queue
    from caseway.engine.backlog import SetAside as SetAside
    from caseway.engine.case import Case as Case
    from caseway.engine.case import Level as Level
    from caseway.engine.case import Link as Link
    from caseway.engine.case import Paid as Paid
    from caseway.engine.case import Timer as Timer
    from caseway.engine.case import Tombstone as Tombstone
    from caseway.engine.case import Work as Work
    from caseway.engine.definition import Definition as Definition
    from caseway.engine.effect import AlreadyPaid as AlreadyPaid
    from caseway.engine.effect import Attachment as Attachment
    from caseway.engine.effect import ClawBack as ClawBack
    from caseway.engine.effect import File as File
    from caseway.engine.effect import Message as Message
    from caseway.engine.effect import Payout as Payout
    from caseway.engine.effect import SendEvent as SendEvent
    from caseway.engine.effect import Share as Share
    from caseway.engine.effect import StartCase as StartCase
    from caseway.engine.errors import CaseConflict as CaseConflict
    from caseway.engine.errors import CaseError as CaseError
    from caseway.engine.errors import CasewayError as CasewayError
    from caseway.engine.errors import DefinitionError as DefinitionError
    from caseway.engine.errors import FaultyStep as FaultyStep
    from caseway.engine.errors import InvalidDefinition as InvalidDefinition
    from caseway.engine.errors import InvalidInput as InvalidInput
    from caseway.engine.errors import Refused as Refused
    from caseway.engine.errors import Undeliverable as Undeliverable
    from caseway.engine.errors import UnknownCase as UnknownCase
    from caseway.engine.errors import UnknownPerson as UnknownPerson
    from caseway.engine.errors import UnknownProcess as UnknownProcess
    from caseway.engine.errors import VersionChanged as VersionChanged
    from caseway.engine.errors import WorldError as WorldError
    from caseway.engine.event import Event as Event
    from caseway.engine.outcome import Entry as Entry
    from caseway.engine.outcome import Outcome as Outcome
    from caseway.engine.outcome import Refusal as Refusal
    from caseway.engine.payee import Payee as Payee
    from caseway.engine.payee import PayeeChange as PayeeChange
    from caseway.engine.person import Person as Person
    from caseway.engine.plan import LeftOut as LeftOut
    from caseway.engine.plan import Objection as Objection
    from caseway.engine.plan import Plan as Plan
    from caseway.engine.plan import Terms as Terms
    from caseway.engine.ports import Answer as Answer
    from caseway.engine.ports import Bank as Bank
    from caseway.engine.ports import CaseLine as CaseLine
    from caseway.engine.ports import CaseQuery as CaseQuery
    from caseway.engine.ports import Clock as Clock
    from caseway.engine.ports import Delivery as Delivery
    from caseway.engine.ports import Directory as Directory
    from caseway.engine.ports import Ids as Ids
    from caseway.engine.posting import Balance as Balance
    from caseway.engine.posting import Posting as Posting
    from caseway.engine.posting import PostingQuery as PostingQuery
    from caseway.engine.redaction import Redaction as Redaction
    from caseway.engine.report import Report as Report
    from caseway.engine.report import ReportQuery as ReportQuery
    from caseway.engine.runtime import Runtime as Runtime
    from caseway.engine.runtime.ledger import Ledger as Ledger
    from caseway.engine.runtime.ledger import Returned as Returned
    from caseway.engine.runtime.relay import Relayed as Relayed
    from caseway.engine.settlement import Asked as Asked
    from caseway.engine.settlement import Batch as Batch
    from caseway.engine.settlement import BatchLine as BatchLine
    from caseway.engine.settlement import Rejection as Rejection
    from caseway.engine.statement import Statement as Statement
    from caseway.engine.statement import StatementLine as StatementLine
    from caseway.engine.statement import StatementSection as StatementSection
    from caseway.engine.verification import Difference as Difference
    from caseway.engine.verification import Verification as Verification
    from caseway.engine.view import CaseView as CaseView
    from caseway.engine.view import LevelView as LevelView
    from caseway.engine.view import LinkView as LinkView
    from caseway.engine.work_item import WorkItem as WorkItem

    __version__: str

# Each name is imported when it is first asked for: `caseway --help` needs none of them.
_HOMES = {
    "adapters.wiring": ("open", "over"),
    "engine.acceptance": ("Acceptance",),
    "engine.actor": ("Actor",),
    "engine.backlog": ("Backlog", "Queue", "SetAside"),
    "engine.case": ("Case", "Level", "Link", "Paid", "Timer", "Tombstone", "Work"),
    "engine.definition": ("Definition",),
    "engine.effect": (
        "AlreadyPaid",
        "Attachment",
        "ClawBack",
        "File",
        "Message",
        "Payout",
        "SendEvent",
        "Share",
        "StartCase",
    ),
    "engine.errors": (
        "CaseConflict",
        "CaseError",
        "CasewayError",
        "DefinitionError",
        "FaultyStep",
        "InvalidDefinition",
        "InvalidInput",
        "Refused",
        "Undeliverable",
        "UnknownCase",
        "UnknownPerson",
        "UnknownProcess",
        "VersionChanged",
        "WorldError",
    ),
    "engine.event": ("Event",),
    "engine.outcome": ("Entry", "Outcome", "Refusal"),
    "engine.payee": ("Payee", "PayeeChange"),
    "engine.person": ("Person",),
    "engine.plan": ("LeftOut", "Objection", "Plan", "Terms"),
    "engine.ports": ("Answer", "Bank", "CaseLine", "CaseQuery", "Clock", "Delivery", "Directory", "Ids"),
    "engine.posting": ("Balance", "Posting", "PostingQuery"),
    "engine.redaction": ("Redaction",),
    "engine.report": ("Report", "ReportQuery"),
    "engine.runtime": ("Runtime",),
    "engine.runtime.ledger": ("Ledger", "Returned"),
    "engine.runtime.relay": ("Relayed",),
    "engine.settlement": ("Asked", "Batch", "BatchLine", "Rejection"),
    "engine.statement": ("Statement", "StatementLine", "StatementSection"),
    "engine.verification": ("Difference", "Verification"),
    "engine.view": ("CaseView", "LevelView", "LinkView"),
    "engine.work_item": ("WorkItem",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605

if not TYPE_CHECKING:  # a type checker that sees this believes in every name

    def __getattr__(name):
        if name == "__version__":
            from importlib.metadata import PackageNotFoundError, version

            try:
                return version("caseway")
            except PackageNotFoundError:
                return "unknown"
        if name not in _HOME:
            raise AttributeError(f"caseway has no {name!r}; it has {', '.join(__all__)}")
        from importlib import import_module

        return getattr(import_module(f"caseway.{_HOME[name]}"), name)

    def __dir__():
        return [*__all__, "__version__"]
