from __future__ import annotations

import ast
import builtins
import inspect
import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

import caseway

INIT = Path(caseway.__file__)
PLACED = {"None", "Any", "Callable", "Collection", "Iterable", "Iterator", "Mapping", "Sequence", "Literal"}


def imported():
    """Yield each name that the library gives, and the module that a type checker takes it from."""
    [block] = [node for node in ast.parse(INIT.read_text(encoding="utf-8")).body if isinstance(node, ast.If)][:1]
    for node in block.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                assert alias.asname == alias.name
                yield alias.name, node.module


def test_each_name_is_what_a_type_checker_takes_it_for():
    found = dict(imported())
    assert sorted(found) == caseway.__all__
    for name, module in found.items():
        assert getattr(caseway, name) is getattr(import_module(module), name)


def test_a_name_that_there_is_not_is_told_with_those_that_there_are():
    with pytest.raises(AttributeError, match=r"no 'opne'; it has .*open, over"):
        caseway.opne  # noqa: B018
    assert "__version__" in dir(caseway)


def test_whatever_runtime_and_ledger_take_and_give_has_a_name_in_the_library():
    unnamed = set()
    for owner in (caseway.Runtime, caseway.Ledger):
        for name, member in inspect.getmembers(owner):
            if name.startswith("_"):
                continue
            function = member.fget if isinstance(member, property) else member
            for annotation in getattr(function, "__annotations__", {}).values():
                unnamed |= {word for word in re.findall(r"\b[A-Z]\w+", annotation) if not hasattr(builtins, word)}
    assert unnamed - set(caseway.__all__) - PLACED == set()


def test_whatever_the_ledger_gives_is_made_of_what_has_a_name_in_the_library():
    given = (caseway.Batch, caseway.Plan, caseway.Statement, caseway.StatementSection, caseway.Returned, caseway.Case)
    made_of = {word for each in given for field in fields(each) for word in re.findall(r"\b[A-Z]\w+", field.type)}
    assert made_of - set(caseway.__all__) - PLACED == {"Configuration", "Memory"}  # of plain texts
    assert {word for base in caseway.Verification.__orig_bases__ for word in re.findall(r"\b[A-Z]\w+", str(base))} == {
        "Iterator",
        "Difference",
    }
