"""A Kubo daemon of one's own: its own repository folder, free ports on 127.0.0.1, no network, gone afterwards.

For the demo, development and tests. The profile ``test`` lets the node choose its ports, and it says which one its RPC
has, so no port is ever guessed. A daemon may be told to speak with others of this machine (`parley.storage.cluster`).
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from parley.storage.errors import KuboUnavailable
from parley.storage.files import written_whole

START_TIMEOUT = 60.0
STOP_TIMEOUT = 15.0

_POLL = 0.05
_INIT_TIMEOUT = 60.0
_PROFILES = "test,unixfs-v1-2025"
_READY = re.compile(rb"^RPC API server listening on (/[!-~]+)$.*^Daemon is ready", re.MULTILINE | re.DOTALL)

_LAUNCHER = """
import ctypes, os, signal, sys
parent = int(sys.argv[1])
if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
if os.getppid() == parent:
    os.execv(sys.argv[2], sys.argv[2:])
"""
"""Becomes the daemon. On Linux the kernel ends it should its parent be killed before it could (prctl(2)); the setting
outlives `exec`. A parent that died even earlier is noticed by the changed parent id."""


class KuboDaemon:
    """A Kubo daemon, as a context manager or by `start` and `stop`.

    Start it from a thread that lives as long as the daemon is to: Linux ends it with that thread.

    Args:
        repo: folder of its repository, made if need be; its objects remain there after `stop`.
        binary: the ``ipfs`` program, from `parley.storage.kubo_binary.find_kubo`.
        configure: changes the repository's configuration before each start; `None` leaves the node offline.
    """

    def __init__(
        self, repo: Path, binary: Path, configure: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    ) -> None:
        self._repo = repo.absolute()
        self._binary = binary.absolute()
        self._configure = configure
        self._process: subprocess.Popen[bytes] | None = None
        self._address: str | None = None
        self._log_start = 0
        self._environment = {**os.environ, "IPFS_PATH": str(self._repo), "IPFS_TELEMETRY": "off"}

    @property
    def log(self) -> Path:
        """The file, beside the repository, that the daemon's output is appended to."""
        return self._repo.with_name(self._repo.name + ".log")

    @property
    def pid(self) -> int | None:
        """The daemon's process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def address(self) -> str:
        """Multiaddr of the daemon's RPC, for `open_store`.

        Raises:
            KuboUnavailable: it is not running.
        """
        if self._address is None or self.pid is None:
            raise KuboUnavailable("the Kubo daemon is not running", hint="Call start() first.")
        return self._address

    def start(self, timeout: float = START_TIMEOUT) -> Self:
        """Make the repository if there is none, start the daemon and wait until it serves.

        Raises:
            KuboUnavailable: it cannot be started, or does not serve within `timeout` seconds; no process is left.
        """
        self.launch()
        return self.wait_ready(timeout)

    def launch(self) -> None:
        """Make the repository if there is none and start the daemon; `wait_ready` must follow.

        Raises:
            KuboUnavailable: it runs already, or cannot be started.
        """
        if self.pid is not None:
            raise KuboUnavailable(f"the Kubo daemon runs already, as process {self.pid}", hint="Call stop() first.")
        self._initialise()
        self._apply_configuration()
        self._spawn()

    def wait_ready(self, timeout: float = START_TIMEOUT) -> Self:
        """Wait until a launched daemon serves.

        Raises:
            KuboUnavailable: it does not within `timeout` seconds; no process is left.
        """
        try:
            self._address = self._await_ready(timeout)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self, timeout: float = STOP_TIMEOUT) -> None:
        """End the daemon, by force if it does not end in `timeout` seconds. No error if it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        """Start the daemon."""
        return self.start()

    def __exit__(self, *exception: object) -> None:
        """Stop the daemon."""
        self.stop()

    def _initialise(self) -> None:
        """Run ``ipfs init`` unless the repository is there."""
        if (self._repo / "config").exists():
            return
        command = [str(self._binary), "init", "--empty-repo", f"--profile={_PROFILES}"]
        try:
            self._repo.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(
                command, env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_INIT_TIMEOUT
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise KuboUnavailable(f"cannot make a Kubo repository in {self._repo}: {error}", hint=_REPO_HINT) from error
        if done.returncode != 0:
            said = _last_line(done.stderr)
            raise KuboUnavailable(f"cannot make a Kubo repository in {self._repo}: {said}", hint=_REPO_HINT)

    def _apply_configuration(self) -> None:
        """Write the configuration that this daemon is to have."""
        if self._configure is None:
            return
        path = self._repo / "config"
        try:
            changed = self._configure(json.loads(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise KuboUnavailable(f"cannot read {path}: {error}", hint=_REPO_HINT) from error
        with written_whole(path) as write:
            write(json.dumps(changed, indent=2).encode())

    def _spawn(self) -> None:
        """Start the process, in a session of its own so that a Ctrl-C reaches its owner first."""
        network = ["--offline"] if self._configure is None else []
        daemon = [str(self._binary), "daemon", *network, "--migrate=false"]
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), *daemon],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _await_ready(self, timeout: float) -> str:
        """Wait until the RPC serves; return its address."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            if self.pid is None:
                raise KuboUnavailable(f"the Kubo daemon ended: {_last_line(self._output())}", hint=f"See {self.log}.")
            ready = _READY.search(self._output())
            if ready is not None:
                return ready[1].decode("ascii")
            time.sleep(_POLL)
        raise KuboUnavailable(f"the Kubo daemon did not serve within {timeout:g} s", hint=f"See {self.log}.")

    def _output(self) -> bytes:
        """Return what the process has said since it was started."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read()


_REPO_HINT = "Check that the folder can be written and that the disk has space."


def _last_line(output: bytes) -> str:
    """Return the last line of a program's output."""
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"
