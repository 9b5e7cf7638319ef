"""Reads a federation: one immutable `View` at one block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from web3 import Web3
from web3.types import BlockIdentifier

from parley.chain.contracts import Contracts
from parley.chain.events import keys_of, members_of, records_of
from parley.chain.follower import Follower
from parley.chain.model import (
    Admission,
    FederationState,
    MemberState,
    Phase,
    Policy,
    Role,
    RoundState,
    Terms,
)
from parley.chain.view import LAST_TURN, Block, RoundRecord, View
from parley.errors import NotFound
from parley.numerics.rules import Rule

__all__ = ["Contracts", "Reader"]


class Reader:
    """Reads one federation as one operator sees it; keeps what cannot change between calls.

    Args:
        w3: connection.
        contracts: the deployment.
        fid: federation id.
        operator: checksum address whose standing is read.
        depth: blocks below the head at which to read; 0 for the head.

    Raises:
        NotFound: there is no such federation.
    """

    def __init__(self, w3: Web3, contracts: Contracts, fid: int, operator: str, depth: int = 0) -> None:
        self._w3 = w3
        self._contracts = contracts
        self._fid = fid
        self._operator = operator
        self._depth = depth
        self._chain_id = w3.eth.chain_id
        self._terms = self._read_terms()
        self._policies: dict[int, Policy] = {}
        self._follower = Follower(w3, contracts.coordinator, fid, contracts.start_block)
        self._records: Mapping[int, RoundRecord] = {}
        self._last: View | None = None

    @property
    def terms(self) -> Terms:
        """What never changes."""
        return self._terms

    def view(self) -> View:
        """The federation at the newest block that lies `depth` below the head."""
        block = self._head()
        if self._last is not None and self._last.block.hash == block.hash:
            return self._last
        if self._follower.advance(block) or self._last is None:
            self._records = records_of(self._follower.events)
        self._last = self._read(block)
        return self._last

    def _head(self) -> Block:
        number: BlockIdentifier = "latest" if self._depth == 0 else max(0, self._w3.eth.block_number - self._depth)
        block = self._w3.eth.get_block(number)
        return Block(block["number"], bytes(block["hash"]), block["timestamp"])

    def _read(self, block: Block) -> View:
        c, fid, at = self._contracts, self._fid, block.number
        federation = FederationState.from_abi(c.lens.functions.federationOf(fid).call(block_identifier=at))
        round_ = _round(c.lens.functions.roundOf(fid).call(block_identifier=at))
        me = _member(c.lens.functions.memberOf(fid, self._operator).call(block_identifier=at))
        free, _ = c.stake_vault.functions.accountOf(self._terms.token, self._operator).call(block_identifier=at)
        books = c.reward_vault.functions.booksOf(fid).call(block_identifier=at)
        for version in {federation.version, round_.version} - {0}:
            self._policy(version)
        return View(
            chain_id=self._chain_id,
            coordinator=c.coordinator.address,
            fid=fid,
            block=block,
            operator=self._operator,
            terms=self._terms,
            policies=dict(self._policies),
            federation=federation,
            round=round_,
            me=me,
            turns=self._turns(round_, at),
            records=self._records,
            keys=keys_of(self._follower.events),
            members=members_of(self._follower.events),
            free_stake=free,
            free_budget=books[2],
        )

    def _turns(self, round_: RoundState, at: int) -> tuple[int, ...]:
        if not round_.seeded:
            return ()
        if self._last is not None and self._last.turns and self._last.round.round == round_.round:
            return self._last.turns
        ask = self._contracts.lens.functions.turnPosition
        return tuple(ask(self._fid, turn).call(block_identifier=at) for turn in range(LAST_TURN))

    def _policy(self, version: int) -> Policy:
        if version not in self._policies:
            values = list(self._contracts.federations.functions.policyOf(self._fid, version).call())
            values[14] = Rule(values[14])
            self._policies[version] = Policy.from_abi(tuple(values))
        return self._policies[version]

    def policy(self, version: int) -> Policy:
        """A policy version, for past rounds."""
        return self._policy(version)

    def _read_terms(self) -> Terms:
        values = list(self._contracts.federations.functions.termsOf(self._fid).call())
        values[5] = Admission(values[5])
        terms = Terms.from_abi(tuple(values))
        if int(terms.token, 16) == 0:
            raise NotFound(
                f"there is no federation {self._fid}", hint="`parley federation list` shows those that exist"
            )
        return terms


def _round(values: tuple[Any, ...]) -> RoundState:
    return RoundState.from_abi((*values[:2], Phase(values[2]), *values[3:]))


def _member(values: tuple[Any, ...]) -> MemberState:
    return MemberState.from_abi((Role(values[0]), *values[1:]))
