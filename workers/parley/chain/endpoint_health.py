"""Which of several endpoints tell the truth, as far as comparing them can show (P-19).

Every few seconds, before a request, all endpoints that may be asked are asked for their newest block, and those that
are near each other for the hash of one block a little below. Who is behind is put aside until it has caught up; so is
the minority that has other blocks. Where no side has a majority nobody can tell who is right: reading goes on with the
preferred side, sending does not.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from parley.chain.endpoint import Aside, Endpoint
from parley.chain.endpoint_answers import number_of
from parley.chain.endpoint_http import NoAnswer

log = structlog.get_logger(__name__)

CHECK_SECONDS = 3.0
"""Seconds between two comparisons."""

ANSWER_SECONDS = 2.0
"""Seconds that an endpoint has for its part of a comparison."""

COMPARED_DEPTH = 3
"""Blocks below the lowest head at which hashes are compared: newer ones may differ for a moment without harm."""

DISTRUST_SECONDS = 60.0
"""Seconds for which an endpoint with incomplete logs is put aside."""

DISPUTE_SECONDS = 600.0
"""Seconds after which other blocks are forgiven if nobody is there to compare: the dead must not stop a worker."""

_PAIR = 2
_T = TypeVar("_T")


def best_head(heads: Collection[int]) -> int:
    """The height that endpoints are measured against.

    Of three or more it is one that a second endpoint has reached too, so that none can put all others aside by a lie.
    """
    ordered = sorted(heads, reverse=True)
    return ordered[0] if len(ordered) <= _PAIR else ordered[1]


def behind(heads: Mapping[int, int], max_lag: int, aside: Collection[int] = ()) -> set[int]:
    """Who is more than `max_lag` blocks behind; those that were already must come to half of that to be taken back.

    Args:
        heads: heights by endpoint.
        max_lag: blocks.
        aside: who is put aside for it now.
    """
    if not heads:
        return set()
    best = best_head(heads.values())
    return {n for n, head in heads.items() if best - head > (max_lag // 2 if n in aside else max_lag)}


def outvoted(hashes: Mapping[int, str]) -> tuple[set[int], bool]:
    """Who has another block than most, or where there is no majority, than the endpoint that the settings prefer.

    Returns:
        those endpoints, and whether there is no majority.
    """
    votes = Counter(hashes.values())
    if len(votes) <= 1:
        return set(), False
    favourite, count = votes.most_common(1)[0]
    disputed = 2 * count <= len(hashes)
    believed = hashes[min(hashes)] if disputed else favourite
    return {n for n, given in hashes.items() if given != believed}, disputed


def settle_chain(endpoints: Sequence[Endpoint]) -> None:
    """Where nobody said which chain is expected, it is the one that most endpoints serve, or the preferred of them."""
    served = Counter(endpoint.served for endpoint in endpoints if endpoint.served is not None)
    if not served or endpoints[0].expected is not None:
        return
    chain_id = served.most_common(1)[0][0]
    for endpoint in endpoints:
        endpoint.expect(chain_id)


class Health:
    """Compares several endpoints now and then.

    Args:
        endpoints: the preferred one first.
        max_lag: blocks that one may be behind.

    Attributes:
        disputed: endpoints have different blocks and no side has a majority.
    """

    def __init__(self, endpoints: Sequence[Endpoint], max_lag: int) -> None:
        self._endpoints = endpoints
        self._max_lag = max_lag
        self._checked_at = float("-inf")
        self._distrusted: dict[int, float] = {}
        self._lock = threading.Lock()
        self._forked_at: dict[int, float] = {}
        self.disputed = False

    def refresh(self) -> None:
        """Compare if that was not done for a while; while one thread does, others go on as before."""
        every = CHECK_SECONDS
        if time.monotonic() - self._checked_at < every or not self._lock.acquire(blocking=self._is_first):
            return
        try:
            if time.monotonic() - self._checked_at >= every:
                self._compare()
                self._checked_at = time.monotonic()
        finally:
            self._lock.release()

    def distrust(self, endpoint: Endpoint) -> None:
        """Put an endpoint aside for a while because what it tells contradicts itself."""
        self._distrusted[endpoint.number] = time.monotonic() + DISTRUST_SECONDS
        self._put(endpoint, Aside.DISTRUSTED)

    @property
    def _is_first(self) -> bool:
        return self._checked_at == float("-inf")

    # ------------------------------------------------------------------------------------------------ comparing

    def _compare(self) -> None:
        """One comparison of all that may be asked."""
        alive = [e for e in self._endpoints if e.wait() == 0 and e.begin(ANSWER_SECONDS)]
        with ThreadPoolExecutor(max_workers=max(1, len(alive))) as pool:
            heads = self._asked(pool, alive, _head)
            settle_chain(self._endpoints)
            heads = {n: head for n, head in heads.items() if self._endpoints[n].serves_expected}
            late = behind(heads, self._max_lag, self._numbers(Aside.BEHIND))
            compared = [self._endpoints[n] for n in heads if n not in late or len(heads) == _PAIR]
            hashes, forked, disputed = self._votes(pool, compared, heads)
        if len(hashes) < _PAIR:
            forked = self._still_forked()
        else:
            self._note_dispute(hashes, disputed)
        self._judge(heads, late, forked)

    def _votes(
        self, pool: ThreadPoolExecutor, compared: Sequence[Endpoint], heads: Mapping[int, int]
    ) -> tuple[dict[int, str], set[int], bool]:
        """Hashes, who is outvoted, and whether nobody is right.

        A reorganisation may pass between two answers, so a difference counts only if it is there twice.
        """
        hashes: dict[int, str] = {}
        if len(compared) < _PAIR:
            return hashes, set(), False
        height = max(0, min(heads[e.number] for e in compared) - COMPARED_DEPTH)
        for _ in range(2):
            hashes = self._asked(pool, compared, lambda endpoint: _hash(endpoint, height))
            forked, disputed = outvoted(hashes)
            if not forked and not disputed:
                break
        return hashes, forked, disputed

    def _asked(
        self, pool: ThreadPoolExecutor, endpoints: Sequence[Endpoint], question: Callable[[Endpoint], _T | None]
    ) -> dict[int, _T]:
        """The answers by endpoint, of those that answer."""
        answers = zip(endpoints, pool.map(question, endpoints), strict=True)
        return {endpoint.number: answer for endpoint, answer in answers if answer is not None}

    # ------------------------------------------------------------------------------------------------ judging

    def _judge(self, heads: Mapping[int, int], late: set[int], forked: set[int]) -> None:
        """Put aside and take back."""
        now = time.monotonic()
        for number in heads:
            endpoint = self._endpoints[number]
            if number not in forked:
                self._forked_at.pop(number, None)
            if now < self._distrusted.get(number, 0.0):
                continue
            if number in forked:
                self._forked_at.setdefault(number, now)
                self._put(endpoint, Aside.FORKED)
            elif number in late:
                self._put(endpoint, Aside.BEHIND)
            else:
                self._put(endpoint, None)

    def _numbers(self, why: Aside) -> set[int]:
        return {endpoint.number for endpoint in self._endpoints if endpoint.aside is why}

    def _put(self, endpoint: Endpoint, why: Aside | None) -> None:
        """Change where an endpoint stands, and say so."""
        if endpoint.aside is why:
            return
        endpoint.put_aside(why)
        if why is None:
            log.info("an RPC endpoint is taken back", endpoint=endpoint.shown)
        else:
            log.warning("an RPC endpoint is put aside", endpoint=endpoint.shown, reason=str(why), head=endpoint.head)

    def _note_dispute(self, hashes: Collection[int], disputed: bool) -> None:
        """Say it loudly when a dispute begins, and when it ends."""
        if disputed == self.disputed:
            return
        self.disputed = disputed
        names = [self._endpoints[number].shown for number in hashes]
        if disputed:
            log.error("RPC endpoints have different blocks: nothing is sent until they agree", endpoints=names)
        else:
            log.warning("RPC endpoints agree again", endpoints=names)

    def _still_forked(self) -> set[int]:
        """Who was found to have other blocks; with nobody to compare with that stands for a while, then lapses."""
        now = time.monotonic()
        forked = {n for n in self._numbers(Aside.FORKED) if now - self._forked_at[n] < DISPUTE_SECONDS}
        if self.disputed and not forked:
            log.warning("the dispute among RPC endpoints lapses: one side is silent")
            self.disputed = False
        return forked


def _head(endpoint: Endpoint) -> int | None:
    """Height of its newest block."""
    try:
        endpoint.ask("eth_blockNumber", [], ANSWER_SECONDS)
    except NoAnswer:
        return None
    return endpoint.head


def _hash(endpoint: Endpoint, height: int) -> str | None:
    """Hash of its block at a height."""
    try:
        answer = endpoint.ask("eth_getBlockByNumber", [hex(height), False], ANSWER_SECONDS)
    except NoAnswer:
        return None
    block = answer.get("result")
    told = block.get("hash") if isinstance(block, dict) else None
    return told if isinstance(told, str) and number_of(told) is not None else None
