"""Undocumented declarations of contracts are found, by the real compiler's parser."""

from __future__ import annotations

import pytest

from tests.scripts.loading import load_script

natspec = load_script("natspec.py")

pytestmark = pytest.mark.integration

HEAD = "// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\nimport './Missing.sol';\n"

DOCUMENTED = (
    HEAD
    + """
/// @title A
/// @notice A contract.
contract A is B {
    /// @notice Something of `amount` happened.
    event Happened(uint256 amount);
    /// @notice Thrown when `limit` is passed.
    error A_TooMuch(uint256 limit);
    /// @notice How many.
    uint256 public count;
    /**
     * @notice How much.
     */
    uint256 public sum;
    uint256 private secret;
    /// @notice Starts with `start`.
    constructor(uint256 start) { count = start; }
    /// @inheritdoc B
    function inherited(uint256 x) external override {}
    /// @notice Adds.
    /// @param x How much.
    function add(uint256 x) external { count += x; }
    function _helper(uint256 x) private {}
}
"""
)


def gaps(source: str, *, strict: bool = True) -> list[str]:
    """Return the gaps of one source, as text."""
    return [str(gap) for gap in natspec.check({"A.sol": source}, strict=strict)[1]]


def test_check__everything_documented__no_gap() -> None:
    assert natspec.check({"A.sol": DOCUMENTED}, strict=True) == (8, [])


@pytest.mark.parametrize(
    ("line", "gap"),
    [
        ("/// @title A\n/// @notice A contract.\n", "contract A lacks NatSpec"),
        ("    /// @notice Something of `amount` happened.\n", "event Happened lacks NatSpec"),
        ("    /// @notice Thrown when `limit` is passed.\n", "error A_TooMuch lacks NatSpec"),
        ("    /// @notice How many.\n", "variable count lacks NatSpec"),
        ("    /// @notice Starts with `start`.\n", "function constructor lacks NatSpec"),
        ("    /// @inheritdoc B\n", "function inherited lacks NatSpec"),
    ],
)
def test_check__documentation_removed__is_a_gap(line: str, gap: str) -> None:
    assert line in DOCUMENTED
    [found] = gaps(DOCUMENTED.replace(line, ""), strict=False)
    assert found.endswith(gap)


def test_check__parameter_not_named__is_a_gap_only_if_strict() -> None:
    source = DOCUMENTED.replace("    /// @param x How much.\n", "")
    assert gaps(source, strict=False) == []
    [found] = gaps(source)
    assert found.startswith(f"A.sol:{source[: source.index('function add')].count(chr(10)) + 1}: ")
    assert found.endswith("function add lacks a word about x")


def test_check__source_does_not_parse__says_where() -> None:
    with pytest.raises(natspec.CompilerError, match=r"A\.sol:4"):
        natspec.check({"A.sol": HEAD + "contract {}"}, strict=True)
