"""A connection to a chain through one RPC endpoint or several, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from web3 import Web3

from parley.chain.endpoint import Request
from parley.chain.endpoint_answers import raise_refusal
from parley.chain.endpoints import ATTEMPTS, MAX_LAG, READS, TIMEOUT, Provider
from parley.chain.errors import WrongChain
from parley.errors import ConfigError

__all__ = ["ATTEMPTS", "MAX_LAG", "READS", "TIMEOUT", "Provider", "ask_many", "connect", "distrust"]

MAX_BATCH = 64
"""Requests sent at once: nodes bound them, and the bytes of the answers."""


def connect(
    urls: str | Sequence[str],
    expected_chain_id: int | None = None,
    *,
    timeout: float = TIMEOUT,
    max_lag: int = MAX_LAG,
) -> Web3:
    """Connect to a chain and check that it is the expected one.

    Args:
        urls: JSON-RPC endpoint, `http://` or `https://`, or several of one chain, the preferred one first.
        expected_chain_id: the chain they must serve; if `None`, that which most of them serve.
        timeout: seconds that an endpoint has for each answer, in all.
        max_lag: blocks that an endpoint may be behind the best before it is put aside.

    Raises:
        ConfigError: an address is none.
        Unreachable: no endpoint answers.
        WrongChain: they serve another chain.
    """
    urls = [urls] if isinstance(urls, str) else list(urls)
    for url in urls or [""]:
        _require_endpoint(url)
    w3 = Web3(Provider(urls, expected_chain_id=expected_chain_id, timeout=timeout, max_lag=max_lag))
    chain_id = w3.eth.chain_id
    if expected_chain_id is not None and chain_id != expected_chain_id:
        raise WrongChain(f"the node serves chain {chain_id}, not {expected_chain_id}")
    return w3


def distrust(w3: Web3) -> bool:
    """Put the endpoint aside that serves now, because what it told contradicts itself.

    Returns:
        whether another one can take over; if not, nothing was done.
    """
    return isinstance(w3.provider, Provider) and w3.provider.distrust()


def ask_many(w3: Web3, requests: Sequence[Request]) -> list[Any]:
    """The raw results of several reads, `MAX_BATCH` at a time: far cheaper than one by one, and as the node sent them.

    Args:
        w3: a connection that `connect` made.
        requests: methods with their parameters.

    Raises:
        NodeRefused: the node answers one of them with an error.
        Unreachable: no endpoint answers.
    """
    provider = w3.provider
    if not isinstance(provider, Provider):
        raise TypeError("several reads at once need the provider of `connect`")
    results = []
    for start in range(0, len(requests), MAX_BATCH):
        part = requests[start : start + MAX_BATCH]
        for (method, _), response in zip(part, provider.ask_many(part), strict=True):
            raise_refusal(method, response)
            results.append(response.get("result"))
    return results


def _require_endpoint(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{url!r:.80} is no RPC endpoint", hint="it starts with http:// or https://")
