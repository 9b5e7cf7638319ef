"""What a node can say that is not so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from eth_utils.crypto import keccak

from parley.chain import proven
from parley.chain.events import Event, settlement_of
from parley.chain.ordered_trie import ordered_root
from parley.chain.rpc import ask_many, connect
from tests.audit.beds import Bed

Json = Any
"""What a node answers."""


def _on(bed: Bed, method: str, change: Callable[[list[Any], Json], Json]) -> None:
    """Change the answers to one method."""
    bed.node.lie = lambda asked, params, result: change(params, result) if asked == method else result


def _logs_of(bed: Bed, event: Event, change: Callable[[Json], Json | None]) -> None:
    """Change one log where logs are asked for; `None` leaves it out."""

    def lie(_: list[Any], logs: Json) -> Json:
        changed = [change(log) if _is(log, event) else log for log in logs]
        return [log for log in changed if log is not None]

    _on(bed, "eth_getLogs", lie)


def _is(log: Json, event: Event) -> bool:
    place = int(log["logIndex"], 16)
    return bool(log["transactionHash"] == "0x" + event.transaction.hex() and place == event.log_index)


def log_changed(bed: Bed) -> None:
    """A log with another score vector than the one in the block."""

    def change(log: Json) -> Json:
        vector = bed.event("ScoresRevealed").args["vector"].hex()
        other = ("0" if vector[20] != "0" else "1").join((vector[:20], vector[21:]))
        return {**log, "data": log["data"].replace(vector, other)}

    _logs_of(bed, bed.event("ScoresRevealed"), change)


def log_left_out(bed: Bed) -> None:
    """A log that the node does not tell: a trainer's second thoughts."""
    last = bed.event("RoundOpened", -1)
    joined = next(e for e in reversed(bed.story.events) if e.name == "RolledOver" and e.block == last.block)
    _logs_of(bed, joined, lambda _: None)


def log_hidden_block(bed: Bed) -> None:
    """A block of which the node tells no log at all."""
    _logs_of(bed, bed.event("Claimed"), lambda _: None)


def log_height(bed: Bed) -> None:
    """A log at another height than the rest of its block: of a round that opens, from which its seed follows."""
    opened, heights = bed.event("RoundOpened", -1), {event.block for event in bed.story.events}
    free = next(height for height in range(opened.block, 0, -1) if height not in heights)
    _logs_of(bed, opened, lambda log: {**log, "blockNumber": hex(free)})


def log_invented(bed: Bed) -> None:
    """A log that is in no block."""

    def lie(_: list[Any], logs: Json) -> Json:
        event = bed.event("Funded")
        more = [{**log, "logIndex": hex(int(log["logIndex"], 16) + 50)} for log in logs if _is(log, event)]
        return [*logs, *more]

    _on(bed, "eth_getLogs", lie)


def fake_block(bed: Bed) -> None:
    """A block that proves itself, with another score vector in it, and is on no chain."""
    event = bed.event("ScoresRevealed")
    _fake(bed, event, event.args["salt"].hex(), lambda _: True)


def fake_block_for_some(bed: Bed) -> None:
    """Likewise, with another settlement in it, told to whoever does not ask for the stake vault's logs."""
    event, vault = bed.event("Settled"), bed.contracts.stake_vault.address.lower()
    row_root = settlement_of(event.args["settlement"]).row_root.hex()
    _fake(bed, event, row_root, lambda asked: vault not in map(str.lower, asked["address"]))


def _fake(bed: Bed, event: Event, value: str, lies: Callable[[Json], bool]) -> None:
    """Tell a block with another value of 32 bytes in it wherever logs are asked for so that it `lies`."""
    height, w3 = hex(event.block), connect(bed.node.url)
    real, receipts = ask_many(w3, [("eth_getBlockByNumber", [height, False]), ("eth_getBlockReceipts", [height])])
    changed = json.loads(json.dumps(receipts).replace(value, "ab" * 32))
    assert changed != receipts
    fake = {**real, "receiptsRoot": "0x" + ordered_root([proven._encoded(receipt) for receipt in changed]).hex()}
    with pytest.raises(proven.Disproven) as told:
        proven.header_of(fake)
    found = re.search(r"hashes to (0x[0-9a-f]{64})", told.value.message)
    assert found is not None
    fake["hash"] = found[1]

    def lie(method: str, params: list[Any], result: Json) -> Json:
        if method == "eth_getLogs" and lies(params[0]):
            text = json.dumps(result).replace(real["hash"], fake["hash"])
            return json.loads(text.replace(value, "ab" * 32))
        if method == "eth_getBlockByHash" and params[0] == fake["hash"]:
            return fake
        return changed if method == "eth_getBlockReceipts" and params[0] == height else result

    bed.node.lie = lie


def header_time(bed: Bed) -> None:
    """A block with another time."""
    bed.kept().unlink()
    block_hash = "0x" + bed.event("Settled").block_hash.hex()

    def change(params: list[Any], block: Json) -> Json:
        return {**block, "timestamp": hex(int(block["timestamp"], 16) - 60)} if params[0] == block_hash else block

    _on(bed, "eth_getBlockByHash", change)


def header_fields(bed: Bed) -> None:
    """A header that does not hash to its hash, and has a field that nobody knows: as if a fork had added it."""
    bed.kept().unlink()
    block_hash = "0x" + bed.event("Settled").block_hash.hex()

    def change(params: list[Any], block: Json) -> Json:
        return {**block, "gasUsed": "0x7", "newRoot": "0x07"} if params[0] == block_hash else block

    _on(bed, "eth_getBlockByHash", change)


def header_fields_between(bed: Bed) -> None:
    """Likewise a header that is asked for where all blocks are followed."""
    height = hex(bed.event("Claimed").block)

    def change(params: list[Any], block: Json) -> Json:
        return {**block, "gasUsed": "0x7", "newRoot": "0x07"} if params[0] == height else block

    _on(bed, "eth_getBlockByNumber", change)


def receipts_changed(bed: Bed) -> None:
    """A receipt that its block does not hold."""
    bed.kept().unlink()

    def change(_: list[Any], receipts: Json) -> Json:
        return [{**receipt, "cumulativeGasUsed": "0x1"} for receipt in receipts]

    _on(bed, "eth_getBlockReceipts", change)


def receipts_nothing(bed: Bed) -> None:
    """No receipts at all, of blocks that hold events."""
    bed.kept().unlink()
    _on(bed, "eth_getBlockReceipts", lambda *_: None)


def other_code(bed: Bed) -> None:
    """Other code at the coordinator's address."""
    address = bed.contracts.coordinator.address.lower()
    _on(bed, "eth_getCode", lambda params, code: code + "00" if params[0].lower() == address else code)


def update_salt(bed: Bed) -> None:
    """Another salt in the calldata of a reveal."""
    transaction = "0x" + bed.event("UpdateRevealed").transaction.hex()

    def change(params: list[Any], found: Json) -> Json:
        return {**found, "input": found["input"][:-64] + "11" * 32} if params[0] == transaction else found

    _on(bed, "eth_getTransactionByHash", change)


def calldata_garbage(bed: Bed) -> None:
    """Calldata that are no hexadecimal digits."""
    _on(bed, "eth_getTransactionByHash", lambda _, found: {**found, "input": "0xzz"})


def calldata_gone(bed: Bed) -> None:
    """The node does not know its own transactions."""
    _on(bed, "eth_getTransactionByHash", lambda *_: None)


def _call(bed: Bed, signature: str, change: Callable[[bytes], bytes]) -> None:
    """Change what a contract's function is said to return."""
    selector = "0x" + keccak(text=signature)[:4].hex()

    def lie(params: list[Any], result: Json) -> Json:
        data = params[0].get("data") or params[0].get("input") or ""
        return "0x" + change(bytes.fromhex(result[2:])).hex() if data.startswith(selector) else result

    _on(bed, "eth_call", lie)


def state_untold(bed: Bed) -> None:
    """No answer to what the vault owes."""
    _call(bed, "booksOf(uint256)", lambda _: b"")


def budget_state(bed: Bed) -> None:
    """Books that owe less than was earned."""
    _call(bed, "booksOf(uint256)", lambda data: data[:-32] + bytes(32))


def stake_state(bed: Bed) -> None:
    """Stake accounts with a wei more."""
    _call(
        bed,
        "accountOf(address,address)",
        lambda data: (int.from_bytes(data[:32], "big") + 1).to_bytes(32, "big") + data[32:],
    )


def claimed_state(bed: Bed) -> None:
    """Nobody claimed anything, says the vault."""
    _call(bed, "claimedOf(uint256,address)", lambda data: bytes(len(data)))


def tokens_state(bed: Bed) -> None:
    """The vaults have fewer tokens than they owe."""
    _call(bed, "balanceOf(address)", lambda _: bytes(31) + b"\x01")


def norm_state(bed: Bed) -> None:
    """The federation's norm, model or round is another."""
    _call(bed, "federationOf(uint256)", lambda data: data[: 11 * 32] + bytes(31) + b"\x07" + data[12 * 32 :])


def terms_state(bed: Bed) -> None:
    """Terms with another number of rounds."""
    _call(bed, "termsOf(uint256)", lambda data: data[:32] + (999).to_bytes(32, "big") + data[64:])


def member_state(bed: Bed) -> None:
    """A member with another stake."""
    _call(bed, "memberOf(uint256,address)", lambda data: data[: 5 * 32] + (7).to_bytes(32, "big") + data[6 * 32 :])
