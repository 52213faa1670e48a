"""Documents that go with messages, made when they are delivered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from caseway.engine.document import FORMATS
from caseway.engine.effect import Attachment, File, Message
from caseway.engine.errors import DefinitionError, Undeliverable, WorldError
from caseway.engine.ports import Renderer
from caseway.engine.runtime.pins import Pins


@dataclass(frozen=True, slots=True)
class Enclosures:
    """Makes the documents of messages of the data that were fixed when they were sent."""

    renderer: Renderer | None
    pins: Pins

    def enclosed(self, message: Message) -> Message:
        """Return a message with its documents. Raises WorldError where they cannot be made."""
        if not message.attached:
            return message
        if self.renderer is None:
            raise WorldError(
                "This runtime makes no documents; give one to Runtime(..., renderer=...).", effect=message.id
            )
        made = [replace(each, files=tuple(self._files(each, self.renderer))) for each in message.attached]
        return replace(message, attached=tuple(made))

    def enclosed_if_possible(self, message: Message) -> Message:
        """Make the documents of a message anew; one whose documents cannot be made goes without, and so do the old ones."""
        with suppress(WorldError):
            return self.enclosed(message)
        return message

    def _files(self, attached: Attachment, renderer: Renderer) -> Iterator[File]:
        try:
            rule = self.pins.compiled(attached.definition, f"the document {attached.document}").documents[
                attached.document
            ]
        except (DefinitionError, KeyError) as error:
            raise Undeliverable(f"The document {attached.document} is not known any more: {error}") from error
        for kind in attached.formats:
            content = renderer.make(rule, attached.data, kind, attached.at)
            yield File(f"{attached.document}.{kind}", FORMATS[kind], content)
