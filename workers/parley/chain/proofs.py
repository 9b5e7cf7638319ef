"""From what is wrong to the call that shows it, and to the commitment that makes it pay (P-16)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction

from parley.chain.commitments import disproof_commitment
from parley.chain.disputed import node_to_abi
from parley.chain.model import Header
from parley.chain.transactions import Outgoing, outgoing
from parley.numerics import descent
from parley.numerics.faults import BeyondClip, Fault, WrongReward

_MEDIANS = frozenset({"disproveArithmetic", "disproveUpdate", "disproveMedian", "disproveEarned", "disproveReward"})
_VECTORS = frozenset({"disproveMedian", "disproveEarned", "disproveReward"})


@dataclass(frozen=True, slots=True)
class Posting:
    """A posted settlement, as disputes want it named.

    Attributes:
        fid: federation.
        header: of the settlement.
        medians: on the wire.
        vectors: all revealed vectors in the order of their seats.
    """

    fid: int
    header: Header
    medians: bytes
    vectors: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof, ready to be committed and sent.

    Attributes:
        message: the call.
        subject: hash of the settlement, or word root of the update.
    """

    message: Outgoing
    subject: bytes

    def commitment(self, sender: str) -> bytes:
        """What `sender` commits to beforehand."""
        data = self.message.data
        return disproof_commitment(subject=self.subject, selector=data[:4], arguments=data[4:], sender=sender)


def disproof(disputes: Contract, posting: Posting, settlement: bytes, fault: Fault) -> Proof:
    """The call that shows what is wrong with a settlement.

    Args:
        disputes: the contract.
        posting: the settlement.
        settlement: its hash.
        fault: what is wrong.
    """
    arguments: list[Any] = [posting.fid, posting.header.to_abi()]
    if fault.call in _MEDIANS:
        arguments.append(posting.medians)
    if fault.call in _VECTORS:
        arguments.append(list(posting.vectors))
    call: ContractFunction = disputes.functions[fault.call](*arguments, *_arguments(fault))
    return Proof(outgoing(call), settlement)


def clip_disproof(disputes: Contract, fid: int, root: bytes, fault: BeyondClip) -> Proof:
    """The call that shows a parameter beyond the clip in the update with this word root."""
    call: ContractFunction = disputes.functions[fault.call](fid, *_arguments(fault))
    return Proof(outgoing(call), root)


def demand(disputes: Contract, posting: Posting, wanted: descent.Demand, fee: int) -> Outgoing:
    """The call that demands a node, with its fee in wei (P-22)."""
    call: ContractFunction = disputes.functions.demand(
        posting.fid,
        posting.header.to_abi(),
        posting.medians,
        node_to_abi(wanted.node),
        wanted.hash,
        list(wanted.path),
    )
    return outgoing(call, fee)


def _arguments(fault: Fault | BeyondClip) -> list[Any]:
    """A fault's fields as the ABI wants them; those of a reward's are one struct."""
    values = [_value(getattr(fault, field.name)) for field in fields(fault)]
    return [tuple(values)] if isinstance(fault, WrongReward) else values


def _value(value: object) -> object:
    if isinstance(value, str):
        return Web3.to_checksum_address(value)
    return list(value) if isinstance(value, tuple) else value
