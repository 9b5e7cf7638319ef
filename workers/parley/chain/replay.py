"""Finds out why a mined transaction was refused: it is replayed on the state before its block."""

from __future__ import annotations

from typing import Any

from web3 import Web3
from web3.types import RPCEndpoint, TxParams, TxReceipt

from parley.chain.errors import NodeRefused
from parley.chain.reverts import ContractError, ErrorTable, revert_data


def why_reverted(w3: Web3, params: TxParams, receipt: TxReceipt, errors: ErrorTable) -> ContractError:
    """The error that a transaction ended with, as far as the node can tell.

    Args:
        w3: connection.
        params: of the transaction, its gas limit included.
        receipt: of the transaction.
        errors: of the contracts.
    """
    if receipt["gasUsed"] >= params["gas"]:
        return ContractError("Error", {"message": f"out of gas: {params['gas']} units were not enough"})
    block = w3.eth.get_block(receipt["blockNumber"])
    # as the transaction saw it: its block's height and time, on the state of the block before
    moment = {"number": hex(block["number"]), "time": hex(block["timestamp"])}
    call = {key: params[key] for key in ("from", "to", "data") if key in params}
    request: list[Any] = [{**call, "value": hex(params["value"])}, hex(block["number"] - 1), {}, moment]
    try:
        response = w3.provider.make_request(RPCEndpoint("eth_call"), request)
    except NodeRefused:
        return ContractError("", {})
    return errors.decode(revert_data(response))
