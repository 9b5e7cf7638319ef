"""Phases, roles and rules as the API names them: words in lower case. Pure."""

from __future__ import annotations

from typing import cast

from parley.chain.model import Phase, Role
from parley.explorer.api.model_types import PhaseName, RoleName
from parley.history.sentences import words
from parley.numerics.rules import Rule


def phase_name(phase: Phase) -> PhaseName:
    """A phase: `score commit`."""
    return cast(PhaseName, words.phase_name(phase))


def role_names(roles: int) -> list[RoleName]:
    """The roles in a set of bits."""
    return [cast(RoleName, _words(str(role.name))) for role in Role if roles & role]


def rule_name(rule: Rule) -> str:
    """A rule: `trimmed mean`."""
    return _words(rule.name)


def _words(name: str) -> str:
    return name.lower().replace("_", " ")
