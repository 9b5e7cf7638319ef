"""What an evaluator judged in a past round, put together again from chain and store (section 6).

Its half of the shard follows from its revealed salt, which updates it could use from its own vector. Floats differ
between machines, so that what comes out may differ in the last places from what was revealed.
"""

from __future__ import annotations

from collections.abc import Callable

from parley.chain.model import Policy
from parley.chain.view import RevealedVector, RoundRecord, View
from parley.errors import ContentError
from parley.numerics.fixed_point import Quantised
from parley.numerics.rules import look_ahead
from parley.numerics.scoring import ScoreVector
from parley.roles.library import Library
from parley.roles.models import Models
from parley.tasks.judging import Judgement

HISTORY = 3
"""Rounds whose revealed updates a replay is looked for in (section 6)."""

Gone = Callable[[int, ContentError], None]
"""Told of an update of a past round that is not to be had, by its round."""


def past_updates(library: Library, view: View, round_number: int, gone: Gone) -> list[Quantised]:
    """The revealed updates of the last three rounds before one, as far as they are to be had."""
    past = []
    for number in range(max(1, round_number - HISTORY), round_number):
        record = view.records.get(number)
        for reveal in () if record is None else record.reveals:
            try:
                past.append(library.get(reveal.root, reveal.digest))
            except ContentError as error:
                gone(number, error)
    return past


class Hindsight:
    """Judgements of past rounds.

    Args:
        view: of the federation.
        library: where vectors come from.
        policy: gives a policy version by its number.
    """

    def __init__(self, view: View, library: Library, policy: Callable[[int], Policy]) -> None:
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
        before = len(self._final_before(record))
        old, previous = self._models.at(self._view, before), self._models.at(self._view, max(0, before - 1))
        return look_ahead(old, previous, self._policy(record.version).beta)

    def last_norm(self, record: RoundRecord) -> int:
        """L of P-25, as it was in a round."""
        headers = [earlier.header for earlier in self._final_before(record) if earlier.header is not None]
        return headers[-1].norm if headers else self._policy(record.version).initial_norm

    def _final_before(self, record: RoundRecord) -> list[RoundRecord]:
        return [earlier for earlier in self._view.final_records() if earlier.number < record.number]
