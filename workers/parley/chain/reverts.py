"""From revert data to the error that a contract threw, and what to do about it. Pure.

web3 leaves custom errors undecoded, and an error may come from another contract than the one that was called: a join
fails with the stake vault's error. So one table holds the errors of all contracts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import abi_to_signature
from eth_utils.crypto import keccak

from parley.chain.hints import HINTS
from parley.chain.model import Phase

_ERROR_STRING = keccak(text="Error(string)")[:4]
_PANIC = keccak(text="Panic(uint256)")[:4]
_PANICS = {
    0x01: "an assertion failed",
    0x11: "arithmetic over- or underflow",
    0x12: "division by zero",
    0x32: "an index is out of range",
}


@dataclass(frozen=True, slots=True)
class ContractError:
    """Why a contract refused.

    Attributes:
        name: of the error, such as `StakeVault_BalanceTooSmall`; `Error` and `Panic` are Solidity's own; empty where
            the contract gave no data; `unknown` where nobody knows the selector.
        args: its arguments by name.
        contract: which contract defines it; empty if none does.
    """

    name: str
    args: Mapping[str, Any]
    contract: str = ""

    @property
    def hint(self) -> str | None:
        """What to do about it, `None` if the error says it all."""
        return HINTS.get(self.name)

    def __str__(self) -> str:
        """One line: the error and its arguments."""
        if self.name == "Error":
            return str(self.args["message"])
        if self.name == "Panic":
            return f"panic 0x{self.args['code']:02x}: {_PANICS.get(self.args['code'], 'see the Solidity manual')}"
        if not self.name:
            return "no reason given"
        return f"{self.name}({', '.join(f'{key}={_shown(key, value)}' for key, value in self.args.items())})"


class ErrorTable:
    """The errors of a set of contracts, by selector.

    Args:
        abis: ABIs by contract name.
    """

    def __init__(self, abis: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        self._errors: dict[bytes, tuple[str, Mapping[str, Any]]] = {}
        for contract, abi in abis.items():
            for entry in abi:
                if entry["type"] == "error":
                    selector = keccak(text=abi_to_signature(entry))[:4]  # type: ignore[arg-type]
                    self._errors.setdefault(selector, (_owner(entry["name"], contract), entry))

    def names(self) -> list[str]:
        """The names of all known errors."""
        return sorted(entry["name"] for _, entry in self._errors.values())

    def decode(self, data: bytes) -> ContractError:
        """Decode what a contract reverted with; never raises: what is malformed is `unknown`."""
        selector, rest = data[:4], data[4:]
        try:
            if not data:
                return ContractError("", {})
            if selector == _ERROR_STRING:
                return ContractError("Error", {"message": decode(["string"], rest)[0]})
            if selector == _PANIC:
                return ContractError("Panic", {"code": decode(["uint256"], rest)[0]})
            if selector in self._errors:
                return _decoded(*self._errors[selector], rest)
        except (DecodingError, UnicodeDecodeError, OverflowError):
            pass  # malformed: told as it came
        return ContractError("unknown", {"data": data})

    def decode_response(self, response: Mapping[str, Any]) -> ContractError:
        """Decode the error in a JSON-RPC response."""
        error = response.get("error")
        details = error if isinstance(error, Mapping) else {"message": str(error)}
        data = _data_of(details.get("data"))
        _, told, reason = str(details.get("message", "")).partition("execution reverted:")
        return ContractError("Error", {"message": reason.strip()}) if told and not data else self.decode(data)


def _data_of(value: object) -> bytes:
    """Revert data however a node wraps it; empty if there is none."""
    if isinstance(value, Mapping):
        value = value.get("data")
    if not isinstance(value, str) or not value.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(value[2:])
    except ValueError:
        return b""


def _owner(name: str, contract: str) -> str:
    """Our errors name their contract; others are of whichever ABI holds them."""
    prefix, underscore, _ = name.partition("_")
    return prefix if underscore else contract


def _decoded(contract: str, entry: Mapping[str, Any], data: bytes) -> ContractError:
    inputs: Sequence[Mapping[str, Any]] = entry["inputs"]
    values = decode([item["type"] for item in inputs], data)
    names = [item["name"] or str(place) for place, item in enumerate(inputs)]
    return ContractError(entry["name"], dict(zip(names, values, strict=True)), contract)


def _shown(name: str, value: object) -> str:
    """An argument for people."""
    if name == "phase" and isinstance(value, int) and value < len(Phase):
        return Phase(value).name.lower()
    if not isinstance(value, bytes):
        return str(value)
    text = value.rstrip(b"\0")
    if name == "name" and text.isascii() and text.decode("ascii").isprintable():
        return text.decode("ascii")
    return f"0x{value[:32].hex()}{'...' if len(value) > 32 else ''}"
