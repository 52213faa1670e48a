"""YAML documents with a memory of where everything stands.

`read` and `parse` give a `Document`: plain values, and the place in the text of each. What cannot be read is an
`UnreadableDocument`, whose faults have places too.
"""

from caseway.adapters.yaml_document.document import Document, Position, UnreadableDocument, parse, read

__all__ = ["Document", "Position", "UnreadableDocument", "parse", "read"]
