"""Blocks prove their logs: header against hash, receipts against header (P-19)."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from parley.chain.ordered_trie import ordered_root
from parley.chain.proven import Disproven, Unproven, header_of, logs_in, read_header

pytestmark = pytest.mark.unit

SAMPLE: dict[str, Any] = json.loads((Path(__file__).parent / "proven_block.json").read_text())
"""A block of Anvil's in which an operator joined, as the node told it, with its receipts."""

COORDINATOR = "0xdc64a140aa3e981100a9beca4e685f962f0cf6c9"
FEDERATION = (1).to_bytes(32, "big")


def block() -> dict[str, Any]:
    return copy.deepcopy(SAMPLE["block"])


def receipts() -> list[dict[str, Any]]:
    return copy.deepcopy(SAMPLE["receipts"])


def test_ordered_root__of_nothing__is_the_root_of_the_empty_trie() -> None:
    assert ordered_root([]).hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


def test_ordered_root__of_one__is_the_hash_of_a_leaf() -> None:
    """The key rlp(0) = 0x80 has two nibbles: an even leaf."""
    value = b"v" * 40
    assert ordered_root([value]) == keccak(rlp.encode([bytes.fromhex("2080"), value]))


@given(st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=200), st.data())
def test_ordered_root__one_value_changed_moved_or_missing__is_another(values: list[bytes], data: st.DataObject) -> None:
    root, place = ordered_root(values), data.draw(st.integers(0, len(values) - 1))
    assert ordered_root([*values[:place], values[place] + b"x", *values[place + 1 :]]) != root
    assert ordered_root(values[:place] + values[place + 1 :]) != root
    assert ordered_root([*values, b"more"]) != root


def test_header_of__block_of_a_node__hashes_to_its_hash() -> None:
    header = header_of(block())
    assert header.hash.hex() == SAMPLE["block"]["hash"][2:]
    assert (header.number, header.timestamp) == (16, 0x6B020060)
    assert read_header(header.encoded) == header
    assert header.may_hold(bytes.fromhex(COORDINATOR[2:]), FEDERATION)
    assert not header.may_hold(keccak(text="nobody")[:20])


@pytest.mark.parametrize("field", ["parentHash", "receiptsRoot", "timestamp", "logsBloom", "number", "requestsHash"])
def test_header_of__changed_field__is_disproven(field: str) -> None:
    """P-19: a node that tells another time, or other receipts, of a block is found out."""
    told = block()
    told[field] = told[field][:-1] + ("0" if told[field][-1] != "0" else "1")
    with pytest.raises(Disproven):
        header_of(told)


@pytest.mark.parametrize("garbage", [{}, {"hash": "0x"}, {"number": None}, {"parentHash": "0xzz"}, {"hash": 7}])
def test_header_of__garbage__is_disproven(garbage: dict[str, Any]) -> None:
    with pytest.raises(Disproven):
        header_of(garbage if not garbage or len(garbage) > 1 else {**block(), **garbage})


def test_header_of__fields_of_a_fork_to_come__cannot_be_judged() -> None:
    told = {**block(), "hash": "0x" + "ab" * 32, "blockAccessListHash": "0x" + "cd" * 32}
    with pytest.raises(Unproven, match="blockAccessListHash"):
        header_of(told)


@pytest.mark.parametrize("encoded", [b"", b"\xc0", b"\x80", b"\xff" * 40, rlp.encode([b"x"] * 9)])
def test_read_header__garbage__is_an_error(encoded: bytes) -> None:
    with pytest.raises(ValueError, match="no"):
        read_header(encoded)


def test_logs_in__receipts_of_the_block__are_the_logs_about_the_federation() -> None:
    (log,) = logs_in(header_of(block()), receipts(), {COORDINATOR}, FEDERATION)
    assert log["address"] == COORDINATOR
    assert (log["blockNumber"], log["logIndex"]) == (16, 0)
    assert logs_in(header_of(block()), receipts(), {COORDINATOR}, bytes(32)) == []


def _drop_log(told: list[dict[str, Any]]) -> None:
    told[0]["logs"].pop(0)


def _change_data(told: list[dict[str, Any]]) -> None:
    told[0]["logs"][0]["data"] = "0x" + "00" * 96


def _change_topic(told: list[dict[str, Any]]) -> None:
    told[0]["logs"][0]["topics"][1] = "0x" + "02".rjust(64, "0")


def _fail(told: list[dict[str, Any]]) -> None:
    told[0]["status"] = "0x0"


def _no_logs(told: list[dict[str, Any]]) -> None:
    told[0]["logs"] = None


def _no_address(told: list[dict[str, Any]]) -> None:
    told[0]["logs"][0]["address"] = 7


def _no_receipt(told: list[Any]) -> None:
    told[0] = "receipt"


GARBAGE = (_no_logs, _no_address, _no_receipt)


@pytest.mark.parametrize("change", [_drop_log, _change_data, _change_topic, _fail, *GARBAGE, list.clear])
def test_logs_in__receipts_changed__are_disproven(change: Any) -> None:  # noqa: ANN401 - a function
    """P-19: no log can be left out, changed or invented."""
    told = receipts()
    change(told)
    with pytest.raises(Disproven):
        logs_in(header_of(block()), told, {COORDINATOR}, FEDERATION)
