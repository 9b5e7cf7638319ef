"""Models of how the index stands, and of federations."""

from __future__ import annotations

from typing import Literal

from parley.explorer.api.model_types import Address, Foreign, Hash, Integer, Model, PhaseName, RoleName, Wei


class Head(Model):
    """The newest block of the chain."""

    number: int
    hash: Hash
    time: int


class Links(Model):
    """Where to look things up elsewhere: each a URL with one `{}`, or null where none is set."""

    transaction: str | None = None
    address: str | None = None
    cid: str | None = None


class Status(Model):
    """How the index stands.

    Attributes:
        contracts: addresses by contract name.
        head: the chain's newest block; null before the node has answered.
        indexed: the newest block in the index; null while it is empty.
        building: the index is not yet near the head.
        progress: of the building, 0 to 1; null when it is done.
        node_ok: the node answered when it was last asked.
        problem: what is wrong, in a sentence; null if nothing is.
    """

    chain_id: int
    contracts: dict[str, Address]
    head: Head | None
    indexed: int | None
    building: bool
    progress: float | None
    node_ok: bool
    problem: str | None
    links: Links


class Token(Model):
    """What stakes and rewards are paid in.

    Attributes:
        symbol: foreign; null if the token tells none.
        decimals: digits behind the point of an amount; 18 if the token tells none.
    """

    address: Address
    symbol: Foreign | None
    decimals: int


class Budget(Model):
    """A federation's money (P-8): free to open rounds with, reserved for the running one, owed to members."""

    free: Wei
    reserved: Wei
    owed: Wei


class Federation(Model):
    """One line about a federation.

    Attributes:
        title: foreign; null while the task document could not be read.
        task: CID of the task document.
        state: idle (between rounds), running or closed.
        phase: of the running round.
        round: the newest one's number, 0 before the first.
        rounds: how many may open, void ones included.
        trainers: members now; evaluators, aggregators likewise.
        reward: of the next round.
        quality: the metric of the newest final round that was measured.
        sealed: validation shards are sealed until the updates are fixed (P-24).
    """

    fid: int
    title: Foreign | None
    task: str
    sponsor: Address
    token: Token
    state: Literal["idle", "running", "closed"]
    phase: PhaseName
    round: int
    rounds: int
    rounds_final: int
    rounds_void: int
    trainers: int
    evaluators: int
    aggregators: int
    reward: Wei
    budget: Budget
    quality: float | None
    sealed: bool


class Metric(Model):
    """What quality means in this federation."""

    name: str
    higher_is_better: bool


class Terms(Model):
    """What never changes (P-7).

    Attributes:
        model: CID of the genesis model; model_root its word root.
        anchor: of the validation chain; zero where the validation set is public (P-24).
    """

    token: Address
    rounds: int
    params: int
    frac_bits: int
    reward_depth: int
    admission: Literal["open", "invitation"]
    task: str
    model: str
    model_root: Hash
    anchor: Hash


class Policy(Model):
    """What the sponsor may change for rounds not yet opened (P-7): windows in seconds, amounts in wei."""

    train: int
    reveal: int
    key: int
    score_commit: int
    score_reveal: int
    settle: int
    challenge: int
    supply: int
    min_trainers: int
    max_trainers: int
    seats: int
    quorum: int
    reward: Wei
    bond: Wei
    rule: str
    trim_bps: int
    beta: int
    trainer_stake: Wei
    evaluator_stake: Wei
    initial_norm: Integer
    aggregator_stake: Wei
    clip_slash: Wei
    clip: int
    trainers_bps: int
    evaluators_bps: int


class PolicyVersion(Model):
    """A policy, and since when it holds for the next round."""

    version: int
    block: int
    time: int
    transaction: Hash
    policy: Policy


class Member(Model):
    """Who is, or was, in a federation.

    Attributes:
        name: foreign, from its metadata document; null without one.
        roles: its roles; those it had if it left.
        stake: locked by this membership.
        earned: in final rounds, claimed or not.
        rounds: in which it acted; included: in which its update was.
        faults: what it is to blame for, all rounds together.
        since: the first round it may act in; until: the last one, null while it has not left.
    """

    operator: Address
    name: Foreign | None
    roles: list[RoleName]
    stake: Wei
    earned: Wei
    rounds: int
    included: int
    faults: int
    since: int
    until: int | None


class FederationDetail(Federation):
    """Everything about a federation but its rounds.

    Attributes:
        description: foreign.
        metric: null while the task document could not be read.
        policy: of the next round.
        opened_at: when it was created; opened_in by which transaction.
        phase_ends_at: when the phase ends at the latest; null where nothing but an act ends it.
        model: CID of the newest final model, the genesis model before.
        warnings: what whoever looks at it should know.
    """

    description: Foreign | None
    metric: Metric | None
    terms: Terms
    policy: Policy
    policies: list[PolicyVersion]
    opened_at: int
    opened_in: Hash
    phase_ends_at: int | None
    model: str
    members: list[Member]
    warnings: list[str]
