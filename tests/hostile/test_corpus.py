"""P-20: everything that a peer may send is refused with a plain error, in bounds of memory and time."""

from __future__ import annotations

import json

import pytest

from tests.hostile.corpus import cases
from tests.hostile.parsers import PARSERS, valid
from tests.support.killing import run_module

NAMES = [(case.parser, case.name) for case in cases()]

FAULTS = {
    "F-81": [("data", "a bomb of 64 MiB"), ("data", "a bomb that lies about its size"), ("data", "packed with LZMA")],
    "F-82": [(parser, name) for parser in PARSERS for name in ("a pickle", "an array of objects", "a torch file")],
    "F-83": [(parser, name) for parser, name in NAMES if parser == "tensors"],
    "F-84": [("shard", "NaN"), ("shard", "infinity"), ("data", "NaN"), ("update", "float32 NaN as lanes")],
    "F-85": [
        ("update", "one parameter word too many"),
        ("update", "one too few"),
        ("shard", "samples of another width"),
    ],
    "F-86": [("update", "one beyond the clip"), ("update", "the lowest integer"), ("shard", "beyond the bound")],
}
"""Which cases stand for which row."""


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, str], str]:
    """What came of each case, in one process with little memory and a time limit for each."""
    lines = map(json.loads, run_module("tests.hostile.feeder", timeout=240).splitlines())
    return {(parser, name): outcome for parser, name, _, outcome in lines}


@pytest.mark.integration
@pytest.mark.parametrize(("parser", "name"), NAMES)
def test_parser__hostile_input__refuses_it_with_a_plain_error(
    outcomes: dict[tuple[str, str], str], parser: str, name: str
) -> None:
    """F-81, F-83, F-84, F-85, F-86: a `ParleyError` in one line; no other exception, no exhaustion, no hanging."""
    outcome = outcomes[parser, name]
    assert outcome.startswith("refused: "), outcome[:300]
    assert "\n" not in outcome
    assert len(outcome) < 1000


@pytest.mark.unit
@pytest.mark.parametrize("parser", PARSERS)
def test_parser__its_valid_input__is_taken(parser: str) -> None:
    """Else the corpus would prove nothing."""
    PARSERS[parser](valid(parser))


@pytest.mark.unit
@pytest.mark.parametrize(("fault", "inputs"), FAULTS.items())
def test_corpus__rows_of_the_threat_model__have_their_cases(fault: str, inputs: list[tuple[str, str]]) -> None:
    assert inputs, fault
    assert set(inputs) <= set(NAMES), fault
    assert len(NAMES) == len(set(NAMES))
