"""All that an audit judges of a federation up to one block: events, calldata of reveals, and state. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parley.chain.events import Event, keys_of, members_of, records_of
from parley.chain.model import FederationState, MemberState, Policy, RoundState, Terms
from parley.chain.view import Block, Recorded
from parley.errors import NotFound
from parley.history.charter import charter_of


@dataclass(frozen=True, slots=True)
class Vaults:
    """What both vaults hold and owe at the last block, wei.

    Attributes:
        root: reward root of the federation's books, 32 bytes.
        free: of the federation's budget.
        reserved: for the open round.
        owed: earned and not claimed.
        reward_balance: tokens of the reward vault.
        reward_debt: what it owes in all federations of this token; `None` if there are too many to ask.
        stake_balance: tokens of the stake vault.
        to_burn: what of them is to be burned.
        claimed: by operator, in this federation.
        accounts: free and locked stake by operator.
    """

    root: bytes
    free: int
    reserved: int
    owed: int
    reward_balance: int
    reward_debt: int | None
    stake_balance: int
    to_burn: int
    claimed: Mapping[str, int]
    accounts: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Standing:
    """The contracts' state at the last block.

    Attributes:
        federation: changing state.
        round: the current or last round.
        settlement: hash of the standing settlement, or `None`.
        terms: as the registry keeps them.
        policies: likewise, by version.
        sponsor: likewise.
        members: by operator.
        vaults: money.
    """

    federation: FederationState
    round: RoundState
    settlement: bytes | None
    terms: Terms
    policies: Mapping[int, Policy]
    sponsor: str
    members: Mapping[str, MemberState]
    vaults: Vaults


@dataclass(frozen=True, slots=True)
class Story:
    """A federation's whole history.

    Attributes:
        told: what its events come to.
        sponsor: who created it.
        events: of registry, coordinator, disputes and reward vault, in the order of the chain.
        stakes: of the stake vault in the federation's token, whichever federation they belong to.
        inputs: calldata of the transactions that revealed updates, by transaction hash.
        hashes: blocks' hashes by height, those that seeds follow from among them.
        min_window: shortest window that the registry allows, seconds.
        standing: the state at the last block; `None` where the node does not keep it any more.
    """

    told: Recorded
    sponsor: str
    events: tuple[Event, ...]
    stakes: tuple[Event, ...]
    inputs: Mapping[bytes, bytes]
    hashes: Mapping[int, bytes]
    min_window: int
    standing: Standing | None


def recorded(chain_id: int, coordinator: str, fid: int, block: Block, events: Sequence[Event]) -> tuple[Recorded, str]:
    """What a federation's events come to, and who created it.

    Args:
        chain_id: of the chain.
        coordinator: address of the round coordinator.
        fid: federation id.
        block: up to which they were read.
        events: all of them, in the order of the chain.

    Raises:
        NotFound: none of them creates it.
    """
    charter = charter_of(chain_id, coordinator, events)
    if charter is None:
        hint = "`parley federation list` shows those that exist"
        raise NotFound(f"there is no federation {fid} at block {block.number}", hint=hint)
    told = Recorded(
        chain_id=chain_id,
        coordinator=coordinator,
        fid=fid,
        block=block,
        terms=charter.terms,
        policies=charter.policies,
        records=records_of(events),
        keys=keys_of(events),
        members=members_of(events),
    )
    return told, charter.sponsor
