"""What can be done to stored content, and to the files that an audit keeps."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from parley.numerics.fixed_point import size_for
from parley.roles.books import scores_of
from parley.storage import Blockstore, Cid
from tests.audit.beds import Bed


def _flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _included(bed: Bed) -> bytes:
    """The CID digest of an update that was included in a final round."""
    told = bed.story.told
    record = next(r for r in told.final_records() if scores_of(told, r).included)
    return record.reveals[scores_of(told, record).included[0]].digest


def update_bit(bed: Bed) -> None:
    """A bit in a stored update."""
    _flip(bed.vector_file(_included(bed)))


def update_pin(bed: Bed) -> None:
    """A missing pin: the store has let go of an update."""
    Blockstore(bed.store).unpin(Cid.from_digest(_included(bed), size_for(bed.story.told.terms.params)))


def update_cut(bed: Bed) -> None:
    """An update of which a part is stored."""
    path = bed.vector_file(_included(bed))
    path.write_bytes(path.read_bytes()[:-32])


def update_longer(bed: Bed) -> None:
    """An update with something behind it."""
    path = bed.vector_file(_included(bed))
    path.write_bytes(path.read_bytes() + bytes(32))


def model_bit(bed: Bed) -> None:
    """A bit in a stored model."""
    _flip(bed.vector_file(bed.event("RoundFinalized", 3).args["modelDigest"]))


def model_gone(bed: Bed) -> None:
    """The last model is nowhere."""
    bed.vector_file(bed.event("RoundFinalized", -1).args["modelDigest"]).unlink()


def model_swapped(bed: Bed) -> None:
    """Another model lies under a model's CID."""
    first, second = (bed.vector_file(bed.event("RoundFinalized", n).args["modelDigest"]) for n in (0, 1))
    first.write_bytes(second.read_bytes())


def genesis_bit(bed: Bed) -> None:
    """A bit in the genesis model."""
    _flip(bed.vector_file(bed.story.told.terms.model_digest))


def shard_bit(bed: Bed) -> None:
    """A bit in a sealed shard."""
    _flip(bed.shard_file(1))


def shard_gone(bed: Bed) -> None:
    """A sealed shard is nowhere."""
    bed.shard_file(2).unlink()


def task_bit(bed: Bed) -> None:
    """A bit in the task document."""
    _flip(bed.task_file())


def task_gone(bed: Bed) -> None:
    """The task document is nowhere."""
    bed.task_file().unlink()


def _sql(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(statement)


def kept_events(bed: Bed) -> None:
    """A changed event cache: what was kept of a block's events is not what it holds."""
    _sql(bed.kept(), _FIRST_LOG)


_FIRST_LOG = "UPDATE logs SET digest = zeroblob(32) WHERE hash = (SELECT hash FROM logs LIMIT 1)"


def kept_header(bed: Bed) -> None:
    """A changed header among the blocks that were kept."""
    _sql(bed.kept(), "UPDATE headers SET encoded = zeroblob(500) WHERE hash = (SELECT hash FROM headers LIMIT 1)")


def kept_garbage(bed: Bed) -> None:
    """The file of blocks is no database any more."""
    bed.kept().write_bytes(b"\0" * 4096)


def journal_changed(bed: Bed) -> None:
    """A changed result in the journal of an audit that was stopped."""
    bed.stop_midway()
    path = bed.journal / "2.json"
    value = json.loads(path.read_text())
    value["result"]["derived"]["norm"] += 1
    path.write_text(json.dumps(value))
