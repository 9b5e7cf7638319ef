"""Finds out why a mined transaction was refused: it is replayed around its block."""

from __future__ import annotations

from typing import Any

from web3 import Web3
from web3.types import BlockData, RPCEndpoint, TxParams, TxReceipt

from parley.chain.errors import NodeRefused
from parley.chain.reverts import ContractError, ErrorTable, revert_data


def why_reverted(w3: Web3, params: TxParams, receipt: TxReceipt, errors: ErrorTable) -> ContractError:
    """The error that a transaction ended with, as far as the node can tell.

    It is replayed on the state before its block, then on the state after it: what refused it may have come earlier in
    the same block.

    Args:
        w3: connection.
        params: of the transaction, its gas limit included.
        receipt: of the transaction.
        errors: of the contracts.
    """
    if receipt["gasUsed"] >= params["gas"]:
        return ContractError("Error", {"message": f"out of gas: {params['gas']} units were not enough"})
    block = w3.eth.get_block(receipt["blockNumber"])
    for state in (block["number"] - 1, block["number"]):
        data = _replayed(w3, params, block, state)
        if data:
            return errors.decode(data)
    return ContractError("", {})


def _replayed(w3: Web3, params: TxParams, block: BlockData, state: int) -> bytes:
    """Revert data of the transaction at its block's height and time, on the state after the block `state`."""
    call = {key: params[key] for key in ("from", "to", "data") if key in params}
    moment = {"number": hex(block["number"]), "time": hex(block["timestamp"])}
    request: list[Any] = [{**call, "value": hex(params["value"])}, hex(state), {}, moment]
    try:
        return revert_data(w3.provider.make_request(RPCEndpoint("eth_call"), request))
    except NodeRefused:
        return b""
