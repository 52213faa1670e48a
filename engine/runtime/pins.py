"""Which version of a process something was pinned to, as the store kept it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from caseway.engine.case import Case
from caseway.engine.definition import Definition
from caseway.engine.errors import WorldError
from caseway.engine.ports import Catalogue, Store


@dataclass(frozen=True, slots=True)
class Pins:
    """Finds definitions by their hash."""

    store: Store
    catalogue: Catalogue

    def of(self, case: Case) -> Definition:
        """Return the definition that a case is pinned to. Raises WorldError where it is not in the database any more."""
        return self.compiled(case.definition, f"case {case.id} ({case.process} version {case.version})")

    def compiled(self, definition: str, of: str) -> Definition:
        """Return the definition of a hash. `of` says for the error what needs it."""
        return self.catalogue.compiled(definition, lambda: self._content(definition, of))

    def _content(self, definition: str, of: str) -> Mapping[str, Any]:
        content = self.store.definition(definition)
        if content is None:
            raise WorldError(f"The definition of {of} is missing from the database.", definition=definition)
        return content
