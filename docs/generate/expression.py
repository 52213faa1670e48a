"""The page of expressions."""

from __future__ import annotations

import yaml

from caseway.engine import bound as data_bound
from caseway.engine.expression import bound as expression_bound
from caseway.engine.expression import function
from docs.generate.markdown import NOTE, bounds, first, table


def expressions() -> str:
    """Write the page of expressions."""
    return (
        "\n\n".join(
            [
                NOTE,
                EXPRESSIONS,
                _functions(),
                _left_out(),
                bounds("Bounds of an expression", expression_bound),
                bounds("Bounds of data", data_bound, "Whatever enters a case stays within these."),
            ]
        )
        + "\n"
    )


EXPRESSIONS = """# Expressions

Guards and computed values are written in [CEL](https://cel.dev), the Common Expression Language. An expression has a value and no
effect. It is typed when the process is checked, against the shapes that the process declares. How to write good ones:
[write guards](../how-to/write-guards.md).

## Where they stand

A YAML string is an expression in `guard`, `when`, `where`, `set`, `append`, `change`, `raise.data`, `candidates`, `to`, `amount`, `payee`, `payer`,
and within `{{ }}` in the texts of messages. Elsewhere a string is a string. Where an expression stands, a number, `true`, `false` and `null` are
themselves, a list or mapping holds values, and `{text: hello}` is fixed text.

A delay is an ISO 8601 duration (`PT1H`, `P2D`, `P1W`; no years or months), or an expression that gives one: mostly `param.NAME` or
`case.FIELD`.

## What they see

| name | what it is |
|---|---|
| `case` | the data of the case, as `data` declares them |
| `event.id`, `event.name` | the event that happens |
| `event.data` | what it tells; only in transitions `on` a declared event, and in their actions |
| `event.due` | when the timer was due; only in `after` |
| `actor.id`, `actor.roles`, `actor.tags` | who sent the event; the id is empty for the local operator, and `system` for timers |
| `param` | the parameters of the process |
| `now` | the instant of the step |
| `meta.case` | the id of the case |
| `meta.states` | the paths of all active states, with the states around them |
| `meta.opened` | when the case was opened |
| `meta.assignee` | who has claimed the case, or null |
| `item` | the item of the list that is looked at; only in `where`, and in `set` within `change` |

Conditions, messages and payouts are used in several places, so they do not see `event.data`.

## Types

| in `data` | in an expression |
|---|---|
| `string` | string |
| `string` with `format: date-time` | timestamp; minus another it gives a duration, plus a duration a timestamp |
| `integer` | int, of 64 bits |
| `number` | double |
| `boolean` | bool |
| `array` | list |
| `object` with `properties` | an object; a field that is neither required nor has a default must be asked for with `has(...)` |
| `object` with `additionalProperties` | a map from text; `keys(map)` gives its keys in order |
| a type with `"null"` | the same, or null; compare with `null` before it is used |

Whole numbers and floating numbers do not mix: `double(n)` and `int(x)` convert. `duration("PT8H")` reads ISO 8601 as well as CEL's own
`8h`."""


def _functions() -> str:
    declared = yaml.safe_load(function.DECLARATIONS)["functions"]
    rows = [
        (
            f"`{each['overloads'][0]['signature'].replace('~', '')}`",
            first(function.IMPLEMENTATIONS[each["overloads"][0]["id"]]),
        )
        for each in declared
        if each["name"] in function.OWN
    ]
    standard = table(
        ("called as", "functions"),
        [
            ("`f(value)`", _listed(function.STANDARD)),
            ("`text.f(...)`", _listed(function.TEXT_MEMBERS)),
            ("`list.f(...)`", _listed(function.LIST_MEMBERS)),
            ("`timestamp.f(...)`, with a time zone if wanted", _listed(function.TIME_MEMBERS)),
        ],
    )
    return f"## Functions\n\nOf Caseway:\n\n{table(('function', 'value'), rows)}\n\nOf CEL:\n\n{standard}"


def _left_out() -> str:
    rows = [(f"`{name}`", instead) for name, instead in sorted(function.FORBIDDEN.items())]
    return f"""Left out:

{table(("function", "instead"), rows)}

Also left out: loops over the entries of a map, whose order is not defined; `+` of texts or lists within a loop; a floating number
where an amount is wanted."""


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
