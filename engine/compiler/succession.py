"""What a version of a process forgets of the one before it: the keys of what was paid once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caseway.engine.fault import Fault, Path
from caseway.engine.once import own_scope


@dataclass(frozen=True, slots=True)
class _Keys:
    """The once keys of a payout, as they are written: its name, what the key is, in which scope, and where."""

    payout: str
    key: str
    scope: str
    path: Path


def forgotten_keys(before: Any, content: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield where a version keeps its once keys in another scope than an earlier one: who was paid is paid again.

    `before` is the content of the earlier version, whatever that holds.
    """
    if not isinstance(before, Mapping) or before.get("process") != content.get("process"):
        return
    earlier, now = list(_keys(before)), list(_keys(content))
    kept = {each.scope for each in now}
    known = {each.scope for each in earlier}
    lost = [each for each in earlier if each.scope not in kept]
    for each in now:
        was = next((old for old in lost if old.payout == each.payout), None)
        was = was or next((old for old in lost if old.key == each.key), None)
        if each.scope not in known and was is not None:
            yield _forgotten(each, was, before.get("version"))


def _forgotten(now: _Keys, was: _Keys, version: Any) -> Fault:
    told = f'version {version} kept these keys as "{was.scope}", so who was paid there by "{was.payout}" is paid again'
    hint = f"once: {{key: ..., scope: {was.scope}}} goes on with them"
    return Fault("forgotten-keys", told, now.path, hint, severity="warning")


def _keys(content: Mapping[str, Any]) -> Iterator[_Keys]:
    payouts = content.get("payouts")
    for name, rule in payouts.items() if isinstance(payouts, Mapping) else ():
        once = rule.get("once") if isinstance(rule, Mapping) else None
        written = {"key": once} if isinstance(once, str) else once
        if isinstance(written, Mapping) and isinstance(written.get("key"), str):
            scope = written.get("scope") or own_scope(str(content.get("process")), name)
            yield _Keys(name, "".join(written["key"].split()), str(scope), ("payouts", name, "once"))
