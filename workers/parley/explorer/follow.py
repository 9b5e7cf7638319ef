"""The thread that follows the chain: events first, then their check against the state, then gas and tokens."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from time import monotonic

from web3 import Web3

from parley.chain.contracts import Contracts
from parley.chain.errors import IncompleteLogs
from parley.chain.reader import Tag
from parley.chain.rpc import distrust
from parley.chain.view import Block
from parley.errors import ChainError
from parley.explorer import tokens
from parley.explorer.api.models import HeadEvent, ReorgEvent, RoundEvent
from parley.explorer.index.database import Database
from parley.explorer.index.writing import Change
from parley.explorer.naming import phase_name
from parley.explorer.news import News
from parley.explorer.proof import contradictions
from parley.explorer.queries import Chain, Standing, federation_row, standing_of
from parley.explorer.receipts import Receipts
from parley.explorer.sync import Sync, watched

NEAR = 16
"""Blocks that the index may be behind without being called unfinished."""

PATIENCE = 5
"""How often in a row a head below what was read is taken for a node that lags, not for a chain that was cut."""

FIRST_PAUSE, LONGEST_PAUSE = 10.0, 300.0
"""Seconds before a node that stays incomplete is asked for everything again; they double each time."""

MAX_CHECKED = 16
"""Federations that are compared with the contracts at a time."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the index is.

    Attributes:
        start: the block before the first that is read.
        head: the chain's newest block, `None` before the node has answered.
        indexed: the newest block in the index, `None` while it is empty.
        problem: why it does not go on, `None` if it does.
    """

    start: int
    head: Block | None = None
    indexed: int | None = None
    problem: str | None = None

    @property
    def building(self) -> bool:
        """Whether much is missing."""
        return self.indexed is None or (self.head is not None and self.head.number - self.indexed > NEAR)

    @property
    def share(self) -> float | None:
        """How much of the chain is in the index, 0 to 1; `None` once nothing is missing."""
        if not self.building:
            return None
        if self.head is None or self.indexed is None or self.head.number <= self.start:
            return 0.0
        return max(0.0, min(1.0, (self.indexed - self.start) / (self.head.number - self.start)))


@dataclass(slots=True)
class Follow:
    """One step after the other towards the head, and news of each.

    Args:
        w3: connection, used by this thread only.
        contracts: the deployment.
        database: the index.
        news: told what happens.
        tag: how sure the chain must be of a block.
        stopping: set when it is to end.
    """

    w3: Web3
    contracts: Contracts
    database: Database
    news: News
    tag: Tag = "latest"
    stopping: threading.Event = field(default_factory=threading.Event)
    progress: Progress = field(init=False)
    _sync: Sync = field(init=False)
    _receipts: Receipts = field(init=False)
    _chain: Chain = field(init=False)
    _done: bytes = field(init=False, default=b"")
    _touched: set[int] = field(init=False, default_factory=set)
    _doubts: int = field(init=False, default=0)
    _due: float | None = field(init=False, default=None)
    _behind: int = field(init=False, default=0)
    _phases: dict[int, tuple[int, Standing]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._sync = Sync(
            self.w3,
            self.contracts,
            self.database,
            tag=self.tag,
            stopping=self.stopping,
            took=self._took,
            replaced=self._replaced,
        )
        self._receipts = Receipts(self.w3, watched(self.contracts), self.database)
        self._chain = Chain(self.w3.eth.chain_id, self.contracts.coordinator.address)
        start = self.contracts.start_block - 1
        last = self._sync.last
        self.progress = Progress(start, indexed=last if last > start else None)
        self._touched = self._known()  # nobody knows whether they were compared before it ended

    def work(self) -> bool:
        """Bring the index up to the head; return whether there is more to do at once.

        Raises:
            ChainError: the node does not answer, or lies.
            ContentError: the index cannot be written.
        """
        if self.database.damaged:
            self.database.throw_away()
            self._replaced(self.contracts.start_block)
        head = self._sync.head()
        self.progress = replace(self.progress, head=head)
        if self._lags(head):
            return False
        if head.hash != self._done:
            self._sync.advance(head)
            if self._sync.last < head.number:
                return False  # it is to end
            self._check(head)
            self._tell_phases(head)
            self._done = head.hash
        return tokens.learn(self.w3, self.database) or self._receipts.fill()

    def tell(self, problem: str | None) -> None:
        """Note what keeps it from going on."""
        self.progress = replace(self.progress, problem=problem)

    def _lags(self, head: Block) -> bool:
        """Whether the node is merely behind: one of several behind an address may be, and soon another answers."""
        self._behind = self._behind + 1 if head.number < self._sync.last else 0
        return 0 < self._behind <= PATIENCE

    # --------------------------------------------------------------------------------------------- told by Sync

    def _took(self, change: Change, block: Block) -> None:
        self.progress = replace(self.progress, indexed=block.number)
        self._touched |= change.federations
        self.news.publish("head", HeadEvent(number=block.number, time=block.timestamp).model_dump())
        for fid, number in sorted(change.rounds):
            self._phases.pop(fid, None)
            if not self.progress.building:
                self._tell_round(fid, number, block)

    def _replaced(self, block: int) -> None:
        self._done = b""
        self._touched = self._known()
        self._phases.clear()
        self.progress = replace(self.progress, indexed=block - 1 if block - 1 > self.progress.start else None)
        self.news.publish("reorg", ReorgEvent(from_block=block).model_dump())

    # ------------------------------------------------------------------------------------------------- checking

    def _check(self, head: Block) -> None:
        """Compare federations that something happened to with the contracts; read again what does not fit.

        Raises:
            IncompleteLogs: it still does not fit.
        """
        for fid in sorted(self._touched)[:MAX_CHECKED]:
            found = contradictions(self.database, self.contracts, fid, head.number)
            if found and self._sync.has(head):
                self._doubt(fid, "; ".join(found))
            self._touched.discard(fid)
        if not self._touched:
            self._doubts, self._due = 0, None

    def _doubt(self, fid: int, found: str) -> None:
        """Forget what does not fit: a federation's newest round, then everything, and after a pause once more.

        Raises:
            ChainError: always.
        """
        if self._is_early():
            raise IncompleteLogs(
                f"the node's logs are incomplete: {found}",
                hint="use another RPC endpoint, or wait until this one has all logs",
            )
        first = self._opened(fid) if self._doubts == 0 else None
        if self._doubts > 0:
            distrust(self.w3)
        self._doubts, self._due = self._doubts + 1, None
        self._sync.doubt(first)
        raise ChainError(f"events contradict the state, and are read again: {found}")

    def _is_early(self) -> bool:
        """Whether it is too early to read again; the pause begins once all was read."""
        if self._due is None:
            pause = FIRST_PAUSE * 2 ** min(self._doubts - 2, 16) if self._doubts > 1 else 0.0
            self._due = monotonic() + min(pause, LONGEST_PAUSE)
        return monotonic() < self._due

    def _known(self) -> set[int]:
        """The federations that the index has events of."""
        with self.database.read() as connection:
            return {row["fid"] for row in connection.execute("SELECT DISTINCT fid FROM events WHERE fid IS NOT NULL")}

    def _opened(self, fid: int) -> int | None:
        """The block that opened a federation's newest round."""
        with self.database.read() as connection:
            (block,) = connection.execute(
                "SELECT MAX(block) FROM events WHERE name = 'RoundOpened' AND fid = ?", (fid,)
            ).fetchone()
        return None if block is None else int(block)

    # -------------------------------------------------------------------------------------------------- telling

    def _tell_phases(self, head: Block) -> None:
        """Say which running rounds are in another phase by the mere passing of time."""
        with self.database.read() as connection:
            live = connection.execute("SELECT fid, round FROM federations WHERE live").fetchall()
        for row in live:
            fid, number = row["fid"], row["round"]
            known = self._phases.get(fid)
            ends = None if known is None or known[0] != number else known[1].ends
            if ends is None or head.timestamp >= ends:
                self._tell_round(fid, number, head)

    def _tell_round(self, fid: int, number: int, block: Block) -> None:
        with self.database.read() as connection:
            standing = standing_of(connection, self._chain, fid, number, block.timestamp)
            newest = federation_row(connection, fid)["round"]
        if self._phases.get(fid) == (number, standing):
            return
        if number == newest:
            self._phases[fid] = (number, standing)
        phase = None if standing.phase is None else phase_name(standing.phase)
        event = RoundEvent(fid=fid, round=number, phase=phase, state=standing.state.value)
        self.news.publish("round", event.model_dump())
