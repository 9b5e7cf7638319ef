"""What a worker committed to and has not yet published.

A draft is only a convenience: each can be rebuilt, an update by training again, a score vector by judging again, and
the salt by its derivation (P-14). It saves that work after a restart. Files are named by kind and round, never by
anything a peer sent (P-20). Each starts with the SHA-256 of the rest: one that the disk damaged is as good as lost.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from parley.storage.errors import StorageError
from parley.storage.files import written_whole

DIGEST_BYTES = 32


class Drafts:
    """One worker's drafts in a folder.

    Args:
        folder: where they lie; made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, kind: str, round_number: int, content: bytes) -> None:
        """Keep a draft; an older one of the same kind and round is replaced at once or not at all.

        Raises:
            StorageError: the disk is full; nothing changed.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with written_whole(self._path(kind, round_number)) as write:
            write(sha256(content).digest())
            write(content)

    def load(self, kind: str, round_number: int) -> bytes | None:
        """The draft, or `None` if there is none to read or it is damaged."""
        try:
            data = self._path(kind, round_number).read_bytes()
        except OSError:
            return None
        digest, content = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
        return content if digest == sha256(content).digest() else None

    def forget_before(self, round_number: int) -> None:
        """Delete the drafts of rounds before this one, and what was left of one half-written."""
        # a scratch file is called .<name>.<random>.part
        for path in [*self._folder.glob("*.draft"), *self._folder.glob(".*.draft.*.part")]:
            number = path.name.removeprefix(".").partition(".")[0].rpartition("-")[2]
            if number.isdigit() and int(number) < round_number:
                path.unlink(missing_ok=True)

    def _path(self, kind: str, round_number: int) -> Path:
        if not kind.isalpha() or round_number < 0:
            raise StorageError(f"no draft is called {kind!r} of round {round_number}")
        return self._folder / f"{kind}-{round_number}.draft"
