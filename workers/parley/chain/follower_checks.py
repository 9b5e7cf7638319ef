"""Whether logs are those that were asked for: pure. A node may be broken, or hostile (P-20)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from web3.types import LogReceipt

from parley.chain.errors import IncompleteLogs


def checked(
    logs: Sequence[LogReceipt], low: int, high: int, addresses: Collection[str], topic: bytes | None = None
) -> list[LogReceipt]:
    """The logs, if all are of the asked blocks, contracts and federation, each there once, no height with two blocks.

    Args:
        logs: as the node sent them.
        low: first block asked for.
        high: last block asked for.
        addresses: of the contracts asked for, in lower case.
        topic: the federation's id, 32 bytes: the second topic of every log; `None` if those of all were asked for.

    Raises:
        IncompleteLogs: they are not.
    """
    hashes: dict[int, bytes] = {}
    seen: set[tuple[int, int]] = set()
    for log in logs:
        number, block_hash, index = log["blockNumber"], bytes(log["blockHash"]), log["logIndex"]
        if not low <= number <= high or log["address"].lower() not in addresses:
            raise _wrong(f"a log of {log['address']:.42} in block {number} when asked for {low} to {high}")
        if topic is not None and (len(log["topics"]) <= 1 or bytes(log["topics"][1]) != topic):
            raise _wrong(f"a log of another federation in block {number}")
        if hashes.setdefault(number, block_hash) != block_hash:
            raise _wrong(f"logs of two blocks {number}")
        if (number, index) in seen:
            raise _wrong(f"log {index} of block {number} twice")
        seen.add((number, index))
    return list(logs)


def _wrong(what: str) -> IncompleteLogs:
    return IncompleteLogs(
        f"the node's logs are not those that were asked for: it sends {what}", hint="use another RPC endpoint"
    )
