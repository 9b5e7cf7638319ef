"""Tries a transaction where it will be judged: in the next block, or in the one that refused it."""

from __future__ import annotations

from typing import Any

from web3 import Web3
from web3.types import RPCEndpoint, TxReceipt

from parley.chain.errors import NodeRefused, Reverted
from parley.chain.reverts import ContractError, ErrorTable
from parley.chain.transactions import Outgoing


def ran_out_of_gas(gas: int, used: int) -> bool:
    """Whether a failed transaction ended for want of gas, not by a contract's refusal (F-73).

    A call inside it leaves its caller at least a 64th (EIP-150), so that the last of the gas may be left over. The
    limit is well above the estimate: a refusal never comes near it.

    Args:
        gas: the limit.
        used: of it.
    """
    return used * 64 >= gas * 63


class Simulator:
    """Asks a node what would become of transactions.

    Args:
        w3: connection.
        errors: of the contracts.
    """

    def __init__(self, w3: Web3, errors: ErrorTable) -> None:
        self._w3 = w3
        self._errors = errors

    def check(self, message: Outgoing, sender: str) -> None:
        """Try it on the pending block; nothing is sent.

        Raises:
            Reverted: the contract refuses it.
        """
        self._ask("eth_call", message, sender)

    def gas(self, message: Outgoing, sender: str) -> int:
        """Gas that it would take in the pending block.

        Raises:
            Reverted: the contract refuses it.
        """
        return int(self._ask("eth_estimateGas", message, sender), 16)

    def why_reverted(self, message: Outgoing, sender: str, receipt: TxReceipt) -> ContractError:
        """The error that a mined transaction ended with, as far as the node can tell.

        It is replayed on the state before its block, then on the state after it: what refused it may have come earlier
        in the same block.

        Args:
            message: what was sent.
            sender: address of the key.
            receipt: of the transaction.
        """
        block = self._w3.eth.get_block(receipt["blockNumber"])
        moment = {"number": hex(block["number"]), "time": hex(block["timestamp"])}
        for state in (block["number"] - 1, block["number"]):
            try:
                response = self._request("eth_call", [message.call(sender), hex(state), {}, moment])
            except NodeRefused:
                continue
            if "error" in response:
                return self._errors.decode_response(response)
        return ContractError("", {})

    def _ask(self, method: str, message: Outgoing, sender: str) -> str:
        response = self._request(method, [message.call(sender), *self._pending()])
        if "error" in response:
            raise Reverted(message.label, self._errors.decode_response(response))
        return str(response["result"])

    def _pending(self) -> list[Any]:
        """The pending block, at a time that it can have.

        A block is later than its parent (yellow paper, 4.4.4), and phases end at the next second; but a node's pending
        block may still bear the parent's time.
        """
        latest, pending = self._w3.eth.get_block("latest"), self._w3.eth.get_block("pending")
        if pending["timestamp"] > latest["timestamp"]:
            return ["pending"]
        return ["pending", {}, {"time": hex(latest["timestamp"] + 1)}]

    def _request(self, method: str, params: list[Any]) -> dict[str, Any]:
        """Ask in a way that web3 has no name for: with a block's time overridden."""
        return dict(self._w3.provider.make_request(RPCEndpoint(method), params))
