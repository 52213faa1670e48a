"""A process far larger than any that people write, every part of it different enough that nothing is checked for free."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.option import sized

GROUPS = sized(100, 10)
LEAVES = 9
EVENTS = 50
FIELDS = 40
PARAMETERS = 20
TRANSITIONS = sized(5_000, 500)
GUARDS = 500
SETTING = 5
"""Every so many transitions, one does an action as well."""


def document() -> str:
    """Return a process of 1,000 states (100 of them compound), 5,000 transitions and 500 distinct guards.

    Each leaf leads to the next one, and so at last to the end: every state can be reached, and from each the end can be.
    """
    return "\n".join([*_head(), "states:", *_states(), "  ended: {type: final}", ""])


def _head() -> Iterator[str]:
    yield from ("process: generated", "version: 1", "roles: {worker: Worker, checker: Checker}", "sources:")
    yield from (f"  GEN-{number:02}: The rule of this number." for number in range(1, 21))
    yield "parameters:"
    yield from (f"  limit_{number}: {10 * number + 5}" for number in range(PARAMETERS))
    yield from ("data:", "  type: object", "  properties:")
    yield from (f"    amount_{number}: {{type: integer, default: {number}}}" for number in range(FIELDS))
    yield "    name: {type: string, default: nobody}"
    yield "    tags: {type: array, items: {type: string}, default: []}"
    yield "events:"
    for number in range(EVENTS):
        role = ("worker", "checker")[number % 2]
        shape = "data: {type: object, required: [note], properties: {note: {type: string}, by: {type: integer}}}"
        yield f"  event_{number}: {{by: [{role}]" + (f", {shape}}}" if number % 5 == 0 else "}")
    yield "initial: group_0"


def _states() -> Iterator[str]:
    leaves = GROUPS * LEAVES - 1  # with the groups and the end, 1,000 states
    for leaf in range(leaves):
        if leaf % LEAVES == 0:
            yield f"  group_{leaf // LEAVES}:"
            yield "    states:"
        yield f"      leaf_{leaf}:"
        yield "        on:"
        each, more = divmod(TRANSITIONS, leaves)
        for turn in range(each + (leaf < more)):
            number = leaf * each + min(leaf, more) + turn
            yield _transition(number, leaf, turn, leaves)


def _transition(number: int, leaf: int, turn: int, leaves: int) -> str:
    event = number % EVENTS
    target = _path(leaf + 1, leaves) if turn == 0 else _path((leaf * 7 + turn * 13) % leaves, leaves)
    parts = [f'guard: "{_guard(number % GUARDS, event)}"', f"target: {target}"]
    if number % SETTING == 0:
        field = number % FIELDS
        parts.append(f"actions: [{{set: {{amount_{field}: case.amount_{field} + param.limit_{number % PARAMETERS}}}}}]")
    if turn == 0:
        parts.append(f"implements: [GEN-{leaf % 20 + 1:02}]")
    return f"          event_{event}: {{{', '.join(parts)}}}"


def _guard(number: int, event: int) -> str:
    field, limit = number % FIELDS, number % PARAMETERS
    match number % 4:
        case 0:
            return f"case.amount_{field} < param.limit_{limit} + {number}"
        case 1:
            return f"case.amount_{field} >= param.limit_{limit} || case.name == 'name {number}'"
        case 2:
            return (
                f"!(case.tags.exists(tag, tag.startsWith('t{number}'))) && case.amount_{field} != param.limit_{limit}"
            )
        case _ if event % 5 == 0:
            return f"size(event.data.note) > {number} && case.amount_{field} > 0"
        case _:
            return f"size(case.tags) < {number} && meta.assignee != 'p{number}' && case.amount_{field} > -param.limit_{limit}"


def _path(leaf: int, leaves: int) -> str:
    return f"group_{leaf // LEAVES}.leaf_{leaf}" if leaf < leaves else "ended"
