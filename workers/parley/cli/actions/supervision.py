"""Lets others watch a running worker: metrics and health over HTTP, signs of life to systemd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from web3 import Web3

from parley import metrics
from parley.chain.view import View
from parley.cli.monitor import Monitor, Probe, balance_look, disk_look
from parley.cli.monitor_server import MonitorServer
from parley.cli.systemd import Watchdog
from parley.config import Settings
from parley.heartbeat import BEAT
from parley.roles.worker import Worker

PING_SECONDS = 10.0
"""How long the content store may take to say that it is alive."""


@contextmanager
def supervised(worker: Worker, settings: Settings) -> Iterator[Callable[[View], None]]:
    """Let a worker be watched within a `with` block; yields what its loop calls with each view that it reads.

    Raises:
        Conflict: the setting `monitor_port` is in use.
        ConfigError: nothing can be served at `monitor_host`.
    """
    monitor = Monitor(BEAT, settings.hang_seconds, worker.address)
    with ExitStack() as stack:
        watchdog = stack.enter_context(Watchdog(lambda: monitor.alive().ok))
        if settings.monitor_port is not None:
            server = stack.enter_context(MonitorServer(monitor, settings.monitor_host, settings.monitor_port))
            worker.log.info("monitor", url=server.url)
            probe = probe_of(worker, monitor, settings)
            probe.start()
            stack.callback(probe.stop)

        def on_view(view: View) -> None:
            monitor.observe(view)
            watchdog.ready(f"federation {view.fid}, round {view.round.round}")

        yield on_view


def probe_of(worker: Worker, monitor: Monitor, settings: Settings) -> Probe:
    """Looks at the worker's chain, store and disk."""
    eth = worker.contracts.coordinator.w3.eth
    usable = metrics.STORE_USABLE.labels("0") if len(settings.store_locations) == 1 else None
    address = Web3.to_checksum_address(worker.address)

    def store() -> str:
        # Several stores tell of each by themselves; a single one has nobody else who does.
        if usable is not None:
            usable.set(0)
        worker.store.ping(PING_SECONDS)
        if usable is not None:
            usable.set(1)
        return "answers"

    looks = {
        "chain": balance_look(lambda: int(eth.get_balance(address))),
        "store": store,
        "disk": disk_look(settings.home),
    }
    return Probe(monitor, looks)
