"""A definition as a picture, in the text that Mermaid draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from caseway.engine.calendar import Calendar
from caseway.engine.definition import Definition, State, TimerRule, Transition, speak
from caseway.engine.duration import duration_words
from caseway.engine.moment import Moment
from caseway.engine.value import Computed, Delay


def mermaid(definition: Definition, language: str = "en") -> str:
    """Return a Mermaid state diagram: states nested as in the document, regions side by side, guards in brackets."""
    title = speak(definition.title, language) or definition.process
    lines = ["---", f"title: {_label(title)}", "---", "stateDiagram-v2"]
    lines += [f"    {line}" for line in _inside(definition, "", definition.initial, language)]
    lines += [f"    {line}" for state in definition.states.values() for line in _arrows(state)]
    return "\n".join(lines) + "\n"


def _inside(definition: Definition, parent: str, initial: tuple[str, ...], language: str) -> Iterator[str]:
    for path in initial:
        yield f"[*] --> {_id(path)}"
    for state in definition.states.values():
        if state.parent == parent:
            yield from _state(definition, state, language)


def _state(definition: Definition, state: State, language: str) -> Iterator[str]:
    name, title = _id(state.path), speak(state.title, language) or state.path.rpartition(".")[2].replace("_", " ")
    children = [child for child in definition.states.values() if child.parent == state.path]
    if state.kind == "history":
        yield f'state "{"H*" if state.deep else "H"}" as {name}'
        return
    yield f'state "{_label(title)}" as {name}'
    if children:
        yield f"state {name} {{"
        yield from (f"    {line}" for line in _children(definition, state, children, language))
        yield "}"
    if state.kind == "final" and not state.parent:
        yield f"{name} --> [*]"


def _children(definition: Definition, state: State, children: list[State], language: str) -> Iterator[str]:
    if state.kind != "parallel":
        yield from _inside(definition, state.path, state.initial, language)
        return
    for index, region in enumerate(children):
        if index:
            yield "--"
        yield from _state(definition, region, language)


def _arrows(state: State) -> Iterator[str]:
    name = _id(state.path)
    timers = {rule.name: _when(rule) for rule in state.timers}
    for transition in state.transitions:
        for target in transition.targets or (state.path,):
            yield f"{name} --> {_id(target)}: {_label(_trigger(transition, timers))}"
    if state.kind == "history":
        yield from (f"{name} --> {_id(target)}: default" for target in state.initial)


def _trigger(transition: Transition, timers: Mapping[str, str]) -> str:
    event = transition.event
    what = event if transition.kind == "on" else timers[event] if transition.kind == "after" else transition.kind
    return f"{what} [{transition.guard}]" if transition.guard is not None else what


def _when(rule: TimerRule) -> str:
    """Say when a timer fires: `after 1 h`, `1 day before case.starts_at`, `every 7 days, 3 times`."""
    if rule.every is None:
        return _first(rule.first)
    again = f"every {_long(rule.every)}"
    often = {None: "", 1: ", once", 2: ", twice"}.get(rule.times, f", {rule.times} times")
    return f"{again if rule.first is rule.every else f'{_first(rule.first)}, then {again}'}{often}"


def _first(when: Delay | Moment) -> str:
    match when:
        case Delay():
            return f"after {_long(when)}"
        case Moment(minus=Delay() as minus):
            return f"{_long(minus)} before {when}"
        case Moment(plus=Delay() as plus):
            return f"{_long(plus)} after {when}"
        case Moment():
            return f"at {when}"


def _long(delay: Delay) -> str:
    long = delay.value.program.text if isinstance(delay.value, Computed) else duration_words(delay.value)
    return f"{long} working time ({delay.reckoning.name})" if isinstance(delay.reckoning, Calendar) else long


def _id(path: str) -> str:
    return path.replace(".", "__")


def _label(text: str) -> str:
    """Write a text so that Mermaid takes none of it for its own signs."""
    escapes = {
        '"': "#quot;",
        ";": "#59;",
        ":": "#58;",
        "#": "#35;",
        "{": "#123;",
        "}": "#125;",
        "<": "#lt;",
        ">": "#gt;",
        "\n": " ",
    }
    return "".join(escapes.get(character, character) for character in text)
