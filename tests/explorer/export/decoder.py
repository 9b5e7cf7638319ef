"""Decodes what a chain holds with an exported folder and nothing else, as an explorer does.

Nothing of Parley is imported here, and no ABI but those in the folder is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

Entry = Mapping[str, Any]

BUILT_IN: list[Entry] = [
    {"type": "error", "name": "Error", "inputs": [{"name": "message", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
]
"""Solidity's own errors, which no ABI lists."""


@dataclass(frozen=True)
class Decoded:
    """A call, event or error.

    Attributes:
        contract: whose ABI tells it.
        name: of the function, event or error.
        values: by argument.
    """

    contract: str
    name: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Exported:
    """A folder that `parley explorer export` wrote."""

    folder: Path

    @cached_property
    def index(self) -> dict[str, Any]:
        return self.json("index.json")

    @cached_property
    def contracts(self) -> dict[str, dict[str, Any]]:
        return dict(self.index["contracts"])

    @cached_property
    def names(self) -> dict[str, str]:
        """Contracts by address in lower case."""
        return {facts["address"].lower(): name for name, facts in self.contracts.items()}

    def json(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads((self.folder / path).read_text())

    def metadata(self, name: str) -> dict[str, Any]:
        """As Otterscan finds it."""
        facts = self.contracts[name]
        path = f"contracts/partial_match/{self.index['chain_id']}/{facts['address']}/metadata.json"
        return dict(self.json(path))

    @cached_property
    def abis(self) -> dict[str, list[Entry]]:
        return {name: self.metadata(name)["output"]["abi"] for name in self.contracts}

    def call(self, to: str, data: bytes) -> Decoded:
        """A call of an exported contract."""
        name = self.names[to.lower()]
        entry = self._entry(name, "function", data[:4])
        return Decoded(name, entry["name"], _arguments(entry["inputs"], data[4:]))

    def log(self, address: str, topics: Sequence[bytes], data: bytes) -> Decoded:
        """An event of an exported contract."""
        name = self.names[address.lower()]
        entry = next(e for e in self.abis[name] if e["type"] == "event" and _digest(e) == topics[0])
        indexed = [item for item in entry["inputs"] if item["indexed"]]
        values = _arguments([item for item in entry["inputs"] if not item["indexed"]], data)
        for item, topic in zip(indexed, topics[1:], strict=True):
            values |= _arguments([item], topic)
        return Decoded(name, entry["name"], values)

    def error(self, data: bytes) -> Decoded:
        """What any of the contracts threw, whichever was called."""
        for name, abi in {**self.abis, "Solidity": BUILT_IN}.items():
            for entry in abi:
                if entry["type"] == "error" and _digest(entry)[:4] == data[:4]:
                    return Decoded(name, entry["name"], _arguments(entry["inputs"], data[4:]))
        raise KeyError(f"no exported contract throws 0x{data[:4].hex()}")

    def created(self, name: str, bytecode: bytes, init_code: bytes) -> dict[str, Any]:
        """The constructor's arguments in the input of the transaction that made a contract."""
        assert init_code.startswith(bytecode)
        assert self.contracts[name]["constructor_arguments"] == "0x" + init_code[len(bytecode) :].hex()
        inputs = [e["inputs"] for e in self.abis[name] if e["type"] == "constructor"]
        return _arguments(inputs[0] if inputs else [], init_code[len(bytecode) :])

    def signature(self, folder: str, digest: bytes) -> list[str]:
        """What the lists of signatures say of a selector or topic."""
        return (self.folder / folder / digest.hex()).read_text().split(";")

    def entries(self, *kinds: str) -> Iterator[tuple[str, Entry]]:
        """Contract and entry, of all ABIs."""
        for name, abi in self.abis.items():
            yield from ((name, entry) for entry in abi if entry["type"] in kinds)

    def _entry(self, name: str, kind: str, selector: bytes) -> Entry:
        return next(e for e in self.abis[name] if e["type"] == kind and _digest(e)[:4] == selector)


def canonical(readable: str) -> str:
    """A signature without its arguments' names: what its digest is of."""
    name, _, rest = readable.partition("(")
    return f"{name}({','.join(_types(rest))})"


def signature_of(entry: Entry) -> str:
    """An ABI entry's signature."""
    return f"{entry['name']}({','.join(map(_type, entry['inputs']))})"


def _types(rest: str) -> list[str]:
    """Types of a list of arguments that ends with its closing bracket."""
    depth, words, found = 0, "", []
    for letter in rest:
        depth += (letter == "(") - (letter == ")")
        if depth < 0 or (letter == "," and depth == 0):
            found += [words] if words else []
            words = ""
        else:
            words += letter
    return [_without_name(words) for words in found]


def _without_name(words: str) -> str:
    end = words.rfind(")") + 1
    return words[:end] + words[end:].split(" ")[0]


def _type(item: Entry) -> str:
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_type, item['components']))}){kind.removeprefix('tuple')}"


def _digest(entry: Entry) -> bytes:
    return keccak(text=signature_of(entry))


def _arguments(inputs: Sequence[Entry], data: bytes) -> dict[str, Any]:
    """Values by name; every byte of the data is accounted for."""
    types = [_type(item) for item in inputs]
    values = decode(types, data)
    assert encode(types, values) == data
    return {item["name"]: value for item, value in zip(inputs, values, strict=True)}
