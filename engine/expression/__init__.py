"""Guards and computed values in CEL: typed when checked, bounded, run on plain data by Python or by cel-cpp."""

from caseway.engine.expression.activation import Activation
from caseway.engine.expression.errors import ExpressionError
from caseway.engine.expression.exposure import Look
from caseway.engine.expression.kind import Schema
from caseway.engine.expression.program import Program
from caseway.engine.expression.scope import Language, Scope
from caseway.engine.expression.template import Template

__all__ = ["Activation", "ExpressionError", "Language", "Look", "Program", "Schema", "Scope", "Template"]
