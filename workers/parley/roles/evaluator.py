"""The evaluator: judges the revealed updates, commits to its scores, reveals them."""

from __future__ import annotations

from dataclasses import dataclass

from parley.chain.commitments import score_salt, scores_commitment
from parley.chain.model import Phase, Role
from parley.chain.verdicts import Pointless
from parley.chain.view import Reveal, RoundRecord, View
from parley.errors import ContentError
from parley.failpoints import Failpoint, failpoint
from parley.numerics.fixed_point import Quantised
from parley.numerics.rules import look_ahead
from parley.roles import pokes, worth
from parley.roles.actions import Action, Advance, CommitScores, RevealScores, Wait
from parley.roles.hindsight import past_updates
from parley.roles.shards import OpenedShards
from parley.roles.warmup import warm_kernels, warm_task
from parley.roles.worker import LOST, Worker
from parley.storage import StoreUnavailable
from parley.tasks.dataset import Dataset
from parley.tasks.judging import Judgement, judge
from parley.tasks.protocol import Task

KIND = "scores"


@dataclass(frozen=True, slots=True)
class Evaluator:
    """An evaluator's worker.

    Attributes:
        worker: key, connection and store.
        task: how losses are computed.
        shards: validation shards.
    """

    worker: Worker
    task: Task
    shards: OpenedShards

    def warm_up(self) -> None:
        """Do what is slow only the first time."""
        warm_kernels()
        warm_task(self.task)

    def decide(self, view: View) -> Action:
        """Name the next action; a vector committed before a reorg changed the reveals is committed anew (P-28)."""
        record = view.record
        draft = None if record is None else self._draft(record)
        return decide(view, committed_is_current=draft is not None and self._matches(view, draft))

    def execute(self, action: Action, view: View) -> None:
        """Do it.

        Raises:
            ParleyError: it cannot be done now.
        """
        record = view.record
        if record is None:
            return
        if isinstance(action, Advance):
            pokes.advance(self.worker, view)
        elif isinstance(action, CommitScores):
            self._commit(view, record)
        elif isinstance(action, RevealScores):
            self._reveal(view, record)

    def _commit(self, view: View, record: RoundRecord) -> None:
        vector = self._judge(view, record)
        self.worker.drafts.save(KIND, record.number, record.reveal_order + vector)
        self.worker.drafts.forget_before(record.number)
        failpoint(Failpoint.AFTER_DRAFT)
        intent = worth.score_commitment(view, self.worker.token_price)
        self.worker.send("commitScores", view.fid, record.number, self._commitment(view, vector), intent=intent)

    def _reveal(self, view: View, record: RoundRecord) -> None:
        vector = self._draft(record)
        if vector is None or not self._matches(view, vector):
            self.worker.log.warning("the draft of the scores is lost: judging again", round=record.number)
            vector = self._judge(view, record)
        if not self._matches(view, vector):
            raise Pointless(
                f"the scores of round {record.number} cannot be revealed: judging again gave others",
                hint=LOST,
            )
        intent = worth.score_reveal(view, self.worker.token_price)
        self.worker.send("revealScores", view.fid, record.number, vector, self._salt(view), intent=intent)

    def _judge(self, view: View, record: RoundRecord) -> bytes:
        """The score vector of this evaluator (section 6)."""
        old, previous = self.worker.models(view)
        shard = self._shard(view, record.number)
        judgement = Judgement(
            look=look_ahead(old, previous, view.policy.beta),
            updates=[self._fit(view, reveal) for reveal in record.reveals],
            past=self._past(view, record.number),
            last_norm=view.last_norm,
            frac_bits=view.terms.frac_bits,
            salt=self._salt(view),
        )
        return judge(self.task, shard, judgement).encode()

    def _shard(self, view: View, round_number: int) -> Dataset | None:
        """The round's shard; `None`, which gives equal scores, if there is none.

        A shard that cannot be read is waited for during the first half of the window. Then it counts as one that was
        not opened: its silence, or its garbage, must not save the sponsor its money (P-24).

        Raises:
            ContentError: it cannot be read yet.
        """
        try:
            shard = self.shards.of(view, round_number)
        except ContentError as error:
            if _may_wait(view):
                raise
            self.worker.log.warning("the validation shard cannot be read", round=round_number, reason=error.message)
            shard = None
        if shard is None:
            self.worker.log.warning("no validation shard: equal scores", round=round_number)
        return shard

    def _fit(self, view: View, reveal: Reveal) -> Quantised | None:
        """The update if it is fit, pinned from now on; `None` if it is not to be had or not what it must be (P-23).

        Raises:
            StoreUnavailable: one's own store is down, which says nothing of the update, and there is time to wait.
        """
        try:
            q = self.worker.library.get(reveal.root, reveal.digest, view.policy.clip)
            self.worker.library.pin(reveal.digest)
        except ContentError as error:
            if isinstance(error, StoreUnavailable) and _may_wait(view):
                raise
            self.worker.log.warning("an update is unfit", index=reveal.index, reason=error.message)
            return None
        return q

    def _past(self, view: View, round_number: int) -> list[Quantised]:
        """Revealed updates of the last three rounds, as far as they are to be had."""

        def gone(record: RoundRecord, reveal: Reveal, error: ContentError) -> None:
            reason = error.message
            self.worker.log.debug("a past update is gone", round=record.number, index=reveal.index, reason=reason)

        return past_updates(self.worker.library, view, round_number, gone)

    def _draft(self, record: RoundRecord) -> bytes | None:
        """The vector in the draft, if it was made for these reveals in this order."""
        content = self.worker.drafts.load(KIND, record.number)
        order = record.reveal_order
        return content[len(order) :] if content is not None and content[: len(order)] == order else None

    def _matches(self, view: View, vector: bytes) -> bool:
        record = view.record
        committed = None if record is None else record.score_commitments.get(self.worker.operator)
        return committed == self._commitment(view, vector)

    def _salt(self, view: View) -> bytes:
        return score_salt(self.worker.key, view.chain_id, view.coordinator, view.fid, view.round.round)

    def _commitment(self, view: View, vector: bytes) -> bytes:
        return scores_commitment(
            chain_id=view.chain_id,
            coordinator=view.coordinator,
            fid=view.fid,
            round_number=view.round.round,
            operator=self.worker.operator,
            vector=vector,
            salt=self._salt(view),
        )


def _may_wait(view: View) -> bool:
    """Whether content may still come: the first half of the window to commit scores."""
    return view.round.score_commit_end - view.time > view.policy.score_commit // 2


def unseated(view: View) -> str | None:
    """Why an evaluator does not sit on the panel, or not yet; `None` if it does (P-27)."""
    if view.me.seated:
        return None
    return "not seated" if view.round.seeded or not view.round.drawn else "seats are not drawn yet"


def decide(view: View, committed_is_current: bool) -> Action:
    """What an evaluator does next: a pure function of the view.

    Args:
        view: the federation.
        committed_is_current: what is committed on chain was made for the reveals in the view.
    """
    round_ = view.round
    if view.phase not in (Phase.SCORE_COMMIT, Phase.SCORE_REVEAL):
        return pokes.fallback(view)
    if not view.me.acts(Role.EVALUATOR, round_.round):
        return Wait("not an evaluator in this round")
    reason = unseated(view)
    if reason is not None:
        return Wait(reason)
    if view.phase == Phase.SCORE_COMMIT:
        done = view.me.scores_committed and committed_is_current
        return Wait("scores are committed", round_.score_commit_end) if done else CommitScores(round_.round)
    if not view.me.scores_committed:
        return Wait("no scores were committed in this round")
    return Wait("scores are revealed") if view.me.scores_revealed else RevealScores(round_.round)
