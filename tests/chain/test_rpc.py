"""A connection that says what is wrong with it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from hexbytes import HexBytes
from web3.exceptions import ContractLogicError

from parley.chain.errors import NodeRefused, Unreachable, WrongChain
from parley.chain.rpc import ATTEMPTS, connect
from parley.errors import ConfigError
from tests.chain.hostile_rpc import Error, Pause, Status, hostile_node
from tests.support.anvil import AnvilNode


@pytest.mark.integration
def test_connect__right_chain__serves(module_anvil: AnvilNode) -> None:
    assert connect(module_anvil.url, 31337).eth.chain_id == 31337
    assert connect(module_anvil.url).eth.block_number == 0


@pytest.mark.integration
def test_connect__another_chain__is_refused(module_anvil: AnvilNode) -> None:
    with pytest.raises(WrongChain, match="serves chain 31337, not 10"):
        connect(module_anvil.url, 10)


@pytest.mark.integration
def test_connect__nobody_listens__says_so_without_the_key_in_the_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://user:password@127.0.0.1:{taken.getsockname()[1]}/v3/secret-key?k=secret"
        with pytest.raises(Unreachable, match=r"the node at http://127.0.0.1:\d+ does not answer") as refused:
            connect(url)
    told = f"{refused.value} {refused.value.hint}"
    assert "secret" not in told
    assert "password" not in told
    assert "parley devnet up" in told


@pytest.mark.unit
@pytest.mark.parametrize("url", ["", "localhost:8545", "ftp://host", "http://", "ws://127.0.0.1:8546", str(Path("/x"))])
def test_connect__no_endpoint__is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError, match="is no RPC endpoint"):
        connect(url)


@pytest.mark.integration
@pytest.mark.parametrize("fault", [Status(503), Status(429), Status(500)])
def test_provider__read_fails_for_a_while__is_retried(fault: Status) -> None:
    """P-19: a flapping node."""

    def answer(method: str, times: int) -> Any:  # noqa: ANN401 - JSON
        return fault if method == "eth_chainId" and times < ATTEMPTS else "0x7a69"

    with hostile_node(answer) as node:
        assert connect(node.url).eth.chain_id == 31337
        assert node.asked["eth_chainId"] >= ATTEMPTS


@pytest.mark.integration
def test_provider__raw_transaction_fails__is_never_retried() -> None:
    """P-18: only the sender knows whether it may send again."""
    with hostile_node(lambda method, _: "0x1" if method == "eth_chainId" else Status(503)) as node:
        w3 = connect(node.url)
        with pytest.raises(Unreachable, match="eth_sendRawTransaction: status 503"):
            w3.eth.send_raw_transaction(HexBytes("0x02"))
        assert node.asked["eth_sendRawTransaction"] == 1


@pytest.mark.integration
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Status(404), "status 404"),
        (b"<html>", "what came back is no JSON-RPC"),
        (Pause(0.6), "it took too long"),
    ],
)
def test_provider__useless_answers__are_one_clear_line(fault: object, message: str) -> None:
    with hostile_node(lambda *_: fault) as node, pytest.raises(Unreachable, match=message):
        connect(node.url, timeout=0.3)


@pytest.mark.integration
def test_provider__node_refuses__tells_method_and_reason() -> None:
    with hostile_node(lambda method, _: "0x1" if method == "eth_chainId" else Error(-32005, "limit\nexceeded")) as node:
        with pytest.raises(NodeRefused, match=r"the node refused eth_blockNumber: limit exceeded \(-32005\)"):
            _ = connect(node.url).eth.block_number
        assert node.asked["eth_blockNumber"] == 1


@pytest.mark.integration
def test_provider__contract_refuses__is_left_to_web3() -> None:
    """The revert data must reach whoever can decode it."""
    with hostile_node(lambda method, _: "0x1" if method == "eth_chainId" else Error(3, "execution reverted")) as node:
        w3 = connect(node.url)
        with pytest.raises(ContractLogicError):
            w3.eth.call({"data": HexBytes("0x01")})
