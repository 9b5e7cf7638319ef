"""Readers of content that kills them: `python -m tests.hostile.readers FOLDER:READER:PASSAGE ...`.

Three public shards, and two vectors, are in the folder's store. Each argument is a process that dies while it parses,
at the passage given; at passage 0 it lives.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import structlog

from parley.chain.model import Phase
from parley.errors import ContentError
from parley.failpoints import Failpoint
from parley.numerics import word_tree
from parley.numerics.fixed_point import encode
from parley.roles.library import Library
from parley.roles.shards import OpenedShards
from parley.storage import Blockstore, Quarantine, cid_of
from parley.tasks import codec
from parley.tasks.dataset import Dataset
from parley.tasks.document import ShardRef, TaskDocument, Validation
from tests.hostile.parsers import SCHEMA, document
from tests.roles.builders import TERMS, view_in
from tests.support.killing import die_at

SHARDS = [Dataset(np.full((4 + k, 3), k), np.arange(4 + k) % 2, SCHEMA) for k in range(3)]
VECTORS = [np.full(20, k, np.int32) for k in range(2)]


def fill(folder: Path) -> None:
    """Put all of it into a store."""
    with Blockstore(folder / "store") as store:
        for content in [*map(codec.encode, SHARDS), *map(encode, VECTORS)]:
            store.put(content)


def read_shards(folder: Path) -> list[int]:
    """Sizes of the shards that a worker, started anew, gets to read."""
    named: TaskDocument = document().model_copy(
        update={
            "validation": Validation(
                sealed=False,
                shards=tuple(ShardRef(cid=str(cid_of(c)), size=len(c)) for c in map(codec.encode, SHARDS)),
            )
        }
    )
    view = replace(view_in(Phase.TRAIN), terms=replace(TERMS, anchor=bytes(32)))
    with Blockstore(folder / "store") as store:
        opened = OpenedShards(store, named, structlog.get_logger(), Quarantine(folder / "quarantine"))
        return [len(shard) for shard in opened.before(view, 4)]


def read_vectors(folder: Path) -> list[int]:
    """Numbers of the vectors that a worker, started anew, gets to read."""
    with Blockstore(folder / "store") as store:
        library = Library(store, 20, quarantine=Quarantine(folder / "quarantine"))
        return [k for k, vector in enumerate(VECTORS) if _has(library, vector)]


def _has(library: Library, vector: np.ndarray) -> bool:
    data = encode(vector)
    try:
        return bool((library.get(word_tree.root(data), cid_of(data).digest) == vector).all())
    except ContentError:
        return False


READERS = {"shards": read_shards, "vectors": read_vectors}

if __name__ == "__main__":
    word_tree.root(encode(VECTORS[0]))  # loads compiled code once for all forks
    for argument in sys.argv[1:]:
        place, reader, passage = argument.split(":")
        if passage == "0":
            READERS[reader](Path(place))
        else:
            die_at(Failpoint.IN_PARSING, int(passage), lambda r=reader, p=place: READERS[r](Path(p)))
