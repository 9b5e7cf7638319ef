"""Everything that happened on a chain, and its decoding with an export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from web3 import Web3
from web3.types import RPCEndpoint

from tests.explorer.export.decoder import Exported

OUT_OF_GAS = "out of gas"


@dataclass
class Told:
    """How often an explorer could tell what happened, by `Contract.name`.

    Attributes:
        calls: transactions.
        inner: calls that these made of other contracts, or of their own.
        events: logs.
        errors: what made transactions fail; `OUT_OF_GAS` for those whose limit was too low.
        creations: contracts that were made.
    """

    calls: Counter[str] = field(default_factory=Counter)
    inner: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    creations: list[str] = field(default_factory=list)


def transactions(w3: Web3) -> Iterator[tuple[Any, Any]]:
    """Every transaction of the chain with its receipt."""
    for number in range(w3.eth.block_number + 1):
        for transaction in w3.eth.get_block(number, full_transactions=True)["transactions"]:
            yield transaction, w3.eth.get_transaction_receipt(transaction["hash"])  # type: ignore[index]


def decode_all(w3: Web3, exported: Exported) -> Told:
    """Decode every transaction of a chain; fails at the first one that cannot be.

    Args:
        w3: connection.
        exported: the folder, the only source of names and types.
    """
    told = Told()
    for transaction, receipt in transactions(w3):
        if transaction["to"] is None:
            told.creations.append(_creation(exported, transaction, receipt))
        elif transaction["input"]:
            decoded = exported.call(transaction["to"], bytes(transaction["input"]))
            told.calls[f"{decoded.contract}.{decoded.name}"] += 1
            (listed,) = {text.split("(")[0] for text in exported.signature("signatures", transaction["input"][:4])}
            assert listed == decoded.name
        for log in receipt["logs"]:
            decoded = exported.log(log["address"], [bytes(topic) for topic in log["topics"]], bytes(log["data"]))
            told.events[f"{decoded.contract}.{decoded.name}"] += 1
        if receipt["status"] == 0:
            told.errors[_error(w3, exported, transaction, receipt)] += 1
        told.inner.update(_inner_calls(w3, exported, transaction))
    return told


def _creation(exported: Exported, transaction: Any, receipt: Any) -> str:  # noqa: ANN401 - JSON
    """Which contract a transaction made; its code is compared where the exported sources are compiled."""
    name = exported.names[receipt["contractAddress"].lower()]
    assert exported.contracts[name]["transaction"] == "0x" + bytes(transaction["hash"]).hex()
    assert exported.contracts[name]["block"] == receipt["blockNumber"]
    return name


def _error(w3: Web3, exported: Exported, transaction: Any, receipt: Any) -> str:  # noqa: ANN401 - JSON
    """Why a transaction failed: what a contract threw, which is nothing where the gas was spent but for some 64th."""
    data = _otterscan(w3, "ots_getTransactionError", transaction)
    if not data:
        assert receipt["gasUsed"] * 64 >= transaction["gas"] * 60
        return OUT_OF_GAS
    decoded = exported.error(data)
    return f"{decoded.contract}.{decoded.name}"


def _inner_calls(w3: Web3, exported: Exported, transaction: Any) -> Iterator[str]:  # noqa: ANN401
    """Calls between exported contracts, as Otterscan's trace shows them."""
    for call in _otterscan(w3, "ots_traceTransaction", transaction):
        data = bytes.fromhex((call["input"] or "0x")[2:])
        if call["depth"] and call["to"] in exported.names and data:
            decoded = exported.call(call["to"], data)
            yield f"{decoded.contract}.{decoded.name}"


def _otterscan(w3: Web3, method: str, transaction: Any) -> Any:  # noqa: ANN401 - JSON
    """Ask what Otterscan asks."""
    answer = w3.provider.make_request(RPCEndpoint(method), ["0x" + bytes(transaction["hash"]).hex()])
    assert "error" not in answer, answer
    result = answer["result"]
    return bytes.fromhex(result[2:]) if isinstance(result, str) else result
