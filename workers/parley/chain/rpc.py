"""A connection to a node: total timeouts, reads that are retried, and errors that say what to do.

Raw transactions are never retried here: only the sender knows whether it may send again.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint, RPCResponse

from parley.chain.errors import NodeRefused, Unreachable, WrongChain
from parley.errors import ConfigError

TIMEOUT = 10.0
"""Seconds that a node has to answer."""

ATTEMPTS = 4
"""How often a read is asked."""

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

_TEMPORARY = {429, 500, 502, 503, 504}
_REVERTED = 3
"""Error code of a call that a contract refused; web3 turns it into an exception with the revert data."""


class Provider(HTTPProvider):
    """Web3's HTTP provider with retries for reads only, and errors of Parley's own.

    Args:
        url: JSON-RPC endpoint.
        timeout: seconds per request.
        attempts: how often a read is asked.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT, attempts: int = ATTEMPTS) -> None:
        # web3's own retries include eth_sendRawTransaction: off
        super().__init__(url, request_kwargs={"timeout": timeout}, exception_retry_configuration=None)
        self.global_ccip_read_enabled = False  # a contract must not choose what this machine fetches (EIP-3668)
        self._shown = shown(url)
        self._attempts = attempts

    def make_request(self, method: RPCEndpoint, params: object) -> RPCResponse:
        """Ask the node.

        Raises:
            Unreachable: no answer in time, or no JSON-RPC.
            NodeRefused: the node answers with an error other than a contract's refusal.
        """
        attempts = self._attempts if method in READS else 1
        retrying = Retrying(
            retry=retry_if_exception(_is_temporary),
            stop=stop_after_attempt(attempts),
            wait=wait_exponential_jitter(multiplier=0.1, max=2.0, jitter=0.1),
            reraise=True,
        )
        try:
            response: RPCResponse = retrying(super().make_request, method, params)
        except (requests.RequestException, ValueError) as error:
            raise Unreachable(
                f"the node at {self._shown} does not answer {method}: {_reason(error)}",
                hint="is it running, and is the address right? `parley devnet up` starts a local one",
            ) from error
        _raise_refusal(method, response)
        return response


def connect(url: str, expected_chain_id: int | None = None, *, timeout: float = TIMEOUT) -> Web3:
    """Connect to a node and check which chain it serves.

    Args:
        url: JSON-RPC endpoint, `http://` or `https://`.
        expected_chain_id: the chain it must serve; any if `None`.
        timeout: seconds that it has for each answer.

    Raises:
        ConfigError: the address is none.
        Unreachable: the node does not answer.
        WrongChain: it serves another chain.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{url!r:.80} is no RPC endpoint", hint="it starts with http:// or https://")
    w3 = Web3(Provider(url, timeout=timeout))
    chain_id = w3.eth.chain_id
    if expected_chain_id is not None and chain_id != expected_chain_id:
        raise WrongChain(
            f"the node at {shown(url)} serves chain {chain_id}, not {expected_chain_id}",
            hint="check the settings rpc_url and chain_id",
        )
    return w3


def shown(url: str) -> str:
    """An endpoint as it may be logged: without user, password, path and query, where keys often stand (P-21)."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"


def _is_temporary(error: BaseException) -> bool:
    if isinstance(error, requests.HTTPError):
        return error.response is not None and error.response.status_code in _TEMPORARY
    return isinstance(error, requests.ConnectionError | requests.Timeout)


def _reason(error: Exception) -> str:
    """What happened, without the address, which may hold a key."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"status {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "it took too long"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return "what came back is no JSON-RPC" if isinstance(error, ValueError) else type(error).__name__


def _raise_refusal(method: str, response: RPCResponse) -> None:
    """Raise `NodeRefused` for an error that is not a contract's refusal."""
    error: Any = response.get("error")
    if not error:
        return
    details = error if isinstance(error, dict) else {"message": str(error)}
    code, message = int(details.get("code", 0)), str(details.get("message", ""))
    if method in ("eth_call", "eth_estimateGas") and (code == _REVERTED or "revert" in message.lower()):
        return
    raise NodeRefused(method, code, message)
