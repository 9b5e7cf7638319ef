"""Trainers that submit something else than they trained.

Most say what they submit as participants of the simulations do (`parley.tasks.simulation.attackers`), from a `Sight` of
what is public: `Submitter` is the trainer's worker around one of them. The others send words that no quantiser would.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parley.chain.view import RoundRecord, View
from parley.errors import ContentError
from parley.numerics import rules
from parley.numerics.fixed_point import Quantised, dequantise, quantise
from parley.numerics.keccak import keccak256
from parley.roles.books import scores_of
from parley.roles.trainer import Trainer
from parley.roles.warmup import warm_kernels, warm_task
from parley.tasks.simulate import Participant, Real, Sight

NAN_BITS = 0x7FC00000
"""A quiet NaN of IEEE 754 binary32."""


@dataclass(frozen=True, kw_only=True)
class Submitter(Trainer):
    """A trainer in all but the update.

    Attributes:
        participant: says what is submitted.
        trains: whether it computes with the task at all; if not, nothing of it is loaded.
        allies: operators that play the same attack, itself included.
    """

    participant: Participant
    trains: bool
    allies: frozenset[str]

    def warm_up(self) -> None:
        """Load the task only where it is needed."""
        warm_kernels()
        if self.trains:
            warm_task(self.task)

    def update(self, view: View) -> Quantised:
        """What the participant submits, cut off at the clip."""
        bound = view.policy.clip / 2**view.terms.frac_bits
        update = np.clip(self.participant.update(self.sight(view)), -bound, bound)
        return quantise(update, view.terms.frac_bits, view.policy.clip)

    def sight(self, view: View) -> Sight:
        """What anybody can know while it trains; a round's updates in the order of their scores, allies' last."""
        bits = view.terms.frac_bits
        old, previous = self.worker.models(view)
        opened = self.shards.before(view, view.round.round)
        return Sight(
            task=self.task,
            hyper=self.task.hyper,
            round=view.round.round,
            seed=_common_seed(view),
            look=dequantise(rules.look_ahead(old, previous, view.policy.beta), bits),
            opened=opened,
            known=opened,
            revealed=[list(self._revealed(view, record)) for record in view.final_records()],
            aggregate=dequantise(old, bits) - self._last_look(view, previous),
            norm=view.last_norm / 2**bits,
        )

    def _revealed(self, view: View, record: RoundRecord) -> Iterator[Real]:
        """The updates of a round; what is gone is left out."""
        scores = scores_of(view, record).scores
        for reveal in sorted(record.reveals, key=lambda r: (r.operator in self.allies, -scores[r.index], r.index)):
            try:
                yield dequantise(self.worker.library.get(reveal.root, reveal.digest), view.terms.frac_bits)
            except ContentError as error:
                self.worker.log.debug("a past update is gone", round=record.number, reason=error.message)

    def _last_look(self, view: View, previous: Quantised) -> Real:
        """The look-ahead point that the last final round started from; before the first, genesis."""
        final = view.final_records()
        header = final[-3].header if len(final) > 2 else None
        root = view.terms.model_root if header is None else header.model_root
        before = self.worker.library.get(root, view.model_digest(2))
        return dequantise(rules.look_ahead(previous, before, view.policy.beta), view.terms.frac_bits)


def _common_seed(view: View) -> int:
    """The same for all who play in this federation."""
    return int.from_bytes(keccak256(f"{view.chain_id} {view.coordinator} {view.fid}".encode())[:6], "big")


class NotANumber(Trainer):
    """Publishes floating-point NaNs as its words: on the wire they are integers like any others (P-1, F-84)."""

    def warm_up(self) -> None:
        """Load no task: nothing is trained."""
        warm_kernels()

    def update(self, view: View) -> Quantised:
        """The bits of a NaN in every lane."""
        return np.full(view.terms.params, NAN_BITS ^ 2**31, np.uint32).view(np.int32)


class BeyondClip(Trainer):
    """Reveals an update with one parameter beyond the clip, which anybody can prove (P-17)."""

    def warm_up(self) -> None:
        """Load no task: nothing is trained."""
        warm_kernels()

    def update(self, view: View) -> Quantised:
        """Zero but for one parameter."""
        q = np.zeros(view.terms.params, np.int32)
        q[len(q) // 2] = min(view.policy.clip + 1, 2**31 - 1)
        return q
