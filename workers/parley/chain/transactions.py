"""A transaction's life: what is to be sent, each attempt at it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from web3.contract.contract import ContractFunction
from web3.types import TxParams, TxReceipt, Wei

from parley.chain.errors import TooBig
from parley.chain.fees import Fees

TX_GAS_LIMIT = 1 << 24
"""No transaction may ask for more gas (EIP-7825)."""

TX_BYTES_LIMIT = 128 << 10
"""Nodes take no signed transaction that is longer."""

ENVELOPE_BYTES = 192
"""More than all that a signed transaction has besides its data: RLP headers, 9 numbers, an address, 65 bytes of
signature (EIP-1559)."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be sent.

    Attributes:
        label: for people and logs: "commitUpdate".
        to: address, `None` to create a contract.
        data: calldata, or creation code with its arguments.
        value: wei to send along.
    """

    label: str
    to: str | None
    data: bytes = field(repr=False)
    value: int = 0

    def call(self, sender: str) -> dict[str, str]:
        """As JSON-RPC wants it for `eth_call`."""
        to = {} if self.to is None else {"to": self.to}
        return {"from": sender, **to, "data": "0x" + self.data.hex(), "value": hex(self.value)}

    def unsigned(self) -> dict[str, object]:
        """What of it is signed, besides gas, fees and nonce."""
        to = {} if self.to is None else {"to": self.to}
        return {**to, "data": self.data, "value": self.value}

    def check_size(self) -> None:
        """Check that nodes would take it, before it is signed.

        Raises:
            TooBig: signed, it would be longer than 128 KiB.
        """
        if len(self.data) + ENVELOPE_BYTES > TX_BYTES_LIMIT:
            raise TooBig(
                f"{self.label} has {len(self.data)} bytes of data; nodes take transactions of {TX_BYTES_LIMIT} at most",
                hint="nothing was signed: send less in one transaction",
            )


def check_gas(label: str, gas: int) -> None:
    """Check that a block may hold a transaction with so much gas, before it is signed.

    Raises:
        TooBig: it is more than EIP-7825 allows.
    """
    if gas > TX_GAS_LIMIT:
        raise TooBig(
            f"{label} needs {gas} gas; a transaction may have {TX_GAS_LIMIT} at most (EIP-7825)",
            hint="nothing was signed: do less in one transaction",
        )


@dataclass(frozen=True, slots=True)
class Intent:
    """What a transaction means, so that it is sent once, in time, and for no more than it is worth (P-18, P-19).

    Attributes:
        key: the same for the same deed, however often it is tried: "commitUpdate/1/7".
        deadline: chain time, seconds, from which it is worth nothing; `None` if it is never too late.
        at_stake: wei of ether that are lost if it comes too late: the most that its gas may cost; `None` if unknown.
    """

    key: str
    deadline: int | None = None
    at_stake: int | None = None


ONCE_A_ROUND = frozenset({"commitUpdate", "revealUpdate", "commitScores", "revealScores", "settle"})
"""Deeds of one round that make no sense in an earlier one once they were done in a later one."""


def round_of(key: str) -> tuple[str, int, int] | None:
    """Kind of deed, federation and round of an intent's key, where it is one of `ONCE_A_ROUND`."""
    deed, *rest = key.split("/")
    if deed not in ONCE_A_ROUND or len(rest) < 2 or not (rest[0].isdecimal() and rest[1].isdecimal()):
        return None
    return deed, int(rest[0]), int(rest[1])


@dataclass(frozen=True, slots=True)
class Attempt:
    """One signed transaction; a stuck one is followed by another with the same nonce and higher fees.

    Attributes:
        label: as of what is sent.
        nonce: of the key.
        fees: offered.
        hash: 0x-prefixed.
        raw: signed, as it goes to the node.
        cancels: it moves nothing, from the key to itself, so that the nonce is used up and the deed is not done.
    """

    label: str
    nonce: int
    fees: Fees
    hash: str
    raw: bytes = field(repr=False)
    cancels: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A confirmed transaction.

    Attributes:
        label: what was sent.
        hash: of the attempt that was mined, 0x-prefixed.
        block: height.
        block_hash: 32 bytes.
        nonce: of the key.
        gas_used: units of gas.
        gas_price: wei paid per unit.
        attempts: how often it was priced.
        receipt: all of it, with the logs.
    """

    label: str
    hash: str
    block: int
    block_hash: bytes
    nonce: int
    gas_used: int
    gas_price: int
    attempts: int
    receipt: TxReceipt = field(repr=False)


Recorder = Callable[[Attempt], None]
"""Told of every attempt before it leaves: what must survive a crash is written here (P-18)."""


def nothing(_: Attempt) -> None:
    """Record nothing."""


def outgoing(call: ContractFunction, value: int = 0) -> Outgoing:
    """A contract call, bound to its arguments, as what is to be sent."""
    # with every field given, web3 asks the node nothing
    given: TxParams = {
        "value": Wei(value),
        "gas": 0,
        "nonce": 0,  # type: ignore[typeddict-item]
        "chainId": 0,
        "maxFeePerGas": Wei(0),
        "maxPriorityFeePerGas": Wei(0),
    }
    built = call.build_transaction(given)
    return Outgoing(label_of(call), str(built["to"]), bytes.fromhex(str(built["data"])[2:]), value)


def label_of(call: ContractFunction) -> str:
    """A call's name for people: "commitUpdate"."""
    return str(call.fn_name)
