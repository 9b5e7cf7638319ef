"""Signatures of functions, errors and events as people read them, by what stands for them on the chain. Pure.

As in the public lists of signatures, a file is called like the selector, without 0x, and holds all signatures that have
it, joined by `;`. Explorers look there for what no ABI at hand tells: names in lists of transactions, and what a
contract behind the one that was called emitted or threw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eth_utils.abi import abi_to_signature, collapse_if_tuple
from eth_utils.crypto import keccak

Entry = Mapping[str, Any]
"""A function, error or event of an ABI."""


def calls(abis: Iterable[Iterable[Entry]]) -> dict[str, str]:
    """Signatures of functions and errors by their first four bytes, in hexadecimal."""
    return _by_digest(abis, ("function", "error"), 4)


def topics(abis: Iterable[Iterable[Entry]]) -> dict[str, str]:
    """Signatures of events by their topic, in hexadecimal."""
    return _by_digest(abis, ("event",), 32)


def readable(entry: Entry) -> str:
    """A signature with its arguments' names: `join(uint256 fid,uint8 roles)`."""
    return f"{entry['name']}({','.join(map(_argument, entry['inputs']))})"


def _by_digest(abis: Iterable[Iterable[Entry]], kinds: tuple[str, ...], size: int) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for entry in (entry for abi in abis for entry in abi if entry["type"] in kinds):
        digest = keccak(text=abi_to_signature(entry))[:size].hex()  # type: ignore[arg-type]
        known = found.setdefault(digest, [])
        if readable(entry) not in known:
            known.append(readable(entry))
    return {digest: ";".join(signatures) for digest, signatures in sorted(found.items())}


def _argument(item: Entry) -> str:
    """Type, `indexed` where it is, and name. Not all who read this take names within a struct, so it has none."""
    words = [collapse_if_tuple(item), "indexed" if item.get("indexed") else "", item["name"]]  # type: ignore[arg-type]
    return " ".join(word for word in words if word)
