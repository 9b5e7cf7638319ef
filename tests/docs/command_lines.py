"""Finds `parley ...` in shell and prose, and asks the program's own parser about it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import typer

from parley.cli.app import app, hoisted

_COMMAND = re.compile(r"(?:^|(?<=[\s(;&|]))parley(?= )((?:(?!\d?[<>])[^\n;&|()])*)", re.MULTILINE)
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)

program: Any = typer.main.get_command(app)
"""The program as its parser sees it."""


def calls(shell: str) -> list[list[str]]:
    """The arguments of every `parley` in a piece of shell, without comments, redirections and what is piped.

    A variable with a default stands for its default: `${PORT:-8545}` is 8545.
    """
    code = _DEFAULT.sub(r"\1", _COMMENT.sub("", shell))
    return [shlex.split(match[1]) for match in _COMMAND.finditer(code)]


def leaf(words: list[str]) -> tuple[Any, list[str]]:
    """The command that some arguments name, and what follows its name; the program's own options are skipped.

    Raises:
        LookupError: there is no such command.
    """
    context = program.make_context("parley", hoisted(words), resilient_parsing=True)
    command, rest = program, [*context._protected_args, *context.args]
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            raise LookupError(f"`parley {' '.join(words)}`: there is no {rest[0]!r}")
        command = command.commands[rest.pop(0)]
    return command, rest


def flags(command: Any) -> set[str]:  # noqa: ANN401 - the parser's class is private to typer
    """All options of a command."""
    return {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}


def parse(words: list[str]) -> None:
    """Parse a complete command line as the program would, without running it.

    Raises:
        LookupError: there is no such command, or only a group of that name.
        typer.exceptions.TyperException: an option is unknown, an argument is missing, or a value is of the wrong kind.
    """
    program.make_context("parley", hoisted(words))
    command, rest = leaf(words)
    if hasattr(command, "commands"):
        raise LookupError(f"`parley {' '.join(words)}` is a group of commands")
    command.make_context(command.name, rest)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something: its words and itself."""
    waiting: list[tuple[str, Any]] = [("", program)]
    while waiting:
        path, command = waiting.pop()
        if hasattr(command, "commands"):
            waiting += [(f"{path} {name}".strip(), child) for name, child in command.commands.items()]
        else:
            yield path, command
