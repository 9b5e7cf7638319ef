"""Groups of commands in the house's style."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup


class Group(TyperGroup):
    """A group of commands, which shows its help when no command is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's context is private
        """Parse the group's own options."""
        return super().parse_args(ctx, args or ["--help"])


def group(name: str, summary: str) -> typer.Typer:
    """A new group of commands."""
    return typer.Typer(name=name, cls=Group, help=summary, rich_markup_mode="rich")
