"""One process per key and chain (P-18): two that count the same nonces would replace each other's transactions."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from parley.chain.errors import KeyInUse


class KeyLock:
    """Holds a key on a chain until closed, or until the process dies.

    Args:
        folder: of lock files; made if need be.
        chain_id: of the chain.
        address: of the key.

    Raises:
        KeyInUse: another process holds it, or another sender of this one.
    """

    def __init__(self, folder: Path, chain_id: int, address: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{chain_id}-{address.lower()}.lock"
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise KeyInUse(
                f"process {holder or 'unknown'} already sends with {address} on chain {chain_id}",
                hint="stop it first, or use another worker key",
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())
        self._open = True

    def close(self) -> None:
        """Let go; twice does no harm. The file stays: removing it would let two processes lock different files."""
        if self._open:
            self._open = False
            os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
