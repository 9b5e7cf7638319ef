"""All metrics of a worker, in one place. A leaf module: every layer may count.

Prometheus's own conventions: counters end in `_total`, seconds and wei are base units. Every label has a fixed set of
values, declared here; endpoints and stores go by their place in the settings. Any other value counts as `other`: what a
peer sends never becomes a label, so no stranger can blow up a time-series database (F-65).
"""

from __future__ import annotations

from parley.bounded import Counter, Gauge, Histogram

_PLACES = tuple(map(str, range(16)))
"""Endpoints and stores by their place in the settings: the first is 0."""

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)

ACTION_NAMES = (
    "CommitUpdate",
    "RevealUpdate",
    "OpenValidation",
    "CommitScores",
    "RevealScores",
    "Settle",
    "Advance",
    "Supply",
    "CommitProof",
    "Prove",
    "DemandNode",
    "Expire",
    "Release",
    "Collect",
)
"""The classes of `parley.roles.actions`."""
_CYCLE_OUTCOMES = ("ok", "retry", "give_up", "stop", "bug")
"""Done, or what `parley.chain.verdicts` makes of the error; a bug is none of ours by name."""
_DUTIES = ("CommitUpdate", "RevealUpdate", "CommitScores", "RevealScores", "Settle")
"""The actions with a window of their own."""
_WRONGS = ("settlement", "reward", "position", "own")
"""A posted settlement, what it pays, the position of the operator, a settlement of one's own."""
_FATES = ("confirmed", "reverted", "cancelled", "replaced", "lost")
"""Lost: a stranger's transaction took the nonce."""
_OFFERS = ("first", "raised", "cancel")
_RPC_ANSWERS = ("ok", "refused", "failed", "late", "long", "throttled")
_STORE_ANSWERS = ("ok", "missing", "bad", "failed", "full", "timeout", "busy", "given_up")

# ---------------------------------------------------------------------------------------------------------- the loop

CYCLES = Counter("parley_cycles", "Cycles by how they ended.", {"outcome": _CYCLE_OUTCOMES})
CYCLE_SECONDS = Histogram("parley_cycle_seconds", "Time that a cycle took.", buckets=_SECONDS)
LAST_CYCLE = Gauge("parley_last_cycle_timestamp_seconds", "When the last cycle ended well, Unix time.")
LAST_BEAT = Gauge("parley_last_beat_timestamp_seconds", "When the worker last gave a sign of life, Unix time.")
READY = Gauge("parley_ready", "1 while the worker can do its work, as /readyz says.")
ACTIONS = Counter("parley_actions", "Actions by how they ended.", {"action": ACTION_NAMES, "outcome": _CYCLE_OUTCOMES})
ROUND = Gauge("parley_round", "The federation's round, as this worker sees it.")
PHASE = Gauge("parley_phase", "The round's phase: its number in parley.chain.model.Phase.")
MISSED = Counter("parley_missed", "Deadlines that this worker let pass.", {"what": _DUTIES})
CLOCK_SKEW = Gauge("parley_clock_skew_seconds", "Local clock minus chain time at new blocks.")
COMPLAINTS = Counter(
    "parley_complaints", "Things found wrong with settlements or one's own position.", {"what": _WRONGS}
)

# ------------------------------------------------------------------------------------------------------ transactions

TRANSACTIONS = Counter("parley_transactions", "Transactions by what came of them.", {"outcome": _FATES})
ATTEMPTS = Counter("parley_transaction_attempts", "Signed offers, repriced ones included.", {"kind": _OFFERS})
CONFIRMATION_SECONDS = Histogram(
    "parley_confirmation_seconds", "From the first offer to the confirmed receipt.", buckets=_SECONDS
)
PENDING = Gauge("parley_pending_transactions", "Transactions in the journal whose outcome is not known.")
GAS_SPENT = Counter("parley_gas_spent_wei", "What transactions of this key paid for gas, wei.")
BALANCE = Gauge("parley_balance_wei", "Ether of the worker's key, wei.")
BOND = Gauge("parley_bond_wei", "What an aggregator's next settlement bonds, wei of the token; 0 for all others.")
FREE_STAKE = Gauge("parley_free_stake_wei", "Free stake of the operator, wei of the token.")

# ------------------------------------------------------------------------------------------------- endpoints and stores

RPC_REQUESTS = Counter(
    "parley_rpc_requests", "Requests to an RPC endpoint.", {"endpoint": _PLACES, "outcome": _RPC_ANSWERS}
)
RPC_USABLE = Gauge("parley_rpc_usable", "1 while an endpoint is used, 0 while it is put aside.", {"endpoint": _PLACES})
RPC_HEAD = Gauge("parley_rpc_head", "The newest block of an endpoint.", {"endpoint": _PLACES})
REORGS = Counter("parley_reorgs", "Reorganisations that took away blocks that were read.")
STORE_REQUESTS = Counter(
    "parley_store_requests", "Requests to a content store.", {"store": _PLACES, "outcome": _STORE_ANSWERS}
)
STORE_USABLE = Gauge(
    "parley_store_usable", "1 while a content store is used, 0 while it is put aside.", {"store": _PLACES}
)
QUARANTINED = Gauge("parley_quarantined_objects", "Objects that are not read again.")
REPINNED = Counter("parley_repinned", "Pins that were lost and renewed.")
DISK_FREE = Gauge("parley_disk_free_bytes", "Free space where the worker keeps its state, bytes.")
