"""Addresses of a Kubo RPC: a URL for people, a multiaddr for ipfshttpclient."""

import ipaddress
import re

from parley.errors import ConfigError

_URL = re.compile(r"http://(?:\[(?P<ip6>[^\[\]/]+)\]|(?P<ip4>[\d.]+)|(?P<dns>[A-Za-z0-9._-]+)):(?P<port>\d{1,5})/?")
_MULTIADDR = re.compile(
    r"/(?:ip6/(?P<ip6>[^/]+)|ip4/(?P<ip4>[\d.]+)|(?P<protocol>dns[46]?)/(?P<dns>[A-Za-z0-9._-]+))"
    r"/tcp/(?P<port>\d{1,5})(?:/http)?"
)


def rpc_multiaddr(address: str) -> str:
    """Return the multiaddr of an RPC given as such or as a URL ``http://host:port``.

    Raises:
        ConfigError: it is neither, or asks for more than plain HTTP (the RPC is unprotected: keep it on this machine).
    """
    match = _URL.fullmatch(address) or _MULTIADDR.fullmatch(address)
    if match is None or not _is_valid(parts := match.groupdict()):
        raise ConfigError(
            f"{address!r:.120} is not the address of a Kubo RPC",
            hint="Write it as http://127.0.0.1:5001 or /ip4/127.0.0.1/tcp/5001.",
        )
    kind = next(kind for kind in ("ip6", "ip4", "dns") if parts[kind])
    return f"/{parts.get('protocol') or kind}/{parts[kind]}/tcp/{int(parts['port'])}"


def _is_valid(parts: dict[str, str | None]) -> bool:
    """Return whether the numbers in an address are in range."""
    try:
        if parts["ip4"]:
            ipaddress.IPv4Address(parts["ip4"])
        if parts["ip6"]:
            ipaddress.IPv6Address(parts["ip6"])
    except ValueError:
        return False
    return 0 < int(parts["port"] or 0) < 1 << 16
