"""What is revealed is what was committed to (P-9). Pure.

The salt of an update is in no event, only in the calldata of the transaction that revealed it: there it follows the
call's other arguments, wherever a wallet's own call put them. Both events are proven by their blocks, and the contract
lets nobody reveal what was not committed to; calldata, and which transaction an event belongs to, no block's receipts
prove. So whatever does not fit is the node's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from parley.audit.checks import Check
from parley.audit.findings import Party, Sheet
from parley.audit.places import at, called
from parley.audit.replay import State
from parley.chain.commitments import scores_commitment, update_commitment
from parley.chain.events import Event

REVEAL = keccak(text="revealUpdate(uint256,uint256,bytes32,bytes32,bytes32)")[:4]
"""Selector of the call."""


def check(event: Event, state: State, sheet: Sheet, inputs: Mapping[bytes, bytes]) -> None:
    """Check one event against the state before it.

    Args:
        event: the event.
        state: before it.
        sheet: on which differences are noted.
        inputs: calldata of the transactions that revealed updates, by transaction hash.
    """
    if event.name == "UpdateRevealed":
        _update(event, state, sheet, inputs.get(event.transaction))
    elif event.name == "ScoresRevealed":
        _scores(event, state, sheet)


def salt_of(event: Event, fid: int, data: bytes) -> bytes | None:
    """The salt in the calldata of a revealed update, 32 bytes, or `None` if the call is not in it."""
    a = event.args
    call = REVEAL + encode(("uint256", "uint256", "bytes32", "bytes32"), (fid, a["round"], a["root"], a["cidDigest"]))
    place = data.find(call)
    salt = data[place + len(call) : place + len(call) + 32]
    return salt if place >= 0 and len(salt) == 32 else None


def _update(event: Event, state: State, sheet: Sheet, data: bytes | None) -> None:
    args = event.args
    place = called(event, "the commitment to an update", Party.TRAINER, args["operator"])
    node = replace(place, party=Party.NODE, who="")
    if data is None:
        sheet.gone(Check.UPDATE_COMMITMENT, node, "the node does not tell the transaction, which holds the salt")
        return
    salt = salt_of(event, state.told.fid, data)
    if salt is None and data[:4] != REVEAL:
        sheet.gone(Check.UPDATE_COMMITMENT, place, "another contract made the call: its calldata do not hold the salt")
        return
    if salt is None:
        sheet.holds(Check.UPDATE_COMMITMENT, False, node, actual="the transaction reveals something else")
        return
    opened = update_commitment(**_domain(event, state), root=args["root"], cid_digest=args["cidDigest"], salt=salt)
    sheet.same(Check.UPDATE_COMMITMENT, state.committed.get(args["operator"]), opened, node)


def _scores(event: Event, state: State, sheet: Sheet) -> None:
    args = event.args
    place = at(event, "the commitment to scores", Party.EVALUATOR, args["operator"])
    opened = scores_commitment(**_domain(event, state), vector=args["vector"], salt=args["salt"])
    sheet.same(Check.SCORE_COMMITMENT, state.scores_committed.get(args["operator"]), opened, place)


def _domain(event: Event, state: State) -> dict[str, Any]:
    """What every commitment binds."""
    return {
        "chain_id": state.told.chain_id,
        "coordinator": state.told.coordinator,
        "fid": state.told.fid,
        "round_number": event.args["round"],
        "operator": event.args["operator"],
    }
