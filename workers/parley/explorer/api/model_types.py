"""The kinds of values in the API's models, and the shape of every error."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Address = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{64}$")]
Hex = Annotated[str, StringConstraints(pattern=r"^0x([0-9a-f]{2})*$")]
Integer = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]*)$")]
Wei = Integer
Foreign = str

StateName = Literal["open", "final", "void"]
PhaseName = Literal[
    "idle",
    "train",
    "reveal",
    "key",
    "score commit",
    "score reveal",
    "settle",
    "challenge",
    "finalizable",
    "voidable",
    "closed",
]
RoleName = Literal["trainer", "evaluator", "aggregator"]
VerdictName = Literal["paid", "useless", "outvoted", "unavailable", "too_few_votes", "not_revealed", "unsettled"]
"""What became of an update; the sentence in `reasons` says it in full."""


class Model(BaseModel):
    """Immutable, and nothing in it that is not named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Model):
    """What went wrong, and what to do."""

    message: str
    hint: str | None = None


class Failure(Model):
    """Every answer that is not 200."""

    error: Problem
