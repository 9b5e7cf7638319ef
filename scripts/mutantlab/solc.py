"""Compiles single contracts with the project's settings: seconds, where a whole build takes minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parley.chain.compiler import closure, profile_of, request_for, run_compiler

OUTPUTS = ("evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences")


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
        CompilerError: they do not compile.
    """
    profile = profile_of(root)
    sources = closure(root, [file for file, _ in targets], profile["remappings"], changed)
    request = request_for(sources, profile, {file: {name: list(OUTPUTS)} for file, name in targets})
    answer = run_compiler(root / profile["solc"], request)
    codes = [answer[file][name]["evm"] for file, name in targets]
    return [
        Code(
            code["bytecode"]["object"],
            code["deployedBytecode"]["object"],
            code["deployedBytecode"]["immutableReferences"],
        )
        for code in codes
    ]
