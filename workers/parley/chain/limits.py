"""What terms and policies must satisfy: `Limits` of the contracts, told before anything is sent. Pure.

The order of the checks is the contracts', so that both name the same value first.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.chain.model import Policy, Terms
from parley.errors import ConfigError

MAX_PARAMS = 1 << 27
MAX_ROUNDS = 1 << 20
MAX_FRAC_BITS = 30
MAX_REWARD_DEPTH = 16
DAY = 86_400
MAX_WINDOW = 30 * DAY
MAX_TURN_WINDOW = 3 * DAY
"""With five turns, each with a challenge and four steps of demands, a round's end stays within 24 bits."""

UINT96 = (1 << 96) - 1

Check = tuple[str, int, int, int]
"""Name as the contracts say it, value, least and largest."""


def check_terms(terms: Terms) -> None:
    """Check what can be checked of terms without the chain.

    Raises:
        ConfigError: a value is out of range; it says which, and the range.
    """
    for check in _term_checks(terms):
        _require("term", *check)
    for name in ("task_digest", "model_root", "model_digest", "anchor"):
        value: bytes = getattr(terms, name)
        if len(value) != 32:
            raise ConfigError(f"the term {name} has 32 bytes, not {len(value)}")
        if not any(value) and name != "anchor":
            raise ConfigError(f"the term {name} is zero", hint="publish the content first")


def check_policy(policy: Policy, min_window: int) -> None:
    """Check a policy.

    Args:
        policy: what is to be set.
        min_window: shortest window of the deployment, seconds.

    Raises:
        ConfigError: a value is out of range; it says which, and the range.
    """
    for check in policy_checks(policy, min_window):
        _require("policy's", *check)


def policy_checks(p: Policy, min_window: int) -> Iterator[Check]:
    """Every range that a policy must keep, in the order of the contracts."""
    yield from _window_checks(p, min_window)
    yield ("minTrainers", p.min_trainers, 3, 256)
    yield ("maxTrainers", p.max_trainers, p.min_trainers, 256)
    yield ("seats", p.seats, 3, 32)
    yield ("quorum", p.quorum, 3, p.seats)
    yield ("bond", p.bond, 1, UINT96)
    yield ("trimBps", p.trim_bps, 0, 4999)
    yield ("initialNorm", p.initial_norm, 1, (1 << 64) - 1)
    yield ("clip", p.clip, 1, (1 << 31) - 1)
    yield ("stakes", p.trainer_stake + p.evaluator_stake + p.aggregator_stake, 0, UINT96)
    yield ("trainerStake", p.trainer_stake, p.clip_slash, UINT96)
    yield ("trainersBps", p.trainers_bps, 0, 10_000)
    yield ("evaluatorsBps", p.evaluators_bps, 0, 10_000 - p.trainers_bps)
    # what the ABI's types bound
    yield ("reward", p.reward, 0, UINT96)
    yield ("beta", p.beta, 0, (1 << 16) - 1)
    for name in ("evaluator_stake", "aggregator_stake", "clip_slash"):
        yield (_camel(name), getattr(p, name), 0, UINT96)


def _window_checks(p: Policy, least: int) -> Iterator[Check]:
    for name in ("train", "reveal", "key", "score_commit", "score_reveal"):
        yield (_camel(name), getattr(p, name), least, MAX_WINDOW)
    for name in ("settle", "challenge", "supply"):
        yield (name, getattr(p, name), least, MAX_TURN_WINDOW)


def _term_checks(t: Terms) -> Iterator[Check]:
    yield ("rounds", t.rounds, 1, MAX_ROUNDS)
    yield ("params", t.params, 1, MAX_PARAMS)
    yield ("fracBits", t.frac_bits, 0, MAX_FRAC_BITS)
    yield ("rewardDepth", t.reward_depth, 1, MAX_REWARD_DEPTH)


def _require(kind: str, name: str, value: int, least: int, largest: int) -> None:
    if not least <= value <= largest:
        raise ConfigError(
            f"the {kind} {name} is {value}; it must be from {least} to {largest}", hint=f"change {name} and try again"
        )


def _camel(name: str) -> str:
    """A field's name as the contracts write it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
