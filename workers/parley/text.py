"""Text of strangers on a terminal or in a log: nothing in it moves a cursor. Pure."""

from __future__ import annotations

MAX_LENGTH = 4000
"""Characters of a line."""


def visible(text: str) -> str:
    """As many characters, on one line: blanks for line ends and tabs, `?` for whatever else is not printable.

    An escape sequence without its first character is only text, and nothing turns the line round.
    """
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text)


def printable(text: str, limit: int = MAX_LENGTH) -> str:
    """The same with single blanks, cut to `limit` characters."""
    words = " ".join(visible(text[: 8 * limit]).split())
    return words if len(words) <= limit else words[: limit - 3] + "..."
