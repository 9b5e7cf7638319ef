"""From logs to events, by the contracts' ABIs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eth_abi.exceptions import DecodingError
from eth_utils.abi import event_abi_to_log_topic
from web3.contract import Contract
from web3.contract.contract import ContractEvent
from web3.exceptions import Web3Exception
from web3.types import EventData, LogReceipt

from parley.chain.errors import IncompleteLogs


class LogDecoder:
    """Decodes logs of some contracts.

    Args:
        contracts: whose logs.
    """

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self._events: dict[tuple[str, bytes], ContractEvent] = {}
        for contract in contracts:
            for abi in contract.abi:
                if abi["type"] == "event":
                    event: ContractEvent = getattr(contract.events, abi["name"])()
                    self._events[contract.address.lower(), bytes(event_abi_to_log_topic(event.abi))] = event

    @property
    def addresses(self) -> frozenset[str]:
        """Of the contracts, in lower case."""
        return frozenset(address for address, _ in self._events)

    def decode(self, log: LogReceipt) -> tuple[str, Mapping[str, Any]] | None:
        """Name and arguments of a log; `None` if its contract knows no such event.

        Raises:
            IncompleteLogs: its data are not those of its event.
        """
        topics = log["topics"]
        event = self._events.get((log["address"].lower(), bytes(topics[0]))) if topics else None
        if event is None:
            return None
        try:
            data: EventData = event.process_log(log)
        except (Web3Exception, DecodingError) as error:
            raise IncompleteLogs(f"a log of block {log['blockNumber']} cannot be decoded: {error!r:.200}") from error
        return data["event"], data["args"]
