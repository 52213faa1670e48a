"""Payouts as double entry: whatever one account gains, another loses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from caseway.engine.effect import Payout
from caseway.engine.outcome import Entry, Step
from caseway.engine.posting import Balance, Posting


def postings(of: Step | Entry) -> Iterator[Posting]:
    """Yield the lines of every payout of a step, payer first. A payout of nothing has none."""
    case, revision, process, version = (
        (of.after.id, of.after.revision, of.after.process, of.after.version)
        if isinstance(of, Step)
        else (of.case, of.revision, of.process, of.version)
    )
    for payout in of.effects:
        if not isinstance(payout, Payout) or not payout.amount:
            continue
        sides = ((payout.payer, payout.payer_account, -payout.amount), (payout.payee, payout.account, payout.amount))
        for line, (owner, account, amount) in enumerate(sides):
            yield Posting(
                effect=payout.id,
                line=line,
                case=case,
                revision=revision,
                process=process,
                version=version,
                at=of.at,
                owner=owner,
                account=account,
                amount=amount,
                unit=payout.unit,
                payout=payout.payout,
                purpose=payout.purpose,
                implements=payout.implements,
            )


def balances(lines: Iterable[Posting]) -> Iterator[Balance]:
    """Sum postings by owner, account and unit, in that order."""
    sums: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for line in lines:
        sums[line.owner, line.account, line.unit] += line.amount
    for (owner, account, unit), amount in sorted(sums.items()):
        yield Balance(owner, account, unit, amount)
