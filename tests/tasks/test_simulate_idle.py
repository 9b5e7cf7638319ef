"""Whoever owns nothing earns next to nothing (section 6): free riders, copies, noise, the validation data."""

from __future__ import annotations

import pytest

from parley.numerics.rules import Rule
from parley.tasks.simulate import Config, FreeRider, Ground, NaiveEvaluator, Participant
from parley.tasks.simulation.attackers.idle import Copier, Follower, Noisy, Silent
from parley.tasks.simulation.attackers.opposed import Opposed
from parley.tasks.simulation.attackers.sealed import Insider, ValidationTrainer
from tests.tasks.federations import TOLERANCE, calm, federate, joined, mean, outcome

pytestmark = pytest.mark.unit

SEEDS = (0, 1)


def configs(**settings: object) -> list[Config]:
    return [Config(seed=seed, rounds=6, **settings) for seed in SEEDS]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("idler", "bound"),
    [(Silent(), 0.0), (FreeRider(50), 0.03), (Noisy(50), 0.05), (Follower(), 0.1)],
    ids=["zero", "small-noise", "noise", "last-aggregate"],
)
def test_free_rider__zero_noise_or_last_aggregate__earns_next_to_nothing(idler: Participant, bound: float) -> None:
    """F-91: what does not stand out from the noise of a sealed shard has no merit (P-12)."""
    assert mean([joined(config, lambda _: [idler]) for config in configs()]).hostile <= bound


def test_zero_sybils__as_many_as_honest_trainers__neither_earn_nor_freeze_the_model() -> None:
    """F-91: zero updates do not count towards the norm, which moves by a fifth down at most (P-25)."""
    config = Config(seed=0)
    frozen = joined(config, lambda ground: [Silent()] * len(ground.honest))
    assert frozen.hostile == 0
    assert frozen.accuracy > calm(config).accuracy - TOLERANCE


@pytest.mark.parametrize(
    ("copier", "bound"),
    [(Copier(), 0.02), (Copier(noise=0.05), 0.02), (Copier(noise=1.0), 0.15), (Copier(lag=4), 0.2)],
    ids=["exact", "perturbed", "as-much-noise", "four-rounds-ago"],
)
def test_copier__of_another_round__earns_less_than_its_victim(copier: Copier, bound: float) -> None:
    """F-92: nothing of this round can be copied (P-9); near copies of the last three rounds are replays.

    Older ones and noisy ones earn a part of a share: open, within bounds.
    """
    result = mean([joined(config, lambda _: [copier]) for config in configs()])
    assert result.hostile <= bound
    assert result.hostile < result.honest


@pytest.mark.parametrize("identities", [1, 3])
def test_noise__a_hundred_times_as_large_as_updates__is_harmless(identities: int) -> None:
    """F-98: scaled to the settled norm (P-25), left out or trimmed."""
    config = Config(seed=0, trainers=10)
    result = joined(config, lambda _: [Noisy(50 + k, 100.0) for k in range(identities)])
    assert result.hostile <= 0.02 * identities
    assert result.accuracy > calm(config).accuracy - TOLERANCE


def test_opposed_pair__without_data__does_not_make_itself_indispensable() -> None:
    """F-91: two updates that cancel out took 0.6 by leave-one-out alone; what they add alone is nothing."""
    assert mean([joined(config, lambda _: [Opposed(1), Opposed(-1)]) for config in configs()]).hostile <= 0.08


def test_validation_trainer__opened_shards__earns_a_part_of_an_honest_share() -> None:
    """F-101: trainers mix opened shards into their data, so that training on them alone brings nothing new (P-24)."""
    result = mean([joined(config, lambda _: [ValidationTrainer(50)]) for config in configs()])
    assert result.hostile <= 0.06
    assert result.hostile < result.honest / 2


def test_validation_trainer__public_validation__takes_most_of_the_pool() -> None:
    """F-101: what sealing is for."""
    config = Config(seed=0, sealed=False, rule=Rule.MEAN)
    judges = [NaiveEvaluator(index) for index in range(config.evaluators)]
    played = federate(config, lambda ground: [*ground.honest, ValidationTrainer(50, epochs=20)], judges)
    assert outcome(played, [config.trainers]).hostile > 0.5


def test_insider__key_before_the_commits_close__earns_several_shares() -> None:
    """F-101: the protocol fixes keys and contents, not who knows them: a key holder must not train."""

    def insider(ground: Ground) -> list[Participant]:
        return [Insider(ground.shards, 50)]

    result = mean([joined(config, insider) for config in configs()])
    assert result.hostile > 2 * result.honest
