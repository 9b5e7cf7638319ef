"""The chain that integration tests stand on, and the rules of tests/conftest.py."""

from __future__ import annotations

import os
import socket

import pytest
from web3 import Web3

from tests.support.anvil import AnvilError, AnvilNode, running_anvil
from tests.support.sockets import SocketBlockedError


@pytest.mark.integration
def test_anvil__fixture__serves_its_chain_with_funded_accounts(anvil: AnvilNode) -> None:
    web3 = Web3(Web3.HTTPProvider(anvil.url))
    assert web3.eth.chain_id == anvil.chain_id == 31337
    owner = web3.eth.account.from_key(anvil.private_keys[0])
    assert owner.address == anvil.addresses[0]
    assert web3.eth.get_balance(owner.address) == Web3.to_wei(10_000, "ether")


@pytest.mark.integration
def test_running_anvil__optimism__ends_with_the_block() -> None:
    with running_anvil(optimism=True, block_time=1) as node:
        assert Web3(Web3.HTTPProvider(node.url)).eth.chain_id == 31338
        os.kill(node.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(node.pid, 0)


@pytest.mark.integration
def test_running_anvil__refused_argument__says_what_anvil_said() -> None:
    with pytest.raises(AnvilError, match="no-such-flag"), running_anvil(extra_args=["--no-such-flag"]):
        pytest.fail("anvil must not start")


@pytest.mark.unit
def test_blocked_sockets__in_a_unit_test__refuse_to_connect() -> None:
    with socket.socket() as client, pytest.raises(SocketBlockedError):
        client.connect(("127.0.0.1", 1))
    with pytest.raises(SocketBlockedError):
        socket.getaddrinfo("localhost", 80)


@pytest.mark.unit
def test_blocked_sockets__local_socket_pair__works() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.send(b"x")
        assert right.recv(1) == b"x"
