"""This machine: settings, home and disk, journal, monitor, GPU."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Iterator

from parley.cli.doctor.examination import Finding, Status
from parley.cli.session import Session
from parley.errors import ExitCode

GIB = 1 << 30
LOW_DISK_BYTES = 2 * GIB
NO_DISK_BYTES = GIB // 4


def settings(session: Session) -> Iterator[Finding]:
    """Settings that can be read; where from."""
    from parley.config import settings_file

    chosen = session.settings
    file = settings_file(session.config)
    where = f"{file}" if file is not None else "no file; environment and defaults"
    yield Finding("settings", Status.OK, where)
    if chosen.monitor_port is None:
        yield Finding(
            "monitor", Status.WARN, "workers serve no metrics and no health", "set monitor_port, for example to 9464"
        )


def home(session: Session) -> Iterator[Finding]:
    """A home that can be written, with space left."""
    folder = session.settings.home
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as scratch:
        scratch.write(b"parley")
        scratch.flush()
    mode = folder.stat().st_mode & 0o077
    if mode & 0o022:
        yield Finding("home", Status.WARN, f"others may write in {folder}", f"chmod go-w {folder}")
    free = shutil.disk_usage(folder).free
    found = f"{folder}: {free / GIB:.1f} GiB free"
    if free < NO_DISK_BYTES:
        yield Finding("home", Status.FAIL, found, "free some space: nothing is signed on a full disk", ExitCode.CONTENT)
    elif free < LOW_DISK_BYTES:
        yield Finding("home", Status.WARN, found, "free some space before it is full")
    else:
        yield Finding("home", Status.OK, found)


def journal(session: Session) -> Iterator[Finding]:
    """A journal that can be read, and what it holds; one that a worker holds is in use, as it should be."""
    from parley.chain.errors import KeyInUse
    from parley.chain.key_lock import KeyLock
    from parley.chain.outbox import Outbox

    chain_id, address = session.w3.eth.chain_id, session.signer.address
    path = session.outbox / f"{chain_id}-{address.lower()}.sqlite"
    try:
        lock = KeyLock(session.outbox, chain_id, address)
    except KeyInUse as error:
        yield Finding("journal", Status.OK, f"in use: {error.message}")
        return
    with lock:
        if not path.exists():
            yield Finding("journal", Status.OK, "none yet: this key has sent nothing from here")
            return
        with Outbox(path) as outbox:
            pending = len(outbox.open_slots())
    if pending:
        advice = "start the worker: it brings them to an end; until then use this key nowhere else"
        yield Finding("journal", Status.WARN, f"{pending} transactions whose outcome is not known", advice)
    else:
        yield Finding("journal", Status.OK, "readable, nothing pending")


def monitor(session: Session) -> Iterator[Finding]:
    """A port that a worker can serve its health at, or does already."""
    host, port = session.settings.monitor_host, session.settings.monitor_port
    if port is None:
        return
    if port and (status := _health(host, port)) is not None:
        word = Status.OK if status == 200 else Status.WARN
        yield Finding("monitor", word, f"a worker answers at {host}, port {port}: /healthz says {status}")
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        advice = "choose another monitor_port, or end what uses it"
        yield Finding("monitor", Status.FAIL, f"port {port} of {host}: {reason}", advice, ExitCode.CONFLICT)
        return
    yield Finding("monitor", Status.OK, f"port {port or 'any'} of {host} is free")


def gpu(_: Session) -> Iterator[Finding]:
    """What training would run on; the built-in tasks need no GPU."""
    import torch

    if torch.cuda.is_available():
        yield Finding(
            "gpu", Status.OK, f"{torch.cuda.get_device_name(0)}; built-in tasks use the processor all the same"
        )
    else:
        yield Finding("gpu", Status.OK, "none that torch could use; built-in tasks need none")


def _health(host: str, port: int) -> int | None:
    """The status of `/healthz` of a Parley worker there, `None` if none answers."""
    import requests

    shown = f"[{host}]" if ":" in host else host
    try:
        answer = requests.get(f"http://{shown}:{port}/healthz", timeout=3, stream=True)
    except requests.RequestException:
        return None
    with answer:
        ours = answer.headers.get("Server", "").startswith("parley")
        return answer.status_code if ours else None
