"""The watcher: recomputes every settlement, disproves what is wrong, demands what it must learn (section 7).

It needs gas money and nothing else: no registration, no role, no bond. What it does next follows from chain and store:

1. A settlement that is wrong: commit to the proof, wait a block, prove it (P-16). Proofs are deterministic, so after a
   crash the same proof is computed again and its commitment found on chain.
2. A wrong tree that nobody can open: demand the node that differs, read what is supplied, go on below it (P-22).
3. A demand that was not answered in time convicts.
4. An update beyond the clip costs its trainer part of the stake.
5. Its fees come back once the outcome is known.

It judges what lies at the confirmation depth, and contracts judge proofs again: a reorg convicts nobody (P-28).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parley.chain import proofs
from parley.chain.disputed import Demand, node_to_abi
from parley.chain.model import Phase
from parley.chain.proofs import Proof
from parley.chain.transactions import Intent
from parley.chain.view import RoundRecord, View
from parley.errors import ChainError
from parley.metrics import COMPLAINTS
from parley.numerics.faults import BeyondClip, Fault
from parley.roles import fees, pokes, worth
from parley.roles.actions import (
    Action,
    Advance,
    Collect,
    CommitProof,
    DemandNode,
    Expire,
    Prove,
    Release,
    Wait,
)
from parley.roles.clips import ClipCheck
from parley.roles.guard import Guard
from parley.roles.inspector import Finding, Inspector, Lead, Sound, Unclear, Wrong
from parley.roles.recount import posting_of
from parley.roles.warmup import warm_kernels
from parley.roles.worker import Worker


@dataclass(frozen=True, slots=True)
class Noted:
    """A commitment on chain: when it was noted, seconds and height; zeros for never."""

    time: int = 0
    block: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What a watcher knows besides the view.

    Attributes:
        key: its checksum address: who commits, proves and pays.
        finding: about the settlement in its challenge.
        clip: an update beyond the clip, or `None`.
        noted: the commitment to the proof that is due: the settlement's if that is wrong, else the update's.
        owed: wei that the disputes contract has booked for the key.
    """

    key: str
    finding: Finding = field(default_factory=Sound)
    clip: BeyondClip | None = None
    noted: Noted = field(default_factory=Noted)
    owed: int = 0


class Watcher:
    """A watcher's worker.

    Args:
        worker: key, connection and store; `worker.operator` is whose position it guards.
        only_tells: say what it would do, and send nothing.
    """

    def __init__(self, worker: Worker, *, only_tells: bool = False) -> None:
        self._worker = worker
        self._only_tells = only_tells
        self._inspector = Inspector(worker)
        self._clips = ClipCheck(worker)
        self._guard = Guard(worker.log)
        self._said = ""

    @property
    def worker(self) -> Worker:
        """Its key, connection and store."""
        return self._worker

    def warm_up(self) -> None:
        """Do what is slow only the first time."""
        warm_kernels()

    def decide(self, view: View) -> Action:
        """Name the next action.

        Raises:
            ChainError: an earlier final settlement was wrong, or the node's logs are incomplete.
        """
        self._guard.inspect(view)
        facts = self._facts(view)
        self._tell(view, facts.finding)
        action = decide(view, facts)
        if self._only_tells and not isinstance(action, Wait):
            return Wait(f"would send {type(action).__name__}: only telling")
        return action

    def execute(self, action: Action, view: View) -> None:
        """Do it.

        Raises:
            ParleyError: it cannot be done now.
        """
        match action:
            case CommitProof(fault):
                commitment = self._proof(view, fault).commitment(self._worker.address)
                intent = self._intent(view, fault, commitment=True)
                self._worker.dispute("commitDisproof", commitment, intent=intent)
            case Prove(fault):
                self._worker.sender.deliver(self._proof(view, fault).message, intent=self._intent(view, fault))
                self._worker.log.warning("convicted", call=fault.call, round=view.round.round)
            case DemandNode():
                self._demand(view, action)
            case Expire(node):
                header = posting_of(view, _standing(view)).header
                intent = worth.expiry(view, header, node, self._worker.token_price)
                self._worker.dispute("expire", view.fid, header.to_abi(), node_to_abi(node), intent=intent)
            case Release() | Collect():
                fees.execute(self._worker, view, action)
            case Advance():
                pokes.advance(self._worker, view)

    def _facts(self, view: View) -> Facts:
        key, record = self._worker.address, view.record
        finding: Finding = Sound()
        if view.phase == Phase.CHALLENGE and record is not None:
            finding = self._inspector.inspect(view, record)
        found = self._clips.find(view)
        clip = None if found is None else found[1]
        fault = finding.fault if isinstance(finding, Wrong) else clip
        noted = Noted() if fault is None else self._noted(view, self._proof(view, fault))
        return Facts(key, finding, clip, noted, fees.owed(self._worker, view))

    def _proof(self, view: View, fault: Fault | BeyondClip) -> Proof:
        """The call that shows it; the same each time it is asked for."""
        disputes, record = self._worker.contracts.disputes, _running(view)
        if isinstance(fault, BeyondClip):
            index = record.reveal_index_of(fault.operator)
            if index is None:
                raise ChainError(f"{fault.operator} revealed nothing in round {record.number}: the chain has changed")
            return proofs.clip_disproof(disputes, view.fid, record.reveals[index].root, fault)
        posting = posting_of(view, record)
        return proofs.disproof(disputes, posting, view.hash_of(record.number, posting.header), fault)

    def _intent(self, view: View, fault: Fault | BeyondClip, *, commitment: bool = False) -> Intent:
        """What the proof, or the commitment to it, is worth."""
        header = None if isinstance(fault, BeyondClip) else posting_of(view, _standing(view)).header
        return worth.proof(view, fault, header, self._worker.token_price, commitment=commitment)

    def _noted(self, view: View, proof: Proof) -> Noted:
        """What the chain holds of the commitment, at the block of the view."""
        key = self._worker.address
        call = self._worker.contracts.disputes.functions.committedAt(key, proof.commitment(key))
        return Noted(*call.call(block_identifier=view.block.number))

    def _demand(self, view: View, action: DemandNode) -> None:
        """Demand a node, with twice the fee of now: the rest comes back at once."""
        disputes, posting = self._worker.contracts.disputes, posting_of(view, _standing(view))
        settlement = view.hash_of(view.round.round, posting.header)
        base_fee = int(disputes.w3.eth.get_block("latest").get("baseFeePerGas", 0))
        fee = disputes.functions.demandFee(view.fid, settlement, 2 * base_fee).call()
        intent = worth.demand(view, posting.header, action.wanted.node, self._worker.token_price)
        self._worker.sender.deliver(proofs.demand(disputes, posting, action.wanted, fee), intent=intent)

    def _tell(self, view: View, finding: Finding) -> None:
        """Log what was found, once."""
        said = f"{view.round.round} {finding}"
        if said == self._said:
            return
        self._said = said
        log = self._worker.log.bind(round=view.round.round)
        if isinstance(finding, Wrong | Lead):
            COMPLAINTS.labels("settlement").inc()
        match finding:
            case Wrong(fault):
                log.error("the posted settlement is wrong", shown_by=fault.call)
            case Lead(wanted):
                log.error("the posted settlement is not what follows from the round", demanding=str(wanted.node))
            case Unclear(reason):
                log.warning("the posted settlement cannot be judged", reason=reason)


def decide(view: View, facts: Facts) -> Action:
    """What a watcher does next: a pure function of the view and of what the watcher knows."""
    about_settlement = _about_settlement(view, facts)
    if about_settlement is not None and not isinstance(about_settlement, Wait):
        return about_settlement
    late = _late(view, facts.key)
    if late is not None:
        return Expire(late.node)
    if facts.clip is not None and not isinstance(facts.finding, Wrong):
        return _committed_first(facts.clip, facts.noted, view.round.train_end, view)
    return fees.due(view, facts.key, facts.owed) or about_settlement or pokes.fallback(view)


def _about_settlement(view: View, facts: Facts) -> Action | None:
    record = view.record
    if record is None or record.header is None or isinstance(facts.finding, Sound):
        return None
    if isinstance(facts.finding, Unclear):
        return Wait(facts.finding.reason)
    if view.time >= view.round.final_at:
        return Wait("the settlement is wrong, but its challenge has passed")
    if isinstance(facts.finding, Wrong):
        if _is_last_moment(view, record):
            return Prove(facts.finding.fault)
        return _committed_first(facts.finding.fault, facts.noted, record.header.posted_at, view)
    if any(demand.node == facts.finding.wanted.node for demand in _open(view)):
        return Wait("a demand waits for its answer")
    return DemandNode(facts.finding.wanted)


def _committed_first(fault: Fault | BeyondClip, noted: Noted, since: int, view: View) -> Action:
    """Commit, and prove once the commitment lies in a block of the view (P-16)."""
    is_noted = noted.block != 0 and noted.time >= since and noted.block <= view.block.number
    return Prove(fault) if is_noted else CommitProof(fault)


def _is_last_moment(view: View, record: RoundRecord) -> bool:
    """Whether a commitment would leave no block for the proof: then the reward is given up for the conviction."""
    if record.header is None or record.settled_block is None:
        return False
    blocks = max(1, view.block.number - record.settled_block)
    pace = max(1, (view.block.timestamp - record.header.posted_at) // blocks)
    return view.time + pace >= view.round.final_at


def _open(view: View) -> list[Demand]:
    """Demands on the standing settlement without an answer."""
    record = view.record
    if record is None or record.header is None or not record.demands:
        return []
    settlement = view.hash_of(record.number, record.header)
    return [demand for demand in record.demands if demand.settlement == settlement and demand.content is None]


def _late(view: View, key: str) -> Demand | None:
    """A demand past its deadline: one's own at once, another's after a moment."""
    for demand in _open(view):
        patience = 0 if demand.demander == key else pokes.PATIENCE
        if view.time >= demand.deadline + patience:
            return demand
    return None


def _running(view: View) -> RoundRecord:
    if view.record is None:
        raise ChainError("no round is open")
    return view.record


def _standing(view: View) -> RoundRecord:
    """The record of the round whose settlement stands."""
    record = _running(view)
    if record.header is None:
        raise ChainError(f"no settlement of round {record.number} stands any more")
    return record
