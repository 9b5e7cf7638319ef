"""Several Kubo nodes of one's own on this machine, joined to each other and to nobody else.

For the demo and tests: each operator has a node of its own, as in earnest. They listen on 127.0.0.1, know no bootstrap
peers, announce and look for nothing (no DHT, no mDNS, no relays), and find content by asking each other (bitswap).
After its first start a node keeps its ports, so one that was ended comes back under its old address.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from parley.storage.daemon import START_TIMEOUT, KuboDaemon
from parley.storage.errors import StorageError
from parley.storage.kubo import KuboStore

CALL_SECONDS = 15.0

_ISOLATED: dict[str, dict[str, Any]] = {
    "AutoConf": {"Enabled": False},
    "AutoNAT": {"ServiceMode": "disabled"},
    "AutoTLS": {"Enabled": False},
    "DNS": {"Resolvers": {}},
    "Discovery": {"MDNS": {"Enabled": False}},
    "HTTPRetrieval": {"Enabled": False},
    "Ipns": {"DelegatedPublishers": []},
    "Provide": {"Enabled": False},
    "Routing": {"Type": "none", "DelegatedRouters": []},
    "Swarm": {
        "DisableNatPortMap": True,
        "EnableHolePunching": False,
        "RelayClient": {"Enabled": False},
        "RelayService": {"Enabled": False},
        "Transports": {
            "Network": dict.fromkeys(("QUIC", "Relay", "WebRTCDirect", "WebTransport", "Websocket"), False),
        },
    },
}
"""Settings under which a node speaks with the peers that it is told of, and with nobody else
(https://github.com/ipfs/kubo/blob/master/docs/config.md)."""


class _Node:
    """One node: its daemon, and once it has run, its id and where it listens."""

    def __init__(self, repo: Path, binary: Path) -> None:
        self.daemon = KuboDaemon(repo, binary, self._configured)
        self.peers: list[_Node] = []
        self.rpc: str | None = None
        self.peer_id = ""
        self.swarm = ""

    def note_addresses(self) -> None:
        """Ask the running node who it is and where it listens."""
        self.rpc = self.daemon.address
        with KuboStore(self.rpc).call(CALL_SECONDS) as client:
            answer = client.id()
            self.peer_id = str(answer["ID"])
            address = next(str(a) for a in answer["Addresses"] if str(a).startswith("/ip4/127.0.0.1/tcp/"))
        self.swarm = address.partition("/p2p/")[0]

    def connect(self, other: _Node) -> None:
        """Make this node speak with another."""
        with KuboStore(self.daemon.address).call(CALL_SECONDS) as client:
            # ipfshttpclient's own method sends each letter of the address as a further peer
            client._client.request("/swarm/connect", (f"{other.swarm}/p2p/{other.peer_id}",), decoder="json")

    def _configured(self, config: dict[str, Any]) -> dict[str, Any]:
        """The configuration of an isolated node, which knows its peers and keeps its ports once it has run."""
        changed = _merged(config, _ISOLATED) | {"Bootstrap": []}
        if self.rpc is None:
            return changed
        peers = [{"ID": peer.peer_id, "Addrs": [peer.swarm]} for peer in self.peers if peer.peer_id]
        addresses = {"API": self.rpc, "Swarm": [self.swarm]}
        return _merged(changed, {"Addresses": addresses, "Peering": {"Peers": peers}})


class KuboCluster:
    """Some nodes that know each other, as a context manager; ended by their process ids.

    Args:
        folder: their repositories lie in it, ``node-0`` and so on; made if need be.
        binary: the ``ipfs`` program, from `parley.storage.kubo_binary.find_kubo`.
        count: how many.
    """

    def __init__(self, folder: Path, binary: Path, count: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._nodes = [_Node(folder / f"node-{number}", binary) for number in range(count)]
        for node in self._nodes:
            node.peers = [peer for peer in self._nodes if peer is not node]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Multiaddrs of the nodes' RPCs, for `open_store`; a node keeps its own over restarts."""
        return tuple(node.rpc or "" for node in self._nodes)

    def daemon(self, number: int) -> KuboDaemon:
        """The daemon of a node."""
        return self._nodes[number].daemon

    def start(self, timeout: float = START_TIMEOUT) -> Self:
        """Start all nodes and connect each with each.

        Raises:
            KuboUnavailable: one of them does not start within `timeout` seconds; no process is left.
            StoreUnavailable, StoreTimeout: they do not find each other; likewise.
        """
        try:
            for node in self._nodes:
                node.daemon.launch()
            for node in self._nodes:
                node.daemon.wait_ready(timeout)
                node.note_addresses()
            for number, node in enumerate(self._nodes):
                for peer in self._nodes[:number]:
                    node.connect(peer)
        except BaseException:
            self.stop()
            raise
        return self

    def restart(self, number: int) -> None:
        """Start a node anew that ended, or end and start it; it finds the others again.

        Raises:
            StorageError: it does not start, or finds nobody.
        """
        node = self._nodes[number]
        node.daemon.stop()
        node.daemon.start()
        errors = []
        for peer in node.peers:
            if peer.daemon.pid is not None:
                try:
                    node.connect(peer)
                except StorageError as error:
                    errors.append(error)
        if errors and len(errors) == sum(peer.daemon.pid is not None for peer in node.peers):
            raise errors[0]

    def stop(self) -> None:
        """End all nodes."""
        for node in self._nodes:
            node.daemon.stop()

    def __enter__(self) -> Self:
        """Start the nodes."""
        return self.start()

    def __exit__(self, *exception: object) -> None:
        """End them."""
        self.stop()


def _merged(config: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `config` with `changes` laid over it, folder by folder."""
    merged = dict(config)
    for key, value in changes.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
