"""From a document to a Definition, or to everything that is wrong with it."""

from caseway.engine.compiler.calendar import calendar_faults
from caseway.engine.compiler.compilation import Neighbour, content_hash
from caseway.engine.compiler.process import Compiled, compile_process, neighbour
from caseway.engine.compiler.succession import forgotten_keys

__all__ = ["Compiled", "Neighbour", "calendar_faults", "compile_process", "content_hash", "forgotten_keys", "neighbour"]
