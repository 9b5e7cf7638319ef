"""Every parser of bytes that somebody else wrote, by name, and a valid input of each.

Importing this module imports neither torch nor web3, so that a process with little memory may do it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from parley.chain.keystore import Keystore
from parley.numerics.fixed_point import decode, encode
from parley.numerics.scoring import ScoreVector, decode_medians, encode_medians
from parley.storage import Cid
from parley.tasks import codec, data_file, shards, tensor_file
from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.document import BuiltinModel, ShardRef, TaskDocument, Validation
from parley.tasks.journal import Progress, TrainingJournal
from parley.tasks.protocol import Hyper
from parley.tasks.tensor_file import TensorFileError
from parley.tasks.userland.settings import read_settings

PARAMS = 1001
"""Seven padding lanes in the last word."""

CLIP = 2**20
SCHEMA = DataSchema(features=(3,), classes=2, bound=100.0)
KEY = b"k" * 32
HYPER = Hyper()
FRESH = Progress(0, 0, {"vector": np.zeros(5, np.float32)})
START = np.zeros(5)
PASSWORD = "correct horse"


def samples(count: int = 8) -> Dataset:
    return Dataset(np.linspace(-1, 1, 3 * count).reshape(count, 3), np.arange(count) % 2, SCHEMA)


def document() -> TaskDocument:
    cid = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
    return TaskDocument(
        name="mine",
        model=BuiltinModel(name="digits"),
        params=PARAMS,
        hyper=Hyper(options={"depth": 2}),
        data_schema=SCHEMA,
        validation=Validation(sealed=True, shards=(ShardRef(cid=cid, size=100),)),
    )


def _in_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """A parser of files as one of bytes."""

    def parse(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            return read(path)

    return parse


def _journal(path: Path) -> TrainingJournal:
    return TrainingJournal(path, seconds=0, warn=_refuse, beat=int)


def _refuse(reason: str) -> None:
    """What a trainer is warned of is what it refuses."""
    raise TensorFileError(reason)


def _settings(content: bytes, name: str) -> object:
    return _in_file(name, read_settings)(content)


PARSERS: dict[str, Callable[[bytes], object]] = {
    "update": lambda content: decode(content, PARAMS, CLIP),
    "model": lambda content: decode(content, PARAMS),
    "scores": lambda content: ScoreVector.decode(content, 5),
    "medians": lambda content: decode_medians(content, 7),
    "shard": lambda content: shards.read(content, 1, SCHEMA),
    "sealed": lambda content: shards.unseal(content, 1, KEY, SCHEMA),
    "document": TaskDocument.decode,
    "data": _in_file("data.npz", lambda path: data_file.load(path, SCHEMA)),
    "tensors": tensor_file.decode,
    "checkpoint": _in_file("c", lambda path: _journal(path).begin(FRESH, START, samples(), seed=1, hyper=HYPER)),
    "toml": lambda content: _settings(content, "task.toml"),
    "json": lambda content: _settings(content, "task.json"),
    "cid": lambda content: Cid.parse(content.decode("latin-1")),
    "keystore": _in_file("key", lambda path: Keystore(path.parent).load("key", PASSWORD)),
}


@cache
def valid(parser: str) -> bytes:
    """What the parser takes."""
    return _VALID[parser]()


def _written(write: Callable[[Path], object]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key"
        write(path)
        return path.read_bytes()


def _write_checkpoint(path: Path) -> None:
    journal = _journal(path)
    journal.begin(FRESH, START, samples(), seed=1, hyper=HYPER)
    journal.step(lambda: Progress(1, 2, {"vector": np.ones(5, np.float32)}))


_Q = (np.arange(PARAMS, dtype=np.int32) - 500) * 1000
_SCORES = ScoreVector(1 << 40, (3, 0, 65535, 1, 9), (1, 0, 65536, 7, 9))
_TOML = 'name = "mine"\nfile = "mine.py"\n[data_schema]\nfeatures = [3]\nclasses = 2'
_JSON = '{"name": "mine", "file": "mine.py", "data_schema": {"features": [3], "classes": 2}}'

_VALID: dict[str, Callable[[], bytes]] = {
    "update": lambda: encode(_Q),
    "model": lambda: encode(_Q),
    "scores": _SCORES.encode,
    "medians": lambda: encode_medians(decode_medians(_SCORES.encode()[8:], 7)),
    "shard": lambda: codec.encode(samples()),
    "sealed": lambda: shards.seal(samples(), 1, KEY),
    "document": lambda: document().encode(),
    "data": lambda: _written(lambda path: data_file.save(path, samples())),
    "tensors": lambda: tensor_file.encode(
        {"b": np.ones((2, 3), np.float32), "a": np.arange(4), "empty": np.zeros((0, 2), np.uint8)}, {"made": "here"}
    ),
    "checkpoint": lambda: _written(_write_checkpoint),
    "toml": _TOML.encode,
    "json": _JSON.encode,
    "cid": lambda: b"bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    "keystore": lambda: _written(lambda path: Keystore(path.parent).create("key", PASSWORD, light=True)),
}
