"""What goes wrong while an expression is evaluated."""

from __future__ import annotations


class ExpressionError(Exception):
    """An expression that failed at run time.

    `code` is one of: absent (no such field, key or item), division-by-zero, overflow, wrong-type, bad-value (a text
    that is no instant, duration, number or pattern), limit (too long, too deep, too many rounds), evaluation (any other).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
