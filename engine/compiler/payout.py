"""Payouts, and what is taken back of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from caseway.engine.actor import PLATFORM
from caseway.engine.compiler.compilation import INTEGER, Compilation, place
from caseway.engine.compiler.doubt import Loose, TakenBack, doubts, loose
from caseway.engine.compiler.expression import NOTHING, Expressions
from caseway.engine.compiler.items import CASE, items_of, naming
from caseway.engine.compiler.paid import amount_of
from caseway.engine.compiler.unit import check_unit
from caseway.engine.effect import Purpose
from caseway.engine.expression import Schema, Scope
from caseway.engine.fault import Path
from caseway.engine.flaw import ALL, Look, amount_flaw, key_flaw, owner_flaw, percent_flaw, weight_flaw
from caseway.engine.guard import Guard
from caseway.engine.once import Once, own_scope
from caseway.engine.payee import owner_id
from caseway.engine.payout import MoveNothing, Pay, Split, TakeBack
from caseway.engine.private import along
from caseway.engine.settlement import SETTLED
from caseway.engine.value import Computed, Value

PAYER = {"text": PLATFORM}
"""Who pays where a payout does not say."""

PAYOUTS = "payouts"
"""The account that pays where a payout does not say."""

_FIELD = re.compile(r"case(\.[a-z][a-z0-9_]*)+")
_READ = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_LIST: Schema = {"type": "array"}
_ITEM = "item"
_IDLE: Mapping[Look, str] = {
    amount_flaw: "the amount is 0, so nobody is ever paid",
    weight_flaw: "the weight is 0, so nobody gets anything",
    percent_flaw: "0 percent takes back nothing",
}
"""What follows from a number that is always 0."""


class Payouts:
    """Compiles payouts. A fault is reported, and None put in the place of what has it."""

    def __init__(self, compilation: Compilation, expressions: Expressions) -> None:
        self.compilation, self.expressions = compilation, expressions
        self.written: Mapping[str, Any] = compilation.content.get("payouts") or {}
        self.loose: list[Loose] = []
        self.paid: dict[str, list[Path]] = {}
        self.taken: list[TakenBack] = []
        self.rules = {name: self._rule(name, rule) for name, rule in self.written.items()}

    def sound(self) -> dict[str, Pay]:
        """Return the payouts that have no fault."""
        return {name: rule for name, rule in self.rules.items() if rule is not None}

    def pay(self, name: str, path: Path) -> Pay | None:
        """Compile the action that pays."""
        self.paid.setdefault(name, []).append(path)
        return self.rules[name] if self._is_known(name, path) else None

    def take_back(
        self, scope: Scope, written: str | Mapping[str, Any], holder: Mapping[str, Any], path: Path
    ) -> TakeBack | None:
        """Compile the action that takes back; `holder` is the mapping in which it stands."""
        whole: Mapping[str, Any] = {"payout": written} if isinstance(written, str) else written
        if "payout" not in whole:
            return None
        name = whole["payout"]
        if not self._is_known(name, path if isinstance(written, str) else (*path, "payout")):
            return None
        self.taken.append(TakenBack(name, path))
        with self.expressions.making(*amount_of(name)):
            percent = self._number(scope, whole.get("percent", ALL), percent_flaw, (*path, "percent"))
        payee = self._among_payees(scope, name, whole["payee"], (*path, "payee")) if "payee" in whole else None
        rule = self.written[name]
        purpose = whole.get("purpose") or rule.get("purpose") or name
        carried = tuple(holder.get("implements") or rule.get("implements") or ())
        if percent is None or ("payee" in whole and payee is None):
            return None
        return TakeBack(name, percent, _as_written(purpose), carried, place(path), payee)

    def nothing(self, written: Mapping[str, Any]) -> MoveNothing | None:
        """Return what is done in the place of an action that would move money; None: it is no such action."""
        match written:
            case {"pay": str(name)}:
                return MoveNothing(name, "payout")
            case {"claw_back": str(name) | {"payout": str(name)}}:
                return MoveNothing(name, "claw-back")
        return None

    def _among_payees(self, scope: Scope, name: str, written: Any, path: Path) -> Value | None:
        """Compile who is to give back. How much that is tells who they are, so it is made of the same fields."""
        with self.expressions.making("payout", name, "payee"):
            payee = self.expressions.texts(scope, written, path)
        if payee is None:
            return None
        with self.expressions.making(*amount_of(name)):
            self.expressions.texts(scope, written, path)
        self._note_field(scope, written, owner_flaw, path)
        fixed = self.expressions.fixed(payee)
        if fixed == []:
            self._idle(payee, "the list is empty, so nobody gives anything back", path)
        names = [fixed] if isinstance(fixed, str) else fixed or ()
        for each in names:
            flaw = owner_flaw(each)
            if flaw is not None:
                self.compilation.fault(flaw.code, flaw.told, path, flaw.hint, value=written)
                return payee
        self._check_is_paid(name, names, written, path)
        return payee

    def _check_is_paid(self, name: str, names: Iterable[str], written: Any, path: Path) -> None:
        """Report somebody who can never have been paid, where it is always the same one who is."""
        rule = self.rules[name]
        only = self.expressions.fixed(rule.payee) if rule and not isinstance(rule.payee, Split) else None
        for each in names:
            if isinstance(only, str) and owner_id(each) != owner_id(only):
                told = f'"{each}" is never paid by "{name}", so nothing can be taken back'
                self.compilation.fault("never-paid", told, path, f'the payout pays "{only}" alone', value=written)

    def doubts(self) -> None:
        """Warn of what hardly anybody means, in a document that has no error."""
        doubts(self.compilation, self.loose, self.paid, self.taken)

    def _is_known(self, name: str, path: Path) -> bool:
        return self.compilation.known("payout", name, self.rules, path)

    def _rule(self, name: str, rule: Mapping[str, Any]) -> Pay | None:
        path: Path = ("payouts", name)
        implements = self.compilation.implements(rule, path)
        if not rule.keys() >= {"amount", "unit"} or not rule.keys() & {"payee", "split"}:
            return None
        with self.expressions.making("payout", name, "when"):
            guard, facts = self._when(rule, path)
        with self.expressions.assuming(facts):
            with self.expressions.making(*amount_of(name)):
                amount = self._number(self.compilation.scope, rule["amount"], amount_flaw, (*path, "amount"))
            payee = self._payee(name, rule, path)
            with self.expressions.making("payout", name, "payer"):
                payer = self._owner(self.compilation.scope, rule.get("payer", PAYER), (*path, "payer"))
            with self.expressions.making("payout", name, "once"):
                once = self._once(name, rule["once"], (*path, "once")) if "once" in rule else None
        self._check_accounts(rule, path)
        check_unit(self.compilation, rule["unit"], (*path, "unit"))
        if amount is None or payee is None or payer is None:
            return None
        return Pay(
            payout=name,
            amount=amount,
            unit=rule["unit"],
            payee=payee,
            account=rule.get("account", "payable"),
            payer=payer,
            payer_account=rule.get("payer_account", PAYOUTS),
            purpose=_as_written(rule.get("purpose") or name),
            implements=implements,
            place=place(path),
            when=guard,
            once=once,
        )

    def _check_accounts(self, rule: Mapping[str, Any], path: Path) -> None:
        for key in ("account", "payer_account"):
            if rule.get(key) == SETTLED:
                told = f'the account "{SETTLED}" is moved by settlements alone: it holds what has been paid out'
                self.compilation.fault("reserved-account", told, (*path, key), "name another account", value=SETTLED)
        if rule.get("payer", PAYER) != PAYER and "payer_account" not in rule:
            told = f'this comes out of the payer\'s account "{PAYOUTS}", of which nothing is paid out or taken off'
            hint = "say payer_account: payable to take it off what they are owed, or payer_account: cash where money changed hands elsewhere"
            self.compilation.warn("unsaid-account", told, (*path, "payer"), hint)

    def _when(self, rule: Mapping[str, Any], path: Path) -> tuple[Guard | None, frozenset[str]]:
        if "when" not in rule:
            return None, NOTHING
        return self.expressions.guard(self.compilation.scope, rule["when"], (*path, "when"))

    def _once(self, name: str, written: str | Mapping[str, Any], path: Path) -> Once | None:
        keyed: Mapping[str, Any] = {"key": written} if isinstance(written, str) else written
        if "key" not in keyed:
            return None
        at = path if isinstance(written, str) else (*path, "key")
        key = self._checked(self.expressions.text(self.compilation.scope, keyed["key"], at), key_flaw, keyed["key"], at)
        if key is not None:
            self._note_field(self.compilation.scope, keyed["key"], key_flaw, at)
        if self.expressions.fixed(key):
            told = "this key is the same in every case, so this is paid once in all, to whoever comes first"
            self.compilation.warn("same-key", told, at, f"give what it is paid once for, such as {self._key_of(name)}")
        scope = keyed.get("scope") or own_scope(self.compilation.content.get("process", ""), name)
        return Once(key, scope) if key else None

    def _key_of(self, name: str) -> str:
        """Return what a payout is most likely to be paid once for."""
        payee = self.written[name].get("payee")
        return payee if isinstance(payee, str) and _FIELD.fullmatch(payee) else "case.author"

    # who gets it

    def _payee(self, name: str, rule: Mapping[str, Any], path: Path) -> Value | Split | None:
        if "split" in rule:
            return self._split(name, rule["split"], (*path, "split"))
        with self.expressions.making("payout", name, "payee"):
            return self._owner(self.compilation.scope, rule["payee"], (*path, "payee"))

    def _split(self, name: str, written: Mapping[str, Any], path: Path) -> Split | None:
        if not written.keys() >= {"among", "payee"}:
            return None
        with self.expressions.making("payout", name, "payee"):
            items, shape = self._among(written["among"], (*path, "among"))
        if items is None:
            return None
        item = written.get("as", _ITEM)
        within = naming(self.compilation, self.compilation.scope, shape, item, (*path, "as"))
        if within is None:
            return None
        with self.expressions.making("payout", name, "payee"):
            payee = self._owner(within, written["payee"], (*path, "payee"))
        with self.expressions.making(*amount_of(name)):
            weight = self._number(within, written.get("weight", 1), weight_flaw, (*path, "weight"))
        if not isinstance(items, tuple):  # an item of a list that an expression makes is declared nowhere
            self.loose = [each for each in self.loose if each.field != item or each.path[: len(path)] != path]
        return Split(items, item, payee, weight) if payee and weight else None

    def _among(self, written: str, path: Path) -> tuple[tuple[str, ...] | Value | None, Schema]:
        """Return a list, as the path of a field or as what gives it, and the shape of its items."""
        if _FIELD.fullmatch(written):
            return self._among_field(written, path)
        value = self.expressions.value(self.compilation.scope, written, path, _LIST)
        if self.expressions.fixed(value) == []:
            self._idle(value, "the list is empty, so nobody gets anything", path)
        shape = self.compilation.scope.shape(written) or {}
        return value, shape.get("items") or {}

    def _among_field(self, written: str, path: Path) -> tuple[tuple[str, ...] | None, Schema]:
        shape = items_of(self.compilation, written, path)
        if shape is None:
            return None, {}
        names = tuple(written.removeprefix(CASE).split("."))
        private = along(self.compilation.data.schema, names, "case")
        # Of what an item holds, only what is read of it counts.
        self.expressions.look((each for each in private if not each.path.startswith(f"{written}[].")), path)
        return names, shape

    # values

    def _number(self, scope: Scope, written: Any, look: Look, path: Path) -> Value | None:
        value = self._checked(self.expressions.value(scope, written, path, INTEGER), look, written, path)
        if value is not None:
            self._note_field(scope, written, look, path)
        if self.expressions.fixed(value) == 0:
            self._idle(value, _IDLE[look], path)
        return value

    def _owner(self, scope: Scope, written: Any, path: Path) -> Value | None:
        value = self._checked(self.expressions.text(scope, written, path), owner_flaw, written, path)
        if value is not None:
            self._note_field(scope, written, owner_flaw, path)
        return value

    def _note_field(self, scope: Scope, written: Any, look: Look, path: Path) -> None:
        """Take note of a field whose declared shape lets in what stands against the payment."""
        if self.compilation.kept or not isinstance(written, str) or not _READ.fullmatch(written):
            return
        root = written.partition(".")[0]
        if root in self.compilation.scope.variables and not written.startswith(CASE):
            return  # what is no data of somebody's making is as it should be
        found = loose(written, scope.shape(written) or {}, look, path)
        if found is not None:
            self.loose.append(found)

    def _idle(self, value: Value | None, told: str, path: Path) -> None:
        """Report what moves nothing, ever; where a parameter says so, somebody may have turned it off."""
        if isinstance(value, Computed) and value.program.reads:
            self.compilation.warn("turned-off", told, path, "give the parameter a value, unless that is meant")
        elif not self.compilation.kept:
            self.compilation.fault("moves-nothing", told, path, "say how much, or take it out")

    def _checked(self, value: Value | None, look: Look, written: Any, path: Path) -> Value | None:
        """Report what stands against a value that is the same in every case."""
        fixed = self.expressions.fixed(value)
        flaw = None if fixed is None else look(fixed)
        if flaw is not None:
            self.compilation.fault(flaw.code, flaw.told, path, flaw.hint, value=written)
        return value


def _as_written(text: Purpose) -> Purpose:
    """Return a text as the book has it: in all of its languages, where it has several."""
    return text if isinstance(text, str) else dict(text)
