"""The rules by which events are judged, one at a time: rosters, salts in calldata, the replay of phases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from parley.audit.findings import Sheet
from parley.audit.on_commitments import REVEAL, salt_of
from parley.audit.on_money import judge as judge_money
from parley.audit.replay import State
from parley.audit.rosters import FOR_EVER, Rosters
from parley.audit.story import Story
from parley.chain.events import Event
from parley.chain.model import Phase, Role
from tests.audit.states import NAMES, TOLD, event, joined, opened, put
from tests.roles.builders import POLICY

pytestmark = pytest.mark.unit

# ------------------------------------------------------------------------------------------------------- rosters


def test_rosters__evaluator_leaves__the_last_takes_its_place() -> None:
    """P-7: positions as the contract keeps them."""
    rosters = Rosters()
    for name in NAMES[:4]:
        rosters.take(joined(name, Role.EVALUATOR))
    rosters.take(event("Left", operator=NAMES[1], until=2))
    assert rosters.opening().evaluators == (NAMES[0], NAMES[3], NAMES[2])
    rosters.take(event("Evicted", operator=NAMES[2], until=2))
    assert rosters.opening().evaluators == (NAMES[0], NAMES[3])
    assert rosters.acts(NAMES[1], Role.EVALUATOR, 2)
    assert not rosters.acts(NAMES[1], Role.EVALUATOR, 3)


@given(st.lists(st.tuples(st.integers(0, 7), st.booleans()), max_size=40))
def test_rosters__any_comings_and_goings__positions_are_the_members(moves: list[tuple[int, bool]]) -> None:
    """P-7: every member once, nobody else, and never a gap."""
    rosters, inside = Rosters(), set[str]()
    for place, comes in moves:
        name = NAMES[place]
        if comes and name not in rosters.members:
            rosters.take(joined(name, Role.TRAINER | Role.EVALUATOR | Role.AGGREGATOR))
            inside.add(name)
        elif not comes and name in inside:
            rosters.take(event("Left", operator=name, until=1))
            rosters.take(event("Unbonded", operator=name, stake=100))
            inside.discard(name)
    opening = rosters.opening()
    assert opening.trainers == len(inside)
    assert set(opening.evaluators) == set(opening.aggregators) == inside
    assert len(opening.evaluators) == len(opening.aggregators) == len(inside)


def test_rosters__slashed_and_indexed__is_remembered() -> None:
    rosters = Rosters()
    rosters.take(joined(NAMES[0], Role.TRAINER))
    rosters.take(event("MemberSlashed", operator=NAMES[0], amount=30))
    rosters.take(event("MemberIndexed", operator=NAMES[0], index=0))
    rosters.take(event("MemberSlashed", operator=NAMES[5], amount=30))
    assert (rosters.members[NAMES[0]].stake, rosters.members[NAMES[0]].last) == (70, FOR_EVER)
    assert rosters.indexed == [NAMES[0]]


# --------------------------------------------------------------------------------------------------------- salts


REVEALED = event("UpdateRevealed", round=3, operator=NAMES[0], index=0, root=b"r" * 32, cidDigest=b"c" * 32)
CALL = REVEAL + encode(("uint256", "uint256", "bytes32", "bytes32", "bytes32"), (1, 3, b"r" * 32, b"c" * 32, b"s" * 32))


@pytest.mark.parametrize("before", [b"", b"\x12\x34", bytes(132)], ids=["direct", "packed", "by a wallet"])
def test_salt_of__call_anywhere_in_the_calldata__is_found(before: bytes) -> None:
    """P-9: a Safe's own call holds the other within."""
    assert salt_of(REVEALED, 1, before + CALL + bytes(28)) == b"s" * 32


@pytest.mark.parametrize("data", [b"", CALL[:-1], CALL[1:], CALL.replace(b"r" * 32, b"q" * 32), REVEAL])
def test_salt_of__another_call_or_half_of_it__is_none(data: bytes) -> None:
    assert salt_of(REVEALED, 1, data) is None
    assert salt_of(REVEALED, 2, CALL) is None


# -------------------------------------------------------------------------------------------------------- phases


def test_state__nobody_acts__phases_end_at_their_deadlines() -> None:
    """P-10: too few commitments, and the round is void."""
    state = opened()
    end = 100 + POLICY.train
    assert state.phase(end - 1) is Phase.TRAIN
    assert state.phase(end) is Phase.VOIDABLE
    assert state.round is not None
    assert state.round.score_reveal_end == end + POLICY.reveal + POLICY.key + POLICY.score_commit + POLICY.score_reveal


def test_state__everybody_has_acted__phases_end_with_the_next_second() -> None:
    """P-10: all later ends move forward; a second commitment of one trainer counts once."""
    state = opened()
    state.take(event("UpdateCommitted", 101, round=1, operator=NAMES[0], commitment=b"0" * 32))
    for second, name in enumerate(NAMES[:3], 102):
        state.take(event("UpdateCommitted", second, round=1, operator=name, commitment=b"1" * 32))
    assert [state.phase(time) for time in (104, 105)] == [Phase.TRAIN, Phase.REVEAL]
    for second, name in enumerate(NAMES[:3], 106):
        place = second - 106
        state.take(event("UpdateRevealed", second, round=1, operator=name, index=place, root=b"", cidDigest=b""))
    assert [state.phase(time) for time in (108, 109)] == [Phase.REVEAL, Phase.KEY]
    state.take(event("ValidationOpened", 110, round=1, key=b"k" * 32))
    assert [state.phase(time) for time in (110, 111)] == [Phase.KEY, Phase.SCORE_COMMIT]
    for second, name in enumerate(NAMES[:3], 112):
        state.take(event("ScoresCommitted", second, round=1, operator=name, commitment=b"s" * 32))
    for second, name in enumerate(NAMES[:3], 115):
        state.take(event("ScoresRevealed", second, round=1, operator=name, seat=second - 115, vector=b"", salt=b""))
    assert [state.phase(time) for time in (117, 118)] == [Phase.SCORE_REVEAL, Phase.SETTLE]
    assert [state.turn(118 + POLICY.settle * turn) for turn in range(5)] == [0, 1, 2, 3, 4]
    assert state.phase(118 + 5 * POLICY.settle) is Phase.VOIDABLE


def settled_at(state: State, time: int, turn: int) -> None:
    aggregator, final = NAMES[0], time + POLICY.challenge
    state.take(event("Settled", time, round=1, aggregator=aggregator, turn=turn, finalAt=final, settlement={}))


def test_state__convicted__starts_the_turn_after() -> None:
    """P-27: and what was postponed is so until it is answered (P-22)."""
    state = opened()
    round_ = state.round
    assert round_ is not None
    put(state, replace(round_, committed=3, revealed=3, scores_committed=3, scores_revealed=3))
    start = round_.score_reveal_end
    settled_at(state, start, 0)
    assert state.phase(start + POLICY.challenge) is Phase.FINALIZABLE
    state.take(event("Postponed", start + 1, round=1, finalAt=start + 50, contested=True))
    assert state.phase(start + 51) is Phase.CHALLENGE
    state.take(event("Convicted", start + 51, round=1, aggregator=NAMES[0], prover=NAMES[1]))
    assert state.phase(start + 51) is Phase.SETTLE
    assert state.turn(start + 51) == 1
    assert state.turn(start + 51 + POLICY.settle) == 2
    settled_at(state, start + 52, 1)
    state.take(event("RoundFinalized", start + 60, round=1))
    assert state.phase(start + 60) is Phase.IDLE
    state.take(event("FederationClosed", start + 61))
    assert state.phase(start + 61) is Phase.CLOSED


# --------------------------------------------------------------------------------------------------------- money


def moves(*events: Event) -> list[str]:
    """What is wrong with movements of stake."""
    sheet = Sheet()
    judge_money(Story(TOLD, NAMES[0], (), events, {}, {}, 5, None), {}, sheet)
    return [finding.check.value for finding in sheet.findings]


def moved(name: str, amount: int, **more: str) -> Event:
    return event(name, operator=NAMES[0], amount=amount, **more)


def test_stakes__slash_with_and_without_prover__half_or_all_is_burned() -> None:
    """P-16, P-17: nobody ends below zero."""
    lock = (moved("Deposited", 100), moved("Locked", 80))
    assert moves(*lock, moved("Slashed", 41, prover=NAMES[1]), event("Burned", amount=21)) == []
    nobody = "0x" + "00" * 20
    assert moves(*lock, moved("Slashed", 41, prover=nobody), event("Burned", amount=41)) == []
    assert moves(*lock, moved("Slashed", 41, prover=NAMES[1]), event("Burned", amount=22)) == ["money.stakes"]


@pytest.mark.parametrize("name", ["Withdrawn", "Locked"])
def test_stakes__more_than_there_is__is_found(name: str) -> None:
    """P-17."""
    assert moves(moved("Deposited", 100), moved(name, 101)) == ["money.stakes"]
