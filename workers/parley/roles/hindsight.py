"""What an evaluator judged in a past round, put together again from chain and store (section 6).

Its half of the shard follows from its revealed salt, which updates it could use from its own vector. Floats differ
between machines, so that what comes out may differ in the last places from what was revealed.
"""

from __future__ import annotations

from collections.abc import Callable

from parley.chain.model import Policy
from parley.chain.view import Recorded, Reveal, RevealedVector, RoundRecord
from parley.errors import ContentError
from parley.numerics.fixed_point import Quantised
from parley.numerics.rules import look_ahead
from parley.numerics.scoring import ScoreVector
from parley.roles.library import Library
from parley.roles.models import Models
from parley.tasks.judging import Judgement

HISTORY = 3
"""Rounds whose revealed updates a replay is looked for in (section 6)."""

Gone = Callable[[RoundRecord, Reveal, ContentError], None]
"""Told of an update of a past round that is not to be had."""


def last_norm(told: Recorded, number: int, policy: Policy) -> int:
    """L of P-25, as it was in a round of this policy.

    Where the last settled norm is 0 it is `initialNorm`, as before the first: the contracts keep a norm of 0 as they
    keep none, so that evaluators cannot tell the two apart.
    """
    headers = [earlier.header for earlier in final_before(told, number) if earlier.header is not None]
    return (headers[-1].norm if headers else 0) or policy.initial_norm


def models_before(models: Models, told: Recorded, number: int) -> tuple[Quantised, Quantised]:
    """The model that a round started from, and the one before it, int32 of shape (P,) (P-6).

    Raises:
        ContentError: a model is not to be had, nor all that it was made of.
    """
    before = len(final_before(told, number))
    return models.at(told, before), models.at(told, max(0, before - 1))


def final_before(told: Recorded, number: int) -> list[RoundRecord]:
    """The final rounds before one, in order."""
    return [earlier for earlier in told.final_records() if earlier.number < number]


def past_updates(library: Library, view: Recorded, round_number: int, gone: Gone) -> list[Quantised]:
    """The revealed updates of the last three rounds before one, as far as they are to be had."""
    past = []
    for number in range(max(1, round_number - HISTORY), round_number):
        record = view.records.get(number)
        if record is None:
            continue
        for reveal in record.reveals:
            try:
                past.append(library.get(reveal.root, reveal.digest))
            except ContentError as error:
                gone(record, reveal, error)
    return past


class Hindsight:
    """Judgements of past rounds.

    Args:
        view: of the federation.
        library: where vectors come from.
        policy: gives a policy version by its number.
    """

    def __init__(self, view: Recorded, library: Library, policy: Callable[[int], Policy]) -> None:
        self._view = view
        self._library = library
        self._policy = policy
        self._models = Models(library, policy)

    def judgement(self, record: RoundRecord, told: RevealedVector) -> Judgement:
        """What an evaluator judged.

        Raises:
            ContentError: a model, or an update that it could use, is not to be had any more.
        """
        policy = self._policy(record.version)
        vector = ScoreVector.decode(told.vector, len(record.reveals))
        return Judgement(
            look=self.look(record),
            updates=[
                self._library.get(reveal.root, reveal.digest, policy.clip) if vector.scales[reveal.index] else None
                for reveal in record.reveals
            ],
            past=past_updates(self._library, self._view, record.number, lambda *_: None),
            last_norm=self.last_norm(record),
            frac_bits=self._view.terms.frac_bits,
            salt=told.salt,
        )

    def look(self, record: RoundRecord) -> Quantised:
        """The look-ahead point of a round, int32 of shape (P,) (P-6).

        Raises:
            ContentError: a model is not to be had, nor all that it was made of.
        """
        return look_ahead(*models_before(self._models, self._view, record.number), self._policy(record.version).beta)

    def last_norm(self, record: RoundRecord) -> int:
        """L of P-25, as it was in a round."""
        return last_norm(self._view, record.number, self._policy(record.version))
