"""A definition as a picture, in the text that Mermaid draws."""

from __future__ import annotations

from collections.abc import Iterator

from caseway.engine.definition import Definition, State, Transition, speak


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
    for transition in state.transitions:
        for target in transition.targets or (state.path,):
            yield f"{name} --> {_id(target)}: {_label(_trigger(transition))}"
    if state.kind == "history":
        yield from (f"{name} --> {_id(target)}: default" for target in state.initial)


def _trigger(transition: Transition) -> str:
    what = {"on": transition.event, "always": "always", "done": "done", "after": f"after {_timer(transition)}"}[
        transition.kind
    ]
    return f"{what} [{transition.guard}]" if transition.guard is not None else what


def _timer(transition: Transition) -> str:
    return transition.event.rpartition(".")[2]


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
