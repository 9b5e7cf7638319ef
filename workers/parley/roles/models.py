"""The final models of a federation: fetched by their CIDs, or rebuilt where that leads nowhere (P-23).

The root is the authority, the CID a hint. A model follows from the two before it and the included updates of its round,
by the settled scores; what was rebuilt and hashes to the root on chain is published again, so that others get it.
"""

from __future__ import annotations

from collections.abc import Callable

from parley.chain.model import Policy
from parley.chain.view import Recorded, RoundRecord
from parley.errors import ContentError
from parley.numerics import word_tree
from parley.numerics.fixed_point import Quantised, encode
from parley.numerics.scoring import decode_medians
from parley.numerics.settlement import next_model
from parley.roles.books import config_of
from parley.roles.library import Library


class CannotRebuild(ContentError):
    """A model is neither to be fetched nor to be rebuilt."""


class Models:
    """The final models of one federation. Model 0 is the genesis model, model n that of the n-th final round.

    Args:
        library: where vectors come from and go to.
        policy: gives a policy version by its number.
    """

    def __init__(self, library: Library, policy: Callable[[int], Policy]) -> None:
        self._library = library
        self._policy = policy

    def last(self, view: Recorded) -> tuple[Quantised, Quantised]:
        """The last final model and the one before it, at genesis the same (P-6).

        Raises:
            ContentError: a model is not to be had, nor all that it was made of.
        """
        newest = len(view.final_records())
        return self.at(view, newest), self.at(view, max(0, newest - 1))

    def at(self, view: Recorded, place: int) -> Quantised:
        """Model `place`, int32 of shape (P,), checked against its root on chain.

        Raises:
            ContentError: it is not to be had, nor all that it was made of.
        """
        try:
            return self._fetch(view, place)
        except ContentError as error:
            if place == 0:
                raise
            return self._rebuild(view, place, error)

    def _rebuild(self, view: Recorded, place: int, missing: ContentError) -> Quantised:
        """Build forward from the newest two models in a row that are to be had."""
        records = view.final_records()
        start = self._start(view, place)
        old, previous = self._fetch(view, start), self._fetch(view, max(0, start - 1))
        for number in range(start + 1, place + 1):
            old, previous = self._step(view, records[number - 1], old, previous, missing), old
        return old

    def _start(self, view: Recorded, place: int) -> int:
        """The newest model before `place` that is to be had together with the one before it."""
        for start in range(place - 1, 0, -1):
            if self._is_there(view, start) and self._is_there(view, start - 1):
                return start
        return 0

    def _step(
        self, view: Recorded, record: RoundRecord, old: Quantised, previous: Quantised, missing: ContentError
    ) -> Quantised:
        """The model of a round from the two before it, published anew."""
        settlement = record.settlement
        if settlement is None:
            raise CannotRebuild(f"round {record.number} is final, but its settlement was not found in the node's logs")
        settled = decode_medians(settlement.medians, settlement.norm)
        included = [record.reveals[index] for index in settled.included]
        try:
            updates = [self._library.get(reveal.root, reveal.digest) for reveal in included]
        except ContentError as error:
            raise CannotRebuild(
                f"the model of round {record.number} is not to be had ({missing.message}), "
                f"nor an update it was made of ({error.message})",
                hint="ask an aggregator or an evaluator of that round to serve its content again",
            ) from error
        model = next_model(config_of(view, self._policy(record.version)), settled, updates, old, previous)
        if word_tree.root(encode(model)) != settlement.model_root:
            raise CannotRebuild(
                f"the model of round {record.number} was rebuilt and is not the one on chain: "
                "its settlement was wrong, and nobody disproved it in its challenge"
            )
        self._library.put(model)
        return model

    def _fetch(self, view: Recorded, place: int) -> Quantised:
        if place == 0:
            return self._library.get(view.terms.model_root, view.terms.model_digest)
        header = view.final_records()[place - 1].header
        if header is None:
            raise CannotRebuild(f"the settlement of final round {place} was not found in the node's logs")
        return self._library.get(header.model_root, header.model_digest)

    def _is_there(self, view: Recorded, place: int) -> bool:
        try:
            self._fetch(view, place)
        except ContentError:
            return False
        return True
