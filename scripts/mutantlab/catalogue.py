"""The mutants of `scripts/mutants/*.toml`: one re-injected bug each, and the tests that must catch it.

    [[mutant]]
    name = "prover-rounds-up"                      # unique, lower case
    file = "contracts/StakeVault.sol"              # where the bug goes
    old = "... amount / 2;"                        # occurs exactly once in the file
    new = "... (amount + 1) / 2;"                  # may be empty: a check that is lost
    why = "the odd unit belongs to what is burned" # what is wrong with it
    rebuilds = ["StakeVault"]                      # contracts to compile anew, by name
    tests = ["StakeVaultTest.testFuzz_P16_..."]    # contract and function; at least one must fail

What a test contract computes with a library itself is not rebuilt, so that it judges the mutant by the right code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("scripts") / "mutants"
SOURCES = ("contracts", "tests/contracts")
FIELDS = {"name", "file", "old", "new", "why", "rebuilds", "tests"}

_CONTRACT = re.compile(r"^(?:abstract )?contract (\w+)(?: is ([^{]+))?", re.MULTILINE)
_FUNCTION = re.compile(r"^    function (\w+)\(", re.MULTILINE)
_MADE = re.compile(r"= new (\w+)\(")


class CatalogueError(Exception):
    """A mutant that no longer fits the sources, or is not written as one."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug to inject; see the module for each field."""

    name: str
    file: str
    old: str
    new: str
    why: str
    rebuilds: tuple[str, ...]
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """The source with the bug.

        Raises:
            CatalogueError: what it replaces does not occur exactly once.
        """
        count = text.count(self.old)
        if count != 1:
            raise CatalogueError(f"{self.name}: {self.file} holds {self.old!r} {count} times instead of once")
        return text.replace(self.old, self.new)


def load(root: Path) -> list[Mutant]:
    """All mutants, in the order of their files.

    Raises:
        CatalogueError: an entry lacks a field or has another, or two have one name.
    """
    mutants: list[Mutant] = []
    for path in sorted((root / FOLDER).glob("*.toml")):
        entries = tomllib.loads(path.read_text()).get("mutant", [])
        mutants += [_parse(path.name, entry) for entry in entries]
    twice = {mutant.name for mutant in mutants if sum(other.name == mutant.name for other in mutants) > 1}
    if twice:
        raise CatalogueError(f"two mutants are called {', '.join(sorted(twice))}")
    return mutants


def _parse(file: str, entry: Mapping[str, object]) -> Mutant:
    if set(entry) != FIELDS:
        raise CatalogueError(f"{file}: {entry.get('name')}: fields are {sorted(entry)} instead of {sorted(FIELDS)}")
    name, file_, old, new, why = (str(entry[key]) for key in ("name", "file", "old", "new", "why"))
    rebuilds, tests = (tuple(map(str, _listed(entry[key]))) for key in ("rebuilds", "tests"))
    if not (old and rebuilds and tests):
        raise CatalogueError(f"{file}: {name}: old, rebuilds and tests must not be empty")
    return Mutant(name, file_, old, new, why, rebuilds, tests)


def _listed(value: object) -> list[object]:
    if not isinstance(value, list):
        raise CatalogueError(f"{value!r} is no list")
    return value


@dataclass(frozen=True, slots=True)
class Sources:
    """Where contracts are, and which functions they have, inherited ones included.

    Attributes:
        files: path from the root, by contract.
        functions: by contract.
        makes: contracts whose code a contract holds, since it makes them with `new`, by contract.
    """

    files: Mapping[str, str]
    functions: Mapping[str, frozenset[str]]
    makes: Mapping[str, frozenset[str]]

    def faults(self, mutant: Mutant) -> list[str]:
        """What a mutant names that is not there."""
        tests = [test.partition(".") for test in mutant.tests]
        copies = {(contract, made) for contract, _, _ in tests for made in self.makes.get(contract, ())}
        return [
            *(f"there is no contract {name}" for name in mutant.rebuilds if name not in self.files),
            *(
                f"there is no test {contract}.{function}"
                for contract, _, function in tests
                if function not in self.functions.get(contract, ())
            ),
            *(
                f"{contract} makes its own {made}: rebuild it, too"
                for contract, made in sorted(copies)
                if made in mutant.rebuilds and contract not in mutant.rebuilds
            ),
        ]


def survey(root: Path) -> Sources:
    """Read all contracts of the project and of its tests."""
    files: dict[str, str] = {}
    own: dict[str, set[str]] = {}
    makes: dict[str, frozenset[str]] = {}
    parents: dict[str, list[str]] = {}
    for path in sorted(path for folder in SOURCES for path in (root / folder).rglob("*.sol")):
        text = path.read_text()
        found = list(_CONTRACT.finditer(text))
        ends = [match.start() for match in found[1:]] + [len(text)][: len(found)]
        for match, end in zip(found, ends, strict=True):
            name = match.group(1)
            files[name] = path.relative_to(root).as_posix()
            own[name] = set(_FUNCTION.findall(text[match.start() : end]))
            makes[name] = frozenset(_MADE.findall(text[match.start() : end]))
            parents[name] = [parent.split("(")[0].strip() for parent in (match.group(2) or "").split(",")]
    return Sources(files, {name: frozenset(_inherited(name, own, parents)) for name in own}, makes)


def _inherited(name: str, own: Mapping[str, set[str]], parents: Mapping[str, list[str]]) -> set[str]:
    functions = set(own.get(name, ()))
    for parent in parents.get(name, ()):
        functions |= _inherited(parent, own, parents)
    return functions
