"""Named hostile inputs, made by functions: each must be refused with a plain error, in bounds of memory and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.hostile.crafted.code import PICKLE, object_array, torch_file
from tests.hostile.crafted.data_files import DATA
from tests.hostile.crafted.documents import DOCUMENT
from tests.hostile.crafted.keys import KEYSTORE
from tests.hostile.crafted.shards import SEALED, SHARD
from tests.hostile.crafted.tensors import CHECKPOINT, TENSORS
from tests.hostile.crafted.texts import TOML, json_cases
from tests.hostile.crafted.vectors import UPDATE, vector_cases
from tests.hostile.parsers import PARSERS, valid


class Case(NamedTuple):
    """One hostile input.

    Attributes:
        parser: whom it is for.
        name: what is wrong with it.
        content: makes its bytes.
    """

    parser: str
    name: str
    content: Callable[[], bytes]


def cases() -> Iterator[Case]:
    """All of them."""
    for parser in PARSERS:
        if parser != "medians":  # of no update
            yield Case(parser, "nothing", bytes)
        for name, make in {**_anything(parser), **_OWN.get(parser, {})}.items():
            yield Case(parser, name, make)


def _anything(parser: str) -> dict[str, Callable[[], bytes]]:
    """What no parser takes."""
    return {
        "one byte": lambda: b"\0",
        "cut short": lambda: valid(parser)[:-1],
        "halved": lambda: valid(parser)[: len(valid(parser)) // 2],
        "16 MiB of zeros": lambda: bytes(2**24),
        "16 MiB of brackets": lambda: b"[" * 2**24,
        "a pickle": lambda: PICKLE % b"/nonexistent/x",
        "an array of objects": lambda: object_array(PICKLE % b"/nonexistent/x"),
        "a torch file": lambda: torch_file(PICKLE % b"/nonexistent/x"),
    }


_OWN: dict[str, dict[str, Callable[[], bytes]]] = {
    "update": vector_cases() | UPDATE,
    "model": {name: make for name, make in vector_cases().items() if "lanes" not in name},
    "scores": {"one entry too many": lambda: valid("scores") + bytes(4), "no norm": lambda: valid("scores")[8:]},
    "medians": {"left out with a scale": lambda: b"\0\0\0\1", "three bytes": lambda: bytes(3)},
    "shard": SHARD,
    "sealed": SEALED,
    "document": DOCUMENT,
    "data": DATA,
    "tensors": TENSORS,
    "checkpoint": CHECKPOINT,
    "toml": TOML,
    "json": json_cases(2**14),
    "cid": {"a path": lambda: b"../../etc/passwd", "a million letters": lambda: b"b" * 10**6},
    "keystore": KEYSTORE,
}
