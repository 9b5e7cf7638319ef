"""From the calldata of a conviction to what it showed: the inverse of `parley.chain.proofs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from eth_abi.exceptions import DecodingError
from hexbytes import HexBytes
from web3.contract import Contract
from web3.exceptions import TransactionNotFound, Web3Exception

from parley.chain.disputed import node_of
from parley.numerics.faults import (
    BeyondClip,
    Fault,
    Node,
    WrongArithmetic,
    WrongEarned,
    WrongMedian,
    WrongNewModel,
    WrongOldModel,
    WrongReward,
    WrongUpdate,
)

_KINDS: Mapping[str, type[Fault | BeyondClip]] = {
    kind.call: kind
    for kind in (
        WrongMedian,
        WrongEarned,
        WrongReward,
        WrongArithmetic,
        WrongUpdate,
        WrongOldModel,
        WrongNewModel,
        BeyondClip,
    )
}


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A demand for a node was not answered in time (P-22)."""

    node: Node


Shown = Fault | BeyondClip | Unanswered


def shown_by(disputes: Contract, transaction: bytes) -> Shown | None:
    """What a transaction showed.

    Args:
        disputes: the contract.
        transaction: 32-byte hash.

    Returns:
        `None` where the node does not have the transaction, or a contract in between made the call.

    Raises:
        ChainError: the node does not answer.
    """
    try:
        sent = disputes.w3.eth.get_transaction(HexBytes(transaction))
        if sent.get("to") != disputes.address:
            return None
        function, named = disputes.decode_function_input(sent["input"])
    except (TransactionNotFound, Web3Exception, DecodingError, ValueError):
        return None
    return fault_of(str(function.fn_name), list(named.values()))


def fault_of(call: str, values: list[Any]) -> Shown | None:
    """What a call shows, from its arguments in the order of the ABI; `None` for any other call."""
    if call == "expire":
        return Unanswered(node_of(values[-1]))
    kind = _KINDS.get(call)
    if kind is None:
        return None
    if kind is WrongReward:
        proof = values[-1]
        values = list(proof.values() if isinstance(proof, Mapping) else proof)
    own = values[len(values) - len(fields(kind)) :]
    arguments: list[Any] = [tuple(value) if isinstance(value, list) else value for value in own]
    return kind(*arguments)
