"""What a step knew of once keys."""

from __future__ import annotations

from collections.abc import Iterable

from caseway.engine.effect import AlreadyPaid, Effect, Payout


def known_to(effects: Iterable[Effect]) -> dict[str, str | None]:
    """Return what a step knew of once keys when it had these effects: to run it again, one has to know the same."""
    known: dict[str, str | None] = {}
    for effect in effects:
        if isinstance(effect, Payout) and effect.once is not None:
            known.setdefault(effect.once, None)
        elif isinstance(effect, AlreadyPaid):
            known.setdefault(effect.once, effect.by)
    return known
