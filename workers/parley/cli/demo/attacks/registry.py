"""The attacks by name: what is done, who plays, and what it may earn at most. Pure data.

The bounds are those of `What attacks earn` in docs/threat-model.md, which tells where they come from: shares from
simulations, before the first run on a chain; tolerances from the spread of simulated runs of a demo's length.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from parley.errors import ConfigError

Kind = Literal["sponsor", "trainer", "evaluator", "aggregator", "watcher"]
"""What a player does in the federation."""

TOLERANCE = 0.2
"""Of an equal part, on top of a bound that noise can move; more where an attack trains or replays (see `Bound`)."""

DUST = 1e-6
"""What flooring leaves of a reward (P-12), at most."""

HARM_TOLERANCE = 0.05
"""Of accuracy, on top of every bound of the harm, for the same reason."""


class Measure(StrEnum):
    """What a bound is a bound of."""

    NET = "net"
    """The attackers' net pay, together with that of whoever proved it: less than nothing."""

    TOGETHER = "together"
    """The net pay of all attackers together, in equal parts: what their kind's pool gives each honest player of it."""

    EACH = "each"
    """The same, in as many equal parts as there are attackers."""

    KEPT = "kept"
    """The part of the reserved rewards that the sponsor did not have to pay."""


class Data(StrEnum):
    """Which private data the players of a part own."""

    NONE = "none"
    OWN = "own"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Bound:
    """What an attack may achieve.

    Attributes:
        measure: of what.
        share: the most it may be, `tolerance` aside.
        harm: the most accuracy that the federation may lose against the same one without attackers, `HARM_TOLERANCE`
            aside.
        success: the share of triggered samples that a backdoor may turn, `HARM_TOLERANCE` aside; `None` for other
            attacks.
        tolerance: on top of the share, for a run of three rounds on digits: twice the standard deviation that such runs
            have in simulations, and at least `TOLERANCE`. Whom a round pays most hangs on few samples.
    """

    measure: Measure
    share: float = 0.0
    harm: float = 0.05
    success: float | None = None
    tolerance: float = TOLERANCE

    @property
    def limit(self) -> float:
        """The share with its tolerance."""
        return self.share + self.tolerance

    @property
    def harm_limit(self) -> float:
        """The harm with its tolerance."""
        return self.harm + HARM_TOLERANCE


@dataclass(frozen=True, slots=True)
class Part:
    """A part in an attack.

    Attributes:
        behaviour: by whose name `behaviours` finds what is done otherwise.
        kind: what its players join the federation as.
        count: how many play it.
        data: which private data each of them owns.
    """

    behaviour: str
    kind: Kind
    count: int = 1
    data: Data = Data.NONE


@dataclass(frozen=True, slots=True)
class Scale:
    """How many honest players there are by default, and how many rounds.

    Attributes:
        rounds: how many are played.
        trainers: each with data of its own; evaluators and aggregators likewise.
    """

    rounds: int = 3
    trainers: int = 4
    evaluators: int = 3
    aggregators: int = 1


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack.

    Attributes:
        name: on the command line.
        sentence: what the attackers do.
        parts: who plays them.
        bound: what they may achieve.
        scale: without the attackers, unless somebody chooses another.
        watchers: who recompute and disprove settlements.
        variants: ways to do it, the first by default; empty if there is one only.
        seats: of the panel, where the default policy's do not do.
        tasks: on which it can be played; empty for all.
    """

    name: str
    sentence: str
    parts: tuple[Part, ...]
    bound: Bound
    scale: Scale = Scale()
    watchers: int = 0
    variants: tuple[str, ...] = ()
    seats: int | None = None
    tasks: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many attackers there are."""
        return sum(part.count for part in self.parts)

    def variant(self, name: str | None) -> str:
        """The variant of that name, the first one by default; empty where there is only one way.

        Raises:
            ConfigError: there is none of that name.
        """
        if name is None:
            return self.variants[0] if self.variants else ""
        if name not in self.variants:
            known = ", ".join(self.variants) or "none: leave --variant out"
            raise ConfigError(f"{self.name} has no variant {name!r:.40}", hint=f"its variants: {known}")
        return name


def _trainers(behaviour: str, count: int = 1, data: Data = Data.NONE) -> tuple[Part, ...]:
    return (Part(behaviour, "trainer", count, data),)


def _proved(name: str, sentence: str, part: Part, variants: tuple[str, ...] = ()) -> Attack:
    """An attack that a watcher proves on chain."""
    return Attack(name, sentence, (part,), Bound(Measure.NET), watchers=1, variants=variants)


_ATTACKS = (
    _proved(
        "lying-aggregator",
        "posts a settlement with one wrong word, a wrong median or a reward of its own making",
        Part("liar", "aggregator", 2),
        variants=("all", "word", "median", "reward"),
    ),
    _proved(
        "withholding-aggregator",
        "posts a settlement whose roots nobody can open",
        Part("withholder", "aggregator", 2),
    ),
    Attack(
        "lazy-aggregator",
        "lets its turns pass",
        (Part("sleeper", "aggregator", 2),),
        Bound(Measure.TOGETHER, 0.0, tolerance=0.0),
        Scale(aggregators=2),
    ),
    Attack(
        "copycat",
        "owns no data, resubmits the update of the last round that was paid most",
        _trainers("copycat"),
        Bound(Measure.TOGETHER, 0.1),
    ),
    Attack("free-rider", "owns no data, submits noise", _trainers("free-rider"), Bound(Measure.TOGETHER, 0.1)),
    Attack(
        "sign-flip",
        "submits the opposite of what it trained",
        _trainers("sign-flip", data=Data.OWN),
        Bound(Measure.TOGETHER, 0.1),
    ),
    Attack("nan", "publishes floating-point NaNs as its words", _trainers("nan"), Bound(Measure.TOGETHER, 0.1)),
    Attack(
        "colluding-evaluators",
        "four of ten evaluators give a friend without data the highest score, and all others 0",
        (Part("colluder", "evaluator", 4), Part("free-rider", "trainer")),
        Bound(Measure.EACH, 1.0),
        Scale(rounds=2, evaluators=6),
        seats=10,
        variants=("exclude", "promote"),
    ),
    Attack(
        "score-copier",
        "scores as the last round was settled, without looking",
        (Part("score-copier", "evaluator"),),
        Bound(Measure.TOGETHER, 0.4),
        Scale(evaluators=4),
    ),
    _proved("clip-violation", "reveals an update with a parameter beyond the clip", Part("clip-violation", "trainer")),
    Attack(
        "sybil",
        "three identities train on one data set",
        _trainers("sybil", 3, Data.SHARED),
        Bound(Measure.TOGETHER, 0.7, tolerance=0.8),
    ),
    Attack(
        "dropout",
        "a third of all trainers, evaluators and aggregators stop in the middle of the second round",
        (
            Part("dropout", "trainer", 2, Data.OWN),
            Part("dropout", "evaluator", 2),
            Part("dropout", "aggregator"),
        ),
        Bound(Measure.EACH, 1.0, harm=0.1),
        Scale(evaluators=4, aggregators=2),
    ),
    Attack(
        "val-trainer",
        "owns no data, trains on every opened validation shard, four times as long",
        _trainers("val-trainer"),
        Bound(Measure.TOGETHER, 0.55, tolerance=1.3),
    ),
    Attack(
        "opposed-pair",
        "two without data submit updates that cancel, so that each looks indispensable",
        _trainers("opposed-pair", 2),
        Bound(Measure.TOGETHER, 0.15, tolerance=0.4),
    ),
    Attack(
        "replayer",
        "owns no data, resubmits what moved the model last, or another's last update under noise",
        _trainers("replayer"),
        Bound(Measure.TOGETHER, 0.5, tolerance=0.8),
        variants=("aggregate", "noised"),
    ),
    Attack(
        "freezer",
        "as many identities as honest trainers submit next to nothing",
        _trainers("freezer", 4),
        Bound(Measure.TOGETHER, 0.1, harm=0.2),
    ),
    Attack(
        "backdoor",
        "trains on samples with a trigger that it labels as it likes",
        _trainers("backdoor", data=Data.OWN),
        Bound(Measure.TOGETHER, 1.2, success=0.1, tolerance=1.1),
        tasks=("digits",),
    ),
    Attack(
        "booster",
        "submits five times what it trained",
        _trainers("booster", data=Data.OWN),
        Bound(Measure.TOGETHER, 1.35, tolerance=1.3),
    ),
    Attack(
        "silent-sponsor",
        "never opens a validation shard",
        (Part("silent", "sponsor"),),
        Bound(Measure.KEPT, 0.0, harm=0.1, tolerance=DUST),
        Scale(rounds=2),
    ),
)

ATTACKS = {attack.name: attack for attack in _ATTACKS}
"""The attacks by name."""


def attack_named(name: str) -> Attack:
    """The attack of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in ATTACKS:
        raise ConfigError(f"there is no attack {name!r:.40}", hint=f"attacks: {', '.join(ATTACKS)}")
    return ATTACKS[name]
