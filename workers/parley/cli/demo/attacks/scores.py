"""Evaluators that score something else than they measured."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from parley.chain.view import RoundRecord, View
from parley.numerics.rules import BASIS
from parley.numerics.scoring import MAX_SCORE, ScoreVector, norm_bound, norm_sq, scale_for
from parley.roles.books import scores_of
from parley.roles.evaluator import Evaluator
from parley.roles.warmup import warm_kernels


class Blind(Evaluator, ABC):
    """An evaluator that measures no loss: it loads no task, and scales as honest ones do (P-25)."""

    def warm_up(self) -> None:
        """Load no task."""
        warm_kernels()

    def _judge(self, view: View, record: RoundRecord) -> bytes:
        wanted = self.wanted(view, record)
        updates = [self._fit(view, reveal) for reveal in record.reveals]
        squares = [None if q is None else norm_sq(q) for q in updates]
        norm = norm_bound([square for square in squares if square is not None], view.last_norm)
        scores = tuple(
            0 if square is None else wanted.get(reveal.operator, 1)
            for square, reveal in zip(squares, record.reveals, strict=True)
        )
        scales = tuple(0 if square is None else scale_for(square, norm) for square in squares)
        return ScoreVector(norm, scores, scales).encode()

    @abstractmethod
    def wanted(self, view: View, record: RoundRecord) -> dict[str, int]:
        """The scores by operator; whoever is not named gets 1."""


class ScoreCopier(Blind):
    """Scores every trainer as the last final round was settled (F-22)."""

    def wanted(self, view: View, record: RoundRecord) -> dict[str, int]:
        """The last settled scores; before there are any, an equal split."""
        final = view.final_records()
        if not final:
            return {reveal.operator: 1 + BASIS // len(record.reveals) for reveal in record.reveals}
        settled = scores_of(view, final[-1])
        return {reveal.operator: settled.scores[reveal.index] for reveal in final[-1].reveals}


@dataclass(frozen=True)
class Excluder(Blind):
    """Gives its friends the highest score and all others 0 (F-21).

    Attributes:
        friends: operators.
    """

    friends: frozenset[str]

    def wanted(self, view: View, record: RoundRecord) -> dict[str, int]:  # noqa: ARG002 - the signature of all
        """By whether it is a friend."""
        return {reveal.operator: MAX_SCORE if reveal.operator in self.friends else 0 for reveal in record.reveals}


@dataclass(frozen=True)
class Promoter(Evaluator):
    """Scores as it should, but for its friends, who get the highest score (F-21).

    Attributes:
        friends: operators.
    """

    friends: frozenset[str]

    def _judge(self, view: View, record: RoundRecord) -> bytes:
        honest = ScoreVector.decode(Evaluator._judge(self, view, record), len(record.reveals))
        scores = tuple(
            MAX_SCORE if reveal.operator in self.friends and scale else score
            for reveal, score, scale in zip(record.reveals, honest.scores, honest.scales, strict=True)
        )
        return replace(honest, scores=scores).encode()
