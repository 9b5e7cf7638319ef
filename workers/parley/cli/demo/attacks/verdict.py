"""What the attackers earned, against honest play and against the bound. Pure but for `wealth`, which asks the chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan

from web3.contract import Contract

from parley.chain.contracts import Contracts
from parley.chain.model import Policy
from parley.cli.amounts import WEI
from parley.cli.demo.attacks.registry import HARM_TOLERANCE, Attack, Kind, Measure


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody came out of the rounds.

    Attributes:
        name: of the player.
        kind: what it does.
        attacks: it is one of the attackers.
        earned: rewards, wei.
        net: all it owns at the end less what it came with, wei: rewards, less what was slashed of stake and bonds, plus
            what it got for proofs.
    """

    name: str
    kind: Kind
    attacks: bool
    earned: int
    net: int

    @property
    def lost(self) -> int:
        """What was slashed, wei; negative for whoever got more for proofs."""
        return self.earned - self.net


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an attack came to.

    Attributes:
        attack: which.
        variant: of it; empty where there is only one.
        standings: of all but the sponsor.
        value: what the bound is of: tokens for `Measure.NET`, a share for the others.
        accuracy: of the attacked federation on unseen data.
        honest_accuracy: of the same one without attackers.
        success: of a backdoor, `None` for other attacks.
    """

    attack: Attack
    variant: str
    standings: tuple[Standing, ...]
    value: float
    accuracy: float
    honest_accuracy: float
    success: float | None = None

    @property
    def harm(self) -> float:
        """The accuracy that the attack cost; negative where it cost none."""
        return self.honest_accuracy - self.accuracy

    def failures(self) -> Iterator[str]:
        """Which bounds do not hold."""
        bound = self.attack.bound
        if bound.measure is Measure.NET and not self.value < 0:
            yield f"the attackers and whoever proved it come out at {self.value:+,.1f} tokens, not below zero"
        if bound.measure is not Measure.NET and not self.value <= bound.limit:
            yield f"the attackers earned {self.value:.2f}, above {bound.limit:.2f}"
        if isnan(self.harm) or self.harm > bound.harm_limit:
            yield f"the model lost {self.harm:.3f} of its accuracy, above {bound.harm_limit:.3f}"
        if bound.success is not None and (self.success is None or self.success > bound.success + HARM_TOLERANCE):
            yield f"the backdoor opens for {self.success} of the samples, above {bound.success + HARM_TOLERANCE:.2f}"


def value_of(attack: Attack, standings: Sequence[Standing], pools: Mapping[Kind, int], paid: int) -> float:
    """What the bound is of.

    Args:
        attack: which.
        standings: of all but the sponsor.
        pools: what all final rounds had for each kind, wei.
        paid: what they earned everybody, wei.
    """
    measure = attack.bound.measure
    attackers = [one for one in standings if one.attacks]
    if measure is Measure.KEPT:
        return 1 - ratio(paid, sum(pools.values()))
    if measure is Measure.NET:
        return sum(one.net for one in standings if one.attacks or one.kind == "watcher") / WEI
    counted = attackers if measure is Measure.EACH else attackers[:1]
    fair = sum(equal_part(standings, one.kind, pools) for one in counted)
    return ratio(sum(one.net for one in attackers), fair)


def equal_part(standings: Sequence[Standing], kind: Kind, pools: Mapping[Kind, int]) -> float:
    """What each honest player of a kind would get if they shared their pool equally, wei."""
    honest = sum(one.kind == kind and not one.attacks for one in standings)
    return pools.get(kind, 0) / honest if honest else 0.0


def pools_of(policies: Iterable[Policy]) -> dict[Kind, int]:
    """What some rounds have for each kind, wei, by their policies."""
    chosen = list(policies)
    return {
        "trainer": sum(policy.trainer_pool for policy in chosen),
        "evaluator": sum(policy.evaluator_pool for policy in chosen),
        "aggregator": sum(policy.aggregator_pool for policy in chosen),
    }


def ratio(part: float, whole: float) -> float:
    """A share; of nothing it is 0 for nothing or less, else infinite."""
    if whole > 0:
        return part / whole
    return inf if part > 0 else 0.0


def wealth(contracts: Contracts, token: Contract, operator: str) -> int:
    """All that somebody owns of the token, in its hands and as stake, wei."""
    free, locked = contracts.stake_vault.functions.accountOf(token.address, operator).call()
    held = token.functions.balanceOf(operator).call()
    return int(held + free + locked)
