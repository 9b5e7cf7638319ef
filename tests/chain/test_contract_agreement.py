"""What Python derives is what the contracts derive: commitments, signatures, settlements, phases."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from parley.chain.commitments import score_salt, scores_commitment, settlement_hash, update_commitment, update_salt
from parley.chain.contracts import token_at
from parley.chain.errors import Reverted
from parley.chain.model import Admission, Phase, Role, RoundState, Settlement, round_of
from parley.chain.signatures import claim_message, invitation_message, sign, worker_message
from parley.chain.view import View, phase_at, turn_at
from parley.numerics.rewards import Account as Earned
from parley.numerics.rewards import RewardTree
from tests.chain.town import AGGREGATOR, EVALUATORS, TRAINERS, Town

pytestmark = pytest.mark.integration

VECTOR = (7).to_bytes(8, "big") + bytes.fromhex("0002ffff") * len(TRAINERS)
SETTLEMENT = Settlement(
    medians=bytes.fromhex("0002ffff") * len(TRAINERS),
    norm=7,
    earned=10**20,
    row_root=b"r" * 32,
    model_root=b"m" * 32,
    model_digest=b"d" * 32,
    reward_root=b"w" * 32,
)


def domain(town: Town, fid: int, number: int, round_number: int = 1) -> dict[str, Any]:
    """What every commitment of an operator binds."""
    return {
        "chain_id": 31337,
        "coordinator": town.contracts.coordinator.address,
        "fid": fid,
        "round_number": round_number,
        "operator": town.node.addresses[number],
    }


def salt(derive: Any, town: Town, fid: int, number: int) -> bytes:  # noqa: ANN401 - one of the two derivations
    """A worker's salt in round 1."""
    key = bytes(town.account(number).key)
    derived: bytes = derive(key, 31337, town.contracts.coordinator.address, fid, 1)
    return derived


def content(number: int) -> tuple[bytes, bytes]:
    """Root and digest of a trainer's update."""
    return keccak(b"root" + bytes([number])), keccak(b"cid" + bytes([number]))


def commit_and_reveal_updates(town: Town, fid: int) -> None:
    """All trainers, in order."""
    for number in TRAINERS:
        root, digest = content(number)
        own = update_commitment(
            **domain(town, fid, number), root=root, cid_digest=digest, salt=salt(update_salt, town, fid, number)
        )
        town.send(number, "coordinator", "commitUpdate", fid, 1, own)
    for number in TRAINERS:
        own_salt = salt(update_salt, town, fid, number)
        town.send(number, "coordinator", "revealUpdate", fid, 1, *content(number), own_salt)


def commit_and_reveal_scores(town: Town, fid: int) -> None:
    """All evaluators, in order."""
    for number in EVALUATORS:
        own = scores_commitment(**domain(town, fid, number), vector=VECTOR, salt=salt(score_salt, town, fid, number))
        town.send(number, "coordinator", "commitScores", fid, 1, own)
    for number in EVALUATORS:
        town.send(number, "coordinator", "revealScores", fid, 1, VECTOR, salt(score_salt, town, fid, number))


def opened(town: Town, **policy: Any) -> int:  # noqa: ANN401 - a policy's fields
    """A federation in its first round, its seed captured."""
    fid = town.populated(**policy)
    town.send(0, "coordinator", "advance", fid, EMPTY)
    town.rpc("anvil_mine", 3)
    town.send(0, "coordinator", "captureSeed", fid)
    return fid


EMPTY = (bytes(32), 0, 0, bytes(32), bytes(32), bytes(32), bytes(32), 0, "0x" + "00" * 20, 0)


def lens_round(town: Town, fid: int, time: int) -> RoundState:
    """The round as the lens sees it at any time: the node pretends that its block has that timestamp."""
    lens = town.contracts.lens
    data = lens.encode_abi("roundOf", [fid])
    request = [{"to": lens.address, "data": data}, "latest", {}, {"time": hex(time)}]
    answer = bytes.fromhex(town.rpc("eth_call", *request)[2:])
    (values,) = town.w3.codec.decode([ROUND_VIEW], answer)
    return round_of(values)


ROUND_VIEW = (
    "(uint24,uint16,uint8,uint8,uint32,uint32,uint32,uint32,uint32,uint32,"
    "uint16,uint16,uint8,uint8,uint16,uint8,bool,bool)"
)


def assert_same_phases(town: Town, view: View) -> set[Phase]:
    """Compare at all edges and at random times; return the phases seen."""
    r = view.round
    ends = [r.train_end, r.reveal_end, r.key_end, r.score_commit_end, r.score_reveal_end, r.final_at]
    turns = [r.score_reveal_end + k * view.policy.settle for k in range(7)]
    times = {end + shift for end in (*ends, *turns) for shift in (-1, 0, 1)}
    latest = max(times) + 100
    times |= {random.randrange(view.block.timestamp, latest) for _ in range(30)}
    seen = set()
    for time in sorted(time for time in times if time >= view.block.timestamp):
        there = lens_round(town, view.fid, time)
        assert phase_at(view.federation, r, view.policy, time, view.block.timestamp) == there.phase
        if there.phase is Phase.SETTLE:
            assert turn_at(r, view.policy, time, view.block.timestamp) == there.turn
        seen.add(there.phase)
    return seen


def test_phases__at_any_time_of_a_round__are_those_of_the_contracts(town: Town) -> None:
    """P-10, P-27: `phase_at` and `turn_at` mirror `Phases`, from every stage of a round on."""
    fid = opened(town)
    reader = town.reader(fid)
    seen = assert_same_phases(town, reader.view())
    commit_and_reveal_updates(town, fid)
    seen |= assert_same_phases(town, reader.view())
    town.warp(700)
    seen |= assert_same_phases(town, reader.view())
    commit_and_reveal_scores(town, fid)
    seen |= assert_same_phases(town, reader.view())
    town.warp(900)
    seen |= assert_same_phases(town, reader.view())
    settle_as_allowed(town, fid, reader.view())
    seen |= assert_same_phases(town, reader.view())
    assert seen == set(Phase) - {Phase.IDLE, Phase.CLOSED}


def settle_as_allowed(town: Town, fid: int, view: View, settlement: Settlement = SETTLEMENT) -> None:
    """Post a made-up settlement; with one aggregator every turn is its own."""
    block = view.block
    town.send(AGGREGATOR, "coordinator", "settle", fid, 1, view.turn, settlement.to_abi(), block.number, block.hash)


def test_round__played_with_python_commitments__is_accepted_and_read_back(town: Town) -> None:
    """P-9, P-13, P-14: what is hashed here opens there, and the view tells all of it."""
    fid = opened(town)
    reader = town.reader(fid, TRAINERS[0])
    commit_and_reveal_updates(town, fid)
    town.warp(700)
    commit_and_reveal_scores(town, fid)
    town.rpc("anvil_mine", 1)
    settle_as_allowed(town, fid, reader.view())
    view = reader.view()
    record = view.record
    assert record is not None
    assert [(r.index, r.operator, (r.root, r.digest)) for r in record.reveals] == [
        (place, town.node.addresses[number], content(number)) for place, number in enumerate(TRAINERS)
    ]
    assert {(v.operator, v.vector, v.salt) for v in record.vectors} == {
        (town.node.addresses[number], VECTOR, salt(score_salt, town, fid, number)) for number in EVALUATORS
    }
    assert record.settlement == SETTLEMENT
    assert record.header is not None
    there = town.contracts.lens.functions.settlementHash(fid).call()
    of_round = {key: value for key, value in domain(town, fid, 0).items() if key != "operator"}
    assert settlement_hash(**of_round, header=record.header) == there
    assert view.members == {
        place: town.node.addresses[number] for place, number in enumerate((*TRAINERS, *EVALUATORS, AGGREGATOR))
    }
    assert (view.me.has_index, view.me.revealed, view.me.reveal_index) == (True, True, 0)
    assert view.turns == (0, 0, 0, 0)
    town.warp(100)
    town.send(0, "coordinator", "advance", fid, record.header.to_abi())
    final = reader.view()
    assert final.records[1].final
    assert final.federation.model_root == SETTLEMENT.model_root
    assert final.model_digest() == SETTLEMENT.model_digest
    assert final.model_digest(1) == final.terms.model_digest
    assert final.round.round == 2


def test_worker_consent__signed_here__is_accepted_once(town: Town) -> None:
    """Section 2: a worker key consents by signature."""
    worker = Account.create()
    town.send(1, "registry", "register", bytes(32))
    deadline = 2**40
    message = worker_message(
        chain_id=31337,
        registry=town.contracts.registry.address,
        operator=town.node.addresses[1],
        worker=worker.address,
        nonce=0,
        deadline=deadline,
    )
    town.send(1, "registry", "nameWorker", worker.address, deadline, sign(message, worker))
    assert town.contracts.registry.functions.operatorOf(worker.address).call() == town.node.addresses[1]
    town.send(1, "registry", "removeWorker", worker.address)
    with pytest.raises(Reverted, match="ParticipantRegistry_ConsentInvalid"):
        town.send(1, "registry", "nameWorker", worker.address, deadline, sign(message, worker))


def test_invitation__signed_here__admits_that_operator_with_those_roles_only(town: Town) -> None:
    """Section 5: an invitation is bound to operator, roles, nonce and expiry."""
    terms = replace(town.terms(), admission=Admission.INVITATION)
    town.send(0, "federations", "createFederation", terms.to_abi(), town.policy().to_abi())
    fid = town.contracts.federations.functions.federations().call()
    message = invitation_message(
        chain_id=31337,
        federation_registry=town.contracts.federations.address,
        fid=fid,
        operator=town.node.addresses[1],
        roles=Role.TRAINER,
        nonce=9,
        expiry=2**40,
    )
    invitation = (9, 2**40, sign(message, town.account(0)))
    with pytest.raises(Reverted, match=r"InvitationInvalid\(nonce=0, expiry=0\)"):
        town.join(fid, 1, Role.TRAINER)
    town.join_funds(2)
    for number, roles in ((1, Role.EVALUATOR), (2, Role.TRAINER)):
        with pytest.raises(Reverted, match=r"InvitationInvalid\(nonce=9"):
            town.send(number, "federations", "joinInvited", fid, int(roles), invitation)
    town.send(1, "federations", "joinInvited", fid, int(Role.TRAINER), invitation)
    assert town.reader(fid, 1).view().me.roles == Role.TRAINER


def test_claim__authorised_here__pays_another_address_once(town: Town) -> None:
    """P-12: an operator's signature sends its rewards elsewhere; whoever sends it pays the gas only."""
    fid = opened(town)
    operator, payee = town.node.addresses[TRAINERS[0]], Account.create().address
    tree = RewardTree({0: Earned(operator, 10**20)}, town.terms().reward_depth)
    reader = town.reader(fid)
    commit_and_reveal_updates(town, fid)
    town.warp(700)
    commit_and_reveal_scores(town, fid)
    town.rpc("anvil_mine", 1)
    settle_as_allowed(town, fid, reader.view(), replace(SETTLEMENT, reward_root=tree.root))
    town.warp(100)
    record = reader.view().record
    assert record is not None
    assert record.header is not None
    town.send(0, "coordinator", "advance", fid, record.header.to_abi())
    message = claim_message(
        chain_id=31337,
        reward_vault=town.contracts.reward_vault.address,
        fid=fid,
        operator=operator,
        to=payee,
        cumulative=10**20,
        deadline=2**40,
    )
    arguments = (fid, 0, operator, 10**20, tree.proof(0), payee, 2**40)
    with pytest.raises(Reverted, match="RewardVault_AuthorisationInvalid"):
        town.send(0, "reward_vault", "claimTo", *arguments, sign(message, town.account(0)))
    authorisation = sign(message, town.account(TRAINERS[0]))
    town.send(0, "reward_vault", "claimTo", *arguments, authorisation)
    assert token_at(town.w3, town.terms().token).functions.balanceOf(payee).call() == 10**20
    with pytest.raises(Reverted, match="RewardVault_NothingToClaim"):
        town.send(0, "reward_vault", "claimTo", *arguments, authorisation)
