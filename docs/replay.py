"""Replays the documentation: what its pages show is what happens.

`python -m docs.replay [PAGE]...` says where a page shows something else; with `--write` it writes what happens into the page.

A page is replayed from top to bottom in an empty folder. A comment on the line above a fenced block says what the block is:

- `<!-- file: NAME -->` is written to that file; `<!-- faulty: NAME -->` too, and need not pass `caseway check`;
- `<!-- edit: NAME -->` is a diff block that is applied to that file;
- `<!-- output: COMMAND -->` is what the command prints;
- `<!-- part of: PATH -->` is a part of that file of the repository.

Without a comment, a `console` block is a terminal: lines that begin with `$ ` are typed, and the lines below are printed, on
stdout or stderr. A line `...` stands for any lines, and `...` within a line for any characters. A `python` block is run.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from caseway.cli.failure import BUG
from caseway.cli.main import program

HOUSE = Path(__file__).resolve().parent.parent
PROMPT = "$ "
STEADY = {"NO_COLOR": "1", "COLUMNS": "100", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONUTF8": "1"}
"""The environment in which pages are replayed."""

LOUD = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""What would have them show what a terminal shows."""

PATIENCE = 240.0
"""How many seconds a script of a page may take."""

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\S*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_DIRECTIVE = re.compile(r"<!-- (?P<verb>file|faulty|edit|output|part of): (?P<argument>.*?) -->\n\Z")


def pages() -> list[Path]:
    """Return every page of the documentation."""
    return [HOUSE / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
        (HOUSE / "docs").rglob("*.md")
    )


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page; `begin` and `end` are the offsets of its text."""

    line: int
    language: str
    text: str
    begin: int
    end: int
    verb: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A block that shows something else than what happens. `actual` is what it would have to hold."""

    page: Path
    block: Block
    actual: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(HOUSE)}:{self.block.line}: this is what happens:\n{self.actual}"


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        directive = _DIRECTIVE.search(text, max(0, found.start() - 200), found.start())
        yield Block(
            text.count("\n", 0, found.start()) + 1,
            found["language"],
            found["text"],
            found.start("text"),
            found.end("text"),
            directive["verb"] if directive else "",
            directive["argument"] if directive else "",
        )


def differences(page: Path, folder: Path) -> Iterator[Difference]:
    """Replay a page in an empty folder, and yield the blocks that show something else."""
    terminal = Terminal(folder)
    for block in blocks(page):
        actual = _replayed(block, terminal)
        if actual is not None:
            yield Difference(page, block, actual)


def _replayed(block: Block, terminal: Terminal) -> str | None:
    """Do what a block says; return what it would have to hold, where that is something else."""
    match block.verb, block.language:
        case ("file" | "faulty", _):
            terminal.write(block.argument, block.text)
        case "edit", _:
            terminal.edit(block.argument, block.text)
        case "output", _:
            actual = terminal.run(block.argument)
            return None if actual == block.text else actual
        case "part of", _:
            source = (HOUSE / block.argument).read_text(encoding="utf-8")
            return None if block.text in source else f"({block.argument} holds no such part)\n"
        case "", "console":
            return _retyped(list(_typed(block.text)), terminal)
        case "", "python":
            terminal.execute(block.text)
    return None


def _retyped(typed: Sequence[tuple[str, str]], terminal: Terminal) -> str | None:
    """Type commands anew; return the block with what they print, where that is not what is shown."""
    lines: list[str] = []
    as_shown = True
    for command, shown in typed:
        real = terminal.run(command)
        fits = alike(shown, real)
        as_shown &= fits
        lines.append(f"{PROMPT}{command}\n{shown if fits else real}")
    return None if as_shown else "".join(lines)


def _typed(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is typed, over several lines where they end in a backslash, and what is shown below it."""
    typed: list[str] = []
    shown: list[str] = []
    for line in text.splitlines(keepends=True):
        if typed and typed[-1].endswith("\\\n"):
            typed.append(line)
        elif line.startswith(PROMPT):
            if typed:
                yield "".join(typed).rstrip("\n"), "".join(shown)
            typed, shown = [line.removeprefix(PROMPT)], []
        else:
            shown.append(line)
    if typed:
        yield "".join(typed).rstrip("\n"), "".join(shown)


def alike(shown: str, real: str) -> bool:
    """Say whether what a page shows is what is printed, with `...` for what it leaves out."""
    pattern = re.escape(shown)
    pattern = re.sub(r"(?m)^\\\.\\\.\\\.\\?\n", lambda _: r"(?:.*\n)*?", pattern)
    pattern = pattern.replace(r"\.\.\.", r"[^\n]*?")
    return re.fullmatch(pattern, _trimmed(real)) is not None


def _trimmed(text: str) -> str:
    """Return printed lines without the blanks that pad them."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


@dataclass
class Terminal:
    """A shell that knows the few commands of the documentation, and runs `caseway` without a new process."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    status: int = 0

    def write(self, name: str, text: str) -> None:
        """Write a file, with the folders that it stands in."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, diff: str) -> None:
        """Replace the lines with `-` by those with `+`; lines with a blank say where."""
        lines = diff.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in "- ")
        after = "".join(line[1:] for line in lines if line[0] in "+ ")
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        if text.count(before) != 1:
            raise ValueError(f"{name} holds {text.count(before)} times what is to be edited:\n{before}")
        path.write_text(text.replace(before, after), encoding="utf-8")

    def execute(self, text: str) -> str:
        """Run Python code in the folder; return what it prints."""
        return self._printed(lambda: exec(compile(text, "page.py", "exec"), {"__name__": "__main__"}))  # noqa: S102  # our own pages

    def run(self, command: str) -> str:
        """Type a command; return what it prints."""
        words = shlex.split(command.replace("\\\n", " "), comments=True)
        settings = [word.partition("=") for word in _leading(words)]
        words = words[len(settings) :]
        given = {name: value for name, _, value in settings}
        if not words:
            self.environment |= given
            return ""
        into = words[words.index(">") + 1] if ">" in words else None
        if into is not None:
            words = words[: words.index(">")]
        printed = self._command(words, given)
        if into is not None:
            self.write(into, printed)
            return ""
        return printed

    def _command(self, words: Sequence[str], given: Mapping[str, str]) -> str:
        name, *arguments = words
        match name:
            case "caseway":
                return self._caseway(arguments, given)
            case "python":
                script, *rest = arguments
                return self._printed(lambda: runpy.run_path(str(self.folder / script), run_name="__main__"), rest)
            case "sh":
                return self._subprocess(words, given)
            case "export":
                self.environment |= {key: value for key, _, value in (word.partition("=") for word in arguments)}
                return ""
            case "mkdir":
                (self.folder / arguments[-1]).mkdir(parents=True, exist_ok=True)
                return ""
            case "cat":
                files = [path for each in arguments for path in sorted(self.folder.glob(each))]
                return "".join(path.read_text(encoding="utf-8") for path in files)
            case "ls":
                inside = (self.folder / (arguments[0] if arguments else ".")).iterdir()
                return "".join(f"{path.name}\n" for path in sorted(inside))
            case "echo":
                return " ".join(arguments).replace("$?", str(self.status)) + "\n"
        raise ValueError(f"the documentation's terminal does not know {name}; it would not be replayed")

    def _caseway(self, arguments: Sequence[str], given: Mapping[str, str]) -> str:
        with contextlib.chdir(self.folder):
            result = CliRunner().invoke(program, list(arguments), env=self._variables(given))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.status = result.exit_code
        if self.status == BUG:
            raise AssertionError(result.output)
        return result.output

    def _variables(self, given: Mapping[str, str]) -> dict[str, str | None]:
        without: dict[str, str | None] = {
            name: None for name in os.environ if name.startswith("CASEWAY_") or name in LOUD
        }
        return {**without, **STEADY, **self.environment, **given}

    def _subprocess(self, words: Sequence[str], given: Mapping[str, str]) -> str:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        variables = {
            name: value for name, value in self._variables({**given, "PATH": path}).items() if value is not None
        }
        done = subprocess.run(  # noqa: S603  # our own pages
            words,
            cwd=self.folder,
            env=variables,
            encoding="utf-8",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
        self.status = done.returncode
        return done.stdout

    def _printed(self, run: Callable[[], object], arguments: Sequence[str] = ()) -> str:
        printed = io.StringIO()
        before, sys.argv = sys.argv, ["page.py", *arguments]
        try:
            with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
                run()
        finally:
            sys.argv = before
        return printed.getvalue()


def _leading(words: Sequence[str]) -> list[str]:
    """Return the settings of variables that a command begins with."""
    found: list[str] = []
    for word in words:
        if not re.match(r"[A-Z_]+=", word):
            break
        found.append(word)
    return found


def rewrite(page: Path, found: Sequence[Difference]) -> None:
    """Write what happens into a page."""
    text = page.read_text(encoding="utf-8")
    for each in reversed(found):
        text = text[: each.block.begin] + _trimmed(each.actual) + text[each.block.end :]
    page.write_text(text, encoding="utf-8")


def main() -> int:
    """Replay the pages named, or all of them."""
    write = "--write" in sys.argv
    named = [Path(name).resolve() for name in sys.argv[1:] if not name.startswith("-")]
    count = 0
    for page in named or pages():
        with tempfile.TemporaryDirectory() as folder:
            found = list(differences(page, Path(folder)))
        count += len(found)
        if write:
            rewrite(page, found)
        for each in found:
            print(f"{each.page.relative_to(HOUSE)}:{each.block.line}: rewritten" if write else each)
    return 0 if write or not count else 1


if __name__ == "__main__":
    sys.exit(main())
