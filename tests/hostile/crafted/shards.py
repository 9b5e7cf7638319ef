"""Validation shards, whose sponsor may be the attacker."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from parley.tasks import shards
from tests.hostile.parsers import KEY, valid


def shard(samples: int, width: int, body: bytes, magic: bytes = b"PARLEYD1") -> bytes:
    """A shard with any header."""
    return struct.pack(">8sII", magic, samples, width) + body


def _one(value: float, label: int = 0) -> bytes:
    return shard(1, 3, np.array([0, value, 0], ">f4").tobytes() + struct.pack(">I", label))


SHARD: dict[str, Callable[[], bytes]] = {
    "four billion samples": lambda: shard(2**32 - 1, 3, bytes(64)),
    "ten million samples announced": lambda: shard(10_000_000, 3, bytes(64)),
    "no sample": lambda: shard(0, 3, b""),
    "samples of another width": lambda: shard(1, 4, bytes(20)),
    "samples of width zero": lambda: shard(4, 0, bytes(16)),
    "four billion features": lambda: shard(1, 2**32 - 1, bytes(64)),
    "another magic": lambda: shard(1, 3, bytes(16), b"PARLEYD2"),
    "NaN": lambda: _one(np.nan),
    "infinity": lambda: _one(np.inf),
    "beyond the bound": lambda: _one(100.1),
    "an unknown class": lambda: _one(0, 2),
    "the highest class": lambda: _one(0, 2**32 - 1),
}


def _sealed(plain: Callable[[], bytes], round_: int = 1, key: bytes = KEY) -> Callable[[], bytes]:
    """A ciphertext that opens, whatever is in it: the sponsor is the attacker."""
    return lambda: shards._cipher(round_, key).encrypt(bytes(12), plain(), shards._round_bytes(round_))


SEALED: dict[str, Callable[[], bytes]] = {name: _sealed(make) for name, make in SHARD.items()} | {
    "sealed for another round": _sealed(lambda: valid("shard"), 2),
    "sealed under another key": _sealed(lambda: valid("shard"), 1, b"x" * 32),
    "only a tag": lambda: bytes(16),
    "nothing sealed": _sealed(lambda: b""),
}
