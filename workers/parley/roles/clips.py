"""Looks for revealed updates beyond the clip: their trainers can be slashed until the round is over (section 7)."""

from __future__ import annotations

from dataclasses import replace

from parley.chain.model import Phase
from parley.chain.view import Reveal, View
from parley.errors import ContentError
from parley.numerics.disproof import find_beyond_clip
from parley.numerics.faults import BeyondClip
from parley.roles.worker import Worker

WATCHED = frozenset({Phase.REVEAL, Phase.KEY, Phase.SCORE_COMMIT, Phase.SCORE_REVEAL, Phase.SETTLE, Phase.CHALLENGE})
"""Phases of a round that lives and has reveals."""


class ClipCheck:
    """Looks at each revealed update of the running round once; at one that is not to be had, once in each phase.

    Args:
        worker: connection and store.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._round = 0
        self._looked: set[tuple[bytes, Phase | None]] = set()
        self._found: dict[bytes, BeyondClip] = {}

    def find(self, view: View) -> tuple[bytes, BeyondClip] | None:
        """The first update beyond the clip whose trainer was not slashed for it yet: its root, and what is wrong."""
        record = view.record
        if record is None or view.phase not in WATCHED or view.policy.clip_slash == 0:
            return None
        if self._round != record.number:
            self._round, self._looked, self._found = record.number, set(), {}
        for reveal in record.reveals:
            if reveal.operator not in record.clipped:
                self._look(view, reveal)
                if reveal.root in self._found:
                    return reveal.root, replace(self._found[reveal.root], operator=reveal.operator)
        return None

    def _look(self, view: View, reveal: Reveal) -> None:
        if {(reveal.root, None), (reveal.root, view.phase)} & self._looked:
            return
        try:
            words = self._worker.library.words(reveal.root, reveal.digest)
        except ContentError as error:
            self._looked.add((reveal.root, view.phase))
            self._worker.log.info("a revealed update is not to be had", index=reveal.index, reason=error.message)
            return
        self._looked.add((reveal.root, None))
        fault = find_beyond_clip(words, reveal.operator, view.policy.clip, view.terms.params)
        if fault is not None:
            self._found[reveal.root] = fault
