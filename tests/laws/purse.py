"""What money should do, worked out once more: by fractions and plain sums, in as many lines as it takes, and without the engine."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from caseway.engine.effect import AlreadyPaid, ClawBack, Effect, Payout, Unpaid

Account = tuple[str, str, str]
"""Owner, account and unit."""
Way = tuple[str, str, str, str, str]
"""Unit, payee and their account, payer and theirs: what a payout moves, and a claw-back moves back."""

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Order:
    """What an action is expected to pay: so much in all, to each by weight."""

    payout: str
    amount: int
    unit: str
    weights: Mapping[str, int]
    account: str = "payable"
    payer: str = "platform"
    payer_account: str = "payouts"
    once: str | None = None
    split: bool = False
    listed: bool = True
    holds: bool = True

    @property
    def lack(self) -> str | None:
        """Say why nothing is to be paid; None: something is."""
        if not self.holds:
            return "condition"
        if not self.amount:
            return "zero"
        return None if sum(self.weights.values()) else "no-weight" if self.listed else "nobody"


@dataclass(frozen=True)
class Return:
    """What an action is expected to take back: so many percent of what is left of a payout, with all or only with some."""

    payout: str
    percent: int
    payees: Collection[str] | None = None


@dataclass
class Purse:
    """What should be in every account, what each case has paid, and who has taken which key."""

    accounts: dict[Account, int] = field(default_factory=lambda: defaultdict(int))
    paid: dict[tuple[str, str], dict[Way, int]] = field(default_factory=lambda: defaultdict(dict))
    gross: dict[tuple[str, str], dict[Way, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    taken: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[str, int, str, str, str, int]] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    def net(self, case: str, payout: str) -> int:
        """Return what a payout of a case has paid and not taken back."""
        return sum(self.paid[case, payout].values())

    def move(self, effect: str, unit: str, amount: int, giver: tuple[str, str], taker: tuple[str, str]) -> None:
        """Note a posting on each side."""
        for line, ((owner, account), sum_) in enumerate(((giver, -amount), (taker, amount))):
            self.accounts[owner, account, unit] += sum_
            self.lines.append((effect, line, owner, account, unit, sum_))

    def happened(self, case: str, wanted: Iterable[Order | Return], effects: Iterable[Effect]) -> None:
        """Hold what a step did with money against what it was to do, and take note of it."""
        moved = [each for each in effects if isinstance(each, (Payout, ClawBack, AlreadyPaid, Unpaid))]
        for each in wanted:
            mine = self._paid(case, each, moved) if isinstance(each, Order) else self._taken_back(case, each, moved)
            moved = moved[mine:]
        assert not moved, f"nobody asked for {moved}"

    def _paid(self, case: str, order: Order, moved: Sequence[Effect]) -> int:
        whole = sum(order.weights.values())
        if order.lack is not None:
            return self._nothing("payout", order.payout, order.lack, moved[0])
        if order.once in self.taken:
            first = moved[0]
            assert isinstance(first, AlreadyPaid), first
            assert (first.payout, first.once, first.by) == (order.payout, order.once, self.taken[order.once])
            self.met["already paid"] += 1
            self.met["already paid by another case"] += not first.by.startswith(f"{case}:")
            return 1
        left, seen = order.amount, 0
        shared: dict[str, int] = dict.fromkeys(order.weights, 0)
        while left > 0:
            each = moved[seen]
            assert isinstance(each, Payout), each
            assert (each.payout, each.unit, each.account) == (order.payout, order.unit, order.account)
            assert (each.payer, each.payer_account) == (order.payer, order.payer_account)
            assert each.once == order.once
            assert each.amount > 0
            assert not shared[each.payee], f"{each.payee} is paid twice by one action"
            part = (order.weights[each.payee], whole, order.amount)
            assert (each.share and (each.share.weight, each.share.of, each.share.total)) == (
                part if order.split else None
            )
            shared[each.payee] = each.amount
            self._noted(case, each, each.amount)
            left, seen = left - each.amount, seen + 1
        assert not left, f"{sum(shared.values())} were paid of {order.amount}"
        self._near(order.amount, order.weights, shared)
        self.met["split"] += order.split
        self.met["split with a remainder"] += any(order.amount * each % whole for each in order.weights.values())
        self.met["paid"] += 1
        if order.once is not None:
            self.taken[order.once] = moved[0].id
            self.met["key taken"] += 1
        return seen

    def _taken_back(self, case: str, wanted: Return, moved: Sequence[Effect]) -> int:
        of, all_of_it = wanted.payees, self.paid[case, wanted.payout]
        still = {way: amount for way, amount in all_of_it.items() if of is None or way[1] in of}
        others = {way: amount for way, amount in all_of_it.items() if way not in still}
        exact = Fraction(sum(still.values()) * wanted.percent, 100)
        total = int(exact + HALF)  # half away from zero, of what is never below it
        if not total:
            lack = "nobody" if of is not None and not of else "zero" if still else "nothing-left"
            return self._nothing("claw-back", wanted.payout, lack, moved[0])
        left, seen, shared = total, 0, dict.fromkeys(still, 0)
        while left > 0:
            each = moved[seen]
            assert isinstance(each, ClawBack), each
            assert each.payout == wanted.payout
            way = way_of(each)
            assert 0 < each.amount <= still[way], f"{each.payee} has {still[way]} of it left, and {each.amount} go back"
            assert not shared[way], f"{way} is taken back from twice"
            assert each.percent == wanted.percent
            part = each.share and (each.share.weight, each.share.of, each.share.total)
            assert part == (still[way], sum(still.values()), total)
            shared[way] = each.amount
            self._noted(case, each, -each.amount)
            left, seen = left - each.amount, seen + 1
        assert not left, f"{sum(shared.values())} were taken back of {total}"
        self._near(total, still, shared)
        self.met["taken back"] += 1
        self.met["taken back in part"] += total < sum(still.values())
        self.met["taken back of several"] += len(still) > 1
        self.met["taken back of one of several"] += len(still) == 1 and bool(others)
        self.met["taken back of some of several"] += len(still) > 1 and bool(others)
        assert {way: self.paid[case, wanted.payout].get(way) for way in others} == others
        if total == sum(still.values()):
            assert self.paid[case, wanted.payout] == others
            self.met["taken back whole"] += 1
        return seen

    def _nothing(self, of: str, payout: str, reason: str, told: Effect) -> int:
        """Hold a note that no money moved against why none should."""
        assert isinstance(told, Unpaid), told
        assert (told.of, told.payout, told.reason) == (of, payout, reason)
        self.met["nothing to pay" if of == "payout" else "nothing to take back"] += 1
        self.met[f"nothing moved: {reason}"] += 1
        return 1

    def _near(self, total: int, weights: Mapping[Any, int], shared: Mapping[Any, int]) -> None:
        """Each gets within one unit of the exact share; more remains for nobody who should have less of the remainder."""
        whole = sum(weights.values())
        exact = {name: Fraction(total * weight, whole) for name, weight in weights.items()}
        assert all(abs(shared[name] - exact[name]) < 1 for name in exact), (shared, exact)
        over = [exact[name] % 1 for name in exact if shared[name] > exact[name]]
        under = [exact[name] % 1 for name in exact if shared[name] < exact[name]]
        assert not over or not under or min(over) >= max(under), (shared, exact)
        if over and under and min(over) == max(under):  # between equals, a lot decides
            tied = [name for name in exact if exact[name] % 1 == min(over)]
            self.met["drawn by the first" if shared[tied[0]] > exact[tied[0]] else "drawn by another"] += 1

    def _noted(self, case: str, effect: Payout | ClawBack, amount: int) -> None:
        way, net = way_of(effect), self.paid[case, effect.payout]
        net[way] = net.get(way, 0) + amount
        if not net[way]:
            del net[way]
        if amount > 0:
            self.gross[case, effect.payout][way] += amount
        self.met[f"{'paid' if amount > 0 else 'taken back'} in {effect.unit}"] += 1
        payer, payee = (effect.payer, effect.payer_account), (effect.payee, effect.account)
        giver, taker = (payer, payee) if isinstance(effect, Payout) else (payee, payer)
        self.move(effect.id, effect.unit, effect.amount, giver, taker)


def way_of(moved: Payout | ClawBack) -> Way:
    return moved.unit, moved.payee, moved.account, moved.payer, moved.payer_account
