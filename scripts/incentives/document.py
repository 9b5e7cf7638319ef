"""Keeps the tables in a document up to date, between two comments."""

from __future__ import annotations

from pathlib import Path

BEGIN = "<!-- tables: `python scripts/incentives.py --write` -->"
END = "<!-- end of tables -->"


class DocumentError(Exception):
    """The document has no place for tables."""


def with_tables(text: str, tables: str) -> str:
    """The document with other tables in it.

    Raises:
        DocumentError: one of the two comments is not there once, or they are in the wrong order.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise DocumentError(f"the tables' place is between {BEGIN} and {END}, once each")
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{tables}\n\n{END}{rest.partition(END)[2]}"


def write(path: Path, tables: str) -> None:
    """Bring a document up to date."""
    path.write_text(with_tables(path.read_text(encoding="utf-8"), tables), encoding="utf-8")
