"""Reads a run's history from the chain."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from web3 import Web3
from web3.contract import Contract
from web3.exceptions import Web3ValueError

from chaoslab.history import Act, Actor, Past
from parley.chain.contracts import Contracts
from parley.chain.model import Phase, RoundState
from parley.chain.view import RoundRecord, View
from parley.cli.demo.stage import Stage
from parley.numerics.rewards import RewardTree
from parley.roles.books import Books


class Rounds:
    """The rounds that are over. Read as they end, while the node still has their states.

    Args:
        contracts: the deployment, on a connection past all proxies.
        fid: the federation.
    """

    def __init__(self, contracts: Contracts, fid: int) -> None:
        self._lens, self._fid = contracts.lens, fid
        self._w3: Web3 = contracts.coordinator.w3
        self._read: dict[int, tuple[bytes, RoundState, tuple[int, int, int]]] = {}

    def note(self, view: View) -> int:
        """Read what has ended and was not read yet, or ended in a block that is gone; how many rounds are over."""
        over = [record for record in view.records.values() if record.final or record.void]
        for record in over[-3:]:
            self._note(record)
        return len(over)

    def _note(self, record: RoundRecord) -> None:
        if record.ended_block is None:
            return
        block = self._w3.eth.get_block(record.ended_block)
        held = self._read.get(record.number)
        if held is not None and held[0] == bytes(block["hash"]):
            return
        before = self._w3.eth.get_block(record.ended_block - 1)
        opened = self._w3.eth.get_block(record.opened_block)["timestamp"]
        values: tuple[Any, ...] = self._lens.functions.roundOf(self._fid).call(block_identifier=before["number"])
        state = RoundState.from_abi((*values[:2], Phase(values[2]), *values[3:]))
        self._read[record.number] = (bytes(block["hash"]), state, (opened, before["timestamp"], block["timestamp"]))

    def past(self, view: View, books: Books, reorgs: Iterable[int]) -> dict[int, Past]:
        """All of it, with the reward roots recomputed.

        Args:
            view: the federation at the end.
            books: computes accounts.
            reorgs: chain times of the reorgs, seconds.
        """
        times = tuple(reorgs)
        roots = reward_roots(view, books)
        return {
            number: Past(
                record=view.records[number],
                state=state,
                opened=opened,
                read_at=read_at,
                ended=ended,
                key_opened=_key_opened(view, number),
                reward_root=roots.get(number),
                reorgs=sum(opened <= time <= ended for time in times),
            )
            for number, (_, state, (opened, read_at, ended)) in sorted(self._read.items())
        }


def _key_opened(view: View, number: int) -> bool:
    return number in view.keys


def reward_roots(view: View, books: Books) -> dict[int, bytes]:
    """The reward root of each final round, recomputed from the revealed scores alone (P-12)."""
    ledger: Any = {}
    roots = {}
    for record in view.final_records():
        if record.header is not None:
            ledger = books.after(view, record, ledger, record.header.aggregator)
            roots[record.number] = RewardTree(ledger, view.terms.reward_depth).root
    return roots


def actors_of(stage: Stage) -> tuple[Actor, ...]:
    """The players."""
    return tuple(Actor(p.name, p.kind, str(stage.accounts[p.name].address)) for p in stage.plan.players)


def acts_of(stage: Stage, view: View, first: int, last: int) -> tuple[Act, ...]:
    """The players' transactions in blocks `first` to `last`, both included."""
    contracts = stage.contracts
    w3: Web3 = contracts.coordinator.w3
    known = (contracts.coordinator, contracts.disputes, contracts.federations, contracts.reward_vault)
    by_address = {str(contract.address): contract for contract in known}
    operators = {str(account.address) for account in stage.accounts.values()}
    openings = sorted((record.opened_block, number) for number, record in view.records.items())
    return tuple(
        act for number in range(first, last + 1) for act in _acts_in(w3, number, by_address, operators, openings)
    )


def _acts_in(
    w3: Web3,
    number: int,
    contracts: Mapping[str, Contract],
    operators: set[str],
    openings: list[tuple[int, int]],
) -> Iterator[Act]:
    block: Any = w3.eth.get_block(number, full_transactions=True)
    if not block["transactions"]:
        return
    succeeded = {bytes(r["transactionHash"]): r["status"] == 1 for r in w3.eth.get_block_receipts(number)}
    for sent in block["transactions"]:
        if str(sent["from"]) not in operators:
            continue
        function, arguments = _decoded(contracts.get(str(sent.get("to"))), bytes(sent["input"]))
        yield Act(
            operator=str(sent["from"]),
            nonce=int(sent["nonce"]),
            block=number,
            function=function,
            data=bytes(sent["input"]),
            round=int(arguments.get("round", _open_round(openings, number))),
            succeeded=succeeded[bytes(sent["hash"])],
        )


def _decoded(contract: Contract | None, data: bytes) -> tuple[str, Mapping[str, Any]]:
    """Function and arguments; `?` for what none of the contracts has."""
    if contract is None:
        return "?", {}
    try:
        function, arguments = contract.decode_function_input(data)
    except Web3ValueError:
        return "?", {}
    return str(function.fn_name), arguments


def _open_round(openings: list[tuple[int, int]], block: int) -> int:
    """The round that was open at a block, 0 before the first."""
    place = bisect_right(openings, (block, 1 << 30)) - 1
    return openings[place][1] if place >= 0 else 0
