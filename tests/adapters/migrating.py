"""What the tests of upgrades share: plans with a second revision, and databases of the first."""

from pathlib import Path

import pytest

from caseway.adapters.sql.migration import plan
from caseway.adapters.sql.migration.plan import SHIPPED, Plan

REVISIONS = Path(__file__).parent / "revisions"


def plan_with(kind: str) -> Plan:
    """Return what a newer Caseway would know, whose second revision is one of the tests' own: "sound" or "failing"."""
    return Plan((*SHIPPED.revisions, "0002"), (*SHIPPED.folders, REVISIONS / kind))


def newer_caseway(monkeypatch: pytest.MonkeyPatch, kind: str = "sound") -> None:
    """Work as a newer Caseway from here on."""
    monkeypatch.setattr(plan, "SHIPPED", plan_with(kind))
