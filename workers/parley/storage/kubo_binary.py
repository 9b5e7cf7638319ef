"""Bring a Kubo (``ipfs``) program: the one on the PATH, else one built from its Go module.

Kubo is published as a Go module, so the Go toolchain alone is enough to build it: about two minutes and 89 MB, once.
The result is kept in the user's cache folder, where it survives ``git clean`` and serves every checkout. The module's
checksum is pinned here, so what is compiled is what was reviewed whatever the module proxy serves.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from parley.storage.errors import KuboUnavailable
from parley.storage.locks import exclusive

KUBO_MODULE = "github.com/ipfs/kubo"
KUBO_VERSION = "v0.42.0"
KUBO_SUM = "h1:mp40G/pAwckX54zJfIK3CTLK6S1Ae+Wa63g3I68W8cA="
"""Checksum of the module's tree as ``go.sum`` states it (golang.org/ref/mod#go-sum-files)."""

MINIMUM_VERSION = (0, 40, 0)
"""The first Kubo that knows the profile ``unixfs-v1-2025`` (P-5)."""

BUILD_TIMEOUT = 1800.0
PROBE_TIMEOUT = 30.0

Say = Callable[[str], None]


def find_kubo(*, say: Say = lambda _: None) -> Path:
    """Return the path of a Kubo that is new enough, building one if need be (two minutes, once).

    Args:
        say: told, in one line each, about what takes long or was passed over.

    Raises:
        KuboUnavailable: there is none and none can be built; the hint says what to install.
    """
    on_path = shutil.which("ipfs")
    if on_path is not None:
        version = kubo_version(Path(on_path))
        if version >= MINIMUM_VERSION:
            return Path(on_path)
        say(f"{on_path} is Kubo {_dotted(version)}, older than {_dotted(MINIMUM_VERSION)}; looking for another")
    return build_kubo(cached_kubo(), say=say)


def cached_kubo() -> Path:
    """Return where the built Kubo is (to be) kept: ``$XDG_CACHE_HOME/parley/kubo/<version>/ipfs``."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "parley" / "kubo" / KUBO_VERSION / "ipfs"


def kubo_version(binary: Path) -> tuple[int, int, int]:
    """Return the version that ``ipfs`` program reports.

    Raises:
        KuboUnavailable: it does not run, or does not answer like a Kubo.
    """
    try:
        done = _run([str(binary), "version", "--number"], timeout=PROBE_TIMEOUT)
    except (OSError, subprocess.SubprocessError) as error:
        raise KuboUnavailable(f"{binary} does not run: {_reason(error)}", hint="Remove or repair it.") from error
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:-[\w.+-]+)?", done.strip())
    if match is None:
        raise KuboUnavailable(
            f"{binary} is no Kubo: it calls its version {done[:80]!r}", hint="Remove it from the PATH."
        )
    return int(match[1]), int(match[2]), int(match[3])


def build_kubo(target: Path, *, say: Say = lambda _: None) -> Path:
    """Build Kubo into ``target`` unless it is there already; concurrent callers wait for the first.

    Raises:
        KuboUnavailable: no Go toolchain, the module cannot be had or is not the pinned one, or it does not build.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(target.with_suffix(".lock"), BUILD_TIMEOUT):
            if not target.exists():
                _build(_go(), target, say)
    except OSError as error:
        raise KuboUnavailable(
            f"cannot keep Kubo in {target.parent}: {error.strerror}", hint="Free some space or set XDG_CACHE_HOME."
        ) from error
    return target


def _build(go: str, target: Path, say: Say) -> None:
    """Download, check and compile the module; the program appears under its name only when complete."""
    say(f"building Kubo {KUBO_VERSION} from its Go module, once: about two minutes")
    source = _download(go)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        built = Path(scratch) / "ipfs"
        command = [go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(built), "./cmd/ipfs"]
        _go_run(command, cwd=source)
        kubo_version(built)
        built.replace(target)


def _download(go: str) -> Path:
    """Fetch the module into Go's cache and return its folder, after comparing its checksum with the pinned one."""
    with tempfile.TemporaryDirectory() as outside_any_module:
        command = [go, "mod", "download", "-json", f"{KUBO_MODULE}@{KUBO_VERSION}"]
        answer = _go_run(command, cwd=Path(outside_any_module))
    try:
        module = json.loads(answer)
        checksum, folder = module["Sum"], Path(module["Dir"])
    except (ValueError, KeyError, TypeError) as error:
        raise KuboUnavailable(
            f"`go mod download` answers {answer[:80]!r}", hint="Use Go 1.26 or later (https://go.dev/dl/)."
        ) from error
    if checksum != KUBO_SUM:
        raise KuboUnavailable(
            f"the Go module {KUBO_MODULE}@{KUBO_VERSION} has checksum {checksum!r:.80}, not {KUBO_SUM}",
            hint="Do not use it; check the module proxy that Go is set to (go env GOPROXY).",
        )
    return folder


def _go() -> str:
    """Return the Go toolchain's path, or say what to install."""
    go = shutil.which("go")
    if go is None:
        raise KuboUnavailable(
            "there is no Kubo on the PATH and no Go toolchain to build it with",
            hint="Install Kubo 0.40 or later (https://docs.ipfs.tech/install/) or Go 1.26 or later (https://go.dev/dl/).",
        )
    return go


def _go_run(command: list[str], *, cwd: Path) -> str:
    """Run one Go command without cgo and outside any workspace; return its output."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
    try:
        return _run(command, timeout=BUILD_TIMEOUT, cwd=cwd, env=environment)
    except (OSError, subprocess.SubprocessError) as error:
        raise KuboUnavailable(
            f"`{' '.join(command[:3])}` failed: {_reason(error)}",
            hint="Check `go version` (1.26 or later), the network, and the free space of the disk.",
        ) from error


def _run(command: list[str], *, timeout: float, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a program, no shell, no input; return its standard output."""
    done = subprocess.run(
        command, timeout=timeout, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    return done.stdout


def _reason(error: OSError | subprocess.SubprocessError) -> str:
    """Return why a program failed: the last line it wrote, if it wrote one."""
    output = getattr(error, "stdout", None) or ""
    errors = getattr(error, "stderr", None) or ""
    lines = [line for text in (errors, output) if isinstance(text, str) for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else str(error)[:300]


def _dotted(version: tuple[int, int, int]) -> str:
    """Return a version as ``0.42.0``."""
    return ".".join(map(str, version))
