"""Safetensors and checkpoints (F-83)."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

from tests.hostile.parsers import valid


def tensor_file(header: object, body: bytes = b"") -> bytes:
    """A safetensors file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def _tensor(dtype: object = "F32", shape: object = (1,), offsets: object = (0, 4), **more: object) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets, **more}


def _tensors(body: bytes = bytes(4), **entries: object) -> Callable[[], bytes]:
    return lambda: tensor_file(entries, body)


TENSORS: dict[str, Callable[[], bytes]] = {
    "a header of 2^64 bytes": lambda: b"\xff" * 8 + b"{}",
    "a header longer than the file": lambda: struct.pack("<Q", 100) + b"{}",
    "a header beyond 100 kB": lambda: tensor_file(b"{" + b" " * 100_000 + b"}"),
    "a header that is a list": lambda: tensor_file([]),
    "a header that is no JSON": lambda: tensor_file(b"{'a': 1}"),
    "deep brackets": lambda: tensor_file(b'{"a":' + b"[" * 50_000 + b"]" * 40_000 + b"}"),
    "a repeated tensor": lambda: tensor_file(b'{"a":%b,"a":%b}' % ((json.dumps(_tensor()).encode(),) * 2), bytes(4)),
    "a repeated key of a tensor": lambda: tensor_file(
        b'{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4)
    ),
    "overlapping tensors": _tensors(bytes(6), a=_tensor(), b=_tensor(offsets=(2, 6))),
    "the same bytes twice": _tensors(a=_tensor(), b=_tensor()),
    "a gap": _tensors(bytes(12), a=_tensor(), b=_tensor(offsets=(8, 12))),
    "a gap before the first": _tensors(bytes(8), a=_tensor(offsets=(4, 8))),
    "bytes left over": _tensors(bytes(5), a=_tensor()),
    "an end beyond the file": _tensors(bytes(2), a=_tensor()),
    "negative offsets": _tensors(a=_tensor(offsets=(-4, 0))),
    "an end before its begin": _tensors(a=_tensor(offsets=(4, 0))),
    "offsets that are floats": _tensors(a=_tensor(offsets=(0.0, 4.0))),
    "offsets that are truth values": _tensors(b"\0", a=_tensor("U8", (True,), (False, True))),
    "three offsets": _tensors(a=_tensor(offsets=(0, 2, 4))),
    "a shape beyond its bytes": _tensors(a=_tensor(shape=(2**40, 2**40))),
    "a shape whose product wraps": _tensors(b"", a=_tensor(shape=(2**32, 2**32), offsets=(0, 0))),
    "a negative shape": _tensors(a=_tensor(shape=(-1, -1))),
    "a rank of 1000": _tensors(a=_tensor(shape=(1,) * 1000)),
    "an unknown dtype": _tensors(a=_tensor("O")),
    "a dtype that is a list": _tensors(a=_tensor(["F32"])),
    "a key too many": _tensors(a=_tensor(run="x")),
    "a key too few": _tensors(a={"dtype": "F32", "shape": [1]}),
    "metadata that are numbers": _tensors(b"", __metadata__={"a": 1}),
    "metadata that are a list": _tensors(b"", __metadata__=[]),
}

CHECKPOINT: dict[str, Callable[[], bytes]] = {
    "one bit of the model": lambda: valid("checkpoint")[:-1] + bytes([valid("checkpoint")[-1] ^ 1]),
    "bytes appended": lambda: valid("checkpoint") + b"\0",
    "of another version": lambda: valid("checkpoint").replace(b"PARLEYC1", b"PARLEYC2"),
}
