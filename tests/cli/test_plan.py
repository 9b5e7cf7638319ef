"""What a sponsor writes about a federation, and the policy that it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.chain.model import Admission
from parley.cli.actions.plan import (
    DEMO_WINDOWS,
    LONG_WINDOWS,
    FederationPlan,
    PolicyPlan,
    default_windows,
    read_plan,
)
from parley.errors import ConfigError
from parley.numerics.rules import Rule
from parley.tasks.document import FixedPoint

pytestmark = pytest.mark.unit


def write(folder: Path, text: str) -> Path:
    path = folder / "federation.toml"
    path.write_text(text)
    return path


def test_read_plan__no_file__defaults() -> None:
    assert read_plan(None) == FederationPlan()


def test_read_plan__overrides__only_those_change(tmp_path: Path) -> None:
    plan = read_plan(
        write(
            tmp_path,
            'rounds = 7\nadmission = "invitation"\n[policy]\nreward = "2.5"\nrule = "weighted-mean"\ntrain = 60',
        )
    )
    assert (plan.rounds, plan.admission_kind) == (7, Admission.INVITATION)
    assert plan.policy == PolicyPlan(reward="2.5", rule=Rule.WEIGHTED_MEAN, train=60)  # type: ignore[arg-type]
    assert plan.policy.reward == 25 * 10**17


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("round = 7", "key 'round' is unknown", "did you mean 'rounds'?"),
        ("[policy]\nrewards = 1", "key 'rewards' is unknown", "did you mean 'reward'?"),
        ("[policy]\nreward = 1.5", "policy.reward is not valid: an amount is whole tokens", None),
        ('[policy]\nrule = "best"', "policy.rule is not valid: a rule is one of mean", None),
        ("[policy]\nquorum = 2", "policy.quorum is not valid", None),
        ("[policy]\nclip = inf", "policy.clip is not valid", None),
        ("[policy]\nreward = 1000000000000", "policy.reward is not valid", None),
        ('admission = "all"', "admission is not valid", None),
        ("policy = 3", "policy is not valid", None),
        ("rounds = ", "is not TOML", None),
    ],
)
def test_read_plan__mistake__one_line_with_file_and_key(
    tmp_path: Path, text: str, message: str, hint: str | None
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_plan(path)
    assert str(path) in caught.value.message
    assert message in caught.value.message
    assert hint is None or caught.value.hint == hint


def test_read_plan__no_such_file__error() -> None:
    with pytest.raises(ConfigError, match=r"cannot read none\.toml"):
        read_plan(Path("none.toml"))


def test_default_windows__development_chain__those_of_the_demo() -> None:
    assert default_windows(31_337) == DEMO_WINDOWS
    assert default_windows(1) == LONG_WINDOWS
    assert all(LONG_WINDOWS[name] >= 3600 for name in DEMO_WINDOWS)


def test_policy__defaults__units_of_the_contracts() -> None:
    numbers = FixedPoint(frac_bits=24, clip=2.0, initial_norm=1.5)
    policy = PolicyPlan().policy(windows=DEMO_WINDOWS, admission=Admission.OPEN, numbers=numbers)
    assert policy.clip == 2 << 24
    assert policy.initial_norm == 3 << 23
    assert policy.rule is Rule.TRIMMED_MEAN
    assert (policy.train, policy.settle, policy.supply) == (30, 12, 6)
    assert policy.trainer_pool + policy.evaluator_pool + policy.aggregator_pool == policy.reward == 1000 * 10**18


def test_policy__by_invitation__mean() -> None:
    policy = PolicyPlan().policy(windows=DEMO_WINDOWS, admission=Admission.INVITATION, numbers=FixedPoint())
    assert policy.rule is Rule.MEAN


def test_policy__overrides__outrank_defaults() -> None:
    plan = PolicyPlan(train=99, initial_norm=4.0, rule="median", clip=1e9)  # type: ignore[arg-type]
    policy = plan.policy(windows=DEMO_WINDOWS, admission=Admission.OPEN, numbers=FixedPoint(frac_bits=20))
    assert (policy.train, policy.reveal) == (99, 10)
    assert policy.initial_norm == 4 << 20
    assert policy.rule is Rule.MEDIAN
    assert policy.clip == 2**31 - 1
    assert policy.bond == 500 * 10**18
