"""Requirements and faults are found where they are declared, met and proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts.loading import load_script

trace = load_script("trace.py")

pytestmark = pytest.mark.unit

TABLE = """| id | fault | defence | test |
|---|---|---|---|
| F-3 | a flood | a dam | `RiverTest.test_Dam`, `water/test_river.py::test_dam__flood__holds` |
| F-4 | a drought | none | a stated non-goal |
"""
SOLIDITY = """contract RiverTest {
    /// @dev F-3: it holds.
    /// forge-config: default.fuzz.runs = 1
    function test_Dam() external {}

    function test_Other() external {}

    function testFuzz_F5_Fish(uint256 n) external {}
}
"""
PYTHON = 'def test_dam__flood__holds():\n    """It holds (F-3)."""\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that declares P-1, P-2, P-12, P-15, F-3 and F-4, and does not ask for P-15 and F-4 to F-6."""
    for folder in ("docs", "contracts", "workers", "scripts", "tests/water"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "docs/protocol.md").write_text("**P-1** words. **P-2**, **P-12** (see P-1), P-15.")
    (tmp_path / "docs/threat-model.md").write_text(f"Faults, as F-9:\n\n{TABLE}")
    (tmp_path / "scripts/trace-later.txt").write_text("# later\nP-15  disproofs\nF-4..F-6  dry\n")
    (tmp_path / "tests/River.t.sol").write_text(SOLIDITY)
    (tmp_path / "tests/water/test_river.py").write_text(PYTHON)
    return tmp_path


def requirements(root: Path) -> dict[str, list[str]]:
    """Return what each requirement lacks."""
    return {entry.id: entry.missing for entry in trace.trace_requirements(root, {"P-15": "disproofs"})}


def faults(root: Path) -> dict[str, list[str]]:
    """Return what the faults 1 to 6 lack."""
    later = trace.read_later((root / "scripts/trace-later.txt").read_text())
    return {entry.id: entry.missing for entry in trace.trace_faults(root, later, range(1, 7))}


def test_requirements__nothing_written__all_but_the_postponed_lack_both(project: Path) -> None:
    both = ["code", "test"]
    assert requirements(project) == {"P-1": both, "P-2": both, "P-12": both, "P-15": []}


def test_requirements__code_and_test_name_it__lacks_nothing(project: Path) -> None:
    (project / "contracts/A.sol").write_text("/// Fixed depth (P-12).")
    (project / "tests/test_a.py").write_text('def test_a__b__c():\n    """P-12."""')
    assert requirements(project)["P-12"] == []
    assert requirements(project)["P-1"] == ["code", "test"], "P-12 is no mention of P-1"


def test_faults__row_names_true_tests__lacks_nothing(project: Path) -> None:
    assert faults(project) == {"F-1": ["test"], "F-2": ["test"], "F-3": [], "F-4": [], "F-5": [], "F-6": []}


@pytest.mark.parametrize(
    ("file", "old", "new", "lost"),
    [
        ("tests/River.t.sol", "test_Dam", "test_Wall", "RiverTest.test_Dam"),
        ("tests/River.t.sol", "/// @dev F-3: it holds.\n", "\n", "RiverTest.test_Dam"),
        ("tests/River.t.sol", "contract RiverTest", "contract LakeTest", "RiverTest.test_Dam"),
        ("tests/water/test_river.py", "F-3", "F-33", "water/test_river.py::test_dam__flood__holds"),
    ],
)
def test_faults__named_test_is_gone_or_silent__is_told(project: Path, file: str, old: str, new: str, lost: str) -> None:
    path = project / file
    path.write_text(path.read_text().replace(old, new))
    assert faults(project)["F-3"] == [f"a true {lost}"]


def test_faults__row_names_no_test__lacks_one(project: Path) -> None:
    path = project / "docs/threat-model.md"
    path.write_text(path.read_text().replace("`", ""))
    assert faults(project)["F-3"] == ["test"]


def test_own_words__part_of_an_invariant__counts_if_it_is_called(project: Path) -> None:
    path = project / "tests/River.t.sol"
    part = "    /// F-3.\n    function _F3_part() private {}\n"
    path.write_text(f"contract RiverTest {{\n{part}}}\n")
    assert "RiverTest._F3_part" not in trace.own_words(project)
    path.write_text(f"contract RiverTest {{\n    function invariant_All() external {{ _F3_part(); }}\n{part}}}\n")
    assert trace.names("F-3", trace.own_words(project)["RiverTest._F3_part"])


def test_own_words__comments__belong_to_the_function_below(project: Path) -> None:
    words = trace.own_words(project)
    assert not trace.names("F-3", words["RiverTest.test_Other"])
    assert trace.names("F-5", words["RiverTest.testFuzz_F5_Fish"])


@pytest.mark.parametrize("name", ["test_P2_quantiser", "testFuzz_P2_Quantiser", "test_p2__nan__refused", "test_p_2_x"])
def test_names__identifier_of_a_test__counts(name: str) -> None:
    assert trace.names("P-2", f"function {name}() external")


@pytest.mark.parametrize("text", ["P-21", "P21", "MAP2", "p_20", "HTTP-2", "P-02"])
def test_names__another_id_or_word__does_not_count(text: str) -> None:
    assert not trace.names("P-2", text)


def test_trace__its_own_list_of_postponed_ids__is_no_code(project: Path) -> None:
    entry = next(entry for entry in trace.trace(project) if entry.id == "P-15")
    assert entry.code == []
    assert entry.later == "disproofs"


@pytest.mark.parametrize("document", ["threat-model.md", "protocol.md"])
def test_trace__document_missing__names_it(project: Path, document: str) -> None:
    (project / "docs" / document).unlink()
    with pytest.raises(FileNotFoundError, match=document):
        trace.trace(project)
