"""Views made by hand, for tables of decisions."""

from __future__ import annotations

from dataclasses import replace

from parley.chain.model import (
    Admission,
    FederationState,
    Header,
    MemberState,
    Phase,
    Policy,
    Role,
    RoundState,
    Settlement,
    Terms,
)
from parley.chain.view import Block, Reveal, RoundRecord, View
from parley.numerics.rules import Rule

ME = "0x" + "11" * 20
OTHER = "0x" + "22" * 20
NOW = 1_000_000
NEVER = 2**24 - 1

TERMS = Terms(
    token="0x" + "33" * 20,
    rounds=10,
    params=16,
    frac_bits=24,
    reward_depth=4,
    admission=Admission.OPEN,
    task_digest=b"t" * 32,
    model_root=b"m" * 32,
    model_digest=b"d" * 32,
    anchor=b"a" * 32,
)

POLICY = Policy(
    train=30,
    reveal=10,
    key=8,
    score_commit=25,
    score_reveal=10,
    settle=12,
    challenge=6,
    supply=6,
    min_trainers=3,
    max_trainers=256,
    seats=8,
    quorum=3,
    reward=10**21,
    bond=10**20,
    rule=Rule.TRIMMED_MEAN,
    trim_bps=2000,
    beta=32768,
    trainer_stake=1,
    evaluator_stake=1,
    initial_norm=1 << 24,
    aggregator_stake=1,
    clip_slash=1,
    clip=1 << 30,
    trainers_bps=7000,
    evaluators_bps=2000,
)

FEDERATION = FederationState(
    sponsor=OTHER,
    round=4,
    version=1,
    live=True,
    closed=False,
    trainers=5,
    evaluators=3,
    aggregators=2,
    evaluators_at_opening=3,
    aggregators_at_opening=2,
    member_count=6,
    norm=1 << 24,
    model_root=b"m" * 32,
    previous_root=b"p" * 32,
    key_round=3,
    seed_block=90,
    seed=b"s" * 32,
)

MEMBER = MemberState(
    roles=Role.TRAINER,
    has_index=True,
    index=0,
    first_round=1,
    last_round=NEVER,
    stake=1,
    seated=False,
    seat=0,
    aggregator_position=2**16 - 1,
    committed=False,
    revealed=False,
    reveal_index=0,
    scores_committed=False,
    scores_revealed=False,
)

ENDS = {Phase.TRAIN: 0, Phase.REVEAL: 1, Phase.KEY: 2, Phase.SCORE_COMMIT: 3, Phase.SCORE_REVEAL: 4}

RECORD = RoundRecord(
    number=4,
    version=1,
    opened_block=88,
    commitments={},
    reveals=tuple(Reveal(i, "0x" + f"{i:02x}" * 20, bytes([i]) * 32, bytes([i + 9]) * 32, 95) for i in range(5)),
    score_commitments={},
    vectors=(),
    settlement=None,
    header=None,
    settled_block=None,
    final=False,
    void=False,
    ended_block=None,
)

HEADER = Header(b"h" * 32, 1, 1, b"r" * 32, b"n" * 32, b"d" * 32, b"w" * 32, 0, OTHER, NOW)
SETTLEMENT = Settlement(b"", 1, 1, b"r" * 32, b"n" * 32, b"d" * 32, b"w" * 32)


def round_in(phase: Phase) -> RoundState:
    """A full round whose next block falls into `phase`, five seconds before its end where it has one."""
    stage = ENDS.get(phase, 5)
    a, b, c, d, e = (NOW + 5 + 20 * (i - stage) for i in range(5))
    state = RoundState(4, 1, phase, 0, a, b, c, d, e, 0, 5, 5, 3, 3, 5, 3, False, True)
    if phase == Phase.CHALLENGE:
        return replace(state, final_at=NOW + 5)
    if phase == Phase.FINALIZABLE:
        return replace(state, final_at=NOW - 60)
    if phase == Phase.VOIDABLE:
        return replace(state, committed=2)
    return state


def view_in(
    phase: Phase,
    *,
    me: MemberState = MEMBER,
    record: RoundRecord = RECORD,
    federation: FederationState = FEDERATION,
    turns: tuple[int, ...] = (0, 1, 0, 1),
    free_stake: int = 10**21,
    free_budget: int = 10**22,
) -> View:
    """A federation of five trainers in round 4, in the phase given."""
    if phase in (Phase.IDLE, Phase.CLOSED):
        federation = replace(federation, live=False, closed=phase == Phase.CLOSED)
    view = View(
        chain_id=31337,
        coordinator="0x" + "44" * 20,
        fid=1,
        block=Block(100, b"b" * 32, NOW - 1),
        operator=ME,
        terms=TERMS,
        policies={1: POLICY},
        federation=federation,
        round=round_in(phase),
        me=me,
        turns=turns,
        records={4: record},
        keys={},
        members={0: ME},
        free_stake=free_stake,
        free_budget=free_budget,
    )
    assert view.phase == phase
    return view
