"""What commands print: results to standard output, everything else to standard error.

Every command returns facts, a dict or a list that JSON can hold. `--json` prints them as they are, alone on standard
output; otherwise a table is made of them. Amounts of tokens are integers in wei, shown in whole tokens to people.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from parley.cli.amounts import tokens
from parley.text import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from parley.history.sentences import Sentence


PIPED_WIDTH = 200
"""Columns where nobody looks: wide enough that no line is broken."""

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What JSON can hold."""


def emit(facts: object, *, as_json: bool, show: Callable[[Any], None] | None = None) -> None:
    """Print a command's result.

    Args:
        facts: a dataclass, a dict or a list of them.
        as_json: print JSON instead of what people read.
        show: prints them for people; by default a list of names and values.
    """
    if as_json:
        sys.stdout.write(json.dumps(plain(facts), indent=2) + "\n")
        sys.stdout.flush()
    else:
        (show or show_facts)(facts)


def plain(value: object) -> Json:
    """Return a value as JSON knows it: bytes as `0x...`, enums by their lower-case name, paths as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return _enum_name(value)
    if isinstance(value, bytes | bytearray):
        return "0x" + value.hex()
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def stdout() -> Console:
    """The console of results."""
    from rich.console import Console

    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(highlight=False, width=PIPED_WIDTH if piped else None)


def stderr() -> Console:
    """The console of progress and remarks."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def note(message: str) -> None:
    """Say something to people, on standard error."""
    stderr().print("\n".join(map(visible, message.splitlines())), markup=False, soft_wrap=True)


def heading(text: str) -> None:
    """Print a heading between facts."""
    stdout().print(f"\n[bold underline]{_escaped(text)}[/bold underline]")


def show_facts(facts: object) -> None:
    """Print names and values, one a line; a list of facts as one table."""
    values = plain(facts)
    if isinstance(values, list):
        show_rows(values)
        return
    if not isinstance(values, dict):
        stdout().print(_escaped(_text(values)))
        return
    width = max((len(key) for key in values), default=0)
    console = stdout()
    for key, value in values.items():
        label = f"[bold]{key.replace('_', ' '):{width}}[/bold]  "
        lines = _lines(value)
        for number, line in enumerate(lines):
            console.print((label if number == 0 else " " * (width + 2)) + _escaped(line))


def show_rows(facts: Iterable[object], *, empty: str = "none") -> None:
    """Print facts as a table, one row each; the columns are the keys of the first."""
    found = [row for row in map(plain, facts) if isinstance(row, dict)]
    if not found:
        note(empty)
        return
    table = make_table(*(key.replace("_", " ") for key in found[0]))
    for row in found:
        table.add_row(*(_escaped(_text(value)) for value in row.values()))
    stdout().print(table)


def show_sentences(sentences: Iterable[Sentence]) -> None:
    """Print sentences, each with what one can check it by on a line of its own."""
    console = stdout()
    for sentence in sentences:
        console.print(_escaped(sentence.text))
        console.print(f"  [dim]check: {_escaped(str(sentence.check))}[/dim]", soft_wrap=True)


def make_table(*columns: str, title: str | None = None) -> Table:
    """A table in the house's style."""
    from rich import box
    from rich.table import Table

    table = Table(*columns, title=title, box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    for column in table.columns:
        column.overflow = "fold"
    return table


def with_tokens(*amounts: str, hide: Collection[str] = ()) -> Callable[[object], None]:
    """Prints facts in which some values are amounts in wei: people see whole tokens, and not what is hidden."""

    def show(facts: object) -> None:
        values = plain(facts)
        if isinstance(values, list):
            show_rows(_humane(row, amounts, hide) for row in values if isinstance(row, dict))
        elif isinstance(values, dict):
            show_facts(_humane(values, amounts, hide))

    return show


def tokens_of(balances: Mapping[str, int], name: str, amount: str) -> list[dict[str, str]]:
    """Amounts in wei by name, as rows in whole tokens."""
    return [{name: key, amount: tokens(wei)} for key, wei in balances.items()]


def _humane(values: dict[str, Json], amounts: Collection[str], hide: Collection[str]) -> dict[str, Json]:
    """The same facts with amounts in whole tokens."""
    return {
        key: tokens(value) if key in amounts and isinstance(value, int) else value
        for key, value in values.items()
        if key not in hide
    }


def _key(key: object) -> str:
    return _enum_name(key) if isinstance(key, Enum) else "0x" + key.hex() if isinstance(key, bytes) else str(key)


def _enum_name(value: Enum) -> str:
    """An enum's name in lower case; the names of a set of flags joined by `+`."""
    return (value.name or "none").lower().replace("|", "+")


def _text(value: Json) -> str:
    """A JSON value as people read it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items()) or "-"
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value) or "-"
    return str(value)


def _lines(value: Json) -> list[str]:
    """A value as people read it, a dict of several as one line each."""
    if isinstance(value, dict) and len(value) > 1:
        width = max(map(len, value))
        return [f"{key:{width}}  {_text(item)}" for key, item in value.items()]
    return [_text(value)]


def _escaped(text: str) -> str:
    """Text of others, which is read neither as markup nor by the terminal as anything but text."""
    from rich.markup import escape

    return escape(visible(text))
