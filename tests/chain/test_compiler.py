"""One compiler, two ways to it, the same bytecode."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from parley.chain.compiler import compile_contracts, project_root
from parley.chain.contracts import CORE, TOKEN
from parley.chain.errors import CompilerError
from tests.chain.town import compiled
from tests.support.anvil import ANVIL

SOURCE = "// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\n"
PROFILE = """
[profile.default]
src = "contracts"
solc = "solc"
remappings = ["far/=away/"]
optimizer = true
optimizer_runs = 200
bytecode_hash = "none"
cbor_metadata = false
evm_version = "prague"
via_ir = false
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one contract that imports by all three kinds of paths."""
    (tmp_path / "foundry.toml").write_text(PROFILE)
    (tmp_path / "solc").write_text(f'#!/bin/sh\nexec "{project_root()}/scripts/solc" "$@"\n')
    (tmp_path / "solc").chmod(0o755)
    (tmp_path / "away").mkdir()
    (tmp_path / "contracts" / "parts").mkdir(parents=True)
    (tmp_path / "away" / "Far.sol").write_text(SOURCE + "uint256 constant FAR = 1;\n")
    (tmp_path / "contracts" / "parts" / "Near.sol").write_text(SOURCE + 'import "../Other.sol";\n')
    (tmp_path / "contracts" / "Other.sol").write_text(SOURCE + "uint256 constant OTHER = 2;\n")
    main = SOURCE + 'import {FAR} from\n  "far/Far.sol";\nimport "./parts/Near.sol";\n'
    main += "contract Main { uint256 immutable x; constructor(uint256 y) { x = y + FAR; }\n"
    main += "function get() external view returns (uint256) { return x + OTHER; } }\n"
    (tmp_path / "contracts" / "Main.sol").write_text(main)
    return tmp_path


def in_order(abi: list[dict[str, Any]]) -> list[str]:
    """An ABI's entries whatever their order, which Foundry changes."""
    return sorted(json.dumps(entry, sort_keys=True) for entry in abi)


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_compile__all_contracts__is_the_bytecode_of_foundry(tmp_path: Path) -> None:
    """Verified sources, tests and deployments are of the same code."""
    command = [str(ANVIL.with_name("forge")), "build", "contracts"]
    command += ["--out", str(tmp_path / "out"), "--cache-path", str(tmp_path / "cache"), "--root", str(project_root())]
    subprocess.run(command, check=True, capture_output=True, timeout=500)
    for name in (*CORE, TOKEN):
        built = json.loads((tmp_path / "out" / f"{name}.sol" / f"{name}.json").read_text())
        artifact = compiled().artifacts[name]
        assert "0x" + artifact.bytecode.hex() == built["bytecode"]["object"]
        assert "0x" + artifact.runtime.hex() == built["deployedBytecode"]["object"]
        assert in_order(artifact.abi) == in_order(built["abi"])


@pytest.mark.integration
def test_compile__imports_of_all_kinds__are_found(project: Path) -> None:
    compilation = compile_contracts(project, ("Main",))
    assert compilation.version == "0.8.37"
    assert sorted(compilation.standard_input["sources"]) == [
        "away/Far.sol",
        "contracts/Main.sol",
        "contracts/Other.sol",
        "contracts/parts/Near.sol",
    ]
    assert compilation.settings["optimizer"] == {"enabled": True, "runs": 200}
    assert "outputSelection" not in compilation.settings
    main = compilation.artifacts["Main"]
    assert len(main.immutables) == 1
    assert main.masked(b"\xff" * len(main.runtime)).count(0) == 32


@pytest.mark.integration
def test_compile__again__comes_from_the_cache(project: Path) -> None:
    first = compile_contracts(project, ("Main",))
    (cached,) = (project / "cache" / "parley").glob("*.json")
    known = cached.stat().st_mtime_ns
    assert compile_contracts(project, ("Main",)) == first
    assert cached.stat().st_mtime_ns == known
    cached.write_text("{")
    assert compile_contracts(project, ("Main",)) == first


@pytest.mark.integration
def test_compile__a_source_changes__is_compiled_anew(project: Path) -> None:
    first = compile_contracts(project, ("Main",))
    (project / "away" / "Far.sol").write_text(SOURCE + "uint256 constant FAR = 9;\n")
    assert compile_contracts(project, ("Main",)).artifacts["Main"].bytecode != first.artifacts["Main"].bytecode


@pytest.mark.integration
def test_compile__fault_in_a_source__is_one_clear_error(project: Path) -> None:
    (project / "contracts" / "Main.sol").write_text(SOURCE + "contract Main { uint256 x = y; }")
    with pytest.raises(CompilerError, match=r"the contracts do not compile: .*Undeclared identifier"):
        compile_contracts(project, ("Main",))
    assert list(project.glob("cache/**/*.json")) == []


@pytest.mark.integration
@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("away/Far.sol", r"cannot read .*away/Far\.sol"),
        ("contracts/Main.sol", r"there is no .*contracts/Main\.sol"),
        ("solc", "cannot run the compiler"),
        ("foundry.toml", r"cannot read .*foundry\.toml"),
    ],
)
def test_compile__something_is_missing__is_named(project: Path, lost: str, message: str) -> None:
    (project / lost).unlink()
    with pytest.raises(CompilerError, match=message):
        compile_contracts(project, ("Main",))


@pytest.mark.integration
def test_compile__incomplete_profile__is_named(project: Path) -> None:
    (project / "foundry.toml").write_text(PROFILE.replace("via_ir = false", ""))
    with pytest.raises(CompilerError, match="does not say via_ir"):
        compile_contracts(project, ("Main",))


@pytest.mark.unit
def test_project_root__below_another_project__is_that_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "contracts" / "parts")
    assert project_root() == project


@pytest.mark.unit
def test_project_root__elsewhere__is_the_clone_of_this_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (project_root() / "contracts" / "RoundCoordinator.sol").is_file()
