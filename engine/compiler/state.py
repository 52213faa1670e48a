"""States and their transitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from caseway.engine.compiler.action import Actions
from caseway.engine.compiler.compilation import Compilation, listed
from caseway.engine.compiler.expression import Expressions
from caseway.engine.compiler.tree import Branch, apart, find, reachable_names
from caseway.engine.compiler.work import Works
from caseway.engine.definition import Guidance, State, Text, TimerRule, Transition, WorkRule
from caseway.engine.expression import Scope
from caseway.engine.fault import Path, suggestion
from caseway.engine.guard import Every, Guard, Outside

TARGETS = 32
"""States that one transition may lead to: each is compared with each."""
UNKNOWN = Every(())
"""Stands for a guard that does not compile, so that nobody takes the transition for one without a guard."""


@dataclass(frozen=True, slots=True)
class _Trigger:
    """What sets off the transitions of a state that are being compiled, and what their expressions see."""

    branch: Branch
    kind: Literal["on", "always", "done", "after"]
    event: str
    scope: Scope

    @property
    def stem(self) -> str:
        """What the ids of these transitions begin with."""
        return f"{self.branch.path}.{self.kind}" + (f".{self.event}" if self.kind == "on" else "")


class States:
    """Compiles the tree of states. Faults are reported, and what is faulty is left out."""

    def __init__(self, compilation: Compilation, expressions: Expressions, actions: Actions) -> None:
        self.compilation, self.expressions, self.actions = compilation, expressions, actions
        self.timing = actions.timing
        self.works = Works(compilation, expressions)

    def states(self, root: Branch) -> dict[str, State]:
        """Compile every state, in document order."""
        return {branch.path: self._state(branch) for branch in root.below()}

    def initial(self, branch: Branch) -> tuple[str, ...]:
        """Return the path of the state that is entered by default: the one named, or else the first."""
        children = branch.enterable()
        named = branch.written.get("initial")
        if isinstance(named, str):
            if named in branch.children:
                return (branch.children[named].path,)
            around = branch.path or "this process"
            self.compilation.fault(
                "unknown-target",
                f'"{named}" is not a state of {around}',
                (*branch.place, "initial"),
                suggestion(named, children),
                value=named,
            )
        first = next(iter(children.values()), None)
        return (first.path,) if first and branch.kind != "parallel" else ()

    def _state(self, branch: Branch) -> State:
        written, place = branch.written, branch.place
        scope = self.compilation.scope
        self._check_shape(branch)
        timers = tuple(self._timers(branch))
        with self.expressions.making("work", branch.path):
            work = self.works.rule(branch)
        transitions = tuple(self._transitions(branch))
        return State(
            path=branch.path,
            parent=branch.parent.path if branch.parent else "",
            kind=branch.kind,
            initial=self._history_default(branch)
            if branch.kind == "history"
            else self.initial(branch)
            if branch.children
            else (),
            deep=bool(written.get("deep", False)),
            entry=self.actions.actions(scope, written.get("entry"), (*place, "entry")),
            exit=self.actions.actions(scope, written.get("exit"), (*place, "exit")),
            transitions=transitions + tuple(self._implicit(branch, work, transitions)),
            timers=timers,
            work=work,
            guidance=tuple(self._guidance(branch)),
            closed=bool(written.get("closed", False)),
            title=words(written.get("title")),
            description=words(written.get("description")),
            implements=self.compilation.implements(written, place),
        )

    def _check_shape(self, branch: Branch) -> None:
        """Report what the kind of a state does not allow."""
        written, place = branch.written, branch.place
        if branch.children and not branch.enterable():
            self.compilation.fault(
                "no-regions" if branch.kind == "parallel" else "no-states",
                f"{branch.path} has nothing within but history",
                (*place, "states"),
                "add a state, or take the history out",
                at_key=True,
            )
        if branch.kind == "final" and branch.parent and branch.parent.kind == "parallel":
            self.compilation.fault(
                "final-region",
                f"{branch.path} is final and a region of {branch.parent.path}, so that region has nothing to do",
                (*place, "type"),
                "put it into a state with states of its own, or take it out",
                value="final",
            )
        if "done" in written and not branch.children:
            self.compilation.fault(
                "done-without-states",
                f"{branch.path} has no states within, so it is never done",
                (*place, "done"),
                "use always, or give it states",
                at_key=True,
            )
        elif (
            "done" in written
            and branch.kind == "state"
            and not any(child.kind == "final" for child in branch.children.values())
        ):
            self.compilation.warn(
                "never-done",
                f"{branch.path} has no final state within, so it is never done",
                (*place, "done"),
                "add a state with type: final",
                at_key=True,
            )

    def _history_default(self, branch: Branch) -> tuple[str, ...]:
        path = (*branch.place, "default")
        targets = tuple(self._targets(branch, branch.written.get("default"), path))
        beside = branch.parent.enterable() if branch.parent else {}
        for target in targets:
            if beside and not any(f"{target}.".startswith(f"{state.path}.") for state in beside.values()):
                self.compilation.fault(
                    "history-default",
                    f"the history {branch.path} cannot lead to {target}, which is not a state beside it or within one",
                    path,
                    suggestion(target, beside),
                )
        return targets

    # transitions

    def _transitions(self, branch: Branch) -> Iterator[Transition]:
        written, place, scope = branch.written, branch.place, self.compilation.scope
        for event, rules in (written.get("on") or {}).items():
            path = (*place, "on", event)
            if self.compilation.known("event", event, self.compilation.heard, path, at_key=True):
                yield from self._choices(_Trigger(branch, "on", event, self.compilation.scope_of(event)), rules, path)
        yield from self._choices(_Trigger(branch, "always", "", scope), written.get("always"), (*place, "always"))
        if branch.children:
            done = _Trigger(branch, "done", f"done.state.{branch.path}", scope)
            yield from self._choices(done, written.get("done"), (*place, "done"))
        for index, rule in enumerate(written.get("after") or ()):
            trigger = _Trigger(branch, "after", self._timer_name(branch, rule, index), self.compilation.timed)
            yield self._transition(trigger, index + 1, rule, (*place, "after", index))

    def _choices(self, trigger: _Trigger, rules: Any, path: Path) -> Iterator[Transition]:
        for index, rule in enumerate(listed(rules)):
            yield self._transition(trigger, index + 1, rule, (*path, index) if isinstance(rules, list) else path)

    def _transition(self, trigger: _Trigger, number: int, rule: Mapping[str, Any], path: Path) -> Transition:
        branch, scope = trigger.branch, trigger.scope
        guard, facts = self._guard(scope, rule, path)
        with self.expressions.assuming(facts):
            actions = self.actions.actions(scope, rule.get("actions"), (*path, "actions"))
        targets = tuple(self._targets(branch, rule.get("target"), (*path, "target")))
        internal = bool(rule.get("internal", False))
        if internal and any(not target.startswith(f"{branch.path}.") for target in targets):
            self.compilation.fault(
                "not-internal",
                f"an internal transition of {branch.path} stays within it",
                (*path, "internal"),
                "leave internal out, or choose a target within",
                value=True,
            )
        return Transition(
            id=f"{trigger.stem}.{number}",
            kind=trigger.kind,
            event=trigger.event,
            source=branch.path,
            targets=targets,
            guard=guard,
            actions=actions,
            internal=internal,
            title=words(rule.get("title")),
            implements=self.compilation.implements(rule, path),
            place=path,
        )

    def _guard(self, scope: Scope, rule: Mapping[str, Any], path: Path) -> tuple[Guard | None, frozenset[str]]:
        if "guard" not in rule:
            return None, frozenset()
        guard, facts = self.expressions.guard(scope, rule["guard"], (*path, "guard"))
        return guard or UNKNOWN, facts

    def _targets(self, source: Branch, written: Any, path: Path) -> Iterator[str]:
        found: list[Branch] = []
        if len(listed(written)) > TARGETS:
            told = f"a transition leads to {len(written)} states"
            self.compilation.fault("too-many", told, path, f"at most {TARGETS} are possible")
            return
        for index, target in enumerate(listed(written)):
            at = (*path, index) if isinstance(written, list) else path
            branch = find(source, target)
            if branch is None:
                names = reachable_names(source)
                self.compilation.fault(
                    "unknown-target", f'"{target}" is not a state here', at, suggestion(target, names), value=target
                )
                continue
            rival = next((other for other in found if not apart(branch, other)), None)
            if rival:
                self.compilation.fault(
                    "conflicting-targets",
                    f"{branch.path} and {rival.path} are never active together",
                    at,
                    "name states of different regions of one parallel state",
                    value=target,
                )
                continue
            found.append(branch)
            yield branch.path

    def _implicit(
        self, branch: Branch, work: WorkRule | None, transitions: tuple[Transition, ...]
    ) -> Iterator[Transition]:
        """What people do to the work of a state happens in the state, whether or not it leads on."""
        handled = {transition.event for transition in transitions if transition.kind == "on"}
        # A silent transition of the inner state would keep those of the states around it from ever being taken.
        handled.update(event for around in branch.around() for event in around.written.get("on") or ())
        for event in work.events() if work else ():
            if event not in handled:
                # Where a state within hears it and refuses it, it is refused.
                hearing = tuple(below.path for below in branch.below() if event in (below.written.get("on") or ()))
                guard = Outside(hearing) if hearing else None
                place = (*branch.place, "work")
                yield Transition(f"{branch.path}.on.{event}.1", "on", event, branch.path, guard=guard, place=place)

    # timers, guidance

    def _timer_name(self, branch: Branch, rule: Mapping[str, Any], index: int) -> str:
        return f"{branch.path}.after.{rule.get('name', index + 1)}"

    def _timers(self, branch: Branch) -> Iterator[TimerRule]:
        names: set[str] = set()
        for index, rule in enumerate(branch.written.get("after") or ()):
            path = (*branch.place, "after", index)
            name = self._timer_name(branch, rule, index)
            if name in names:
                self.compilation.fault(
                    "duplicate-timer",
                    f'{branch.path} has two timers "{rule["name"]}"',
                    (*path, "name"),
                    "give each its own name",
                    value=rule["name"],
                )
            names.add(name)
            self.actions.timers.add(name)
            with self.expressions.making("timer", name):
                timer = self.timing.rule(name, branch.path, rule, path)
            if timer:
                yield timer

    def _guidance(self, branch: Branch) -> Iterator[Guidance]:
        for index, written in enumerate(branch.written.get("guidance") or ()):
            path = (*branch.place, "guidance", index)
            roles = listed(written.get("role"))
            for number, role in enumerate(roles):
                at = (*path, "role", number) if isinstance(written["role"], list) else (*path, "role")
                self.compilation.known("role", role, self.compilation.roles, at)
            yield Guidance(words(written.get("text")), tuple(roles), self.compilation.implements(written, path))


def words(written: Any) -> Text:
    """Return a text by language, whichever way it is written."""
    return {"": written} if isinstance(written, str) else dict(written or {})
