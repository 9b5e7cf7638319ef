"""One RPC endpoint: asked under a deadline, its chain checked first, its failures counted."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from web3 import Web3
from web3.types import RPCResponse

from parley.chain.endpoint_answers import all_decoded, decoded, number_of
from parley.chain.endpoint_breaker import Breaker
from parley.chain.endpoint_http import NoAnswer
from parley.metrics import RPC_HEAD, RPC_REQUESTS, RPC_USABLE

Post = Callable[[bytes, float], bytes]
"""Sends JSON and returns the reply within so many seconds; raises `NoAnswer`."""


Request = tuple[str, object]
"""A method and its parameters."""

_T = TypeVar("_T")


class Aside(StrEnum):
    """Why an endpoint that answers is not used."""

    BEHIND = "it is behind the others"
    FORKED = "its blocks are not those of the others"
    DISTRUSTED = "its logs are incomplete"


class Endpoint:
    """One endpoint.

    Args:
        number: its place in the settings; the only thing of it that becomes a label.
        shown: its address as it may be logged.
        post: how to reach it.
        expected: the chain that it must serve; `None` until that is known.
        breaker: tells when it may be asked.

    Attributes:
        served: the chain that it said it serves, or `None`.
        wrong_chain: that is not the expected one.
        head: the newest block it told of, or `None`.
        aside: why it is not used although it answers, or `None`.
        trouble: why the last request failed, or `None` if it did not.
    """

    def __init__(
        self, number: int, shown: str, post: Post, *, expected: int | None = None, breaker: Breaker | None = None
    ) -> None:
        self.number = number
        self.shown = shown
        self.expected = expected
        self.served: int | None = None
        self.wrong_chain = False
        self.head: int | None = None
        self.aside: Aside | None = None
        self.trouble: str | None = None
        self._post = post
        self._breaker = breaker or Breaker()
        self._verified = False
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def usable(self) -> bool:
        """It answered last time and nothing speaks against it."""
        return self.aside is None and self.trouble is None

    @property
    def serves_expected(self) -> bool:
        """It said which chain it serves, and that is the expected one."""
        return self.served is not None and not self.wrong_chain

    def expect(self, chain_id: int) -> None:
        """Which chain it must serve is known now."""
        self.expected = chain_id
        self.wrong_chain = self.served not in (None, chain_id)
        if self.wrong_chain:
            self._failed(self._another_chain())

    def complaint(self) -> str:
        """Why it is not used."""
        return self.trouble or self.aside or "it was not asked"

    # ------------------------------------------------------------------------------------------------- when

    def wait(self, *, last_hope: bool = False) -> float:
        """Seconds until it may be asked."""
        with self._lock:
            return self._breaker.wait(time.monotonic(), last_hope=last_hope)

    def begin(self, seconds: float, *, last_hope: bool = False) -> bool:
        """Whether it may be asked now; if so, it must be."""
        with self._lock:
            return self._breaker.begin(time.monotonic(), seconds, last_hope=last_hope)

    def put_aside(self, why: Aside | None) -> None:
        """Use it no longer, or with `None` again, after another look at its chain."""
        if self.aside is not None and why is None:
            self._verified = False
        self.aside = why
        self._tell()

    # ------------------------------------------------------------------------------------------------- asking

    def ask(self, method: str, params: object, seconds: float) -> RPCResponse:
        """Ask it, and before the first time, or after trouble, which chain it serves.

        Returns:
            what it answers: a result or an error.

        Raises:
            NoAnswer: nothing of use came in time, or it serves another chain.
        """

        def exchange(left: float) -> RPCResponse:
            if method == "eth_chainId":  # web3 asks it before every other request
                return {"jsonrpc": "2.0", "id": 0, "result": hex(self.served or 0)}
            return self._exchange(method, params, left)

        response = self._verified_first(exchange, seconds)
        self._note_head(method, response)
        self._tell()
        return response

    def ask_many(self, requests: Sequence[Request], seconds: float) -> list[RPCResponse]:
        """Ask several things at once. Returns and raises as `ask`, the answers in the order of the requests."""

        def exchange(left: float) -> list[RPCResponse]:
            numbers = [next(self._ids) for _ in requests]
            asked = [_request(number, *request) for number, request in zip(numbers, requests, strict=True)]
            return all_decoded(self._posted(asked, left), numbers)

        responses = self._verified_first(exchange, seconds)
        for (method, _), response in zip(requests, responses, strict=True):
            self._note_head(method, response)
        self._tell()
        return responses

    def _verified_first(self, exchange: Callable[[float], _T], seconds: float) -> _T:
        """Exchange something with it, once it is known to serve the right chain; count how that went."""
        until = time.monotonic() + seconds
        try:
            if not self._verified:
                self._verify(seconds)
            answer = exchange(until - time.monotonic())
        except NoAnswer as failure:
            self._failed(failure)
            raise
        with self._lock:
            self._breaker.succeeded()
            self.trouble = None
        return answer

    def _verify(self, seconds: float) -> None:
        """Look at the chain id."""
        answer = self._exchange("eth_chainId", [], seconds)
        self.served = number_of(answer.get("result"))
        if self.served is None:
            raise NoAnswer("it does not tell its chain")
        self.wrong_chain = self.expected not in (None, self.served)
        if self.wrong_chain:
            raise self._another_chain()
        self._verified = True

    def _another_chain(self) -> NoAnswer:
        return NoAnswer(f"it serves chain {self.served}, not {self.expected}", temporary=False)

    def _exchange(self, method: str, params: object, seconds: float) -> RPCResponse:
        """One request and its answer, checked for being one."""
        number = next(self._ids)
        return decoded(self._posted(_request(number, method, params), seconds), number)

    def _posted(self, body: Any, seconds: float) -> bytes:  # noqa: ANN401 - JSON
        if seconds <= 0:
            raise NoAnswer("it took too long", outcome="late")
        return self._post(Web3.to_json(body).encode(), seconds)

    def _failed(self, failure: NoAnswer) -> None:
        with self._lock:
            self._breaker.failed(time.monotonic(), failure.retry_after)
            self.trouble = failure.reason
        self._verified = False
        RPC_REQUESTS.labels(str(self.number), failure.outcome).inc()
        self._tell()

    def _note_head(self, method: str, response: RPCResponse) -> None:
        """Remember the newest block where the answer tells it."""
        RPC_REQUESTS.labels(str(self.number), "refused" if response.get("error") else "ok").inc()
        head = number_of(response.get("result")) if method == "eth_blockNumber" else None
        if head is not None:
            self.head = head
            RPC_HEAD.labels(str(self.number)).set(head)

    def _tell(self) -> None:
        RPC_USABLE.labels(str(self.number)).set(self.usable)


def _request(number: int, method: str, params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params or []}
