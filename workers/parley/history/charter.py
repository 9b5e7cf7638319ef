"""What a federation is by its terms and policies, from the events that made it (P-7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parley.chain.events import Event
from parley.chain.model import Policy, Terms, policy_of, terms_of
from parley.history.model import Step, step_of
from parley.numerics.fixed_point import size_for
from parley.storage import Cid


@dataclass(frozen=True, slots=True)
class Charter:
    """What rounds are judged by.

    Attributes:
        chain_id: of the chain.
        coordinator: address of the round coordinator.
        fid: federation id.
        sponsor: who made it.
        terms: what never changes.
        policies: by version, counted from 1.
        created: the transaction that made it, `None` where nobody looked for it.
    """

    chain_id: int
    coordinator: str
    fid: int
    sponsor: str
    terms: Terms
    policies: Mapping[int, Policy]
    created: Step | None = None

    @property
    def sealed(self) -> bool:
        """Whether validation shards are sealed until the updates are fixed (P-24)."""
        return any(self.terms.anchor)

    def cid(self, digest: bytes) -> str:
        """The CID of a model or an update (P-5)."""
        return vector_cid(digest, self.terms.params)


def vector_cid(digest: bytes, params: int) -> str:
    """The CID of a model or an update of so many parameters (P-5)."""
    return str(Cid.from_digest(digest, size_for(params)))


def charter_of(chain_id: int, coordinator: str, events: Iterable[Event]) -> Charter | None:
    """The charter of one federation from its `FederationCreated` and `PolicyChanged`; `None` without the first."""
    fid, sponsor, terms, created = 0, "", None, None
    policies: dict[int, Policy] = {}
    for event in events:
        if event.name == "FederationCreated":
            fid, sponsor, terms = event.args["fid"], event.args["sponsor"], terms_of(event.args["terms"])
            policies[1], created = policy_of(event.args["policy"]), step_of(event)
        elif event.name == "PolicyChanged":
            policies[event.args["version"]] = policy_of(event.args["policy"])
    return None if terms is None else Charter(chain_id, coordinator, fid, sponsor, terms, policies, created)
