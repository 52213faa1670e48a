"""What is told of documents that are wrong: each file in `broken` says in its first comment what, and where."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from shutil import copytree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caseway.adapters.catalogue import SHIPPED
from caseway.adapters.checked_file import SCENARIO_SUFFIX, Checked, check, check_process, check_scenarios
from caseway.adapters.diagnostic import Diagnostic, as_json, as_text
from caseway.adapters.template_fault import LEVELS as TEMPLATE_LEVELS
from caseway.adapters.yaml_document import bound as yaml_bound
from caseway.engine.bound import LIST_LENGTH
from caseway.engine.compiler.compilation import MOST
from caseway.engine.compiler.expression import CHAIN
from caseway.engine.compiler.process import FIELDS
from caseway.engine.compiler.state import TARGETS
from caseway.engine.expression import bound as expression_bound

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
BROKEN = sorted(
    [
        *(HERE / "broken").glob("*.yaml"),
        *(HERE / "calendars").glob("broken-*.yaml"),
        *(HERE / "linked").glob("broken-*/v*.yaml"),
    ]
)
EXPECT = re.compile(r"# expect: (\d+):(\d+) (?:(message|hint): (.*)|([a-z0-9-]+) (error|warning))")


@dataclass(frozen=True)
class Expected:
    """The first comment of a file: the diagnostics by place, code and severity, and parts of their sentences."""

    diagnostics: tuple[tuple[int, int, str, str], ...]
    sentences: tuple[tuple[int, int, str, str], ...]


def expected(path: Path) -> Expected:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    found = [match for line in lines if line.startswith("# expect:") for match in [EXPECT.fullmatch(line)]]
    assert None not in found, f"{path.name} has a line that begins with # expect: and says nothing"
    matches = [match for match in found if match]
    return Expected(
        tuple(sorted((int(m[1]), int(m[2]), m[5], m[6]) for m in matches if m[5])),
        tuple((int(m[1]), int(m[2]), m[3], m[4]) for m in matches if m[3]),
    )


def seen(diagnostics: tuple[Diagnostic, ...]) -> tuple[tuple[int, int, str, str], ...]:
    return tuple(sorted((each.line, each.column, each.code, each.severity) for each in diagnostics))


# documents


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_document_is_told_of_where_it_is_broken_and_nowhere_else(path: Path) -> None:
    diagnostics = check(path).diagnostics
    wanted = expected(path)
    assert seen(diagnostics) == wanted.diagnostics, as_text(diagnostics)
    for line, column, part, text in wanted.sentences:
        said = [getattr(each, part) for each in diagnostics if (each.line, each.column) == (line, column)]
        assert any(text in each for each in said), f"{line}:{column} says {said}"


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_document_says_in_its_first_line_what_is_wrong(path: Path) -> None:
    first = path.read_text(encoding="utf-8", errors="replace").split("\n")[0]
    assert re.fullmatch(r"# \S.*\.", first)


def test_only_processes_of_scenarios_are_sound() -> None:
    sound = {path.stem for path in BROKEN if not expected(path).diagnostics}
    assert sound <= {path.name.removesuffix(SCENARIO_SUFFIX) for path in BROKEN}


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_diagnostic_says_what_is_wrong_in_one_sentence_and_what_is_possible_in_another(path: Path) -> None:
    for each in check(path).diagnostics:
        assert each.message
        assert not each.message.endswith(".")
        assert "\n" not in each.message + each.hint
        assert not re.search(r"Traceback|None\b(?! *\")|<class|\bdict\b|KeyError", each.message + each.hint)


# giants


def nested(begin: str, end: str, depth: int = 200_000) -> bytes:
    return f"process: p\nversion: 1\nparameters:\n  a: {begin * depth}1{end * depth}\nstates: {{over: {{type: final}}}}\n".encode()


def process(**parts: str) -> bytes:
    written = {"events": "{go: {}}", "states": "{over: {type: final}}", **parts}
    return "".join(f"{key}: {value}\n" for key, value in {"process": "p", "version": "1", **written}.items()).encode()


def guarded(guard: str) -> bytes:
    return process(
        states=f"\n  waiting:\n    on:\n      go: {{guard: '{guard}', target: over}}\n  over: {{type: final}}"
    )


def bombed(unit: str, names: str = "abcdefg", width: int = 9) -> bytes:
    """Each name stands for a list of the one before, over and over: a few hundred characters that mean millions."""
    lines = [f"  a: &a {unit}"]
    lines += [f"  {name}: &{name} [{', '.join([f'*{of}'] * width)}]" for of, name in pairwise(names)]
    return process(parameters="\n" + "\n".join(lines))


def many(count: int, form: str, joint: str = ", ") -> str:
    return joint.join(form.format(number) for number in range(count))


@dataclass(frozen=True)
class Giant:
    """A document beyond a bound: what is told of it, and the number that says which bound."""

    content: Callable[[], bytes]
    code: str
    bound: int | str


GIANTS = {
    "brackets": Giant(lambda: nested("[", "]"), "too-deep", yaml_bound.DEPTH),
    "braces": Giant(lambda: nested("{a: ", "}"), "too-deep", yaml_bound.DEPTH),
    "dashes": Giant(lambda: b"- " * 200_000 + b"a\n", "too-deep", yaml_bound.DEPTH),
    "unclosed brackets": Giant(lambda: b"[" * 200_000, "too-deep", yaml_bound.DEPTH),
    "unclosed quoted brackets": Giant(lambda: b"'" + b"[" * 60_000 + b"'\n", "wrong-type", "mapping"),
    "a text": Giant(lambda: process(title="a" * (yaml_bound.SCALAR + 1)), "scalar-too-long", yaml_bound.SCALAR),
    "a guard": Giant(lambda: guarded("(" * 200_000), "scalar-too-long", yaml_bound.SCALAR),
    "a shorter guard": Giant(lambda: guarded("(" * 60_000), "expression-too-long", f"{expression_bound.LENGTH:,}"),
    "brackets in a guard": Giant(
        lambda: guarded("(" * 2_000 + "true" + ")" * 2_000), "expression-too-large", expression_bound.BRACKETS
    ),
    "lists in a guard": Giant(
        lambda: guarded("[" * 2_000 + "]" * 2_000 + " == []"), "expression-too-large", expression_bound.BRACKETS
    ),
    "an alias bomb": Giant(lambda: bombed("[1, 2, 3, 4, 5, 6, 7, 8, 9]"), "too-many-nodes", yaml_bound.NODES),
    "an alias bomb of texts": Giant(lambda: bombed("a" * 60_000, "abcd"), "too-many-characters", yaml_bound.CHARACTERS),
    "numbers": Giant(lambda: process(parameters=f"{{a: [{many(199_999, '1')}]}}"), "too-many-nodes", yaml_bound.NODES),
    "a list": Giant(
        lambda: process(parameters=f"{{a: [{many(LIST_LENGTH + 1, '1')}]}}"), "list-too-long", f"{LIST_LENGTH:,}"
    ),
    "ten megabytes": Giant(lambda: b"# " + b"x" * 10_000_000, "document-too-big", yaml_bound.SIZE),
    "fields": Giant(
        lambda: process(data=f"{{type: object, properties: {{{many(FIELDS + 1, 'f{}: {{type: string}}')}}}}}"),
        "too-many",
        FIELDS,
    ),
    "parameters": Giant(lambda: process(parameters=f"{{{many(FIELDS + 1, 'p{}: 1')}}}"), "too-many", FIELDS),
    "targets": Giant(
        lambda: process(
            states="\n  waiting:\n    on: {go: {target: ["
            + many(TARGETS + 1, "both.r{}")
            + "]}}\n  both:\n    type: parallel\n    states: {"
            + many(TARGETS + 1, "r{}: {{}}")
            + "}\n    on: {go: {target: over}}\n  over: {type: final}"
        ),
        "too-many",
        TARGETS,
    ),
    "a chain of conditions": Giant(
        lambda: process(
            conditions=f"{{{', '.join(f'c{n}: [c{n + 1}]' for n in range(CHAIN + 1))}, c{CHAIN + 1}: true}}"
        ),
        "too-deep",
        CHAIN,
    ),
    "a path in a template": Giant(
        lambda: process(
            documents="{bill: {title: Bill, data: {y: 1}, formats: [html], template: {text: '{{ y"
            + ".a" * 1_500
            + " }}'}}}"
        ),
        "template-syntax",
        TEMPLATE_LEVELS,
    ),
    "nothing": Giant(lambda: b"", "empty-document", "process: my-process"),
    "nothing but spaces": Giant(lambda: b" \n\n  \n", "empty-document", "process: my-process"),
    "nothing but comments": Giant(lambda: b"# one\n# two\n" * 1_000, "empty-document", "process: my-process"),
    "every byte": Giant(lambda: bytes(range(256)) * 100, "not-utf-8", "0x80"),
    "junk": Giant(lambda: Random(1).randbytes(100_000), "not-utf-8", "save the file as UTF-8"),
}


@pytest.mark.parametrize("name", GIANTS)
def test_a_giant_is_stopped_by_its_bound_and_told_of_once(name: str, tmp_path: Path) -> None:
    giant = GIANTS[name]
    path = tmp_path / "v1.yaml"
    path.write_bytes(giant.content())
    errors = [each for each in check_process(path).diagnostics if each.severity == "error"]
    assert [each.code for each in errors] == [giant.code]
    assert str(giant.bound) in f"{errors[0].message}; {errors[0].hint}"


def test_reading_stops_where_a_document_has_too_many_faults(tmp_path: Path) -> None:
    path = tmp_path / "v1.yaml"
    path.write_text("a: 1\n" * 10_000, encoding="utf-8")
    told = check_process(path).diagnostics
    assert len(told) == yaml_bound.FAULTS + 1
    assert told[-1].message == f"reading stopped after {yaml_bound.FAULTS} faults"


def test_checking_stops_where_the_meaning_of_a_document_has_too_many_faults(tmp_path: Path) -> None:
    path = tmp_path / "v1.yaml"
    path.write_bytes(process(states=f"{{{many(MOST * 2, 's{0}: {{on: {{go: {{target: t{0}}}}}}}')}}}"))
    told = check_process(path).diagnostics
    assert len(told) == MOST + 1
    assert [each.message for each in told if each.code == "too-many-faults"] == [
        f"checking stopped after {MOST} faults"
    ]


PATHS = {
    "missing-file": ("none.yaml", "there is no file"),
    "not-a-file": (".", "is a folder"),
    "unreadable-file": ("a\0b.yaml", "cannot be opened"),
}


@pytest.mark.parametrize("code", PATHS)
def test_what_is_no_file_is_told_of(code: str, tmp_path: Path) -> None:
    name, said = PATHS[code]
    for found in (check_process(tmp_path / name), check_scenarios(tmp_path / name)):
        (only,) = found.diagnostics
        assert (only.code, only.line, only.column) == (code, 1, 1)
        assert said in only.message


# mutations

WORD = re.compile(r"\w+|[^\w\s]")
NASTY = (
    "",
    "null",
    "~",
    "-1",
    "3.5",
    "[]",
    "{}",
    '""',
    "*a",
    "&a",
    "!",
    "#",
    "{{",
    "case",
    "start",
    "[[a]]",
    "\t",
    "\0",
    "é",
)
TEXTS = {path.parent.name: path.read_text(encoding="utf-8") for path in sorted(SHIPPED.glob("*/v1.yaml"))}
CALENDAR = "nl-be-office"
PROCESSES = sorted(TEXTS)
TEXTS[CALENDAR] = (SHIPPED / "calendars" / f"{CALENDAR}.yaml").read_text(encoding="utf-8")
TOKENS = {name: sorted(set(WORD.findall(text))) for name, text in TEXTS.items()}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mutated")
    copytree(SHIPPED / "calendars", folder / "calendars")
    (folder / "process").mkdir()
    return folder / "process" / "v1.yaml"


def mutated(name: str, draw: Random) -> bytes:
    """Return a shipped document with one to three things changed: a line, a word, or some bytes."""
    text = TEXTS[name]
    for _ in range(draw.randint(1, 3)):
        lines = text.split("\n")
        at = draw.randrange(len(lines))
        match draw.choice(("drop", "twice", "other", "swap", "indent", "word", "word", "value", "bytes")):
            case "drop":
                del lines[at]
            case "twice":
                lines.insert(at, lines[at])
            case "other":
                lines[at] = draw.choice(lines)
            case "swap":
                with_ = draw.randrange(len(lines))
                lines[at], lines[with_] = lines[with_], lines[at]
            case "indent":
                lines[at] = " " * draw.randrange(9) + lines[at].lstrip()
            case "word":
                lines[at] = reworded(lines[at], draw.choice((*TOKENS[name], *NASTY)), draw)
            case "value":
                lines[at] = re.sub(r":( .*)?$", f": {draw.choice(NASTY)}", lines[at].replace("\\", ""))
            case "bytes":
                whole = "\n".join(lines).encode()
                cut = draw.randrange(len(whole))
                return whole[:cut] + draw.randbytes(draw.randint(0, 4)) + whole[cut + draw.randint(0, 4) :]
        text = "\n".join(lines)
    return text.encode()


def reworded(line: str, word: str, draw: Random) -> str:
    words = list(WORD.finditer(line))
    if not words:
        return word
    chosen = draw.choice(words)
    return line[: chosen.start()] + word + line[chosen.end() :]


@pytest.mark.thorough
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(name=st.sampled_from(PROCESSES), draw=st.randoms(use_true_random=False))
def test_no_change_to_a_process_makes_checking_it_fail(scratch: Path, name: str, draw: Random) -> None:
    scratch.write_bytes(mutated(name, draw))
    found = check_process(scratch, alone=True)
    assert found.is_sound is (found.definition is not None)
    told_in_places(found, scratch)
    told_in_places(check_process(scratch), scratch)


@pytest.mark.thorough
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(draw=st.randoms(use_true_random=False))
def test_no_change_to_a_shared_calendar_makes_checking_it_or_a_process_with_it_fail(
    scratch: Path, draw: Random
) -> None:
    path = scratch.parent.parent / "calendars" / "office.yaml"
    path.write_bytes(mutated(CALENDAR, draw).replace(CALENDAR.encode(), b"office"))
    found = check(path)
    told_in_places(found, path)
    scratch.write_bytes(process(calendars="{desk: office}"))
    using = check_process(scratch)
    assert [each.code for each in using.diagnostics if each.severity == "error"] == (
        [] if found.is_sound else ["calendar-not-sound"]
    )


def told_in_places(found: Checked, path: Path) -> None:
    """Hold diagnostics to the lines that a file has."""
    assert as_text(found.diagnostics).count("\n") >= len(as_json(found.diagnostics))
    lines = path.read_bytes().count(b"\n") + path.read_bytes().count(b"\r") + 1
    assert all(1 <= each.line <= lines and 1 <= each.column < each.end_column for each in found.diagnostics)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_nothing_that_a_file_may_hold_makes_checking_it_fail(scratch: Path, content: bytes) -> None:
    scratch.write_bytes(content)
    assert not check_process(scratch).is_sound


# every code

ROOMS = ("engine", "schemas", "adapters")
TELLING = {
    "Fault",
    "fault",
    "_fault",
    "warn",
    "unknown",
    "known",
    "_unknown",
    "_at",
    "_beyond",
    "_many",
    "_Wording",
    "Flaw",
}
NAMING = {"unknown", "known", "_unknown"}
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
KEBAB = re.compile(r"[a-z*]+(-[a-z0-9*]+)+")

ELSEWHERE = {
    "too-large": "the YAML reader stops at as many nodes",
    "text-too-long": "the YAML reader stops at as many characters",
    "integer-too-large": "the YAML reader stops at as large numbers",
    "not-json": "YAML as it is read here holds nothing else",
    "below-minimum": "no code: why somebody gets nothing of a settlement",
    "too-long": "said of data; of a default it is part of a bad-default",
}
"""Codes that no document can have, and why."""


@cache
def told_codes() -> set[str]:
    """Return the codes that documents, giants and paths are told of in this file."""
    documents = {code for path in BROKEN for _, _, code, _ in expected(path).diagnostics}
    return documents | {giant.code for giant in GIANTS.values()} | {*PATHS, "too-many-faults"}


@cache
def source_codes() -> set[str]:
    """Return the codes that the source can give, `*` standing for what is only known when it runs."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return {code for path in files for code in codes_in(ast.parse(path.read_text(encoding="utf-8")))}


def codes_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in TELLING:
                yield from codes_of_call(name, node)
            case ast.Tuple(elts=[first, *_]):
                yield from (code for code in codes_of(first) if KEBAB.fullmatch(code))
            case ast.keyword(arg="code", value=value):
                yield from codes_of(value)
            case ast.AnnAssign(
                target=ast.Name(id="code"), annotation=ast.Name(id="str"), value=ast.Constant(value=str(code))
            ):
                yield code


def codes_of_call(name: str, call: ast.Call) -> Iterator[str]:
    first = [code for argument in call.args[:2] for code in codes_of(argument)][:2]
    if name in NAMING:
        yield from (f"unknown-{code}" for code in first[:1])
    elif isinstance(call.args[0] if call.args else None, ast.IfExp):
        yield from first
    else:
        yield from first[:1]


def codes_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(code)) if CODE.fullmatch(code):
            yield code
        case ast.JoinedStr(values=values):
            pattern = "".join(str(each.value) if isinstance(each, ast.Constant) else "*" for each in values)
            yield from [pattern] if KEBAB.fullmatch(pattern) else []
        case ast.IfExp(body=body, orelse=orelse):
            yield from codes_of(body)
            yield from codes_of(orelse)


def test_every_code_is_told_of_some_document() -> None:
    told = told_codes()
    missing = {code for code in source_codes() if not any(fnmatch(each, code) for each in told)}
    assert missing == set(ELSEWHERE)


def test_every_code_that_is_told_is_in_the_source() -> None:
    source = source_codes()
    unfound = {code for code in told_codes() if not any(fnmatch(code, each) for each in source)}
    assert unfound == set()
