"""Validation shards that are open to all (P-24).

Trainers mix those of past rounds into their own data, evaluators judge on this round's.
"""

from __future__ import annotations

from contextlib import nullcontext

from parley.chain.view import Recorded
from parley.errors import ContentError
from parley.roles.worker import Log
from parley.storage import Cid, ContentStore
from parley.storage.quarantine import Quarantine
from parley.tasks.dataset import Dataset
from parley.tasks.document import ShardRef, TaskDocument
from parley.tasks.shards import is_key, read, unseal, walk


class OpenedShards:
    """Fetches and opens shards; the chain says which may be opened.

    The one that was asked for last stays open, or all of those before a round for who trains on them: an evaluator or
    an audit that goes through many rounds needs no more memory for that.

    Args:
        store: where the shards come from.
        document: the task document, which names them.
        log: of the worker.
        quarantine: remembers a shard that kills the process which reads it (F-61); `None`: nothing does.
    """

    def __init__(
        self, store: ContentStore, document: TaskDocument, log: Log, quarantine: Quarantine | None = None
    ) -> None:
        self._store = store
        self._document = document
        self._log = log
        self._quarantine = quarantine
        self._open: dict[int, Dataset] = {}

    def of(self, view: Recorded, round_number: int) -> Dataset | None:
        """The shard of a round, or `None` while it is sealed.

        Raises:
            ContentError, ShardError: it cannot be fetched or opened, or killed two processes that tried.
        """
        for number in set(self._open) - {round_number}:
            del self._open[number]
        return self._kept(view, round_number)

    def _kept(self, view: Recorded, round_number: int) -> Dataset | None:
        if round_number not in self._open:
            ref = self._document.shard(round_number)
            key = key_of(view, round_number)
            sealed = any(view.terms.anchor)
            if ref is None or (sealed and key is None):
                return None
            self._open[round_number] = self._opened(ref, round_number, key)
        return self._open[round_number]

    def _opened(self, ref: ShardRef, round_number: int, key: bytes | None) -> Dataset:
        """The samples behind a reference; `key` is `None` for a public shard."""
        cid, schema = Cid.parse(ref.cid), self._document.data_schema
        if self._quarantine is not None:
            self._quarantine.check(cid.digest)
        data = self._store.get(cid, ref.size)
        with nullcontext() if self._quarantine is None else self._quarantine.reading(cid.digest):
            return read(data, round_number, schema) if key is None else unseal(data, round_number, key, schema)

    def before(self, view: Recorded, round_number: int) -> list[Dataset]:
        """The opened shards of earlier rounds; one that cannot be had is left out, with a warning."""
        shards = []
        for number in range(1, round_number):
            try:
                shard = self._kept(view, number)
            except ContentError as error:
                self._log.warning("a validation shard is left out", shard=number, reason=error.message)
                continue
            if shard is not None:
                shards.append(shard)
        return shards


def key_of(view: Recorded, round_number: int) -> bytes | None:
    """k_r, hashed down from a key that was opened later if need be; `None` while it is unknown."""
    later = [number for number in view.keys if number >= round_number]
    if not later:
        return None
    number = min(later)
    key = walk(view.keys[number], number - round_number)
    return key if is_key(key, round_number, view.terms.anchor) else None
