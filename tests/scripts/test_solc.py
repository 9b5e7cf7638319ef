"""The compiler wrapper behaves like the native compiler towards py-solc-x, and refuses what it cannot do."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
import solcx

from tests.scripts.loading import SCRIPTS

pytestmark = pytest.mark.integration

SOLC = SCRIPTS / "solc"


def test_solc__version__is_the_pinned_one() -> None:
    answer = subprocess.run([SOLC, "--version"], capture_output=True, text=True, check=True).stdout
    assert "\nVersion: 0.8.37+" in answer


def test_solc__standard_json_by_py_solc_x__compiles() -> None:
    request = {
        "language": "Solidity",
        "sources": {"A.sol": {"content": "// SPDX-License-Identifier: MIT\npragma solidity 0.8.37; contract A {}"}},
        "settings": {"outputSelection": {"*": {"*": ["evm.bytecode.object"]}}},
    }
    answer = solcx.compile_standard(request, solc_binary=str(SOLC), allow_paths="/")
    assert answer["contracts"]["A.sol"]["A"]["evm"]["bytecode"]["object"].startswith("60")


@pytest.mark.parametrize("arguments", [[], ["--optimize"], ["A.sol"]])
def test_solc__anything_else__is_refused_in_one_line(arguments: list[str]) -> None:
    run = subprocess.run([SOLC, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.startswith("solc: ")
    assert run.stderr.count("\n") == 1


def test_solc__input_is_no_json__reports_an_error_as_json() -> None:
    run = subprocess.run([SOLC, "--standard-json"], capture_output=True, text=True, input="{")
    assert json.loads(run.stdout)["errors"][0]["severity"] == "error"


def test_solc__several_files__all_that_was_asked_for_and_each_error_once() -> None:
    """Files are compiled in several threads; who asks does not notice."""
    head = "// SPDX-License-Identifier: MIT\npragma solidity 0.8.37; "
    sources = {
        "A.sol": head + "contract A { function a() external pure returns (uint256) { return 1; } }",
        "B.sol": head + 'import "A.sol"; contract B is A { constructor() { uint256 unused; } }',
        "C.sol": head + 'import "B.sol"; contract C { B public b = new B(); }',
    }
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            "metadata": {"bytecodeHash": "none"},
            "outputSelection": {"*": {"*": ["evm.bytecode.object"], "": ["ast"]}},
        },
    }
    whole = _compile(request)
    assert [error["errorCode"] for error in whole["errors"]] == ["2072"]
    assert [whole["sources"][name]["id"] for name in sources] == [0, 1, 2]
    for name in sources:
        alone = {
            **request,
            "settings": {**request["settings"], "outputSelection": {name: {"*": ["evm.bytecode.object"]}}},
        }
        assert _compile(alone)["contracts"] == {name: whole["contracts"][name]}


def _compile(request: dict[str, Any]) -> dict[str, Any]:
    """What the wrapper answers."""
    run = subprocess.run(
        [SOLC, "--standard-json"], capture_output=True, text=True, check=True, input=json.dumps(request)
    )
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer
