"""A web3 provider over one RPC endpoint or several (P-19).

One endpoint serves until it fails, so that what is read fits together; then the next usable one takes over, within the
same request if it is a read. A raw transaction goes to every usable endpoint at once: the same bytes are the same
transaction wherever they arrive. It is never retried here: only the sender knows whether it may send again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any, TypeVar

import structlog
from eth_utils.crypto import keccak
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from parley.chain.endpoint import Aside, Endpoint, Request
from parley.chain.endpoint_answers import is_blind, is_known, raise_refusal, refused
from parley.chain.endpoint_health import Health, settle_chain
from parley.chain.endpoint_http import NoAnswer, Transport
from parley.chain.endpoint_search import Search
from parley.chain.errors import EndpointsDisagree, Overlong, Unreachable, WrongChain
from parley.errors import ChainError
from parley.redaction import shown_url

log = structlog.get_logger(__name__)

TIMEOUT = 10.0
"""Seconds that an endpoint has to answer, in all; a request may take twice that over several attempts."""

ATTEMPTS = 4
"""How often a read is asked at most; with several endpoints once more for each further one."""

MAX_LAG = 5
"""Blocks that an endpoint may be behind."""

READS = frozenset(
    {
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_estimateGas",
        "eth_feeHistory",
        "eth_gasPrice",
        "eth_getBalance",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getBlockReceipts",
        "eth_getCode",
        "eth_getLogs",
        "eth_getStorageAt",
        "eth_getTransactionByHash",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
        "eth_maxPriorityFeePerGas",
        "web3_clientVersion",
    }
)
"""Methods that change nothing, so that asking twice does no harm."""

SEND = "eth_sendRawTransaction"

_T = TypeVar("_T")


class Provider(JSONBaseProvider):
    """Web3's provider over Parley's endpoints, with errors of Parley's own.

    Args:
        urls: JSON-RPC endpoints, the preferred one first.
        expected_chain_id: the chain that all must serve; `None`: that which most serve at first.
        timeout: seconds that an endpoint has for an answer.
        attempts: how often a read is asked.
        max_lag: blocks that an endpoint may be behind the best.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        *,
        expected_chain_id: int | None = None,
        timeout: float = TIMEOUT,
        attempts: int = ATTEMPTS,
        max_lag: int = MAX_LAG,
    ) -> None:
        super().__init__()
        self.global_ccip_read_enabled = False  # a contract must not choose what this machine fetches (EIP-3668)
        urls = [urls] if isinstance(urls, str) else list(dict.fromkeys(urls))
        self._transports = [Transport(url) for url in urls]
        self._endpoints = [
            Endpoint(number, shown_url(url), transport.post, expected=expected_chain_id)
            for number, (url, transport) in enumerate(zip(urls, self._transports, strict=True))
        ]
        self._health = Health(self._endpoints, max_lag) if len(urls) > 1 else None
        self._timeout = timeout
        self._attempts = attempts + len(urls) - 1
        self._current = self._endpoints[0]
        self._takes_many = True

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:  # noqa: ANN401 - as in web3
        """Ask.

        Raises:
            Unreachable: no endpoint answers in time, or none with JSON-RPC.
            EndpointsDisagree: a transaction is not sent, because endpoints have different blocks.
            WrongChain: all endpoints serve another chain.
            NodeRefused: the node answers with an error other than a contract's refusal.
        """
        if self._health is not None:
            self._health.refresh()
        if method == SEND and self._health is not None:
            response = self._broadcast(params, self._health)
        else:
            response = self._ask(method, params)
        raise_refusal(method, response)
        return response

    def ask_many(self, requests: Sequence[Request]) -> list[RPCResponse]:
        """Ask several reads at once: by half where that takes too long, one by one where the endpoint does not take it.

        Returns:
            the answers in the order of the requests: results or errors.

        Raises:
            Unreachable, WrongChain: as of `make_request`.
        """
        if self._health is not None:
            self._health.refresh()
        if not self._takes_many or len(requests) <= 1:
            return [self._ask(method, params) for method, params in requests]
        try:
            return self._search("a batch", lambda endpoint, seconds: endpoint.ask_many(requests, seconds), 1, _blind_of)
        except Overlong:
            middle = len(requests) // 2
            return [*self.ask_many(requests[:middle]), *self.ask_many(requests[middle:])]
        except Unreachable as error:
            log.warning("requests are sent one by one from now on", reason=error.message)
            self._takes_many = False
            return self.ask_many(requests)

    def distrust(self) -> bool:
        """Put the endpoint aside that serves now, because what it told contradicts itself.

        Returns:
            whether another one can take over; if not, nothing was done.
        """
        if self._health is None or not any(e.usable for e in self._endpoints if e is not self._current):
            return False
        self._health.distrust(self._current)
        return True

    def close(self) -> None:
        """Close the connections that are open; the next request opens new ones."""
        for transport in self._transports:
            transport.close()

    # ------------------------------------------------------------------------------------------------- reading

    def _ask(self, method: str, params: object) -> RPCResponse:
        """Ask one endpoint after the other; anything that is no read, only once."""
        attempts, look = (self._attempts, _blind_one) if method in READS else (1, _sees)
        return self._search(method, lambda endpoint, seconds: endpoint.ask(method, params, seconds), attempts, look)

    def _search(
        self,
        what: str,
        exchange: Callable[[Endpoint, float], _T],
        attempts: int,
        blind: Callable[[_T], RPCResponse | None],
    ) -> _T:
        """Exchange something with one endpoint after the other, until one answers that knows of what it is asked."""
        search = Search(self._timeout, attempts)
        while True:
            endpoint = self._begin(search)
            if endpoint is None:
                if not search.pause(self._pause(search)):
                    raise self._failure(what, search) from None
                continue
            try:
                answer = exchange(endpoint, search.seconds)
            except NoAnswer as failure:
                search.failed(endpoint, failure)
                if search.attempts == 0:
                    raise self._failure(what, search) from None
                continue
            refusal = blind(answer)
            if refusal is not None and search.blind(endpoint, refusal, self._endpoints):
                continue
            self._serves(endpoint)
            return answer

    def _begin(self, search: Search) -> Endpoint | None:
        """The endpoint to ask now, if there is one."""
        last_hope = not any(endpoint.usable for endpoint in self._endpoints)
        for endpoint in self._in_order():
            open_to_us = endpoint.aside is None and endpoint.number not in search.excluded
            if open_to_us and endpoint.begin(search.seconds, last_hope=last_hope):
                return endpoint
        return None

    def _in_order(self) -> list[Endpoint]:
        """The one that serves comes first."""
        return sorted(self._endpoints, key=lambda endpoint: endpoint is not self._current)

    def _pause(self, search: Search) -> float:
        """Seconds until an endpoint may be asked."""
        open_ones = [e for e in self._endpoints if e.aside is None and e.number not in search.excluded]
        return min((e.wait(last_hope=True) for e in open_ones), default=float("inf"))

    def _serves(self, endpoint: Endpoint) -> None:
        """Stay with an endpoint that answered."""
        if self._health is None:
            settle_chain(self._endpoints)
        if endpoint is not self._current:
            log.warning("another RPC endpoint takes over", endpoint=endpoint.shown, instead_of=self._current.shown)
            self._current = endpoint

    # ------------------------------------------------------------------------------------------------- sending

    def _broadcast(self, params: Any, health: Health) -> RPCResponse:  # noqa: ANN401 - JSON
        """Hand a raw transaction to every usable endpoint; one that takes it is enough."""
        if health.disputed:
            raise EndpointsDisagree(
                f"nothing is sent: the RPC endpoints have different blocks ({', '.join(self._names())})",
                hint="find out which one is wrong and take it out of the setting rpc_url",
            )
        last_hope = not any(endpoint.usable for endpoint in self._endpoints)
        asked = [e for e in self._in_order() if e.aside is None and e.begin(self._timeout, last_hope=last_hope)]
        # Endpoints that are behind get a copy: they may be right, and then a lie has put them aside.
        copies = [e for e in self._endpoints if e.aside is Aside.BEHIND and e.begin(self._timeout)]
        if not asked:
            asked, copies = copies, []
        pool = ThreadPoolExecutor(max_workers=max(1, len(asked) + len(copies)))
        try:
            futures = {pool.submit(e.ask, SEND, params, self._timeout): e for e in asked}
            for endpoint in copies:
                pool.submit(endpoint.ask, SEND, params, self._timeout)
            return self._first_taken(futures, params)
        finally:
            pool.shutdown(wait=False)  # the others end at their own deadlines

    def _first_taken(self, futures: dict[Future[RPCResponse], Endpoint], params: Any) -> RPCResponse:  # noqa: ANN401
        """The first answer that takes the transaction, else the refusal of the endpoint that comes first."""
        refusals: dict[int, RPCResponse] = {}
        for future in as_completed(futures):
            try:
                response = future.result()
            except NoAnswer:
                continue
            if not response.get("error"):
                return response
            if is_known(response):
                digest = keccak(hexstr=str(params[0])).hex()
                return {"jsonrpc": "2.0", "id": 1, "result": f"0x{digest}"}
            refusals[futures[future].number] = response
        for endpoint in futures.values():
            if endpoint.number in refusals:
                return refusals[endpoint.number]
        raise self._failure(SEND, None)

    # ------------------------------------------------------------------------------------------------- giving up

    def _names(self) -> list[str]:
        return [endpoint.shown for endpoint in self._endpoints]

    def _failure(self, method: str, search: Search | None) -> ChainError:
        """What says of each endpoint why it is of no use."""
        if search is not None and search.refusal is not None:
            return refused(method, search.refusal)
        if all(endpoint.wrong_chain for endpoint in self._endpoints):
            told = "; ".join(
                f"the node at {e.shown} serves chain {e.served}, not {e.expected}" for e in self._endpoints
            )
            return WrongChain(told, hint="check the settings rpc_url and chain_id")
        if len(self._endpoints) == 1:
            message = f"the node at {self._current.shown} does not answer {method}: {self._current.complaint()}"
        else:
            told = "; ".join(f"{e.shown}: {e.complaint()}" for e in self._endpoints)
            message = f"no RPC endpoint answers {method}: {told}"
        kind = Overlong if search is not None and search.overlong else Unreachable
        return kind(message, hint="is it running, and is the address right? `parley devnet up` starts a local one")


def _sees(_: RPCResponse) -> None:
    """What is no read is not asked of another endpoint."""


def _blind_one(response: RPCResponse) -> RPCResponse | None:
    """The response, if it refuses because the endpoint lacks a block."""
    return response if is_blind(response) else None


def _blind_of(responses: list[RPCResponse]) -> RPCResponse | None:
    """The first response that refuses because the endpoint lacks a block."""
    return next(filter(is_blind, responses), None)
