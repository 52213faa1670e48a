"""What may go wrong, by who can do something about it.

`DefinitionError`: the author of a process. `CaseError`: the caller. `WorldError`: time, or whoever runs the world.
Every error carries a stable kebab-case `code`, a sentence, and `facts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from caseway.engine.fault import Fault
from caseway.engine.outcome import Refusal


class CasewayError(Exception):
    """The root of all errors that Caseway raises on purpose."""

    code: ClassVar[str] = "caseway"

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.facts: Mapping[str, Any] = facts


class DefinitionError(CasewayError):
    """A process is wrong; its author can mend it."""

    code = "definition"


class InvalidDefinition(DefinitionError):  # noqa: N818
    """A document that does not compile. `faults` lists everything wrong with it."""

    code = "invalid-definition"

    def __init__(self, message: str, faults: Sequence[Fault] = (), **facts: Any) -> None:
        super().__init__(message, **facts)
        self.faults = tuple(faults)


class VersionChanged(DefinitionError):  # noqa: N818
    """A version that cases already use has other content now."""

    code = "version-changed"


class UnknownProcess(DefinitionError):  # noqa: N818
    """No such process, or no such version of it."""

    code = "unknown-process"


class FaultyStep(DefinitionError):  # noqa: N818
    """A guard, value or loop failed while a case ran. Nothing changed."""

    code = "faulty-step"


class CaseError(CasewayError):
    """The caller asked for something that cannot be."""

    code = "case"


class UnknownCase(CaseError):  # noqa: N818
    """There is no case of this id."""

    code = "unknown-case"


class UnknownPerson(CaseError):  # noqa: N818
    """The directory knows nobody of this id."""

    code = "unknown-person"


class InvalidInput(CaseError):  # noqa: N818
    """A value given by the caller has the wrong form."""

    code = "invalid-input"


class Refused(CaseError):  # noqa: N818
    """An event did nothing. `refusal` says why."""

    code = "refused"

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message, **refusal.facts)
        self.refusal = refusal


class CaseConflict(CaseError):  # noqa: N818
    """Somebody else moved the case between reading and writing it. Trying again is safe."""

    code = "case-conflict"


class WorldError(CasewayError):
    """The database, the disk or the network failed; waiting or retrying can help."""

    code = "world"


class Undeliverable(WorldError):  # noqa: N818
    """What was to be delivered is refused for good: waiting does not help, so it is set aside at once."""

    code = "undeliverable"
