"""Compiles single contracts with the project's settings: seconds, where a whole build takes minutes."""

from __future__ import annotations

import json
import posixpath
import re
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OUTPUTS = ("evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences")

_IMPORT = re.compile(r"""^\s*import\b[^;"']*["']([^"']+)["']""", re.MULTILINE)


class CompilationFailed(Exception):
    """The sources do not compile."""


@dataclass(frozen=True, slots=True)
class Code:
    """What the compiler made of a contract; bytecode in hexadecimal, without 0x."""

    creation: str
    runtime: str
    immutables: Mapping[str, Any]


def compile_some(root: Path, targets: Sequence[tuple[str, str]], changed: Mapping[str, str]) -> list[Code]:
    """Compile contracts of a project.

    Args:
        root: folder with `foundry.toml`.
        targets: file, as a path from `root`, and name of each contract.
        changed: sources to take instead of those on disk, by path from `root`.

    Raises:
        CompilationFailed: they do not compile.
    """
    profile = profile_of(root)
    sources = closure(root, [file for file, _ in targets], profile["remappings"], changed)
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sorted(sources.items())},
        "settings": {
            "remappings": profile["remappings"],
            "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
            "metadata": {"bytecodeHash": profile["bytecode_hash"], "appendCBOR": profile["cbor_metadata"]},
            "outputSelection": {file: {name: list(OUTPUTS)} for file, name in targets},
            "evmVersion": profile["evm_version"],
            "viaIR": profile["via_ir"],
        },
    }
    answer = _run(root / profile["solc"], request)
    codes = [answer["contracts"][file][name]["evm"] for file, name in targets]
    return [
        Code(
            code["bytecode"]["object"],
            code["deployedBytecode"]["object"],
            code["deployedBytecode"]["immutableReferences"],
        )
        for code in codes
    ]


def profile_of(root: Path) -> dict[str, Any]:
    """The default profile of a project's `foundry.toml`."""
    profile: dict[str, Any] = tomllib.loads((root / "foundry.toml").read_text())["profile"]["default"]
    return profile


def closure(root: Path, files: Sequence[str], remappings: Sequence[str], changed: Mapping[str, str]) -> dict[str, str]:
    """The sources of some files and of all that they import, by path from `root`.

    Raises:
        FileNotFoundError: one is missing.
    """
    prefixes = sorted((mapping.split("=", 1) for mapping in remappings), key=lambda pair: -len(pair[0]))
    found: dict[str, str] = {}
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found[file] = changed[file] if file in changed else (root / file).read_text()
        waiting += [_resolve(file, target, prefixes) for target in _IMPORT.findall(found[file])]
    return found


def _resolve(file: str, target: str, prefixes: Sequence[Sequence[str]]) -> str:
    if target.startswith("."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(file), target))
    for prefix, folder in prefixes:
        if target.startswith(prefix):
            return folder + target.removeprefix(prefix)
    return target


def _run(solc: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    done = subprocess.run([str(solc), "--standard-json"], input=json.dumps(request), capture_output=True, text=True)
    if done.returncode != 0:
        raise CompilationFailed(done.stderr.strip())
    answer: dict[str, Any] = json.loads(done.stdout)
    errors = [error["formattedMessage"] for error in answer.get("errors", []) if error["severity"] == "error"]
    if errors:
        raise CompilationFailed(errors[0].strip())
    return answer
