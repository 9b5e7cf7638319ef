"""What happened in the demo's rounds: scores, rewards, accuracy, gas; read from the chain and the store."""

from __future__ import annotations

from collections.abc import Iterable

from web3 import Web3
from web3.contract import Contract
from web3.types import TxData

from parley.chain.view import RoundRecord, View
from parley.cli.actions.rounds import earned_in
from parley.cli.demo.board import RoundResult
from parley.errors import ContentError
from parley.numerics.fixed_point import dequantise
from parley.roles.books import Books, scores_of
from parley.roles.library import Library
from parley.tasks.dataset import Dataset
from parley.tasks.protocol import Task
from parley.tasks.simulate import Real


class Results:
    """Collects rounds as they end.

    Args:
        w3: connection.
        library: vectors of the federation.
        books: its reward accounts.
        task: measures models.
        test: data that nobody trains or scores on.
    """

    def __init__(self, w3: Web3, library: Library, books: Books, task: Task, test: Dataset) -> None:
        self._w3 = w3
        self._library = library
        self._books = books
        self._task = task
        self._test = test
        self._ended: dict[int, RoundResult] = {}
        self._genesis: float | None = None

    def genesis_accuracy(self, view: View) -> float:
        """Accuracy before the first round."""
        if self._genesis is None:
            self._genesis = self._accuracy(view, view.terms.model_root, view.terms.model_digest)
        return self._genesis

    def ended(self, view: View) -> tuple[RoundResult, ...]:
        """The rounds that have ended, in order."""
        for number, record in sorted(view.records.items()):
            if number not in self._ended and (record.final or record.void):
                self._ended[number] = self._result(view, record)
        return tuple(self._ended[number] for number in sorted(self._ended))

    def opened_at(self, record: RoundRecord) -> int:
        """Chain time at which a round opened, seconds."""
        return int(self._w3.eth.get_block(record.opened_block)["timestamp"])

    def ended_at(self, record: RoundRecord) -> int:
        """Chain time at which it became final or void, seconds."""
        if record.ended_block is None:
            raise ValueError(f"round {record.number} has not ended")
        return int(self._w3.eth.get_block(record.ended_block)["timestamp"])

    def model(self, view: View) -> Real:
        """The last final model, shape (P,).

        Raises:
            ContentError: the store does not have it.
        """
        q = self._library.get(view.federation.model_root, view.model_digest())
        return dequantise(q, view.terms.frac_bits)

    def _result(self, view: View, record: RoundRecord) -> RoundResult:
        seconds = self.ended_at(record) - self.opened_at(record)
        if record.header is None or not record.final:
            last = self._ended[record.number - 1].accuracy if record.number > 1 else self.genesis_accuracy(view)
            return RoundResult(record.number, False, last, {}, {}, seconds)
        scores = scores_of(view, record).scores
        by_operator = {reveal.operator: scores[reveal.index] for reveal in record.reveals}
        accuracy = self._accuracy(view, record.header.model_root, record.header.model_digest)
        earned = earned_in(view, self._books, record)
        return RoundResult(record.number, True, accuracy, by_operator, earned, seconds)

    def _accuracy(self, view: View, root: bytes, digest: bytes) -> float:
        """Accuracy of a model; NaN if the store does not have it."""
        try:
            q = self._library.get(root, digest)
        except ContentError:
            return float("nan")
        return self._task.metric(dequantise(q, view.terms.frac_bits), self._test)


class GasMeter:
    """Gas of whole transactions, by the function called (`receipt.gasUsed`).

    Args:
        w3: connection.
        contracts: whose calls count.
        start: first block to look at.
    """

    def __init__(self, w3: Web3, contracts: Iterable[Contract], start: int) -> None:
        self._w3 = w3
        self._contracts = {str(contract.address): contract for contract in contracts}
        self._next = start
        self._used: dict[str, list[int]] = {}

    def read(self, head: int) -> tuple[tuple[str, int, int, int], ...]:
        """Read on to block `head`; call, number of transactions, least and most gas of one."""
        for number in range(self._next, head + 1):
            for transaction in self._w3.eth.get_block(number, full_transactions=True)["transactions"]:
                self._add(transaction)  # type: ignore[arg-type]
        self._next = max(self._next, head + 1)
        return tuple((call, len(gas), min(gas), max(gas)) for call, gas in sorted(self._used.items()))

    def _add(self, transaction: TxData) -> None:
        contract = self._contracts.get(str(transaction.get("to")))
        if contract is None:
            return
        function, _ = contract.decode_function_input(transaction["input"])
        receipt = self._w3.eth.get_transaction_receipt(transaction["hash"])
        self._used.setdefault(function.fn_name, []).append(receipt["gasUsed"])
