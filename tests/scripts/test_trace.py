"""Requirement ids are found where they are declared, met and proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts.loading import load_script

trace = load_script("trace.py")

pytestmark = pytest.mark.unit


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that declares P-1, P-2, P-12, P-15 and F-3, and postpones P-15."""
    for folder in ("docs", "contracts", "workers", "scripts", "tests"):
        (tmp_path / folder).mkdir()
    (tmp_path / "docs/protocol.md").write_text("**P-1** words. **P-2**, **P-12** (see P-1), P-15.")
    (tmp_path / "docs/threat-model.md").write_text("F-3 a flood")
    (tmp_path / "scripts/trace-later.txt").write_text("# later\nP-15  disproofs\n")
    return tmp_path


def by_id(root: Path) -> dict[str, list[str]]:
    """Return what each id lacks."""
    return {entry.id: entry.missing for entry in trace.trace(root)}


def test_trace__nothing_written__all_but_the_postponed_lack_both(project: Path) -> None:
    both = ["code", "test"]
    assert by_id(project) == {"P-1": both, "P-2": both, "P-12": both, "P-15": [], "F-3": both}


def test_trace__code_and_test_name_it__lacks_nothing(project: Path) -> None:
    (project / "contracts/A.sol").write_text("/// Fixed depth (P-12).")
    (project / "tests/test_a.py").write_text('def test_a__b__c():\n    """P-12."""')
    assert by_id(project)["P-12"] == []
    assert by_id(project)["P-1"] == ["code", "test"], "P-12 is no mention of P-1"


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


def test_declared__document_missing__names_it(project: Path) -> None:
    (project / "docs/threat-model.md").unlink()
    with pytest.raises(FileNotFoundError, match=r"threat-model\.md"):
        trace.declared(project)
