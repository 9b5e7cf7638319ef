"""What a disproof showed, in a sentence for each call of `Disputes` (section 7)."""

from __future__ import annotations

from parley.chain.shown import Shown, Unanswered
from parley.history.charter import Charter
from parley.history.model import Posted, Round
from parley.history.sentences.words import Names, amount, listing
from parley.numerics import scoring
from parley.numerics.errors import WireError
from parley.numerics.faults import (
    NOBODY,
    BeyondClip,
    WrongArithmetic,
    WrongEarned,
    WrongMedian,
    WrongNewModel,
    WrongOldModel,
    WrongReward,
    WrongUpdate,
)
from parley.numerics.fixed_point import LANES, words_for
from parley.numerics.row_checks import NEW, OFFSET, honest_lane, lane_of, row_length, words_of
from parley.numerics.scoring import SettledScores, decode_medians, lower_median, settled_entry
from parley.roles.books import config_for


def what_is_wrong(charter: Charter, round_: Round, posted: Posted, shown: Shown, names: Names) -> str:
    """What a call showed of a settlement, with the numbers that it is about."""
    match shown:
        case WrongMedian():
            return _median(round_, posted, shown, names)
        case WrongEarned():
            return _earned(charter, round_, posted)
        case WrongReward():
            return _reward(shown, names)
        case WrongArithmetic():
            return _arithmetic(charter, round_, posted, shown)
        case WrongUpdate():
            return _update(round_, posted, shown, names)
        case WrongOldModel():
            which = "model before the last" if shown.previous else "last final model"
            return f"Its rows hold other {_parameters(shown.index)} of the {which} than the root on chain stands for."
        case WrongNewModel():
            return f"Its model holds other {_parameters(shown.index)} than its own rows lead to."
        case BeyondClip():
            return beyond_clip(charter, round_, shown)
        case Unanswered():
            return _unanswered(posted, shown)


def beyond_clip(charter: Charter, round_: Round, shown: BeyondClip) -> str:
    """Which parameter of an update is too large (P-2)."""
    value = _real(charter, lane_of(shown.word, shown.parameter % LANES))
    clip = charter.policies[round_.version].clip / 2**charter.terms.frac_bits
    return f"Parameter {shown.parameter} of the update is {value:.9g}, beyond the clip of {clip:.9g}."


def _median(round_: Round, posted: Posted, shown: WrongMedian, names: Names) -> str:
    revealed = [update for update in round_.updates if update.index is not None]
    if shown.index >= len(revealed):
        norms = [panelist.norm for panelist in round_.panel if panelist.norm is not None]
        return (
            f"It gives the norm {posted.norm}; the lower median of the {len(norms)} revealed is {lower_median(norms)}."
        )
    update = revealed[shown.index]
    votes = [(vote.score, vote.scale) for vote in update.votes if not vote.own]
    score, scale = settled_entry(votes)
    said, at = _entry(posted.medians, shown.index)
    scores = listing([str(vote) for vote, _ in sorted(votes)])
    honest = f"by the votes {scores} the score is {score}" + (f" at the scale {scale}" if score else "")
    return f"It gives update {shown.index} of {names(update.operator)} the score {said} at the scale {at}; {honest}."


def _entry(medians: bytes, index: int) -> tuple[int, int]:
    """The posted score and scale of an update."""
    entry = medians[4 * index : 4 * index + 4]
    score, stored = int.from_bytes(entry[:2], "big"), int.from_bytes(entry[2:], "big")
    return score, stored + 1 if score or stored else 0


def _earned(charter: Charter, round_: Round, posted: Posted) -> str:
    said = f"It says that the round earns {amount(posted.earned)} in all"
    settled = _medians(posted)
    if settled is None:
        return f"{said}, which is not the sum of what it pays."
    return f"{said}; by its own medians it earns {amount(_sum(charter, round_, settled))}."


def _sum(charter: Charter, round_: Round, settled: SettledScores) -> int:
    """What a round pays by some medians, wei."""
    policy = charter.policies[round_.version]
    order = [update.operator for update in round_.updates if update.index is not None]
    told = [panelist for panelist in round_.panel if panelist.revealed is not None]
    own = [order.index(p.operator) if p.operator in order else None for p in told]
    judges = scoring.evaluator_shares(policy.evaluator_pool, [p.scores for p in told], own, settled.scores)
    return sum(scoring.trainer_shares(policy.trainer_pool, settled.scores)) + sum(judges) + policy.aggregator_pool


def _reward(shown: WrongReward, names: Names) -> str:
    if shown.operator == NOBODY:
        return f"Its reward tree holds something for member {shown.index}, an index that nobody has."
    before = f"who had earned {amount(shown.previous)} before this round"
    return (
        f"Its reward tree holds another account for member {shown.index}, {names(shown.operator)}, {before}, than that "
        "and what the round earned it."
    )


def _arithmetic(charter: Charter, round_: Round, posted: Posted, shown: WrongArithmetic) -> str:
    settled = _medians(posted)
    if shown.index >= words_for(charter.terms.params):
        return f"Its row {shown.index}, beyond the model's last word, is not zero."
    if settled is None or len(shown.row) != row_length(len(settled.included)):
        return f"Its row {shown.index} is {len(shown.row)} bytes long, and has not one word for each update and model."
    config = config_for(charter.terms, charter.policies[round_.version])
    honest = honest_lane(config, settled, shown.row, shown.lane, shown.lo, shown.hi)
    new = lane_of(words_of(shown.row)[NEW], shown.lane)
    return (
        f"It gives parameter {LANES * shown.index + shown.lane} of the next model as {_real(charter, new):.9g}; "
        f"the rule makes {_real(charter, honest):.9g} of the updates and models in the same row "
        f"({new - OFFSET} and {honest - OFFSET} in steps of 2^-{charter.terms.frac_bits})."
    )


def _update(round_: Round, posted: Posted, shown: WrongUpdate, names: Names) -> str:
    settled = _medians(posted)
    included = () if settled is None else settled.included
    revealed = [update for update in round_.updates if update.index is not None]
    if shown.slot < len(included) and included[shown.slot] < len(revealed):
        update = revealed[included[shown.slot]]
        which = f"update {update.index} of {names(update.operator)}"
    else:
        which = f"the included update in place {shown.slot}"
    return f"Its rows hold other {_parameters(shown.index)} of {which} than were revealed."


def _unanswered(posted: Posted, shown: Unanswered) -> str:
    node = shown.node
    which = f"update {node.update}" if node.tree.name == "UPDATE" else f"the {node.tree.name.lower()} tree"
    asked = next((demand for demand in posted.demands if demand.node == node), None)
    until = "" if asked is None else f", demanded by {asked.demander}"
    return f"Node {node.index} at level {node.level} of {which}{until}, was not supplied before its deadline."


def _medians(posted: Posted) -> SettledScores | None:
    """The posted medians; `None` where they are none."""
    try:
        return decode_medians(posted.medians, posted.norm)
    except (WireError, ValueError):
        return None


def _parameters(word: int) -> str:
    return f"parameters {LANES * word} to {LANES * word + LANES - 1}"


def _real(charter: Charter, lane: int) -> float:
    """A parameter as a real number."""
    return float((lane - OFFSET) / 2**charter.terms.frac_bits)
