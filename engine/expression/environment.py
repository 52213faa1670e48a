"""The environments of cel-cpp: one to check in per set of variables, one to run in for all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from cel_expr_python import cel
from google.protobuf.descriptor_pool import DescriptorPool

from caseway.engine.expression.function import DECLARATIONS, IMPLEMENTATIONS

_LIST = cel.Type.List(cel.Type.DYN)
_MAP = cel.Type.Map(cel.Type.DYN, cel.Type.DYN)
_RUN = {
    "percent": ("percent_int", cel.Type.INT, [cel.Type.INT, cel.Type.INT]),
    "sum": ("sum_list", cel.Type.INT, [_LIST]),
    "uniq": ("uniq_list", _LIST, [_LIST]),
    "sorted": ("sorted_list", _LIST, [_LIST]),
    "keys": ("keys_map", _LIST, [_MAP]),
    "duration_of": ("duration_of_string", cel.Type.DURATION, [cel.Type.STRING]),
}


def checked(variables: Mapping[str, Any], pool: DescriptorPool | None = None) -> Any:
    """Return an environment that knows the types of these variables."""
    return cel.NewEnv(pool, config=_declarations(), variables=dict(variables))


def runnable(serialized: bytes) -> Any:
    """Make a checked expression ready to run on plain data: all variables are dynamic, an absent field is an error."""
    return _runtime().deserialize(serialized)


@cache
def _declarations() -> Any:
    return cel.NewEnvConfigFromYaml(DECLARATIONS)


@cache
def _runtime() -> Any:
    return cel.NewEnv(
        functions=[
            cel.FunctionDecl(
                name, [cel.Overload(overload, return_type=result, parameters=taken, impl=IMPLEMENTATIONS[overload])]
            )
            for name, (overload, result, taken) in _RUN.items()
        ]
    )
