"""A history in which all went well, to be doctored."""

from __future__ import annotations

from dataclasses import replace

from chaoslab.history import Act, Actor, History, Past
from parley.chain.model import Phase, RoundState
from parley.chain.view import Reveal, RevealedVector
from parley.cli.demo.audit import Check
from tests.roles.builders import HEADER, POLICY, RECORD

OPENED = 1_000
TRAINERS = tuple(Actor(f"trainer-{i}", "trainer", f"0xT{i}") for i in range(3))
EVALUATORS = tuple(Actor(f"evaluator-{i}", "evaluator", f"0xE{i}") for i in range(3))
AGGREGATOR = Actor("aggregator-1", "aggregator", "0xA1")
SPONSOR = Actor("sponsor", "sponsor", "0xS")
ROOT = b"w" * 32

STATE = RoundState(1, 1, Phase.CHALLENGE, 0, 1030, 1040, 1048, 1073, 1083, 1095, 3, 3, 3, 3, 3, 3, False, True)
"""Every window of the policy was used to its end."""


def good_round(number: int = 1) -> Past:
    """A final round in which everybody did everything."""
    record = replace(
        RECORD,
        number=number,
        commitments={t.operator: b"c" for t in TRAINERS},
        reveals=tuple(Reveal(i, t.operator, b"r" * 32, b"d" * 32, 9) for i, t in enumerate(TRAINERS)),
        score_commitments={e.operator: b"s" for e in EVALUATORS},
        vectors=tuple(RevealedVector(i, e.operator, b"v", b"s") for i, e in enumerate(EVALUATORS)),
        header=replace(HEADER, reward_root=ROOT),
        final=True,
        ended_block=99,
    )
    return Past(record, replace(STATE, round=number), OPENED, 1095, 1096, key_opened=True, reward_root=ROOT)


def good_acts() -> tuple[Act, ...]:
    """What each trainer sent."""
    return tuple(
        Act(trainer.operator, nonce, 10 + nonce, function, function.encode(), 1, succeeded=True)
        for trainer in TRAINERS
        for nonce, function in enumerate(("commitUpdate", "revealUpdate", "advance", "advance"))
    )


def good_history() -> History:
    """One round, and nothing to complain about."""
    return History(
        planned=1,
        rounds={1: good_round()},
        policies={1: POLICY},
        actors=(SPONSOR, *TRAINERS, *EVALUATORS, AGGREGATOR),
        acts=good_acts(),
        books=(Check("the vault holds what it owes", 5, 5),),
        stakes={"trainer-0": 2_000},
        deposit=2_000,
    )


def with_round(past: Past) -> History:
    """The history with another round 1."""
    return replace(good_history(), rounds={1: past})
