"""What the picture of a process shows: dead ends, islands, and transitions that can never be taken.

Everything here overestimates what can happen (guards may say yes, timers fire, events come), so that what is reported is certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import dropwhile

from caseway.engine.compiler.tree import Branch
from caseway.engine.definition import State, Transition
from caseway.engine.fault import SHOWN, Fault, Path
from caseway.engine.guard import Always

HIDING = frozenset({"unknown-target", "unknown-event", "no-states", "no-regions", "history-default", "too-many"})
"""The faults that make parts of the picture invisible, so that what is missing from it says nothing."""


def faults(states: Mapping[str, State], initial: tuple[str, ...], root: Branch) -> Iterator[Fault]:
    """Yield what is wrong with the states and transitions as a whole."""
    places = {branch.path: branch.place for branch in root.below()}
    picture = Picture(states, initial)
    yield from _shadowed(states)
    loops = list(_loops(states, picture))
    yield from loops
    reached = picture.reached()
    yield from _islands(states, reached, picture, places)
    if not any(state.kind == "final" and not state.parent for state in states.values()):
        yield _endless()
    elif not loops:
        yield from _dead_ends(states, reached, picture, places)


def _endless() -> Fault:
    told, hint = "none of the states is final: a case never ends", "add a state with type: final"
    return Fault("never-final", told, ("states",), hint, at_key=True)


def _islands(
    states: Mapping[str, State], reached: set[str], picture: Picture, places: Mapping[str, Path]
) -> Iterator[Fault]:
    outermost = [
        path for path, state in states.items() if path not in reached and (state.parent in reached or not state.parent)
    ]
    for path in _firsts(outermost, reached, picture):
        told = f"{path} can never be entered: no transition that can be taken leads there"
        hint = "add a transition to it, or take it out"
        yield Fault("unreachable-state", told, places[path], hint, value=path, at_key=True)


def _firsts(islands: list[str], reached: set[str], picture: Picture) -> Iterator[str]:
    """Yield the islands that would be reached from no other, and one of each circle of them."""
    led_to = {
        around
        for source, state in picture.states.items()
        if source not in reached
        for target in targets(state)
        for around in (target, *picture.around[target])
        if source != around and not source.startswith(f"{around}.")
    }
    known = set(reached)
    for path in sorted(islands, key=led_to.__contains__):
        if path not in known:
            yield path
            picture.spread([path], known)


def _dead_ends(
    states: Mapping[str, State], reached: set[str], picture: Picture, places: Mapping[str, Path]
) -> Iterator[Fault]:
    ending = picture.ending()
    stuck = [
        path
        for path, state in states.items()
        if path in reached and state.kind == "state" and not picture.children[path] and path not in ending
    ]
    for path in dict.fromkeys(_outermost(path, stuck, picture) for path in _sinks(stuck, picture)):
        told = f"from {path} no final state can be reached: a case there never ends"
        hint = "add a transition out, or make it type: final"
        yield Fault("never-final", told, places[path], hint, value=path, at_key=True)


def _outermost(leaf: str, stuck: Iterable[str], picture: Picture) -> str:
    """Return the outermost state around a leaf, or itself, in which all others are stuck as well."""
    endless = frozenset(stuck)
    found = leaf
    for around in picture.around[leaf]:
        if not {below for below in picture.below(around) if picture.states[below].kind == "state"} <= endless:
            break
        found = around
    return found


def _sinks(stuck: list[str], picture: Picture) -> Iterator[str]:
    """Yield where states that never end should be mended: those that nothing leads out of, and one of each circle."""
    ways = picture.ways()
    leaving = {source for leaf, sources in ways.items() for source in sources if source != leaf}
    known: set[str] = set()
    for path in sorted(stuck, key=leaving.__contains__):
        if path in known:
            continue
        yield path
        known.add(path)
        waiting = [path]
        while waiting:
            new = ways.get(waiting.pop(), set()) - known
            known |= new
            waiting += new


class Picture:
    """The states as a graph, for questions of what leads where."""

    def __init__(self, states: Mapping[str, State], initial: tuple[str, ...]) -> None:
        self.states, self.initial = states, initial
        self.children: dict[str, list[str]] = {"": [], **{path: [] for path in states}}
        for path, state in states.items():
            if state.kind != "history":
                self.children[state.parent].append(path)
        self.around = {path: tuple(self._around(path)) for path in states}
        self._leaves: dict[str, frozenset[str]] = {}

    def reached(self) -> set[str]:
        """Return every state that some run can enter."""
        found: set[str] = set()
        self.spread(self.initial, found)
        return found

    def spread(self, starts: Iterable[str], found: set[str]) -> None:
        """Add every state that can be entered once these are; what is found already is not looked at again."""
        waiting: list[str] = list(starts)
        while waiting:
            path = waiting.pop()
            if path in found:
                continue
            found.add(path)
            state = self.states[path]
            waiting += self.around[path]
            waiting += state.initial or (self.children[path] if state.kind == "parallel" else self.children[path][:1])
            if state.kind == "parallel":
                waiting += self.children[path]
            waiting += (
                region
                for above in self.around[path]
                if self.states[above].kind == "parallel"
                for region in self.children[above]
            )
            waiting += targets(state)

    def ending(self) -> set[str]:
        """Return every leaf from which some run can reach a final state of the process."""
        ways = self.ways()
        found = {path for path, state in self.states.items() if state.kind == "final" and not state.parent}
        waiting = list(found)
        while waiting:
            for leaf in ways.get(waiting.pop(), ()):
                if leaf not in found:
                    found.add(leaf)
                    waiting.append(leaf)
        return found

    def ways(self) -> dict[str, set[str]]:
        """For each leaf, the leaves from which one transition leads to it."""
        ways: dict[str, set[str]] = {}
        for state in self.states.values():
            for transition in state.transitions:
                if transition.targets and _possible(transition):
                    sources = self._sources(transition)
                    for target in transition.targets:
                        for leaf in self.leaves_entered(target):
                            ways.setdefault(leaf, set()).update(sources)
        return ways

    def _sources(self, transition: Transition) -> frozenset[str]:
        """Return the leaves that may be active when a transition is taken, and that it leaves."""
        source = transition.source
        if transition.kind == "done":
            return frozenset(leaf for leaf in self.below(source) if self.states[leaf].kind == "final")
        outermost = source
        for above in self.around[source]:
            if self.states[above].kind == "parallel" and not any(
                target.startswith(f"{above}.") for target in transition.targets
            ):
                outermost = above
        return self.below(outermost)

    def below(self, path: str) -> frozenset[str]:
        """Return the leaves of a subtree, finals among them."""
        if path not in self._leaves:
            children = self.children[path]
            self._leaves[path] = (
                frozenset(leaf for child in children for leaf in self.below(child)) if children else frozenset([path])
            )
        return self._leaves[path]

    def leaves_entered(self, path: str) -> Iterator[str]:
        """Yield the leaves in which one comes to stand when a state is entered."""
        state = self.states[path]
        if state.kind == "history":
            yield from (
                self.below(state.parent)
                if state.parent
                else (leaf for child in self.children[""] for leaf in self.below(child))
            )
        elif state.kind == "parallel":
            for region in self.children[path]:
                yield from self.leaves_entered(region)
        elif self.children[path]:
            for child in state.initial or self.children[path][:1]:
                yield from self.leaves_entered(child)
        else:
            yield path

    def _around(self, path: str) -> Iterator[str]:
        above = self.states[path].parent
        while above:
            yield above
            above = self.states[above].parent


def targets(state: State) -> Iterator[str]:
    """Yield where the transitions of a state lead, those aside that are never taken."""
    return (target for transition in state.transitions if _possible(transition) for target in transition.targets)


def _possible(transition: Transition) -> bool:
    return not (isinstance(transition.guard, Always) and not transition.guard.value)


def _certain(transition: Transition) -> bool:
    return transition.guard is None or (isinstance(transition.guard, Always) and transition.guard.value)


def _shadowed(states: Mapping[str, State]) -> Iterator[Fault]:
    """Report transitions that an earlier one of the same state and event always forestalls, or repeats."""
    for state in states.values():
        before: dict[str, list[Transition]] = {}
        for transition in state.transitions:
            if transition.kind == "after":
                continue
            rivals = before.setdefault(transition.event, [])
            told = _forestalled(transition, rivals)
            if told:
                yield Fault(told[0], told[1], transition.place, told[2], value=transition.event or transition.kind)
            rivals.append(transition)


def _forestalled(transition: Transition, rivals: list[Transition]) -> tuple[str, str, str] | None:
    what = f'"{transition.event}"' if transition.kind == "on" else transition.kind
    for rival in rivals:
        if _certain(rival):
            return (
                "shadowed-transition",
                f"this transition of {transition.source} on {what} is never taken: an earlier one has no guard",
                "put the one without a guard last",
            )
        if transition.guard is not None and str(transition.guard) == str(rival.guard) != "":
            return (
                "duplicate-transition",
                f"this transition of {transition.source} on {what} is never taken: an earlier one has the same guard, {transition.guard}",
                "change the guard, or take one out",
            )
    return None


def _loops(states: Mapping[str, State], picture: Picture) -> Iterator[Fault]:
    """Report eventless transitions without guards that go round for ever."""
    onward = {state.path: next((t for t in state.transitions if t.kind == "always"), None) for state in states.values()}
    settled: set[str] = set()
    for path in onward:
        walk: dict[str, Transition] = {}
        at: str | None = path
        while at is not None and at not in settled and at not in walk:
            transition = onward[at]
            if transition is None or not _certain(transition):
                break
            walk[at] = transition
            at = _next(transition, picture, onward)
        if at in walk:
            yield _loop(at, walk)
        settled.update(walk)


def _loop(first: str, walk: Mapping[str, Transition]) -> Fault:
    round_ = [*dropwhile(lambda path: path != first, walk), first]
    shown = round_ if len(round_) <= SHOWN else [*round_[:SHOWN], "...", first]
    told = f"eventless transitions without a guard go round for ever: {' -> '.join(shown)}"
    return Fault("eventless-loop", told, walk[first].place, "give one of them a guard, or an event", value=first)


def _next(transition: Transition, picture: Picture, onward: Mapping[str, Transition | None]) -> str | None:
    """Return the state whose unguarded eventless transition certainly runs after this one, if there is one."""
    if not transition.targets:
        return transition.source
    for target in transition.targets:
        for leaf in picture.leaves_entered(target):
            for path in (leaf, *picture.around[leaf]):
                following = onward[path]
                if following is not None:
                    return path if _certain(following) else None
    return None
