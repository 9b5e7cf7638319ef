"""A copy of the Foundry project in which artifacts are exchanged for mutated ones.

Tests deploy contracts from their artifacts (`deployCode`), and Foundry reads an artifact from disk while its source has
not changed. So a mutant needs no build: its contracts are compiled alone, and their bytecode is put into the artifacts.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mutantlab.solc import Code

COPIED = ("contracts", "lib/forge-std", "node_modules/@openzeppelin/contracts")
SEED = ("out", "cache/solidity-files-cache.json")
"""What an earlier build of the project left: it spares the first build here."""

ORIGINAL = ".original"


class TestsFailed(Exception):
    """Foundry could not run the tests."""

    __test__ = False


class Workspace:
    """The copy.

    Args:
        root: the project.
        folder: where the copy is; made if it is not there, else brought up to date.
        files: sources of tests that it needs, by path from `root`; those of the contracts are all there.
    """

    def __init__(self, root: Path, folder: Path, files: Iterable[str]) -> None:
        self.folder = folder
        first = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            shutil.rmtree(folder / name, ignore_errors=True)
            shutil.copytree(root / name, folder / name)  # keeps times, by which Foundry sees what has changed
        shutil.rmtree(folder / "tests", ignore_errors=True)
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / file, folder / file)
        (folder / "scripts").mkdir(exist_ok=True)
        shutil.copy2(root / "foundry.toml", folder)
        compiler = folder / "scripts" / "solc"
        compiler.write_text(f'#!/bin/sh\nexec "{root}/scripts/solc" "$@"\n')
        compiler.chmod(0o755)
        if first:
            self._seed(root)
        for original in (folder / "out").rglob(f"*{ORIGINAL}"):
            original.replace(original.with_suffix(""))

    def _seed(self, root: Path) -> None:
        if not all((root / name).exists() for name in SEED):
            return
        shutil.copytree(root / SEED[0], self.folder / SEED[0])
        (self.folder / "cache").mkdir()
        shutil.copy2(root / SEED[1], self.folder / SEED[1])

    def build(self) -> None:
        """Compile what has changed since the last time: minutes at first.

        Raises:
            TestsFailed: it does not compile.
        """
        done = self._forge(["build", "--quiet"])
        if done.returncode != 0:
            raise TestsFailed(f"the project does not build: {done.stdout}{done.stderr}")

    @contextmanager
    def exchanged(self, codes: Mapping[tuple[str, str], Code]) -> Iterator[None]:
        """Put other bytecode into artifacts, given by file and contract, and take it out again."""
        artifacts = {self._artifact(file, name): code for (file, name), code in codes.items()}
        for path, code in artifacts.items():
            shutil.copy2(path, f"{path}{ORIGINAL}")
            path.write_text(json.dumps(_with(json.loads(path.read_text()), code)))
        try:
            yield
        finally:
            for path in artifacts:
                Path(f"{path}{ORIGINAL}").replace(path)

    def _artifact(self, file: str, name: str) -> Path:
        return self.folder / "out" / Path(file).name / f"{name}.json"

    def failures(self, tests: Sequence[str], *, first_only: bool) -> list[str]:
        """Run tests, given as `Contract.function`; return those that failed, and the set-ups of contracts.

        Raises:
            TestsFailed: they could not be run, or other tests than these ran.
        """
        contracts, functions = ({test.split(".")[part] for test in tests} for part in (0, 1))
        arguments = [
            "test",
            "--json",
            "--match-contract",
            _any(contracts, "$"),
            "--match-test",
            _any(functions, r"(\(|$)"),
        ]
        done = self._forge(arguments + (["--fail-fast"] if first_only else []))
        try:
            suites: dict[str, Any] = json.loads(done.stdout)
        except json.JSONDecodeError as error:
            raise TestsFailed(f"{done.stdout}{done.stderr}"[-2000:]) from error
        results = {
            f"{suite.rpartition(':')[2]}.{signature.partition('(')[0]}": result["status"]
            for suite, outcome in suites.items()
            for signature, result in outcome["test_results"].items()
        }
        failed = sorted(test for test, status in results.items() if status == "Failure")
        if not failed and not set(tests) <= set(results):
            raise TestsFailed(f"did not run: {', '.join(sorted(set(tests) - set(results)))}")
        return [test for test in failed if test in tests or test.endswith(".setUp")]

    def _forge(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("FOUNDRY_", "DAPP_"))}
        # format and lint are `make check`'s; here they would be asked of every copy
        environment |= {"FOUNDRY_DENY": "never", "FOUNDRY_LINT_LINT_ON_BUILD": "false"}
        return subprocess.run(["forge", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True)


def _any(names: set[str], end: str) -> str:
    return f"^({'|'.join(map(re.escape, sorted(names)))}){end}"


def _with(artifact: dict[str, Any], code: Code) -> dict[str, Any]:
    artifact["bytecode"]["object"] = f"0x{code.creation}"
    artifact["deployedBytecode"]["object"] = f"0x{code.runtime}"
    artifact["deployedBytecode"]["immutableReferences"] = dict(code.immutables)
    return artifact
