"""One request on its way from endpoint to endpoint."""

from __future__ import annotations

import time
from collections.abc import Sequence

from web3.types import RPCResponse

from parley.chain.endpoint import Endpoint
from parley.chain.endpoint_http import NoAnswer

_PATIENCE = 2.0
"""Seconds that a read waits in all for endpoints that back off."""


class Search:
    """What time and attempts are left of a request, and which endpoints are out.

    Args:
        timeout: seconds that an endpoint has to answer.
        attempts: how often endpoints are asked.
    """

    def __init__(self, timeout: float, attempts: int) -> None:
        self._timeout = timeout
        self._until = time.monotonic() + 2 * timeout
        self._patience = _PATIENCE
        self.attempts = attempts
        self.excluded: set[int] = set()
        self.refusal: RPCResponse | None = None
        self.overlong = False

    @property
    def seconds(self) -> float:
        """What the next attempt may take."""
        return min(self._timeout, self._until - time.monotonic())

    def pause(self, seconds: float) -> bool:
        """Wait for an endpoint that backs off, if that is worth it."""
        self._patience -= seconds
        if self.attempts == 0 or self._patience < 0 or seconds >= self._until - time.monotonic():
            return False
        time.sleep(seconds)
        return True

    def failed(self, endpoint: Endpoint, failure: NoAnswer) -> None:
        """Count a failed attempt; who cannot do better is not asked again."""
        self.attempts -= 1
        self.overlong = failure.outcome in ("late", "long")
        if not failure.temporary:
            self.excluded.add(endpoint.number)

    def blind(self, endpoint: Endpoint, response: RPCResponse, endpoints: Sequence[Endpoint]) -> bool:
        """Keep a refusal for lack of a block; say whether another endpoint is to be asked."""
        self.excluded.add(endpoint.number)
        self.refusal = self.refusal or response
        return any(e.usable and e.number not in self.excluded for e in endpoints)
