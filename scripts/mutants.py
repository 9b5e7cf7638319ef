"""Proves that the contract tests notice bugs: `python scripts/mutants.py [--only NAME] [--json] [--list]`.

Each mutant in `scripts/mutants/` is a known bug. One at a time goes into a copy of the project (`cache/mutants`), and
at least one of the tests that it names must fail. Some ten seconds each, after a build of minutes the first time. Exit
code 1 if a mutant survives, 2 if one no longer fits the sources or the tests fail without any.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts")]

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from mutantlab.catalogue import CatalogueError, Mutant, Sources, load, survey  # noqa: E402
from mutantlab.solc import compile_some  # noqa: E402
from mutantlab.workspace import TestsFailed, Workspace  # noqa: E402
from parley.chain.compiler import closure, profile_of  # noqa: E402
from parley.chain.errors import CompilerError  # noqa: E402

FOLDER = ROOT / "cache" / "mutants"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant.

    Attributes:
        name: of the mutant.
        file: where it was.
        why: it is a bug.
        killed_by: tests that failed; none if it survived.
        seconds: compiling and testing it took.
    """

    name: str
    file: str
    why: str
    killed_by: tuple[str, ...]
    seconds: float


def check(mutants: Sequence[Mutant], sources: Sources) -> None:
    """Raise CatalogueError unless every mutant fits the sources and names what there is."""
    for mutant in mutants:
        mutant.applied((ROOT / mutant.file).read_text())
        for fault in sources.faults(mutant):
            raise CatalogueError(f"{mutant.name}: {fault}")


def try_one(space: Workspace, mutant: Mutant, sources: Sources) -> Outcome:
    """Inject a mutant and run its tests."""
    start = time.monotonic()
    targets = [(sources.files[name], name) for name in mutant.rebuilds]
    changed = {mutant.file: mutant.applied((space.folder / mutant.file).read_text())}
    codes = compile_some(space.folder, targets, changed)
    with space.exchanged(dict(zip(targets, codes, strict=True))):
        killers = space.failures(mutant.tests, first_only=True)
    return Outcome(mutant.name, mutant.file, mutant.why, tuple(killers), round(time.monotonic() - start, 1))


def run(mutants: Sequence[Mutant], sources: Sources) -> list[Outcome]:
    """Try all mutants, after a run of their tests without any."""
    log = Console(stderr=True)
    log.print(f"{len(mutants)} mutants; building {FOLDER.relative_to(ROOT)}")
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    space = Workspace(ROOT, FOLDER, needed(mutants, sources))
    space.build()
    failed = space.failures(tests, first_only=False)
    if failed:
        raise TestsFailed(f"without any mutant: {', '.join(failed)}")
    outcomes = []
    for mutant in mutants:
        outcome = try_one(space, mutant, sources)
        outcomes.append(outcome)
        caught = ", ".join(outcome.killed_by) or "SURVIVED"
        log.print(f"{outcome.name}: {caught} ({outcome.seconds} s)", highlight=False, soft_wrap=True)
    return outcomes


def needed(mutants: Sequence[Mutant], sources: Sources) -> list[str]:
    """The sources of all tests and harnesses that the mutants name, by path."""
    contracts = {test.partition(".")[0] for mutant in mutants for test in mutant.tests}
    files = sorted(sources.files[name] for name in contracts.union(*(mutant.rebuilds for mutant in mutants)))
    return [file for file in closure(ROOT, files, profile_of(ROOT)["remappings"]) if file.startswith("tests/")]


def show(outcomes: Sequence[Outcome]) -> None:
    """Print the table."""
    table = Table("mutant", "file", "caught by", "s", title="re-injected bugs")
    for outcome in outcomes:
        caught = ", ".join(outcome.killed_by) or f"[red]survived[/red]: {outcome.why}"
        table.add_row(outcome.name, outcome.file, caught, f"{outcome.seconds:.0f}")
    Console().print(table)


def main() -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(description="Put known bugs back and require that tests fail.")
    parser.add_argument("--only", action="append", metavar="NAME", help="this mutant; may be repeated")
    parser.add_argument("--list", action="store_true", help="check that all fit the sources, and run nothing")
    parser.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    options = parser.parse_args()
    try:
        sources, mutants = survey(ROOT), load(ROOT)
        check(mutants, sources)
        chosen = [mutant for mutant in mutants if options.only is None or mutant.name in options.only]
        if not chosen:
            raise CatalogueError(f"there is no mutant {', '.join(options.only)}")  # noqa: TRY301
        if options.list:
            print("\n".join(f"{mutant.name}: {mutant.why}" for mutant in chosen))
            return 0
        outcomes = run(chosen, sources)
    except (CatalogueError, CompilerError, TestsFailed) as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    else:
        show(outcomes)
    return 0 if all(outcome.killed_by for outcome in outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main())
