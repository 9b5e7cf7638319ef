"""Reads the part of YAML that our configuration files keep to: block mappings and lists, plain and quoted scalars.

What is outside of it, such as flow style, anchors or folded text, is refused, so that these files stay simple. What it
reads, any YAML parser reads alike; all scalars are text here.
"""

from __future__ import annotations

import re
from typing import Any

_PAIR = re.compile(r"([A-Za-z_][\w.-]*):(?: +(.*))?")


class YamlError(ValueError):
    """The text is not of this kind."""


def load(text: str) -> Any:  # noqa: ANN401 - whatever it holds
    """Read a document.

    Raises:
        YamlError: with the line that is wrong.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    value, rest = _block(lines, 0)
    if rest:
        raise YamlError(f"does not belong here: {rest[0]!r}")
    return value


def _block(lines: list[str], indent: int) -> tuple[Any, list[str]]:
    """A mapping or a list whose lines are indented by `indent`; and the lines after it."""
    return _list(lines, indent) if _content(lines[0], indent).startswith("- ") else _mapping(lines, indent)


def _list(lines: list[str], indent: int) -> tuple[list[Any], list[str]]:
    found: list[Any] = []
    while lines and _depth(lines[0]) == indent and lines[0].lstrip().startswith("- "):
        item = lines[0][indent + 2 :]
        if _PAIR.fullmatch(item):
            # A mapping begins behind the dash: read it as if it stood alone.
            value, lines = _mapping([" " * (indent + 2) + item, *lines[1:]], indent + 2)
        else:
            value, lines = _scalar(item), lines[1:]
        found.append(value)
    return found, lines


def _mapping(lines: list[str], indent: int) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    while lines and _depth(lines[0]) == indent and not lines[0].lstrip().startswith("- "):
        pair = _PAIR.fullmatch(_content(lines[0], indent))
        if pair is None or pair[1] in found:
            raise YamlError(f"no `key: value`, or a key twice: {lines[0]!r}")
        lines = lines[1:]
        if pair[2] is not None:
            found[pair[1]] = _scalar(pair[2])
        elif lines and _depth(lines[0]) > indent:
            found[pair[1]], lines = _block(lines, _depth(lines[0]))
        else:
            raise YamlError(f"{pair[1]} has no value")
    return found, lines


def _scalar(text: str) -> str:
    if text.startswith("'"):
        if not re.fullmatch(r"'(?:[^']|'')*'", text):
            raise YamlError(f"a quote too few or too many: {text!r}")
        return text[1:-1].replace("''", "'")
    if text[0] in '"[]{}>|*&!%#@`?-' or ": " in text or " #" in text or text.endswith(":"):
        raise YamlError(f"put it into single quotes: {text!r}")
    return text


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _content(line: str, indent: int) -> str:
    if _depth(line) != indent or "\t" in line:
        raise YamlError(f"wrong indentation: {line!r}")
    return line[indent:]
