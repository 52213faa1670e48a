"""An amount shared among many by weight, to the last unit."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256


def shares(total: int, weights: Mapping[str, int], seed: str) -> dict[str, int]:
    """Return what each of those weighed gets of an amount (0 or more units), in the order of the weights (each 0 or more).

    Each gets within one unit of the exact share, and all together the amount: what is left of it after rounding down goes by the largest
    remainders. Between equal ones the seed decides, like a draw that anybody can repeat. Where nobody has weight, nobody gets anything.
    """
    whole = sum(weights.values())
    if not whole:
        return dict.fromkeys(weights, 0)
    parts = {name: divmod(total * weight, whole) for name, weight in weights.items()}
    shared = {name: units for name, (units, _) in parts.items()}
    left = total - sum(shared.values())
    if left:
        # What is left is fewer units than there are remainders, so that nobody without weight comes into question.
        for name in sorted(parts, key=lambda name: (-parts[name][1], _lot(seed, name)))[:left]:
            shared[name] += 1
    return shared


def _lot(seed: str, name: str) -> bytes:
    """Return what somebody draws: as good as by chance, and the same each time."""
    return sha256(f"{seed}\0{name}".encode()).digest()
