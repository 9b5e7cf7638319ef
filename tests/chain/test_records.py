"""From events to what happened in each round."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak

from parley.chain.events import Event, keys_of, members_of, records_of
from parley.numerics.faults import Node, Tree

pytestmark = pytest.mark.unit

A, B = "0x" + "aa" * 20, "0x" + "bb" * 20
SETTLEMENT = (b"\x00\x02\x00\x00", 9, 100, b"r" * 32, b"m" * 32, b"d" * 32, b"w" * 32)


def event(name: str, block: int, **args: Any) -> Event:  # noqa: ANN401 - as the ABI has it
    """An event of federation 1."""
    return Event(name, {"fid": 1, **args}, block, bytes([block]) * 32, 1000 + block, b"t" * 32, 0)


HISTORY = (
    event("FederationCreated", 1),
    event("RoundOpened", 2, round=1, version=1),
    event("UpdateCommitted", 3, round=1, operator=A, commitment=b"1" * 32),
    event("UpdateCommitted", 4, round=1, operator=A, commitment=b"2" * 32),
    event("UpdateRevealed", 5, round=1, operator=A, index=0, root=b"r" * 32, cidDigest=b"c" * 32),
    event("MemberIndexed", 5, operator=A, index=0),
    event("ValidationOpened", 6, round=1, key=b"k" * 32),
    event("ScoresCommitted", 7, round=1, operator=B, commitment=b"3" * 32),
    event("ScoresRevealed", 8, round=1, operator=B, seat=2, vector=b"v" * 12, salt=b"s" * 32),
    event("Settled", 9, round=1, aggregator=B, turn=1, finalAt=1020, settlement=SETTLEMENT),
)


def test_records_of__a_round__keeps_what_counts() -> None:
    """Section 6: the last commitment counts, reveals in order, the settlement with its header."""
    record = records_of(HISTORY)[1]
    assert record.commitments == {A: b"2" * 32}
    assert [(r.index, r.operator, r.block) for r in record.reveals] == [(0, A, 5)]
    assert record.score_commitments == {B: b"3" * 32}
    assert [(v.seat, v.salt) for v in record.vectors] == [(2, b"s" * 32)]
    assert record.header is not None
    assert record.header.medians_hash == keccak(SETTLEMENT[0])
    assert (record.header.turn, record.header.aggregator, record.header.posted_at) == (1, B, 1009)
    assert not record.final
    assert record.reveal_index_of(A) == 0
    assert record.reveal_index_of(B) is None
    assert keys_of(HISTORY) == {1: b"k" * 32}
    assert members_of(HISTORY) == {0: A}


def test_records_of__conviction__deletes_the_settlement() -> None:
    """Section 6, step 6: after a conviction the round waits for the next settlement."""
    record = records_of((*HISTORY, event("Convicted", 10, round=1, aggregator=B, prover=A)))[1]
    assert record.settlement is None
    assert record.header is None


NODE = (int(Tree.ROW), 0, 8, 3)
HASH = b"S" * 32
DEMANDED = event("Demanded", 10, settlement=HASH, demander=A, node=NODE, hash=b"n" * 32, deadline=1015, fee=7)
CONTESTED = event("Postponed", 10, round=1, finalAt=1030, contested=True)
SUPPLIED = event("Supplied", 11, settlement=HASH, supplier=B, node=NODE, content=b"c" * 64)
CALM = event("Postponed", 11, round=1, finalAt=1040, contested=False)


def test_records_of__demand__is_kept_with_its_answer() -> None:
    """P-22: what was demanded and supplied is in the record, and whether the settlement is contested."""
    record = records_of((*HISTORY, DEMANDED, CONTESTED))[1]
    (demand,) = record.demands
    assert (demand.node, demand.hash, demand.demander) == (Node(Tree.ROW, 0, 8, 3), b"n" * 32, A)
    assert (demand.deadline, demand.fee, demand.content, demand.released) == (1015, 7, None, False)
    assert record.contested
    answered = records_of((*HISTORY, DEMANDED, CONTESTED, SUPPLIED, CALM))[1]
    assert (answered.demands[0].content, answered.demands[0].supplier) == (b"c" * 64, B)
    assert not answered.contested


def test_records_of__fee_booked_in_a_later_round__is_noted_in_the_round_of_the_demand() -> None:
    """P-22: fees wait for the outcome, which may come rounds before anybody asks for them."""
    later = (
        event("RoundFinalized", 12, round=1),
        event("RoundOpened", 12, round=2, version=1),
        event("Released", 13, settlement=HASH, to=B, node=dict(zip("abcd", NODE, strict=True)), paid=7),
    )
    records = records_of((*HISTORY, DEMANDED, CONTESTED, SUPPLIED, CALM, *later))
    assert records[1].demands[0].released
    assert records[2].demands == ()


def test_records_of__convictions__are_kept_with_who_and_why() -> None:
    """P-16, P-22: settlements that fell stay on record: who posted them, who was paid, whether silence convicted."""
    convicted = event("Convicted", 10, round=1, aggregator=B, prover=A)
    (conviction,) = records_of((*HISTORY, convicted))[1].convictions
    assert conviction.settlement.to_abi() == SETTLEMENT
    assert (conviction.header.aggregator, conviction.header.turn, conviction.prover) == (B, 1, A)
    assert (conviction.unanswered, conviction.block, conviction.transaction) == (False, 10, b"t" * 32)
    late = event("Convicted", 15, round=1, aggregator=B, prover=A)
    record = records_of((*HISTORY, DEMANDED, CONTESTED, late))[1]
    assert record.convictions[0].unanswered
    assert not record.contested


def test_records_of__clip_disproved__names_the_operator_and_leaves_the_settlement() -> None:
    """P-2: a trainer beyond the clip is slashed; the settlement stands."""
    record = records_of((*HISTORY, event("ClipDisproved", 10, round=1, operator=A, prover=B)))[1]
    assert record.clipped == {A}
    assert record.settlement is not None


def test_records_of__commitment_to_a_proof__belongs_to_no_round() -> None:
    """P-16: a commitment names neither federation nor round."""
    assert records_of((*HISTORY, event("DisproofCommitted", 10, commitment=HASH, sender=A))) == records_of(HISTORY)


def test_records_of__final_and_void_rounds__are_told_apart() -> None:
    """P-10: a void round keeps no result."""
    more = (
        event("RoundFinalized", 11, round=1, modelRoot=b"m" * 32),
        event("RoundOpened", 11, round=2, version=2),
        event("RoundVoided", 12, round=2),
    )
    records = records_of((*HISTORY, *more))
    assert (records[1].final, records[1].void, records[1].ended_block) == (True, False, 11)
    assert (records[2].final, records[2].void, records[2].version) == (False, True, 2)


def test_records_of__settlement_as_a_mapping__reads_the_same() -> None:
    """Libraries decode a struct as a tuple or as a mapping in the order of its fields."""
    names = ("medians", "norm", "earned", "rowRoot", "modelRoot", "modelDigest", "rewardRoot")
    as_mapping = event(
        "Settled", 9, round=1, aggregator=B, turn=1, finalAt=1020, settlement=dict(zip(names, SETTLEMENT, strict=True))
    )
    assert records_of((*HISTORY[:-1], as_mapping))[1] == records_of(HISTORY)[1]


def test_reveal_order__other_order_or_content__differs() -> None:
    """P-28: scores belong to reveals in one order."""
    second = event("UpdateRevealed", 6, round=1, operator=B, index=1, root=b"q" * 32, cidDigest=b"c" * 32)
    assert records_of(HISTORY)[1].reveal_order != records_of((*HISTORY, second))[1].reveal_order
