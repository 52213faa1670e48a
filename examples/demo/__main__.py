"""Caseway's main job through its own command line: a case of each channel, from YAML to its end, and the money to the bank.

Each story in this folder is a list of commands that you can type yourself; `!` stands before one that is refused.
Everything is written into the folder `demo` of the current directory, which is made anew.
"""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = Path("demo")
REFUSED = 4


def run(command: str, expected: int = 0) -> None:
    """Print a command, run it in the demo's folder, and stop where its exit code is another than expected."""
    print(f"\n$ caseway {command}", flush=True)
    done = subprocess.run(["caseway", *shlex.split(command)], cwd=FOLDER, check=False)
    if done.returncode != expected:
        sys.exit(f"this ended with exit code {done.returncode}, where {expected} was expected")


def play(story: Path) -> None:
    """Run a story's commands, and draw its process, where it is one of a process."""
    for line in story.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            print(f"\n{'=' * 100}\n{story.stem}: {line.removeprefix('# ')}")
        else:
            run(line.removeprefix("! "), REFUSED if line.startswith("!") else 0)
    if (FOLDER / "processes" / story.stem).is_dir():
        run(f"diagram {story.stem} --output {story.stem}.mmd")
        print(f"The diagram lies in {FOLDER / story.stem}.mmd; any Mermaid viewer shows it.")


def main() -> None:
    """Check every process, then play every story into a fresh database to rehearse in."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for data in HERE.glob("*.json"):
        shutil.copy(data, FOLDER)
    shutil.copytree(HERE.parent.parent / "processes", FOLDER / "processes")
    run("check")
    run("test")
    run("db init --rehearsal")
    for story in sorted(HERE.glob("*.txt")):
        play(story)
    print(f"\nAll of it is kept in {FOLDER / 'caseway.db'}: try `caseway list` there.")


if __name__ == "__main__":
    main()
