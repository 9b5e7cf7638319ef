"""Reads a federation: one immutable `View` at one block."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import structlog
from web3 import Web3
from web3.exceptions import BadFunctionCallOutput, BlockNotFound
from web3.types import BlockIdentifier

from parley.chain.contracts import Contracts
from parley.chain.deployments import HINT
from parley.chain.errors import IncompleteLogs, StaleDeployment
from parley.chain.events import Event, keys_of, members_of, records_of
from parley.chain.follower import Follower
from parley.chain.model import (
    FederationState,
    Policy,
    Role,
    RoundState,
    Terms,
    member_of,
    policy_of,
    round_of,
    terms_of,
)
from parley.chain.reader_checks import contradictions
from parley.chain.rpc import distrust
from parley.chain.view import LAST_TURN, Block, RoundRecord, View
from parley.errors import ChainError, NotFound

__all__ = ["Contracts", "Reader", "Tag"]

log = structlog.get_logger(__name__)

Tag = Literal["latest", "safe", "finalized"]
"""How sure the chain is of a block."""

MAX_ATTEMPTS = 6
"""How often a view is read anew because its block went away meanwhile, or because it contradicts itself."""

REST_SECONDS = 30.0
"""Seconds between two times that all events are read again."""


class Reader:
    """Reads one federation as one operator sees it; keeps what cannot change between calls.

    Args:
        w3: connection.
        contracts: the deployment.
        fid: federation id.
        operator: checksum address whose standing is read.
        depth: blocks below the head at which to read; 0 for the head.
        tag: read no newer block than the chain calls that; the lower of both counts.

    Raises:
        NotFound: there is no such federation.
    """

    def __init__(
        self, w3: Web3, contracts: Contracts, fid: int, operator: str, depth: int = 0, tag: Tag = "latest"
    ) -> None:
        self._w3 = w3
        self._contracts = contracts
        self._fid = fid
        self._operator = operator
        self._depth = depth
        self._tag = tag
        self._chain_id = w3.eth.chain_id
        self._terms = self._read_terms()
        self._policies: dict[int, Policy] = {}
        self._follower = Follower(w3, (contracts.coordinator, contracts.disputes), fid, contracts.start_block)
        self._records: Mapping[int, RoundRecord] = {}
        self._last: View | None = None
        self._reorgs = 0
        self._rest_until = 0.0

    @property
    def terms(self) -> Terms:
        """What never changes."""
        return self._terms

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of coordinator and disputes up to the last view, in the order of the chain."""
        return self._follower.events

    @property
    def reorgs(self) -> int:
        """How many reorganisations took away blocks that were read."""
        return self._follower.reorgs

    def view(self) -> View:
        """The federation at the newest block that lies `depth` below the head.

        Raises:
            IncompleteLogs: what the node's events say is not what its contracts say.
            ChainError: the node does not answer, or reorganises faster than it can be read.
        """
        doubts = 0
        with _explained():
            for _ in range(MAX_ATTEMPTS):
                block = self._head()
                if self._last is not None and self._last.block.hash == block.hash:
                    return self._last
                try:
                    view = self._view_at(block)
                except IncompleteLogs:
                    if not self._elsewhere():
                        raise
                    continue
                found = contradictions(view, self._settlement(view))
                if not self._is_canonical(block):
                    continue
                if not found:
                    self._last = view
                    return view
                doubts += 1
                self._doubt(view, found, doubts)
        raise ChainError("the chain is being reorganised faster than it can be read", hint="try again in a moment")

    def seen_by(self, view: View, operator: str) -> View:
        """The same view as another operator sees it.

        Raises:
            ChainError: the node does not answer, or has lost the view's block.
        """
        with _explained():
            return replace(view, operator=operator, **self._standing(operator, view.block.number))

    def newest_roles(self) -> Role:
        """The operator's roles at the head of the chain, whatever the depth at which all else is read.

        Raises:
            ChainError: the node does not answer.
        """
        with _explained():
            return member_of(self._contracts.lens.functions.memberOf(self._fid, self._operator).call()).roles

    def _view_at(self, block: Block) -> View:
        """Events and state at a block."""
        if self._follower.advance(block) or self._last is None:
            self._records = records_of(self._follower.events)
        self._forget_after_reorg()
        return self._read(block)

    def _settlement(self, view: View) -> bytes | None:
        """Hash of the standing settlement."""
        if not view.federation.live or view.round.final_at == 0:
            return None
        ask = self._contracts.lens.functions.settlementHash(self._fid)
        return bytes(ask.call(block_identifier=view.block.number))

    def _doubt(self, view: View, found: list[str], times: int) -> None:
        """Read a round's events again, then all of them, then those of another endpoint.

        Raises:
            IncompleteLogs: no other endpoint is there, or all was read again a moment ago.
        """
        log.warning("events contradict the state", block=view.block.number, found=found)
        rest = time.monotonic() < self._rest_until
        if times == 1 and not rest:
            self._follower.doubt(view.record.opened_block if view.record else None)
        elif times == 2 and not rest:
            self._rest_until = time.monotonic() + REST_SECONDS
            self._follower.doubt()
        elif not self._elsewhere():
            raise IncompleteLogs(
                f"the node's logs are incomplete at block {view.block.number}: {'; '.join(found)}",
                hint="use another RPC endpoint, or wait until this one has all logs",
            )

    def _elsewhere(self) -> bool:
        """Take everything from another endpoint, if there is one."""
        if not distrust(self._w3):
            return False
        self._follower.doubt()
        return True

    def _forget_after_reorg(self) -> None:
        """What cannot change on one chain may be different on another."""
        if self._follower.reorgs != self._reorgs:
            self._reorgs = self._follower.reorgs
            self._last = None
            self._policies.clear()
            self._terms = self._read_terms()

    def _is_canonical(self, block: Block) -> bool:
        """Whether a block is still on the chain; logs are asked for by height, so a reorg meanwhile would mix two."""
        return bytes(self._w3.eth.get_block(block.number)["hash"]) == block.hash

    def _head(self) -> Block:
        """The newest block to act upon."""
        newest = self._block(self._tag)
        if self._depth == 0:
            return newest
        deep = max(0, self._w3.eth.block_number - self._depth)
        return newest if newest.number <= deep else self._block(deep)

    def _block(self, which: BlockIdentifier) -> Block:
        block = self._w3.eth.get_block(which)
        return Block(block["number"], bytes(block["hash"]), block["timestamp"])

    def _read(self, block: Block) -> View:
        """State at a height: by hash, web3 would ask for the block each time. `_is_canonical` is asked at the end."""
        c, fid, at = self._contracts, self._fid, block.number
        federation = FederationState.from_abi(c.lens.functions.federationOf(fid).call(block_identifier=at))
        round_ = round_of(c.lens.functions.roundOf(fid).call(block_identifier=at))
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
            **self._standing(self._operator, at),
            turns=self._turns(round_, at),
            records=self._records,
            keys=keys_of(self._follower.events),
            members=members_of(self._follower.events),
            free_budget=books[2],
        )

    def _standing(self, operator: str, at: int) -> dict[str, Any]:
        """What of a view depends on who asks."""
        c = self._contracts
        me = member_of(c.lens.functions.memberOf(self._fid, operator).call(block_identifier=at))
        free, _ = c.stake_vault.functions.accountOf(self._terms.token, operator).call(block_identifier=at)
        return {"me": me, "free_stake": free}

    def _turns(self, round_: RoundState, at: int) -> tuple[int, ...]:
        if not round_.seeded:
            return ()
        if self._last is not None and self._last.turns and self._last.round.round == round_.round:
            return self._last.turns
        ask = self._contracts.lens.functions.turnPosition
        return tuple(ask(self._fid, turn).call(block_identifier=at) for turn in range(LAST_TURN))

    def _policy(self, version: int) -> Policy:
        if version not in self._policies:
            with _explained():
                values = self._contracts.federations.functions.policyOf(self._fid, version).call()
            self._policies[version] = policy_of(values)
        return self._policies[version]

    def policy(self, version: int) -> Policy:
        """A policy version, for past rounds."""
        return self._policy(version)

    def _read_terms(self) -> Terms:
        with _explained():
            terms = terms_of(self._contracts.federations.functions.termsOf(self._fid).call())
        if int(terms.token, 16) == 0:
            raise NotFound(
                f"there is no federation {self._fid}", hint="`parley federation list` shows those that exist"
            )
        return terms


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what web3 raises where contracts or blocks are gone into errors of Parley's own."""
    try:
        yield
    except BadFunctionCallOutput as error:
        raise StaleDeployment(
            "the contracts do not answer: the chain was started anew, or still lags behind", hint=HINT
        ) from error
    except BlockNotFound as error:
        raise ChainError(f"the node has lost a block: {error}", hint="try again in a moment") from error
