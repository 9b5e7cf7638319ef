"""How a round ended, and why: what P-10 says of the numbers that the lens told."""

from __future__ import annotations

from chaoslab.history import Past
from parley.chain.model import Policy
from parley.history import outcomes
from parley.history.model import Void


def why_void(past: Past, policy: Policy) -> Void | None:
    """The reason for which a round may be void at the time at which it ended, `None` if there is none."""
    reason = outcomes.why_void(past.state, policy, past.ended, past.read_at)
    settled_since = reason is Void.SETTLEMENT and past.record.header is not None
    return None if settled_since else reason
