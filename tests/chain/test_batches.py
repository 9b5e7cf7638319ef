"""Several reads in one request, with nodes that take them, refuse them, or answer nonsense."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from web3 import HTTPProvider, Web3

from parley.chain.endpoint_answers import all_decoded
from parley.chain.endpoint_http import NoAnswer
from parley.chain.errors import NodeRefused, Unreachable
from parley.chain.rpc import MAX_BATCH, ask_many, connect
from tests.chain.http_servers import serving

Json = Any


def answer(request: Json) -> Json:
    """What a good node answers: a number, or an error where there is no such method."""
    frame = {"jsonrpc": "2.0", "id": request["id"]}
    if request["method"] == "eth_chainId":
        return {**frame, "result": "0x7"}
    if request["method"] == "eth_nothing":
        return {**frame, "error": {"code": -32601, "message": "the method does not exist"}}
    return {**frame, "result": request["params"][0]}


@contextmanager
def node(batch: Callable[[list[Json]], Json], timeout: float = 10.0) -> Iterator[tuple[Web3, list[int]]]:
    """A node that answers batches as it is told; and the sizes of the requests that it got."""
    sizes: list[int] = []

    def reply(body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        sizes.append(len(asked) if isinstance(asked, list) else 1)
        told = batch(asked) if isinstance(asked, list) else answer(asked)
        return 200, json.dumps(told).encode()

    with serving(reply) as url:
        yield connect(url, timeout=timeout), sizes


@pytest.mark.integration
def test_ask_many__more_than_fit_into_one__are_asked_in_parts_and_answered_in_order() -> None:
    wanted = list(range(MAX_BATCH + 5))
    with node(lambda asked: [answer(request) for request in reversed(asked)]) as (w3, sizes):
        assert ask_many(w3, [("eth_getBlockByNumber", [number]) for number in wanted]) == wanted
        assert sizes[1:] == [MAX_BATCH, 5]
        assert ask_many(w3, []) == []


@pytest.mark.integration
def test_ask_many__node_that_takes_no_batches__is_asked_one_by_one_from_then_on() -> None:
    refusal = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batches are not allowed"}}
    with node(lambda _: refusal) as (w3, sizes):
        for _ in range(2):
            assert ask_many(w3, [("eth_getBlockByNumber", [1]), ("eth_getBlockByNumber", [2])]) == [1, 2]
        assert [size for size in sizes if size > 1] == [2]


@pytest.mark.integration
def test_ask_many__batch_takes_too_long__is_asked_for_by_half() -> None:
    """A node that needs its time for each answer still gives all of them, and batches go on."""

    def slow(asked: list[Json]) -> Json:
        time.sleep(0 if len(asked) <= 4 else 2.5)
        return [answer(request) for request in asked]

    wanted = list(range(16))
    with node(slow, timeout=1.5) as (w3, sizes):
        assert ask_many(w3, [("eth_getBlockByNumber", [number]) for number in wanted]) == wanted
        assert [size for size in sizes if size > 1] == [16, 8, 4, 4, 8, 4, 4]


@pytest.mark.integration
def test_ask_many__one_of_several_is_refused__is_that_refusal() -> None:
    good = node(lambda asked: [answer(request) for request in asked])
    with good as (w3, _), pytest.raises(NodeRefused, match="does not exist"):
        ask_many(w3, [("eth_getBlockByNumber", [1]), ("eth_nothing", [])])


@pytest.mark.integration
def test_ask_many__nobody_there__is_unreachable() -> None:
    with node(lambda asked: [answer(request) for request in asked]) as (w3, _):
        pass
    with pytest.raises(Unreachable):
        ask_many(w3, [("eth_getBlockByNumber", [1])])


@pytest.mark.unit
def test_ask_many__connection_of_another_kind__is_refused() -> None:
    with pytest.raises(TypeError, match="provider of `connect`"):
        ask_many(Web3(HTTPProvider("http://127.0.0.1:1")), [])


@pytest.mark.unit
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"{}",
        b"[]",
        b"[1, 2]",
        b'[{"jsonrpc": "2.0", "id": 1, "result": 1}]',
        b'[{"jsonrpc": "2.0", "id": 1, "result": 1}, {"jsonrpc": "2.0", "id": 2}]',
        b'[{"jsonrpc": "1.0", "id": 1, "result": 1}, {"jsonrpc": "2.0", "id": 2, "result": 1}]',
        b'[{"jsonrpc": "2.0", "id": 1, "result": 1}, {"jsonrpc": "2.0", "id": [2], "result": 1}]',
        b"[" * 2000,
    ],
)
def test_all_decoded__garbage__is_no_answer(raw: bytes) -> None:
    """P-20: a missing, foreign or malformed answer is none."""
    with pytest.raises(NoAnswer):
        all_decoded(raw, [1, 2])


@pytest.mark.unit
def test_all_decoded__throttled__says_when_to_come_back() -> None:
    raw = b'{"jsonrpc": "2.0", "id": null, "error": {"code": 429, "message": "too many requests"}}'
    with pytest.raises(NoAnswer) as failure:
        all_decoded(raw, [1])
    assert failure.value.retry_after == 1.0
