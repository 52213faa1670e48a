"""What a run may leave out: nearly all of its size, and the arms of others, whose libraries the extra `bench` brings.

Kept in the environment, so that the processes that a benchmark starts know it, too.
"""

from __future__ import annotations

import os
from typing import TypeVar

Size = TypeVar("Size")

OPTIONS = {"--small": "CASEWAY_BENCH_SMALL", "--without-peers": "CASEWAY_BENCH_WITHOUT_PEERS"}


def choose(option: str) -> None:
    """Take an option for this process and those that it starts; to be called before the benchmarks are imported."""
    os.environ[OPTIONS[option]] = "1"


def sized(full: Size, small: Size) -> Size:
    """Return how much there is to do: in a small run next to nothing, which measures nothing and shows that it all still runs."""
    return small if OPTIONS["--small"] in os.environ else full


def with_peers() -> bool:
    """Return whether others are measured as well."""
    return OPTIONS["--without-peers"] not in os.environ
