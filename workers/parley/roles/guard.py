"""Guards one operator's position: its reveals count, its score is the panel's, its reward is in the tree (P-12)."""

from __future__ import annotations

from collections.abc import Iterator

from parley.chain.model import Phase
from parley.chain.view import RoundRecord, View
from parley.metrics import COMPLAINTS
from parley.numerics.scoring import ENTRY_BYTES, encode_medians
from parley.roles.books import scores_of
from parley.roles.worker import Log

_AFTER_REVEALS = frozenset({Phase.KEY, Phase.SCORE_COMMIT, Phase.SCORE_REVEAL, Phase.SETTLE, Phase.CHALLENGE})
_AFTER_SCORES = frozenset({Phase.SETTLE, Phase.CHALLENGE})


class Guard:
    """Says once, loudly, what is wrong with the position of the view's operator. The reward is checked by the loop.

    Args:
        log: who hears of it.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._said: set[tuple[int, str]] = set()

    def inspect(self, view: View) -> None:
        """Look at the running round."""
        record = view.record
        if record is None or view.phase not in _AFTER_REVEALS:
            return
        for complaint in complaints(view, record):
            if (record.number, complaint) not in self._said:
                self._said.add((record.number, complaint))
                COMPLAINTS.labels("position").inc()
                self._log.error(complaint, round=record.number, guarded=view.operator)


def complaints(view: View, record: RoundRecord) -> Iterator[str]:
    """What is wrong with the position of the view's operator: a pure function of the view."""
    own = record.reveal_index_of(view.operator)
    if own is None and view.operator in record.commitments:
        yield "the update was committed and not revealed: it earns nothing"
    if view.operator in record.clipped:
        yield "the update holds a parameter beyond the clip: the stake was slashed"
    if view.phase not in _AFTER_SCORES:
        return
    if view.operator in record.score_commitments and all(v.operator != view.operator for v in record.vectors):
        yield "scores were committed and not revealed: they earn nothing"
    if own is not None:
        yield from _about_score(view, record, own)


def _about_score(view: View, record: RoundRecord, own: int) -> Iterator[str]:
    settled = scores_of(view, record)
    if settled.scores[own] == 0:
        yield "the panel left the update out: evaluators could not fetch it, or found it harmful"
    if record.settlement is None:
        return
    place = slice(ENTRY_BYTES * own, ENTRY_BYTES * (own + 1))
    posted, honest = record.settlement.medians[place], encode_medians(settled)[place]
    if posted != honest:
        yield f"the posted settlement scores the update 0x{posted.hex()}; the panel's votes come to 0x{honest.hex()}"
