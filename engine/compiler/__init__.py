"""From a document to a Definition, or to everything that is wrong with it."""

from caseway.engine.compiler.calendar import calendar_faults
from caseway.engine.compiler.compilation import content_hash
from caseway.engine.compiler.process import Compiled, compile_process

__all__ = ["Compiled", "calendar_faults", "compile_process", "content_hash"]
