"""Every mutant still fits the sources and names tests that exist; a wrong one is refused."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parley.chain.compiler import closure
from tests.scripts.loading import SCRIPTS

sys.path.append(str(SCRIPTS))

from mutantlab.catalogue import CatalogueError, Mutant, load, survey
from mutantlab.solc import Code
from mutantlab.workspace import Workspace

pytestmark = pytest.mark.unit

ROOT = SCRIPTS.parent
ENTRY = """[[mutant]]
name = "a"
file = "contracts/A.sol"
old = "x < y"
new = "x <= y"
why = "at the border"
rebuilds = ["A"]
tests = ["ATest.test_A"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a contract, a test that inherits, and one mutant."""
    for folder in ("contracts", "tests/contracts/utils", "scripts/mutants"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "contracts/A.sol").write_text("contract A {\n    uint256 z = x < y;\n}\n")
    (tmp_path / "tests/contracts/utils/B.sol").write_text(
        "abstract contract B {\n    function test_A() external {}\n}\n"
    )
    (tmp_path / "tests/contracts/A.t.sol").write_text('import {B} from "./utils/B.sol";\ncontract ATest is B {\n}\n')
    (tmp_path / "scripts/mutants/a.toml").write_text(ENTRY)
    return tmp_path


@pytest.mark.parametrize("mutant", load(ROOT), ids=lambda mutant: mutant.name)
def test_mutant__of_this_project__fits_the_sources_and_names_existing_tests(mutant: Mutant) -> None:
    source = (ROOT / mutant.file).read_text()
    assert mutant.applied(source) != source
    assert survey(ROOT).faults(mutant) == []


def test_catalogue__of_this_project__holds_enough_mutants_for_every_contract() -> None:
    mutants = load(ROOT)
    assert len(mutants) >= 24
    for name in ("Disputes", "Demands", "Convictions", "StakeVault", "RewardVault", "RoundCoordinator", "Membership"):
        assert any(mutant.file == f"contracts/{name}.sol" for mutant in mutants), name


@pytest.mark.parametrize("source", ["x <= y", "x < y && x < y"])
def test_applied__not_exactly_once__is_an_error(project: Path, source: str) -> None:
    (mutant,) = load(project)
    with pytest.raises(CatalogueError, match="instead of once"):
        mutant.applied(source)


def test_applied__once__changes_only_that(project: Path) -> None:
    (mutant,) = load(project)
    assert mutant.applied("if (x < y) z;") == "if (x <= y) z;"
    assert survey(project).faults(mutant) == [], "inherited tests count"


def test_faults__contract_or_test_gone__are_named(project: Path) -> None:
    (mutant,) = load(project)
    (project / "contracts/A.sol").write_text("")
    (project / "tests/contracts/utils/B.sol").write_text("abstract contract B {\n}\n")
    assert survey(project).faults(mutant) == ["there is no contract A", "there is no test ATest.test_A"]


def test_faults__test_holds_a_copy_of_the_contract__must_be_rebuilt(project: Path) -> None:
    (mutant,) = load(project)
    path = project / "tests/contracts/A.t.sol"
    path.write_text(path.read_text().replace("is B {", "is B {\n    A internal a = new A();"))
    assert survey(project).faults(mutant) == ["ATest makes its own A: rebuild it, too"]
    assert survey(project).faults(replace(mutant, rebuilds=("A", "ATest"))) == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (ENTRY.replace('why = "at the border"\n', ""), "fields are"),
        (ENTRY + 'more = "x"\n', "fields are"),
        (ENTRY.replace('["ATest.test_A"]', "[]"), "must not be empty"),
        (ENTRY.replace('["A"]', '"A"'), "is no list"),
        (ENTRY + ENTRY, "two mutants"),
    ],
)
def test_load__entry_is_none__is_an_error(project: Path, entry: str, message: str) -> None:
    (project / "scripts/mutants/a.toml").write_text(entry)
    with pytest.raises(CatalogueError, match=message):
        load(project)


def test_closure__changed_and_remapped_sources__are_followed(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/C.sol").write_text("c")
    (tmp_path / "A.sol").write_text('import {B} from "./B.sol";')
    changed = {"B.sol": 'import {C} from "@c/C.sol";'}
    found = closure(tmp_path, ["A.sol"], ["@c/=lib/"], changed)
    assert found == {"A.sol": 'import {B} from "./B.sol";', "B.sol": changed["B.sol"], "lib/C.sol": "c"}


@pytest.fixture
def foundry(tmp_path: Path) -> Path:
    """A project with one contract, built."""
    root = tmp_path / "root"
    for folder in ("contracts", "lib/forge-std", "node_modules/@openzeppelin/contracts", "tests", "cache", "out/A.sol"):
        (root / folder).mkdir(parents=True)
    (root / "foundry.toml").write_text("")
    (root / "contracts/A.sol").write_text("contract A {}")
    (root / "tests/A.t.sol").write_text("contract ATest {}")
    (root / "cache/solidity-files-cache.json").write_text("{}")
    code = {"object": "0x01", "sourceMap": "kept"}
    (root / "out/A.sol/A.json").write_text(json.dumps({"bytecode": code, "deployedBytecode": code}))
    return root


def fail_inside(space: Workspace, artifact: Path, seen: dict[str, Any]) -> None:
    """Note the artifact while it is exchanged, and raise."""
    with space.exchanged({("contracts/A.sol", "A"): Code("02", "03", {})}):
        seen.update(json.loads(artifact.read_text()))
        raise RuntimeError("a test")


def test_workspace__exchanged__mutated_inside_and_restored_after_an_error(foundry: Path, tmp_path: Path) -> None:
    space = Workspace(foundry, tmp_path / "copy", ["tests/A.t.sol"])
    artifact = tmp_path / "copy/out/A.sol/A.json"
    before = artifact.read_text()
    seen: dict[str, Any] = {}
    with pytest.raises(RuntimeError, match="a test"):
        fail_inside(space, artifact, seen)
    assert (seen["bytecode"], seen["deployedBytecode"]["object"]) == ({"object": "0x02", "sourceMap": "kept"}, "0x03")
    assert artifact.read_text() == before
    assert [path.name for path in artifact.parent.iterdir()] == ["A.json"]


def test_workspace__killed_while_exchanged__is_restored_the_next_time(foundry: Path, tmp_path: Path) -> None:
    Workspace(foundry, tmp_path / "copy", [])
    artifact = tmp_path / "copy/out/A.sol/A.json"
    before = artifact.read_text()
    artifact.rename(f"{artifact}.original")
    artifact.write_text("mutated")
    Workspace(foundry, tmp_path / "copy", ["tests/A.t.sol"])
    assert artifact.read_text() == before
    assert (tmp_path / "copy/tests/A.t.sol").read_text() == "contract ATest {}"
    assert (foundry / "out/A.sol/A.json").read_text() == before
