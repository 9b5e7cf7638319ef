"""Text of strangers, made harmless to show: bounded, one line, nothing that is not seen. Pure.

Not escaped: whoever puts it into HTML, a terminal or JSON does that for its own purpose.
"""

from __future__ import annotations

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control characters, those that turn the direction of text, surrogates, private and unassigned ones, line ends."""

_BLANKS = "\t\n\r\v\f"

MAX_MARKS = 2
"""Accents on one letter; more than that cover the lines above and below."""


def plain(text: str, limit: int) -> str:
    """At most `limit` characters of a text, on one line; "..." at the end where there were more."""
    kept: list[str] = []
    marks = 0
    for character in text[: 8 * limit]:
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if character in _BLANKS or kind in ("Zl", "Zp"):
            kept.append(" ")
        elif kind not in _UNSEEN and marks <= MAX_MARKS:
            kept.append(character)
    whole = " ".join("".join(kept).split())
    return whole if len(whole) <= limit else whole[: limit - 3].rstrip() + "..."
