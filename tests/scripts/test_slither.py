"""Every finding of the static analysis is answered in the documents, and every answer has a finding."""

from __future__ import annotations

import json

import pytest

from tests.scripts.loading import SCRIPTS, load_script

slither = load_script("slither.py")

pytestmark = pytest.mark.unit

DOCUMENT = """
| `assembly` | | elsewhere |

## Static analysis

| detector | where | why it is no fault |
|---|---|---|
| `timestamp` | everywhere | windows |
| `calls-loop` | `Court.panel`, `Court.seats` | bounded |
| `shadowing` | | |

## Open

| `low-level-calls` | | elsewhere |
"""


def report(*findings: tuple[str, str]) -> str:
    """A report as Slither writes it."""
    detectors = [{"check": check, "description": text} for check, text in findings]
    return json.dumps({"success": True, "error": None, "results": {"detectors": detectors}})


def points(*findings: tuple[str, str]) -> list[str]:
    """What is open of these findings."""
    found: list[str] = slither.open_points(slither.findings_in(report(*findings)), slither.answers_in(DOCUMENT))
    return found


ALL = (
    ("timestamp", "Vault.claim(uint256) (contracts/Vault.sol#1-2) uses timestamp"),
    ("calls-loop", "Court.panel(uint256) (contracts/Court.sol#1-2) calls"),
    ("calls-loop", "Reentrancy in Court.seats(uint256) (contracts/Court.sol#3-4):\n\tmore"),
)


def test_open_points__all_answered_and_found__none() -> None:
    assert points(*ALL) == []


@pytest.mark.parametrize(
    "finding", [("assembly", "A.b uses it"), ("calls-loop", "Court.other calls"), ("shadowing", "A.b")]
)
def test_open_points__no_answer_for_it__is_told(finding: tuple[str, str]) -> None:
    assert points(*ALL, finding) == [f"{finding[0]}: {finding[1]}"]


def test_open_points__answer_without_finding__is_told() -> None:
    assert points(*ALL[1:2]) == [
        "timestamp: answered for everything, and not found",
        "calls-loop: answered for Court.seats, and not found",
    ]


def test_findings_in__slither_failed__is_an_error() -> None:
    with pytest.raises(slither.AnalysisError, match="no sources"):
        slither.findings_in(json.dumps({"success": False, "error": "no sources", "results": {}}))


def test_answers__of_this_project__are_there() -> None:
    document = (SCRIPTS.parent / "docs" / "threat-model.md").read_text()
    assert slither.answers_in(document)
