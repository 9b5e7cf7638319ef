"""Compiles the contracts with py-solc-x, from the settings in `foundry.toml`: the bytecode is Foundry's, bit for bit.

The compiler's whole input is kept, because explorers verify sources with it. Compiling takes some ten seconds, so the
outcome is cached under a digest of that input.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import posixpath
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

import solcx
from solcx.exceptions import SolcError

from parley.chain.errors import CompilerError
from parley.files import write_whole

OUTPUTS = (
    "abi",
    "metadata",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
)

_IMPORT = re.compile(r"""^\s*import\b[^;"']*["']([^"']+)["']""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract.

    Attributes:
        name: of the contract.
        abi: as the compiler gives it.
        bytecode: creation code, without constructor arguments.
        runtime: deployed code, its immutables still zero.
        immutables: (start, length) in bytes of every immutable in `runtime`.
        metadata: JSON as the compiler wrote it: ABI, documentation, settings, and the digests of the sources.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    runtime: bytes
    immutables: tuple[tuple[int, int], ...]
    metadata: str

    def is_code(self, code: bytes) -> bool:
        """Whether code on a chain is this contract's, immutables aside."""
        return len(code) == len(self.runtime) and self.masked(code) == self.runtime

    def masked(self, code: bytes) -> bytes:
        """`code` with this contract's immutables zeroed: comparable to `runtime`."""
        masked = bytearray(code)
        for start, length in self.immutables:
            masked[start : start + length] = bytes(length)
        return bytes(masked)


@dataclass(frozen=True, slots=True)
class Compilation:
    """What one run of the compiler gave.

    Attributes:
        artifacts: contracts by name.
        version: of the compiler, such as 0.8.37.
        standard_input: what the compiler was given: standard JSON, sources included.
    """

    artifacts: Mapping[str, Artifact]
    version: str
    standard_input: Mapping[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that decide on the bytecode, without what was asked for."""
        return {key: value for key, value in self.standard_input["settings"].items() if key != "outputSelection"}


def project_root() -> Path:
    """The folder with `foundry.toml`: the current folder or one above, else the clone that this file belongs to.

    Raises:
        CompilerError: there is none.
    """
    here = Path.cwd().resolve()
    for folder in (here, *here.parents, *Path(__file__).resolve().parents):
        if (folder / "foundry.toml").is_file() and (folder / "contracts").is_dir():
            return folder
    raise CompilerError("the contracts' sources are not here", hint="run this in a clone of Parley")


def compile_contracts(root: Path, names: tuple[str, ...]) -> Compilation:
    """Compile contracts of a project, or take them from the cache.

    Args:
        root: folder with `foundry.toml`.
        names: contracts, each in a file of its own name.

    Raises:
        CompilerError: a source is missing, does not compile, or the compiler cannot be run.
    """
    profile = profile_of(root)
    solc = root / profile["solc"]
    version = _version(solc)
    request = standard_input(root, names, profile)
    digest = hashlib.sha256(json.dumps([version, request], sort_keys=True).encode()).hexdigest()
    output = _cached_or_compiled(root / "cache" / "parley" / f"{digest}.json", solc, request)
    source = profile["src"]
    artifacts = {name: _artifact(name, output[f"{source}/{name}.sol"][name]) for name in names}
    return Compilation(artifacts, version, request)


def standard_input(root: Path, names: tuple[str, ...], profile: Mapping[str, Any]) -> dict[str, Any]:
    """The compiler's input: all sources below `src` and what they import, as Foundry gives them to it."""
    source = profile["src"]
    files = [path.relative_to(root).as_posix() for path in sorted((root / source).rglob("*.sol"))]
    sources = closure(root, files, profile["remappings"])
    for name in names:
        if f"{source}/{name}.sol" not in sources:
            raise CompilerError(f"there is no {root / source / name}.sol", hint="run this in a clone of Parley")
    selection = {f"{source}/{name}.sol": {name: list(OUTPUTS)} for name in sorted(names)}
    return request_for(sources, profile, selection)


def request_for(
    sources: Mapping[str, str], profile: Mapping[str, Any], selection: Mapping[str, Mapping[str, list[str]]]
) -> dict[str, Any]:
    """Standard JSON: these sources, by name, with the settings of a profile; `selection` is what to output."""
    return {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sorted(sources.items())},
        "settings": {
            "remappings": sorted(profile["remappings"]),
            "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
            "metadata": {
                "useLiteralContent": False,
                "bytecodeHash": profile["bytecode_hash"],
                "appendCBOR": profile["cbor_metadata"],
            },
            "outputSelection": selection,
            "evmVersion": profile["evm_version"],
            "viaIR": profile["via_ir"],
            "libraries": {},
        },
    }


def profile_of(root: Path) -> dict[str, Any]:
    """The default profile of `foundry.toml`.

    Raises:
        CompilerError: it cannot be read, or does not say what the compiler needs.
    """
    try:
        profile: dict[str, Any] = tomllib.loads((root / "foundry.toml").read_text())["profile"]["default"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise CompilerError(f"cannot read {root / 'foundry.toml'}: {error}") from error
    needed = {"src", "solc", "remappings", "optimizer", "optimizer_runs", "bytecode_hash", "cbor_metadata"}
    missing = sorted((needed | {"evm_version", "via_ir"}) - profile.keys())
    if missing:
        raise CompilerError(f"{root / 'foundry.toml'} does not say {', '.join(missing)}")
    return profile


def closure(
    root: Path, files: Iterable[str], remappings: Iterable[str], changed: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The sources of some files and of all that they import, by the names that the compiler knows them by.

    Args:
        root: folder with `foundry.toml`.
        files: paths from `root`.
        remappings: of imports, as `foundry.toml` has them.
        changed: sources to take instead of those on disk, by path from `root`.

    Raises:
        CompilerError: one cannot be read.
    """
    rules = [tuple(rule.split("=", 1)) for rule in remappings]
    found: dict[str, str] = {}
    waiting = list(files)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            found[name] = changed[name] if changed and name in changed else (root / name).read_text()
        except OSError as error:
            raise CompilerError(f"cannot read {root / name}: {error.strerror}", hint="run `make install`") from error
        waiting += [_resolved(name, target, rules) for target in _IMPORT.findall(found[name])]
    return found


def _resolved(importer: str, target: str, rules: list[tuple[str, ...]]) -> str:
    """The name of an imported source."""
    if target.startswith("."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(importer), target))
    for prefix, replacement in sorted(rules, key=lambda rule: -len(rule[0])):
        if target.startswith(prefix):
            return replacement + target[len(prefix) :]
    return target


def _cached_or_compiled(path: Path, solc: Path, request: dict[str, Any]) -> dict[str, Any]:
    """The output for an input; of processes that want the same, one compiles and the others wait for it."""
    output = _cached(path)
    if output is not None:
        return output
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # closing the file unlocks it
        output = _cached(path)
        if output is None:
            output = run_compiler(solc, request)
            write_whole(path, json.dumps(output).encode())
    return output


def _cached(path: Path) -> dict[str, Any] | None:
    """A former output, `None` if there is none that can be read."""
    try:
        output: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return output


def _version(solc: Path) -> str:
    try:
        return str(solcx.wrapper.get_solc_version(solc))
    except (OSError, SubprocessError, SolcError) as error:
        raise CompilerError(f"cannot run the compiler {solc}: {error}", hint="run `make install`") from error


def run_compiler(solc: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Compile standard JSON; return the contracts by source and name.

    Raises:
        CompilerError: the sources do not compile, or the compiler cannot be run.
    """
    try:
        answer = solcx.compile_standard(request, solc_binary=str(solc), allow_paths="/")
    except (OSError, SubprocessError, SolcError) as error:
        raise CompilerError(f"the contracts do not compile: {_first_line(error)}", hint="see `forge build`") from error
    contracts: dict[str, Any] = answer["contracts"]
    return contracts


def _first_line(error: Exception) -> str:
    text = getattr(error, "message", None) or str(error)
    return str(text).strip().splitlines()[0] if str(text).strip() else type(error).__name__


def _artifact(name: str, output: Mapping[str, Any]) -> Artifact:
    runtime = output["evm"]["deployedBytecode"]
    references = runtime["immutableReferences"].values()
    return Artifact(
        name=name,
        abi=output["abi"],
        bytecode=bytes.fromhex(output["evm"]["bytecode"]["object"]),
        runtime=bytes.fromhex(runtime["object"]),
        immutables=tuple((place["start"], place["length"]) for places in references for place in places),
        metadata=output["metadata"],
    )
