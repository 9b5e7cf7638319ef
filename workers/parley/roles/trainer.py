"""The trainer: trains on private data, commits to the update, reveals it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from parley.chain.commitments import update_commitment, update_salt
from parley.chain.model import Phase, Role
from parley.chain.verdicts import Pointless
from parley.chain.view import RoundRecord, View
from parley.failpoints import Failpoint, failpoint
from parley.numerics import rules, word_tree
from parley.numerics.fixed_point import Quantised, decode, dequantise, encode, quantise
from parley.numerics.keccak import keccak256
from parley.roles import pokes, worth
from parley.roles.actions import Action, Advance, CommitUpdate, RevealUpdate, Wait
from parley.roles.checkpoints import Checkpoints
from parley.roles.shards import OpenedShards
from parley.roles.warmup import warm_kernels, warm_task
from parley.roles.worker import LOST, Worker
from parley.storage import cid_of
from parley.tasks.dataset import Dataset
from parley.tasks.journal import train
from parley.tasks.protocol import Start, Task, Vector

KIND = "update"


@dataclass(frozen=True, slots=True)
class Trainer:
    """A trainer's worker.

    Attributes:
        worker: key, connection and store.
        task: what is trained.
        data: its own, which never leaves.
        shards: validation shards that are open to all.
        checkpoints: of its training.
    """

    worker: Worker
    task: Task
    data: Dataset
    shards: OpenedShards
    checkpoints: Checkpoints = field(default_factory=Checkpoints)

    def warm_up(self) -> None:
        """Do what is slow only the first time."""
        warm_kernels()
        warm_task(self.task)

    def decide(self, view: View) -> Action:
        """Name the next action."""
        return decide(view)

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
        elif isinstance(action, CommitUpdate):
            self._commit(view)
        elif isinstance(action, RevealUpdate):
            self._reveal(view, record)
        trained = isinstance(action, CommitUpdate | RevealUpdate)
        self.checkpoints.forget_before(record.number + 1 if trained else record.number)

    def _commit(self, view: View) -> None:
        q = self.update(view)
        self.worker.drafts.save(KIND, view.round.round, encode(q))
        self.worker.drafts.forget_before(view.round.round)
        failpoint(Failpoint.AFTER_DRAFT)
        intent = worth.update_commitment(view, self.worker.token_price)
        commitment = self._commitment(view, encode(q))
        self.worker.send("commitUpdate", view.fid, view.round.round, commitment, intent=intent)

    def _reveal(self, view: View, record: RoundRecord) -> None:
        """Publish what was committed; train again if the draft is lost (P-14)."""
        data = self.worker.drafts.load(KIND, record.number)
        committed = record.commitments.get(self.worker.operator)
        if data is None or self._commitment(view, data) != committed:
            self.worker.log.warning("the draft of the update is lost: training again", round=record.number)
            data = encode(self.update(view))
        if self._commitment(view, data) != committed:
            raise Pointless(
                f"the update of round {record.number} cannot be revealed: training again gave another one",
                hint=LOST,
            )
        root, digest = self.worker.library.put(decode(data, view.terms.params))
        failpoint(Failpoint.AFTER_UPLOAD)
        intent = worth.update_reveal(view, self.worker.token_price)
        self.worker.send("revealUpdate", view.fid, record.number, root, digest, self._salt(view), intent=intent)

    def update(self, view: View) -> Quantised:
        """Train: an update is local minus look, and no parameter of it lies beyond the clip (P-2, P-6)."""
        old, previous = self.worker.models(view)
        start = dequantise(rules.look_ahead(old, previous, view.policy.beta), view.terms.frac_bits)
        data = self.data.joined(self.shards.before(view, view.round.round))
        seed = int.from_bytes(keccak256(self._salt(view) + b"train")[:7], "big")
        trained = self._train(view, start, data, seed)
        failpoint(Failpoint.AFTER_TRAIN)
        bound = view.policy.clip / 2**view.terms.frac_bits
        update = np.clip(trained.astype(np.float64) - start, -bound, bound)
        return quantise(update, view.terms.frac_bits, view.policy.clip)

    def _train(self, view: View, start: Start, data: Dataset, seed: int) -> Vector:
        """Train, from where it was when the process died if there is a checkpoint of it (F-53)."""
        journal = self.checkpoints.journal(view.round.round, self.worker.log)
        end = view.round.train_end if view.phase == Phase.TRAIN else view.round.reveal_end
        patience = max(0, end - view.block.timestamp)
        return train(self.task, start, data, seed=seed, hyper=self.task.hyper, journal=journal, patience=patience)

    def _salt(self, view: View) -> bytes:
        return update_salt(self.worker.key, view.chain_id, view.coordinator, view.fid, view.round.round)

    def _commitment(self, view: View, data: bytes) -> bytes:
        return update_commitment(
            chain_id=view.chain_id,
            coordinator=view.coordinator,
            fid=view.fid,
            round_number=view.round.round,
            operator=self.worker.operator,
            root=word_tree.root(data),
            cid_digest=cid_of(data).digest,
            salt=self._salt(view),
        )


def decide(view: View) -> Action:
    """What a trainer does next: a pure function of the view."""
    round_ = view.round
    if not view.me.acts(Role.TRAINER, round_.round):
        return pokes.fallback(view) if view.me.roles else Wait("not a trainer in this round")
    if view.phase == Phase.TRAIN:
        return Wait("committed", round_.train_end) if view.me.committed else CommitUpdate(round_.round)
    if view.phase != Phase.REVEAL:
        return pokes.fallback(view)
    if not view.me.committed:
        return Wait("nothing was committed in this round")
    return Wait("revealed") if view.me.revealed else RevealUpdate(round_.round)
