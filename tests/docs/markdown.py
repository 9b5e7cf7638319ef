"""Reads the project's Markdown: fenced blocks, code spans, links and the anchors that GitHub makes of headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""Folder of the project."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(\s*([^)\s]+)\s*\)")
_HEADING = re.compile(r"^(#{1,6}) +(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """A part of a document under one heading.

    Attributes:
        level: 1 for the title.
        title: text of the heading.
        text: what follows, up to the next heading of any level.
    """

    level: int
    title: str
    text: str


def documents() -> list[Path]:
    """README, changelog and everything in `docs/`."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(document: Path) -> str:
    """A document's path for test ids and messages."""
    return document.relative_to(ROOT).as_posix()


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return _FENCE.sub("", text)


def fenced(text: str, language: str) -> list[str]:
    """The contents of all fenced blocks of a language."""
    return [content for found, content in _FENCE.findall(text) if found == language]


def spans(text: str) -> list[str]:
    """The code spans outside of fenced blocks."""
    return _SPAN.findall(prose(text))


def links(text: str) -> list[str]:
    """The targets of all links and images."""
    return _LINK.findall(_SPAN.sub("", prose(text)))


def sections(text: str) -> list[Section]:
    """A document by its headings; lines with # in fenced blocks are none."""
    hidden = _FENCE.sub(lambda match: re.sub(r"^#", " ", match[0], flags=re.MULTILINE), text)
    marks = list(_HEADING.finditer(hidden))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return [
        Section(len(mark[1]), mark[2], text[mark.end() : end].strip("\n"))
        for mark, end in zip(marks, ends, strict=True)
    ]


def under(text: str, title: str) -> list[Section]:
    """A section and those below it.

    Raises:
        ValueError: there is no such section.
    """
    found = sections(text)
    first = next((place for place, section in enumerate(found) if section.title == title), None)
    if first is None:
        raise ValueError(f"there is no section {title!r}")
    rest = found[first + 1 :]
    end = next((place for place, section in enumerate(rest) if section.level <= found[first].level), len(rest))
    return [found[first], *rest[:end]]


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    return {re.sub(r"[^\w\- ]", "", section.title.lower()).replace(" ", "-") for section in sections(text)}


def rows(text: str, header: str) -> list[list[str]]:
    """The cells of the table whose first header is `header`, without header and ruler.

    Raises:
        ValueError: there is no such table.
    """
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith(f"| {header} |")), None)
    if start is None:
        raise ValueError(f"there is no table that starts with {header!r}")
    body = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        body.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return body
