"""The lines of the tables: who attacks, and how. Indices from 50 on keep the seeds of attackers and honest apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from incentives.teams import Attack, Muster, Team, joined, multiplied, outsiders, turned
from parley.numerics.rules import Rule
from parley.tasks.simulate import Ground, Honest, Participant
from parley.tasks.simulation.attackers.hidden import InnerProduct, LittleIsEnough, MinMax
from parley.tasks.simulation.attackers.idle import Copier, Follower, Noisy, Silent
from parley.tasks.simulation.attackers.opposed import Dragger, Opposed
from parley.tasks.simulation.attackers.poison import Backdoor, mislabelled
from parley.tasks.simulation.attackers.scaled import Average, Scaled
from parley.tasks.simulation.attackers.sealed import Insider, ValidationTrainer, Varied
from parley.tasks.simulation.attackers.sybils import Twin, split

NOBODY = Attack("nobody", "nobody attacks (an honest trainer)", turned(1, lambda owner: owner), owners=1)
"""What all others are compared with: the first trainer's pay where it is honest."""


def pair(weight: float, shrink: float = 0.7) -> list[Participant]:
    """Two updates around training on opened shards."""
    return [Opposed(sign, weight, ValidationTrainer(50), shrink) for sign in (1, -1)]


def owner_pair(weight: float, size: str) -> Attack:
    """The first two trainers add and subtract one direction, found on the data of both."""

    def muster(ground: Ground) -> Team:
        one, two, *others = ground.honest
        data = [one.data, two.data]
        return Team([Opposed(1, weight, one, data=data), Opposed(-1, weight, two, data=data), *others], (0, 1))

    return Attack(f"owner-pair-{weight:g}", f"two data owners add and subtract a direction, {size}", muster, 2)


def coalition(members: int, kind: Callable[[Sequence[Participant]], Participant]) -> Muster:
    """The first `members` trainers send the same, from what they would have sent honestly."""
    return lambda ground: Team([*[kind(ground.honest[:members])] * members, *ground.honest[members:]], range(members))


def retrained(owner: Honest, times: int) -> list[Honest]:
    """The owner, training `times` times in other orders of samples."""
    return [Honest(owner.data, 60 + owner.index * 10 + k) for k in range(times)]


def twins(owner: Honest, count: int) -> Sequence[Participant]:
    """The owner and near copies of it, `count` in all."""
    return [owner, *(Twin(owner, 50 + k) for k in range(count - 1))]


def self_pair(owner: Honest) -> Sequence[Participant]:
    """One data set under two identities, which add and subtract a direction around the mean of four trainings."""
    around = Average(retrained(owner, 4))
    return [Opposed(sign, 0.3, around, data=[owner.data]) for sign in (1, -1)]


def altered(index: int) -> Participant:
    """Trains on opened shards and altered copies of them, which teach what no other update holds."""
    return ValidationTrainer(index, copies=4)


def varied(owner: Honest) -> Participant:
    """Trains on its own data, opened shards and altered copies of both."""
    return Varied(owner, copies=4)


def dragged(draggers: int) -> list[Participant]:
    """A trainer on opened shards, and identities that pull back what everybody learns from them."""
    pull = [Dragger(ValidationTrainer(60), blur=0.5, index=k) for k in range(draggers)]
    return [ValidationTrainer(50), *pull]


ATTACKS = (
    NOBODY,
    Attack("validation", "no data: trains on the validation data that anybody sees", outsiders(ValidationTrainer(50))),
    Attack("validation-20", "the same for 20 epochs instead of 5", outsiders(ValidationTrainer(50, epochs=20))),
    Attack("pair", "no data: two opposed updates", outsiders(Opposed(1), Opposed(-1))),
    Attack("pair-around", "no data: the same around training on opened shards", outsiders(*pair(0.4))),
    owner_pair(1.0, "as long as an update"),
    owner_pair(0.1, "a tenth as long"),
    Attack("aggregate", "resubmits the last aggregate", outsiders(Follower())),
    Attack("copy", "resubmits another's last update", outsiders(Copier())),
    Attack("copy-noised", "the same with as much noise", outsiders(Copier(noise=1.0))),
    Attack("copy-old", "resubmits another's update of 4 rounds ago", outsiders(Copier(lag=4))),
    Attack("boost", "scales its honest update by 5", turned(1, lambda owner: Scaled(owner, 5.0)), 1),
    Attack("zero", "a zero update", outsiders(Silent())),
    Attack("noise-4", "four noise updates", outsiders(*map(Noisy, range(50, 54)))),
    Attack("twins-2", "one data set under 2 identities", multiplied(lambda owner: twins(owner, 2)), 1),
    Attack("twins-4", "one data set under 4 identities", multiplied(lambda owner: twins(owner, 4)), 1),
    Attack("halves", "halves of one data set under 2 identities", multiplied(lambda owner: split(owner, 2, 50)), 1),
    Attack(
        "zero-sybils",
        "as many zero sybils as honest trainers",
        lambda ground: joined(ground, [Silent()] * len(ground.honest)),
        bounded=True,
    ),
    Attack("backdoor-1", "backdoor by one", turned(1, Backdoor), 1, backdoor=True),
    Attack("backdoor-2", "backdoor by two", turned(2, Backdoor), 2, backdoor=True),
    Attack(
        "backdoor-2-median",
        "the same under the median",
        turned(2, Backdoor),
        2,
        Rule.MEDIAN,
        backdoor=True,
        all_rules_only=True,
    ),
    Attack("sign-flip-2", "sign flip by two", turned(2, lambda owner: Scaled(owner, -1.0)), 2),
    Attack("label-flip-2", "label flip by two", turned(2, mislabelled), 2),
    Attack("little-is-enough-2", "shift by one standard deviation, by two", coalition(2, LittleIsEnough), 2),
    Attack("inner-product-2", "half the mean, turned round, by two", coalition(2, InnerProduct), 2),
    Attack("min-max-2", "as far back as honest updates lie apart, by two", coalition(2, MinMax), 2),
    Attack("noise-100", "noise 100 times as large as an update", outsiders(Noisy(50, 100.0))),
    Attack("average-4", "averages four trainings", turned(1, lambda owner: Average(retrained(owner, 4))), 1),
    Attack(
        "insider",
        "has the round's key before the commits close",
        lambda ground: joined(ground, [Insider(ground.shards, 50)]),
        all_rules_only=True,
    ),
)
"""The table of the protocol's design."""

OWN = (
    Attack("altered", "no data: opened shards with 4 altered copies of each sample", outsiders(altered(50))),
    Attack("altered-2", "the same under 2 identities", outsiders(altered(50), altered(51))),
    Attack("owner-altered", "the first trainer does so with its own data, too", turned(1, varied), 1),
    Attack(
        "altered-all",
        "no data: altered copies, when all honest trainers make them too",
        lambda ground: Team([*map(varied, ground.honest), altered(50)], [len(ground.honest)]),
        all_rules_only=True,
    ),
    Attack("self-pair", "one data set, 2 identities: opposed around averaged trainings", multiplied(self_pair), 1),
    Attack("drag", "no data: one on opened shards, three that pull back", outsiders(*dragged(3))),
)
"""Further attacks on the scoring; what was found to pay, what undoes it, and one that does not pay."""

LINES = (*ATTACKS, *OWN)
