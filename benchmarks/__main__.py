"""Run benchmarks by name, or all of them.

With `--strict`, a goal that is missed is an exit code. With `--small` there is next to nothing to do, to see that everything
still runs; with `--without-peers` the arms of others are left out, and no library of the extra `bench` is needed.
"""

from __future__ import annotations

import platform
import sys
from importlib import import_module

from benchmarks.option import OPTIONS, choose

NAMES = (
    "machine",
    "check",
    "startup",
    "store",
    "size",
    "report_size",
    "workers",
    "hostile",
    "expression",
    "calendar",
    "worklist",
    "ledger",
)


def main(arguments: list[str]) -> int:
    strict = "--strict" in arguments
    for option in OPTIONS.keys() & set(arguments):
        choose(option)
    names = [name for name in arguments if name not in {"--strict", *OPTIONS}]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}\n")
    missed = 0
    for name in names or NAMES:
        for report in import_module(f"benchmarks.{name}").run():
            print(report, end="\n\n", flush=True)
            missed += sum(not goal.met for goal in report.goals)
    if "--small" in arguments:
        print("All of it ran; so small, it measures nothing.")
        return 0
    print(f"{missed} goals missed." if missed else "All goals met.")
    return 1 if strict and missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
