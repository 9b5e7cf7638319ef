"""What can be tampered with, and which check finds it: content, the auditor's files, the node's answers.

Each is a function that changes a bed, on which the audit then lies down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parley.audit.checks import Check
from parley.audit.findings import Outcome, Party
from tests.audit import tampered_files as files
from tests.audit import tampered_node as node
from tests.audit.beds import Bed


@dataclass(frozen=True)
class Tampering:
    """One thing that somebody changed.

    Attributes:
        name: of it.
        apply: changes the bed.
        check: that finds it.
        party: who is named.
        outcome: how it counts.
    """

    name: str
    apply: Callable[[Bed], None]
    check: Check
    party: Party
    outcome: Outcome = Outcome.WRONG


W, G = Outcome.WRONG, Outcome.GONE
STORE, NODE, AUDITOR = Party.STORE, Party.NODE, Party.AUDITOR

MACHINES = (
    Tampering("a bit in a stored update", files.update_bit, Check.UPDATES, STORE),
    Tampering("a missing pin", files.update_pin, Check.UPDATES, STORE, G),
    Tampering("an update cut short", files.update_cut, Check.UPDATES, STORE),
    Tampering("an update made longer", files.update_longer, Check.UPDATES, STORE),
    Tampering("a bit in a stored model", files.model_bit, Check.MODELS, STORE),
    Tampering("a model that is gone", files.model_gone, Check.MODELS, STORE, G),
    Tampering("a wrong model under a CID", files.model_swapped, Check.MODELS, STORE),
    Tampering("a bit in the genesis model", files.genesis_bit, Check.GENESIS, STORE),
    Tampering("a bit in a shard", files.shard_bit, Check.SHARDS, STORE),
    Tampering("a shard that is gone", files.shard_gone, Check.SHARDS, STORE, G),
    Tampering("a bit in the task document", files.task_bit, Check.TASK, STORE),
    Tampering("a task document that is gone", files.task_gone, Check.TASK, STORE, G),
    Tampering("a changed event cache", files.kept_events, Check.CACHE, AUDITOR),
    Tampering("a changed header in the cache", files.kept_header, Check.CACHE, AUDITOR),
    Tampering("a cache of garbage", files.kept_garbage, Check.CACHE, AUDITOR),
    Tampering("a changed journal", files.journal_changed, Check.JOURNAL, AUDITOR),
    Tampering("a changed log", node.log_changed, Check.LOGS, NODE),
    Tampering("a log left out", node.log_left_out, Check.LOGS, NODE),
    Tampering("all logs of a block left out", node.log_hidden_block, Check.LOGS, NODE),
    Tampering("a block that is on no chain", node.fake_block, Check.ANCESTRY, NODE),
    Tampering("another block for other questions", node.fake_block_for_some, Check.BLOCKS, NODE),
    Tampering("another height of a log", node.log_height, Check.LOGS, NODE),
    Tampering("a log invented", node.log_invented, Check.LOGS, NODE),
    Tampering("another time of a block", node.header_time, Check.BLOCKS, NODE),
    Tampering("headers with more in them", node.header_fields, Check.BLOCKS, NODE, G),
    Tampering("one of them between others", node.header_fields_between, Check.ANCESTRY, NODE, G),
    Tampering("a state that is not told", node.state_untold, Check.STATE, NODE, G),
    Tampering("changed receipts", node.receipts_changed, Check.LOGS, NODE),
    Tampering("no receipts", node.receipts_nothing, Check.LOGS, NODE),
    Tampering("garbage as calldata", node.calldata_garbage, Check.UPDATE_COMMITMENT, NODE, G),
    Tampering("transactions forgotten", node.calldata_gone, Check.UPDATE_COMMITMENT, NODE, G),
    Tampering("other code of a contract", node.other_code, Check.CODE, NODE),
    Tampering("another salt of an update", node.update_salt, Check.UPDATE_COMMITMENT, NODE),
    Tampering("books that owe less", node.budget_state, Check.BUDGET, NODE),
    Tampering("stake accounts with more", node.stake_state, Check.STAKES, NODE),
    Tampering("claims forgotten", node.claimed_state, Check.CLAIMS, NODE),
    Tampering("vaults without tokens", node.tokens_state, Check.TOKENS, Party.CONTRACTS),
    Tampering("another norm in the state", node.norm_state, Check.STATE, NODE),
    Tampering("other terms in the registry", node.terms_state, Check.TERMS, NODE),
    Tampering("another stake of a member", node.member_state, Check.STATE, NODE),
)
