"""Whoever wants a worse model gets no further than the spread of the honest ones (section 6, P-6, P-25)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from parley.numerics.fixed_point import dequantise
from parley.numerics.rules import Rule
from parley.tasks.builtin import builtin
from parley.tasks.simulate import Config, Ground, Honest, Participant, Played, Real, Sight
from parley.tasks.simulation.attackers.hidden import InnerProduct, LittleIsEnough, MinMax
from parley.tasks.simulation.attackers.poison import Backdoor, mislabelled, success
from parley.tasks.simulation.attackers.scaled import Scaled
from parley.tasks.simulation.attackers.sybils import BorderHugger
from tests.tasks.federations import TOLERANCE, Outcome, calm, federate, joined, mean, outcome, turned

pytestmark = pytest.mark.unit

TEN = Config(seed=0, trainers=10)


def assert_harmless(result: Outcome, hostile: int, config: Config = TEN) -> None:
    """The model is as good as without the attack, and no attacker earns as much as an honest trainer."""
    assert result.accuracy > calm(config).accuracy - TOLERANCE
    assert result.hostile / hostile < result.honest


@pytest.mark.parametrize("hostile", [1, 2, 3, 4])
def test_label_flip__by_one_to_four_of_ten__costs_no_accuracy(hostile: int) -> None:
    """F-93: false labels raise the loss on the shard, and the update is left out."""
    flip: list[Callable[[Ground], Participant]] = [
        lambda ground, k=k: mislabelled(ground.honest[k])  # type: ignore[misc]
        for k in range(hostile)
    ]
    assert_harmless(turned(TEN, *flip), hostile)


@pytest.mark.parametrize("factor", [-1.0, -10.0])
def test_sign_flip__by_two_of_ten__costs_no_accuracy(factor: float) -> None:
    """F-94: however large, the update counts at the settled norm (P-25), and is left out."""
    result = turned(TEN, *(lambda ground, k=k: Scaled(ground.honest[k], factor) for k in range(2)))  # type: ignore[misc]
    assert_harmless(result, 2)


def coalition(kind: Callable[[Sequence[Honest]], Participant], members: int = 2) -> Outcome:
    """The first trainers of ten send the same, from what they would have sent honestly."""
    return turned(TEN, *[lambda ground: kind(ground.honest[:members])] * members)


@pytest.mark.parametrize("deviations", [0.5, 1.0, 1.5])
def test_little_is_enough__by_two_of_ten__costs_no_accuracy(deviations: float) -> None:
    """F-95: a shift inside the spread of the honest."""
    assert_harmless(coalition(lambda own: LittleIsEnough(own, deviations)), 2)


@pytest.mark.parametrize("factor", [0.1, 0.5, 2.0])
def test_inner_product__by_two_of_ten__costs_no_accuracy(factor: float) -> None:
    """F-96: the mean turned round."""
    assert_harmless(coalition(lambda own: InnerProduct(own, factor)), 2)


def test_min_max__by_two_of_ten__costs_no_accuracy() -> None:
    """F-96: as far back from the mean as honest updates lie apart.

    That is not far enough to do harm in every round: such an update is sometimes useful, and then it is paid for.
    """
    configs = [Config(seed=seed, trainers=10) for seed in (0, 1)]
    results = [turned(config, *[lambda ground: MinMax(ground.honest[:2])] * 2) for config in configs]
    assert_harmless(mean(results), 2)


@pytest.mark.parametrize(
    ("trainers", "rule", "hostile"),
    [(5, Rule.TRIMMED_MEAN, 1), (5, Rule.MEDIAN, 2), (10, Rule.TRIMMED_MEAN, 2)],
)
def test_backdoor__by_fewer_than_the_rule_trims__does_not_open(trainers: int, rule: Rule, hostile: int) -> None:
    """F-97: scores do not see a backdoor, the robust rules do. Two of five open one under the trimmed mean."""
    config = Config(seed=0, trainers=trainers, rule=rule)
    grounds: list[Ground] = []

    def muster(ground: Ground) -> list[Participant]:
        grounds.append(ground)
        return [*map(Backdoor, ground.honest[:hostile]), *ground.honest[hostile:]]

    model = federate(config, muster)[-1].result.model
    digits = builtin("digits")
    assert success(digits.task(), dequantise(model, digits.fixed_point.frac_bits), grounds[0].test) <= 0.1


@pytest.mark.parametrize("sides", [(1, -1), (1, 1, 1)])
def test_border_huggers__sybils_inside_the_trimmed_mean__cost_no_accuracy(sides: tuple[int, ...]) -> None:
    """F-99: every coordinate at the border of what the trimmed mean keeps, all to one side or to both."""
    result = joined(TEN, lambda ground: [BorderHugger(side, 0.2, len(ground.honest)) for side in sides])
    assert_harmless(result, len(sides))


class Spoils:
    """Honest but for one round, in which it sends its update turned round, ten times as large."""

    def __init__(self, inner: Honest, spoilt: int) -> None:
        self.inner = inner
        self.spoilt = spoilt

    def update(self, sight: Sight) -> Real:
        return self.inner.update(sight) * (-10.0 if sight.round == self.spoilt else 1.0)


def spoilt_round(hostile: int) -> list[Played]:
    """Six rounds of five trainers, some of which spoil the third."""
    return federate(
        Config(seed=0, rounds=6),
        lambda ground: [*(Spoils(one, 3) for one in ground.honest[:hostile]), *ground.honest[hostile:]],
    )


def test_bad_round__most_updates_spoilt__they_are_left_out() -> None:
    """F-105: harmful updates are left out even where they are the majority, and the model stays good."""
    played = spoilt_round(3)
    assert not set(played[2].result.included) & {0, 1, 2}
    assert played[2].accuracy > played[1].accuracy - TOLERANCE
    assert played[-1].accuracy > calm(Config(seed=0, rounds=6)).accuracy - TOLERANCE


def test_bad_round__all_updates_spoilt_alike__model_recovers() -> None:
    """F-105: all alike, none is worse than the others, and all count; but not beyond the settled norm (P-25).

    Nobody promises anything where all are hostile. The next honest rounds make up for it.
    """
    played = spoilt_round(5)
    assert played[2].accuracy < played[1].accuracy, "the attack does nothing: this test shows nothing"
    assert played[-1].accuracy > calm(Config(seed=0, rounds=6)).accuracy - TOLERANCE
    assert outcome(played[2:3], []).honest == 0
