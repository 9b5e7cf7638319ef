"""What an unfinished deployment has planned and sent, on disk before each transaction leaves (P-18)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from parley.chain.transactions import Attempt
from parley.files import write_whole


class Journal:
    """The journal of one deployment.

    Args:
        path: its file.
        identity: digest of all that the deployment depends on but its first nonce; a journal of another is ignored.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self._path = path
        self._identity = identity
        content = _read_json(path)
        same = content.get("identity") == identity and isinstance(content.get("first_nonce"), int)
        self.first_nonce: int | None = content["first_nonce"] if same else None
        """The deployer's nonce for the first contract; `None` if nothing was begun."""
        self._sent: dict[str, list[str]] = content.get("sent", {}) if same else {}

    def begin(self, first_nonce: int) -> None:
        """Plan a deployment from this nonce on."""
        self.first_nonce, self._sent = first_nonce, {}
        self._write()

    def sending(self, name: str, attempt: Attempt) -> None:
        """Note a transaction before it leaves."""
        self._sent.setdefault(name, []).append(attempt.hash)
        self._write()

    def hashes(self, name: str) -> list[str]:
        """All transactions that were sent for a contract."""
        return list(self._sent.get(name, ()))

    def close(self) -> None:
        """The deployment is finished."""
        self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        content = {"identity": self._identity, "first_nonce": self.first_nonce, "sent": self._sent}
        write_whole(self._path, json.dumps(content, indent=2).encode())


def _read_json(path: Path) -> dict[str, Any]:
    """A file's object; empty if there is none to read."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
