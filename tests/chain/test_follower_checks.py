"""F-69: logs that were not asked for are found out, whatever they say."""

from __future__ import annotations

from typing import Any

import pytest
from hexbytes import HexBytes

from parley.chain.errors import IncompleteLogs
from parley.chain.follower_checks import checked

pytestmark = pytest.mark.unit

ADDRESS = "0x" + "aB" * 20
TOPIC = (7).to_bytes(32, "big")
EVENT = HexBytes(b"e" * 32)


def log(block: int, index: int = 0, **changes: Any) -> Any:  # noqa: ANN401 - fields of a log
    """A log of federation 7."""
    block_hash = HexBytes(block.to_bytes(32, "big"))
    fields = {"address": ADDRESS, "topics": [EVENT, HexBytes(TOPIC)], "blockHash": block_hash}
    return {**fields, "blockNumber": block, "logIndex": index, **changes}


def test_checked__logs_that_were_asked_for__pass() -> None:
    logs = [log(5), log(5, 1), log(9)]
    assert checked(logs, 5, 9, {ADDRESS.lower()}, TOPIC) == logs


@pytest.mark.parametrize(
    ("logs", "wrong"),
    [
        ([log(4)], "block 4 when asked for 5 to 9"),
        ([log(10)], "block 10 when asked for 5 to 9"),
        ([log(6, address="0x" + "cd" * 20)], "0xcdcd"),
        ([log(6, topics=[EVENT])], "another federation"),
        ([log(6, topics=[EVENT, HexBytes(bytes(32))])], "another federation"),
        ([log(6), log(6, 1, blockHash=HexBytes(b"x" * 32))], "two blocks 6"),
        ([log(6), log(7), log(6)], "log 0 of block 6 twice"),
    ],
)
def test_checked__anything_else__is_refused(logs: list[Any], wrong: str) -> None:
    """F-69: what a node sends is checked before it is believed (P-20)."""
    with pytest.raises(IncompleteLogs, match=wrong):
        checked(logs, 5, 9, {ADDRESS.lower()}, TOPIC)
