"""Messages as files in a folder."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from re import ASCII, sub

from caseway.adapters.whole_file import write_whole
from caseway.engine.delivery import files, told
from caseway.engine.effect import Message
from caseway.engine.errors import WorldError

READABLE = 60
"""How many characters of a message's id its file name shows; the digest behind them makes it unique."""


class FolderDelivery:
    """One JSON file per message, named after the message's id: delivering again writes the same file again.

    The documents that go with it lie beside it, under its name with theirs after it.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def deliver(self, case: str, message: Message) -> None:
        """Write the message. When this returns, the file is whole and on the disk."""
        named = file_name(message.id)
        enclosed = {f"{named.removesuffix('.json')}.{file.name}": file.content for file in files(message)}
        record = told(case, message) | ({"files": list(enclosed)} if enclosed else {})
        content = json.dumps(record, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for name, each in (enclosed | {named: content}).items():  # the message last: where it is, all of it is
                write_whole(self._folder / name, each)
        except OSError as error:
            raise WorldError(
                f"Message {message.id} could not be written into the folder {self._folder}: {error.strerror or error}. "
                "Make that a folder that can be written to; the message stays in the outbox until then.",
                effect=message.id,
                folder=str(self._folder),
            ) from error

    def rewrite(self, case: str, message: Message) -> bool:
        """Write a message in the place of the file that it has here, and say whether there is one. Documents that it lacks now go."""
        named = self._folder / file_name(message.id)
        try:
            enclosed = json.loads(named.read_bytes()).get("files", ())
        except FileNotFoundError:
            return False
        except (OSError, ValueError) as error:
            raise WorldError(
                f"{named} cannot be read, so it was not written anew: {error}.", file=str(named)
            ) from error
        self.deliver(case, message)
        kept = {f"{named.stem}.{file.name}" for file in files(message)}
        for name in enclosed:
            if name not in kept and Path(name).name == name:
                (self._folder / name).unlink(missing_ok=True)
        return True


def file_name(id: str) -> str:  # noqa: A002 - the glossary's word
    """Return a name that any file system takes and no other id has, letters of either case being one to some of them."""
    readable = sub(r"[^a-z0-9]+", "-", id.lower(), flags=ASCII).strip("-")[-READABLE:]
    return f"{readable}-{sha256(id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.json"
