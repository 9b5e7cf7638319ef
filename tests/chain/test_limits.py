"""Ranges of terms and policies, as the contracts keep them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from parley.chain.errors import Reverted
from parley.chain.limits import check_policy, check_terms
from parley.chain.model import Policy
from parley.chain.transactions import outgoing
from parley.errors import ConfigError
from tests.chain.town import MIN_WINDOW, Town
from tests.roles.builders import POLICY, TERMS

BAD_POLICIES: list[tuple[str, dict[str, Any]]] = [
    ("train", {"train": 4}),
    ("train", {"train": 30 * 86400 + 1}),
    ("scoreCommit", {"score_commit": 0}),
    ("settle", {"settle": 3 * 86400 + 1}),
    ("supply", {"supply": 1}),
    ("minTrainers", {"min_trainers": 2}),
    ("maxTrainers", {"max_trainers": 257}),
    ("maxTrainers", {"min_trainers": 9, "max_trainers": 8}),
    ("seats", {"seats": 33}),
    ("quorum", {"quorum": 9}),
    ("bond", {"bond": 0}),
    ("trimBps", {"trim_bps": 5000}),
    ("initialNorm", {"initial_norm": 0}),
    ("clip", {"clip": 2**31}),
    ("stakes", {"trainer_stake": 2**96 - 1, "evaluator_stake": 1}),
    ("trainerStake", {"trainer_stake": 4, "clip_slash": 5}),
    ("trainersBps", {"trainers_bps": 10_001}),
    ("evaluatorsBps", {"trainers_bps": 9000, "evaluators_bps": 1001}),
]
GOOD_POLICIES: list[dict[str, Any]] = [
    {},
    {"train": 5, "settle": 3 * 86400},
    {"min_trainers": 256, "max_trainers": 256, "seats": 32, "quorum": 32},
    {"trainers_bps": 10_000, "evaluators_bps": 0, "clip": 2**31 - 1, "trim_bps": 4999},
]


@pytest.mark.unit
@pytest.mark.parametrize(("name", "changes"), BAD_POLICIES)
def test_check_policy__out_of_range__names_the_value(name: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=rf"the policy's {name} is \d+; it must be from \d+ to \d+"):
        check_policy(replace(POLICY, **changes), MIN_WINDOW)


@pytest.mark.unit
@pytest.mark.parametrize("changes", GOOD_POLICIES)
def test_check_policy__at_the_edges__passes(changes: dict[str, Any]) -> None:
    check_policy(replace(POLICY, **changes), MIN_WINDOW)


@pytest.mark.unit
@pytest.mark.parametrize("changes", [{"reward": 2**96}, {"beta": 65536}, {"aggregator_stake": -1}])
def test_check_policy__beyond_the_types_of_the_contracts__is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="the policy's"):
        check_policy(replace(POLICY, **changes), MIN_WINDOW)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rounds": 0}, "the term rounds is 0; it must be from 1"),
        ({"params": 2**27 + 1}, "the term params"),
        ({"frac_bits": 31}, "the term fracBits"),
        ({"reward_depth": 17}, "the term rewardDepth"),
        ({"model_root": bytes(32)}, "the term model_root is zero"),
        ({"task_digest": b"short"}, "the term task_digest has 32 bytes, not 5"),
    ],
)
def test_check_terms__out_of_range__names_the_value(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_terms(replace(TERMS, **changes))


@pytest.mark.unit
def test_check_terms__public_validation_set__passes() -> None:
    """P-24: anchor 0 is a choice, not a fault."""
    check_terms(replace(TERMS, anchor=bytes(32)))


def contract_says(town: Town, policy: Policy) -> str | None:
    """Which value the contracts refuse, if any."""
    call = town.contracts.federations.functions.createFederation(town.terms().to_abi(), policy.to_abi())
    try:
        town.sender(0).simulate(outgoing(call))
    except Reverted as refused:
        name: bytes = refused.error.args["name"]
        return name.rstrip(b"\0").decode()
    return None


@pytest.mark.integration
def test_check_policy__against_the_contracts__agrees(shared_town: Town) -> None:
    """Both accept and refuse the same policies, for the same reason."""
    for name, changes in BAD_POLICIES:
        assert contract_says(shared_town, replace(POLICY, **changes)) == name
    for changes in GOOD_POLICIES:
        assert contract_says(shared_town, replace(POLICY, **changes)) is None
