"""All checks of `parley doctor`, in their order."""

from __future__ import annotations

from parley.cli.doctor import content, machine, network, standing
from parley.cli.doctor.examination import Check

_CHAIN = ("settings", "endpoint")
_KEY = (*_CHAIN, "contracts", "key")
_VIEW = (*_KEY, "federation")

CHECKS = (
    Check("settings", machine.settings),
    Check("home", machine.home, ("settings",)),
    Check("endpoint", network.endpoints, ("settings",)),
    Check("clock", network.clock, _CHAIN),
    Check("contracts", network.contracts, _CHAIN),
    Check("key", standing.key, ("settings",)),
    Check("journal", machine.journal, (*_CHAIN, "key")),
    Check("identity", standing.identity, _KEY),
    Check("federation", standing.federation, _KEY),
    Check("ether", standing.ether, (*_CHAIN, "key")),
    Check("stake", standing.stake, _VIEW),
    Check("store", content.stores, ("settings",)),
    Check("task", content.task, (*_VIEW, "store")),
    Check("seal", content.seal, _VIEW),
    Check("monitor", machine.monitor, ("settings",)),
    Check("gpu", machine.gpu),
)
