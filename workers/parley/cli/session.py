"""What one command works with: settings, content store, chain, contracts, key; each opened on first use."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from parley.config import Settings
    from parley.storage import ContentStore


@dataclass
class Session:
    """The services of one command.

    Attributes:
        config: configuration file named on the command line.
        flags: settings that have options of their own; `None` where not given.
        assignments: `KEY=VALUE` of each `--set`.
        debug: log everything and show tracebacks.
    """

    config: Path | None = None
    flags: Mapping[str, object] = field(default_factory=dict)
    assignments: tuple[str, ...] = ()
    debug: bool = False
    _opened: ExitStack = field(default_factory=ExitStack, repr=False)

    @cached_property
    def settings(self) -> Settings:
        """The settings, from file, environment and flags.

        Raises:
            ConfigError: a key is unknown or a value out of range.
        """
        from parley.cli import logs
        from parley.config import load_settings, parse_assignment

        chosen = {key: value for key, value in self.flags.items() if value is not None}
        settings = load_settings(self.config, {**dict(map(parse_assignment, self.assignments)), **chosen})
        logs.configure("debug" if self.debug else settings.log_level, settings.log_format)
        return settings

    @cached_property
    def store(self) -> ContentStore:
        """The content store.

        Raises:
            ConfigError: its address is of no known kind.
            StorageError: its folder cannot be used.
        """
        from parley.storage import open_store

        return self._opened.enter_context(open_store(self.settings.store_location))

    def close(self) -> None:
        """Close what was opened."""
        self._opened.close()


def session_of(ctx: typer.Context) -> Session:
    """The session of the running command."""
    session = ctx.find_object(Session)
    if session is None:
        raise TypeError("the program's callback has not run")
    return session
