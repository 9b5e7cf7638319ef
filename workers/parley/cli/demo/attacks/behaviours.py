"""From an honest worker to the attacker that plays its part."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from parley.cli.demo.attacks import absences
from parley.cli.demo.attacks.absences import Absent
from parley.cli.demo.attacks.registry import Kind
from parley.cli.demo.attacks.scores import Excluder, Promoter, ScoreCopier
from parley.cli.demo.attacks.settlements import Liar, Withholder, lie_of
from parley.cli.demo.attacks.updates import BeyondClip, NotANumber, Submitter
from parley.roles.aggregator import Aggregator
from parley.roles.evaluator import Evaluator
from parley.roles.loop import RoleWorker
from parley.roles.sponsor import Sponsor
from parley.roles.trainer import Trainer
from parley.tasks.simulate import FreeRider, Honest, Participant
from parley.tasks.simulation.attackers.idle import Copier, Follower
from parley.tasks.simulation.attackers.opposed import Opposed
from parley.tasks.simulation.attackers.poison import Backdoor
from parley.tasks.simulation.attackers.scaled import Scaled
from parley.tasks.simulation.attackers.sealed import ValidationTrainer
from parley.tasks.simulation.attackers.sybils import Twin


@dataclass(frozen=True, slots=True)
class Script:
    """What an attacker is told.

    Attributes:
        behaviour: what it does.
        kind: what it takes part as.
        place: among those who do the same, from 0.
        variant: of the attack; empty where there is only one.
        allies: kind by operator of all who play the attack, itself included.
    """

    behaviour: str
    kind: Kind
    place: int
    variant: str
    allies: Mapping[str, Kind]

    def encode(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, data: bytes) -> Script:
        """From JSON that `encode` wrote."""
        return cls(**json.loads(data))

    def friends(self, kind: Kind) -> frozenset[str]:
        """The allies of a kind."""
        return frozenset(operator for operator, their_kind in self.allies.items() if their_kind == kind)


SCRIPT = "attack.json"
"""Where an attacker's process finds its script, in its home."""

BOOST = 5.0
"""By what a booster multiplies its update."""

LONG = 20
"""Epochs of a trainer on validation shards."""

STILL = 1e-4
"""Standard deviation of a parameter of a freezer's update."""

Known = TypeVar("Known")

Disguise = Callable[[RoleWorker, Script], RoleWorker]


def disguised(role: RoleWorker, script: Script) -> RoleWorker:
    """The attacker that plays a part with an honest role's key, connection and data.

    Args:
        role: of the kind that the script says.
        script: the part.

    Raises:
        KeyError: nobody plays that part.
        TypeError: the role is of another kind.
    """
    return DISGUISES[script.behaviour](role, script)


def submitter(
    participant: Callable[[Trainer, Script], Participant], *, trains: bool = False
) -> Callable[[RoleWorker, Script], Submitter]:
    """A trainer that submits what a participant of the simulations would."""

    def disguise(role: RoleWorker, script: Script) -> Submitter:
        trainer = _as(Trainer, role)
        return Submitter(
            *(trainer.worker, trainer.task, trainer.data, trainer.shards),
            participant=participant(trainer, script),
            trains=trains,
            allies=frozenset(script.allies),
        )

    return disguise


def _same_trainer(kind: type[Trainer]) -> Disguise:
    def disguise(role: RoleWorker, script: Script) -> Trainer:  # noqa: ARG001 - a disguise
        trainer = _as(Trainer, role)
        return kind(trainer.worker, trainer.task, trainer.data, trainer.shards)

    return disguise


def _copier(role: RoleWorker, script: Script) -> Evaluator:  # noqa: ARG001 - a disguise
    judge = _as(Evaluator, role)
    return ScoreCopier(judge.worker, judge.task, judge.shards)


def _colluder(role: RoleWorker, script: Script) -> Evaluator:
    judge = _as(Evaluator, role)
    kind = Promoter if script.variant == "promote" else Excluder
    return kind(judge.worker, judge.task, judge.shards, friends=script.friends("trainer"))


def _silent(role: RoleWorker, script: Script) -> Sponsor:  # noqa: ARG001 - a disguise
    """A sponsor that does all but open shards."""
    return replace(_as(Sponsor, role), chain=None)


def _sleeper(role: RoleWorker, script: Script) -> Absent:  # noqa: ARG001 - a disguise
    return Absent(_as(Aggregator, role), absences.never_settles)


def _as(kind: type[Known], role: RoleWorker) -> Known:
    if not isinstance(role, kind):
        raise TypeError(f"this part is a {kind.__name__}'s, not a {type(role).__name__}'s")
    return role


def _honest(trainer: Trainer, place: int) -> Honest:
    return Honest(trainer.data, place)


def _replayer(_: Trainer, script: Script) -> Participant:
    """What moved the model last, or the best update of the last round under noise as long as itself."""
    return Copier(noise=1.0) if script.variant == "noised" else Follower()


DISGUISES: Mapping[str, Disguise] = {
    "backdoor": submitter(lambda trainer, script: Backdoor(_honest(trainer, script.place)), trains=True),
    "booster": submitter(lambda trainer, script: Scaled(_honest(trainer, script.place), BOOST), trains=True),
    "clip-violation": _same_trainer(BeyondClip),
    "colluder": _colluder,
    "copycat": submitter(lambda _, __: Copier()),
    "dropout": lambda role, _: Absent(role, absences.drops_out),
    "free-rider": submitter(lambda _, script: FreeRider(script.place)),
    "freezer": submitter(lambda _, script: FreeRider(script.place, deviation=STILL)),
    "liar": lambda role, script: Liar(_as(Aggregator, role).worker, lie=lie_of(script.variant)),
    "nan": _same_trainer(NotANumber),
    "opposed-pair": submitter(lambda _, script: Opposed(1 - 2 * (script.place % 2)), trains=True),
    "replayer": submitter(_replayer),
    "score-copier": _copier,
    "sign-flip": submitter(lambda trainer, script: Scaled(_honest(trainer, script.place), -1.0), trains=True),
    "silent": _silent,
    "sleeper": _sleeper,
    "sybil": submitter(lambda trainer, script: Twin(_honest(trainer, 0), script.place), trains=True),
    "withholder": lambda role, _: Withholder(_as(Aggregator, role).worker),
    "val-trainer": submitter(lambda _, script: ValidationTrainer(script.place, epochs=LONG), trains=True),
}
"""Disguises by the behaviour of a part."""
