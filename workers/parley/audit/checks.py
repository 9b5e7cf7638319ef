"""Every check of an audit by its name, with what it means and which requirements it covers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """What is checked; the names stand in reports and are never reused for something else."""

    CODE = "node.code"
    BLOCKS = "node.blocks"
    LOGS = "node.logs"
    ANCESTRY = "node.ancestry"
    STATE = "node.state"
    CACHE = "kept.blocks"
    JOURNAL = "kept.rounds"
    TERMS = "federation.terms"
    TASK = "federation.task"
    GENESIS = "federation.genesis"
    MEMBERS = "federation.members"
    OPENING = "round.opening"
    WINDOWS = "round.windows"
    ENDING = "round.ending"
    SEED = "lots.seed"
    SEATS = "lots.seats"
    TURNS = "lots.turns"
    UPDATE_COMMITMENT = "commitment.update"
    SCORE_COMMITMENT = "commitment.scores"
    ORDER = "reveal.order"
    KEYS = "validation.keys"
    SHARDS = "validation.shards"
    UPDATES = "content.updates"
    MODELS = "content.models"
    VECTORS = "vote.form"
    FITNESS = "vote.fitness"
    NORM = "vote.norm"
    SCALES = "vote.scales"
    SCORES = "vote.scores"
    MEDIANS = "settlement.medians"
    SETTLED_NORM = "settlement.norm"
    EARNED = "settlement.earned"
    REWARDS = "settlement.rewards"
    ROWS = "settlement.rows"
    MODEL = "settlement.model"
    MODEL_CID = "settlement.model-cid"
    DEMANDS = "dispute.demands"
    CONVICTIONS = "dispute.convictions"
    CLIPS = "dispute.clips"
    SLASHES = "dispute.slashes"
    BUDGET = "money.budget"
    CLAIMS = "money.claims"
    STAKES = "money.stakes"
    TOKENS = "money.tokens"
    REPORT_DIGEST = "report.digest"
    REPORT_SIGNATURE = "report.signature"
    REPORT_CHAIN = "report.chain"
    REPORT_REPEAT = "report.repeat"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a check is about.

    Attributes:
        text: what must hold, one clause.
        ids: the requirements behind it.
    """

    text: str
    ids: tuple[str, ...] = ()


MEANINGS: dict[Check, Meaning] = {
    Check.CODE: Meaning("the chain carries the code that the deployment's files name"),
    Check.BLOCKS: Meaning("the header of every block with an event hashes to the block's hash", ("P-19",)),
    Check.LOGS: Meaning("the events of such a block are those in its receipts, whose root is in its header", ("P-19",)),
    Check.ANCESTRY: Meaning("every block names the one before it, and none between hides an event", ("P-19",)),
    Check.STATE: Meaning("the contracts' state at the last block is what all events lead to", ("P-19",)),
    Check.CACHE: Meaning("what an earlier audit kept of blocks is what the chain says"),
    Check.JOURNAL: Meaning("what an interrupted audit kept of rounds is whole and of the same inputs"),
    Check.TERMS: Meaning("terms and policies are within the contracts' limits, and those of the registry", ("P-7",)),
    Check.TASK: Meaning("the task document is the one that the terms name, and fits them", ("P-4", "P-24")),
    Check.GENESIS: Meaning("the genesis model's words hash to the root and the CID of the terms", ("P-3", "P-5")),
    Check.MEMBERS: Meaning("who joins, leaves, is evicted and indexed follows the rules", ("P-7", "P-12")),
    Check.OPENING: Meaning("a round opens with the newest policy, enough members and its whole reward", ("P-7", "P-8")),
    Check.WINDOWS: Meaning("every act falls into its phase, early ends included, by the blocks' times", ("P-10",)),
    Check.ENDING: Meaning("a round ends as it must: final with what was settled, or void", ("P-8", "P-10")),
    Check.SEED: Meaning("the seed is the hash of the block two after the opening, or its fallback", ("P-27",)),
    Check.SEATS: Meaning("whoever scores was drawn to its seat", ("P-27",)),
    Check.TURNS: Meaning("whoever settles has the turn that runs", ("P-27",)),
    Check.UPDATE_COMMITMENT: Meaning("a revealed update is the one that was committed to", ("P-9",)),
    Check.SCORE_COMMITMENT: Meaning("a revealed score vector is the one that was committed to", ("P-9",)),
    Check.ORDER: Meaning("reveals are numbered from 0 without a gap, one to a trainer and a seat", ("P-6",)),
    Check.KEYS: Meaning("every opened key leads to the federation's anchor", ("P-24",)),
    Check.SHARDS: Meaning("the round's shard opens under its key and holds samples of the task", ("P-24",)),
    Check.UPDATES: Meaning("an update's words are behind its CID, hash to its root and are fit", ("P-2", "P-4", "P-5")),
    Check.MODELS: Meaning("a model's words are behind its CID and hash to its root", ("P-5", "P-23")),
    Check.VECTORS: Meaning("a score vector has an entry for each revealed update", ("P-11",)),
    Check.FITNESS: Meaning("no evaluator scores what is unfit", ("P-23",)),
    Check.NORM: Meaning("an evaluator's R follows from the updates that it took for fit", ("P-25",)),
    Check.SCALES: Meaning("an evaluator's scales follow from its R", ("P-25",)),
    Check.SCORES: Meaning("an evaluator's scores, run again on its own half of the shard", ("P-24",)),
    Check.MEDIANS: Meaning("settled scores and scales are the medians of all revealed vectors", ("P-11",)),
    Check.SETTLED_NORM: Meaning("the settled norm is the lower median of all R", ("P-11", "P-25")),
    Check.EARNED: Meaning("what a round pays is the exact sum of all shares", ("P-12", "P-26")),
    Check.REWARDS: Meaning("the reward root is that of everybody's cumulative rewards", ("P-12", "P-26")),
    Check.ROWS: Meaning("the row root is that of included updates, previous, old and new model", ("P-6",)),
    Check.MODEL: Meaning("the new model is what the rule makes of the included updates", ("P-6",)),
    Check.MODEL_CID: Meaning("the settled CID is that of the new model", ("P-5", "P-23")),
    Check.DEMANDS: Meaning("data are demanded and supplied of the settlement that stands", ("P-13", "P-22")),
    Check.CONVICTIONS: Meaning("a settlement that was convicted was wrong, or a demand was unanswered", ("P-22",)),
    Check.CLIPS: Meaning("an update that was slashed for holds a parameter beyond the clip", ("P-2",)),
    Check.SLASHES: Meaning("what is slashed is the bond or the clip's slash, once, and goes where it must", ("P-16",)),
    Check.BUDGET: Meaning("the budget is what was funded, less what was paid and withdrawn", ("P-8", "P-17")),
    Check.CLAIMS: Meaning("nobody was paid more or less than its leaf says", ("P-12",)),
    Check.STAKES: Meaning("every stake account is the sum of its movements", ("P-17",)),
    Check.TOKENS: Meaning("each vault holds at least what it owes", ("P-17",)),
    Check.REPORT_DIGEST: Meaning("the report hashes to the digest in it"),
    Check.REPORT_SIGNATURE: Meaning("the signature is that of the key the report names"),
    Check.REPORT_CHAIN: Meaning("the report's block and contracts are on this chain"),
    Check.REPORT_REPEAT: Meaning("an audit up to the same block finds the same"),
}
