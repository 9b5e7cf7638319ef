"""JSON of a stranger, parsed within bounds: in linear time, to a bounded depth, and with each key once (P-20).

Python's parser recurses on the machine's stack, and keeps the last of two equal keys where another keeps the first.
"""

from __future__ import annotations

import json
import re
from typing import Any

MAX_NESTING = 32
"""Brackets within brackets."""

_STRINGS = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\Z)?', re.DOTALL)
"""A string, or what is left of the text where it does not end: possessive, so that no character is looked at twice."""

_BRACKETS = re.compile(r"[\[\]{}]")


def parse(data: bytes, max_bytes: int) -> Any:  # noqa: ANN401 - whatever JSON says
    """The value in a JSON text in UTF-8.

    Raises:
        ValueError: it is too long, nested deeper than `MAX_NESTING`, not JSON, or an object in it repeats a key.
    """
    if len(data) > max_bytes:
        raise ValueError(f"longer than {max_bytes} bytes")
    text = data.decode()
    _check_nesting(text)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _check_nesting(text: str) -> None:
    """Refuse what nests deeper than `MAX_NESTING`."""
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_NESTING:
            raise ValueError(f"nested deeper than {MAX_NESTING}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("an object repeats a key")
    return values


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
