"""Static analysis of the contracts by Slither: `python scripts/slither.py [--all]`.

Slither lives in `.venv-slither`, from `locks/slither.txt` by hash, and reads a build of its own below `cache`. Every
finding needs an answer: a row of the table under "Static analysis" in `docs/threat-model.md`, which names the detector
and, unless the answer holds everywhere, the contract and function or variable. Exit code 1 if a finding has no answer
or an answer no finding, 2 if the analysis could not be made.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = ROOT / ".tools" / "uv" / "bin" / "uv"
VENV = ROOT / ".venv-slither"
LOCK = ROOT / "locks" / "slither.txt"
BUILD = ROOT / "cache" / "slither"
ANSWERS = ROOT / "docs" / "threat-model.md"
HEADING = "## Static analysis"

_ROW = re.compile(r"^\| *`([a-z0-9-]+)` *\|([^|]*)\|([^|]*)\| *$", re.MULTILINE)
_SUBJECT = re.compile(r"\b([A-Z]\w+\.\w+)")


class AnalysisError(Exception):
    """The analysis could not be made."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detector found.

    Attributes:
        detector: its name.
        subject: contract and function or variable.
        text: what it says.
    """

    detector: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Why findings of a detector are no faults; `subjects` is empty if that holds everywhere."""

    detector: str
    subjects: frozenset[str]

    def covers(self, finding: Finding) -> bool:
        """Say whether it answers a finding."""
        return self.detector == finding.detector and (not self.subjects or finding.subject in self.subjects)


def answers_in(text: str) -> list[Answer]:
    """The answers of the document; rows without a reason are none."""
    _, _, rest = text.partition(f"\n{HEADING}\n")
    section = rest.partition("\n## ")[0]
    rows = (match.groups() for match in _ROW.finditer(section))
    return [Answer(detector, frozenset(_SUBJECT.findall(where))) for detector, where, why in rows if why.strip()]


def findings_in(report: str) -> list[Finding]:
    """The findings of a report as JSON.

    Raises:
        AnalysisError: it tells of an error instead.
    """
    found = json.loads(report)
    if not found["success"]:
        raise AnalysisError(found["error"])
    return [_finding(entry["check"], entry["description"]) for entry in found["results"].get("detectors", [])]


def _finding(detector: str, text: str) -> Finding:
    subject = _SUBJECT.search(text)
    return Finding(detector, subject.group(1) if subject else "", text.splitlines()[0])


def open_points(findings: Iterable[Finding], answers: Iterable[Answer]) -> list[str]:
    """Findings without an answer, then answers without a finding."""
    found, given = list(findings), list(answers)
    unanswered = [f"{f.detector}: {f.text}" for f in found if not any(answer.covers(f) for answer in given)]
    subjects = {(f.detector, f.subject) for f in found}
    stale = [
        f"{answer.detector}: answered for {', '.join(sorted(gone)) or 'everything'}, and not found"
        for answer in given
        if (gone := {name for name in answer.subjects if (answer.detector, name) not in subjects})
        or not any(answer.covers(f) for f in found)
    ]
    return unanswered + stale


def install() -> None:
    """Bring the environment to the lock file."""
    stamp = VENV / ".parley-stamp"
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    _run([UV, "venv", "--quiet", "--clear", "--python", sys.executable, VENV])
    _run([UV, "pip", "sync", "--quiet", "--python", VENV / "bin" / "python", "--require-hashes", LOCK])
    stamp.write_text(wanted)


def analyse() -> str:
    """Build with syntax trees and analyse; the report as JSON."""
    out = BUILD / "out"
    overrides = {"FOUNDRY_OUT": str(out), "FOUNDRY_CACHE_PATH": str(BUILD / "cache"), "FOUNDRY_DENY": "never"}
    environment = {**os.environ, **overrides, "FOUNDRY_LINT_LINT_ON_BUILD": "false"}
    for old in (out / "build-info").glob("*.json"):
        old.unlink()
    _run(["forge", "build", "--quiet", "--force", "--build-info", "--ast", "contracts"], environment)
    arguments: list[str | Path] = [
        "--compile-force-framework",
        "foundry",
        "--ignore-compile",
        "--foundry-out-directory",
        out,
    ]
    command: list[str | Path] = [
        VENV / "bin" / "slither",
        ".",
        *arguments,
        "--filter-paths",
        "node_modules",
        "--json",
        "-",
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if not done.stdout.strip():
        raise AnalysisError(done.stderr.strip()[-2000:])
    return done.stdout


def _run(command: list[str | Path], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise AnalysisError(f"{command[0]} failed: {done.stdout}{done.stderr}".strip()[-2000:])


def main() -> int:
    """Analyse; return the exit code."""
    parser = argparse.ArgumentParser(description="Static analysis of the contracts by Slither.")
    parser.add_argument("--all", action="store_true", help="print every finding, answered or not")
    options = parser.parse_args()
    try:
        install()
        findings = findings_in(analyse())
    except AnalysisError as error:
        print(f"slither: {error}", file=sys.stderr)
        return 2
    if options.all:
        print("\n".join(f"{finding.detector}: {finding.text}" for finding in findings))
    points = open_points(findings, answers_in(ANSWERS.read_text(encoding="utf-8")))
    print("\n".join([*points, f"slither: {len(findings)} findings, {len(points)} open"]))
    return 1 if points else 0


if __name__ == "__main__":
    raise SystemExit(main())
