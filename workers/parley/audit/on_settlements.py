"""What the chain alone shows of every settlement: medians, norm, sum and rewards (P-11, P-12, P-25, P-26). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parley.audit.checks import Check
from parley.audit.findings import Party, Place, Sheet
from parley.audit.places import at
from parley.audit.story import Story
from parley.chain.events import Event, settlement_of
from parley.chain.model import Policy, Settlement
from parley.chain.view import Recorded, RoundRecord
from parley.errors import ParleyError
from parley.numerics.rewards import Ledger, RewardTree, updated
from parley.numerics.scoring import ScoreVector, SettledScores, encode_medians
from parley.numerics.settlement import RevealedScores, settle_rewards, settle_scores
from parley.roles.books import committed, votes_of


@dataclass(frozen=True, slots=True)
class Posted:
    """A settlement that was posted.

    Attributes:
        settlement: all of it.
        aggregator: who posted it.
        convicted: it fell.
        unanswered: a demand on it was past its deadline when it fell.
        differs: what of it the chain alone shows to be wrong.
        place: where it was posted.
    """

    settlement: Settlement
    aggregator: str
    convicted: bool
    unanswered: bool
    differs: tuple[Check, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Settled:
    """What should have been settled in a round, as far as the chain alone tells.

    Attributes:
        scores: the medians; `None` where there are no good vectors.
        posted: its settlements, in the order of the chain.
        ledger: everybody's account after the round, if it is final; else before it.
        earned: what the round pays in all with the standing settlement's aggregator, wei; `None` without one.
        reward_root: likewise.
    """

    scores: SettledScores | None
    posted: tuple[Posted, ...] = ()
    ledger: Ledger = field(default_factory=dict)
    earned: int | None = None
    reward_root: bytes | None = None


def judge(story: Story, sheet: Sheet) -> dict[int, Settled]:
    """Check all settlements; what should have been settled in each round, by number."""
    posted: dict[int, list[Event]] = {}
    for event in story.events:
        if event.name == "Settled":
            posted.setdefault(event.args["round"], []).append(event)
    ledger: Ledger = {}
    found = {}
    for number, record in sorted(story.told.records.items()):
        found[number] = _round(story.told, record, posted.get(number, []), ledger, sheet)
        ledger = found[number].ledger
    return found


def _round(told: Recorded, record: RoundRecord, events: Sequence[Event], ledger: Ledger, sheet: Sheet) -> Settled:
    policy = told.policies.get(record.version)
    good = _check_vectors(record, sheet)
    if not good or policy is None:
        return Settled(None, ledger=ledger)
    try:
        return _settled(told, record, policy, events, ledger, sheet)
    except ValueError as error:
        place = Place("members, votes and accounts of the round", Party.CONTRACTS, "", record.number)
        sheet.holds(Check.REWARDS, False, place, expected="a history without contradictions", actual=error)
        return Settled(None, ledger=ledger)


def _settled(
    told: Recorded, record: RoundRecord, policy: Policy, events: Sequence[Event], ledger: Ledger, sheet: Sheet
) -> Settled:
    """What should have been settled, compared with what was.

    Raises:
        ValueError: the history contradicts itself, such as by a member index with two operators.
    """
    votes = votes_of(told, record)
    scores = settle_scores(votes, len(record.reveals))
    posted = []
    after, earned, root = ledger, None, None
    for place, event in enumerate(events):
        settlement = settlement_of(event.args["settlement"])
        honest = _honest(told, record, policy, (scores, votes, ledger), event.args["aggregator"])
        convicted = place < len(record.convictions)
        where = at(event, "a settlement", Party.AGGREGATOR, event.args["aggregator"])
        differs = tuple(_differences(settlement, honest, where, None if convicted else sheet))
        late = convicted and record.convictions[place].unanswered
        posted.append(Posted(settlement, event.args["aggregator"], convicted, late, differs, where))
        if not convicted:
            earned, root = honest.earned, honest.root
            after = honest.ledger if record.final else ledger
    return Settled(scores, tuple(posted), after, earned, root)


@dataclass(frozen=True, slots=True)
class _Honest:
    """What of a settlement follows from the chain."""

    medians: bytes
    norm: int
    earned: int
    root: bytes
    ledger: Ledger


def _honest(
    told: Recorded,
    record: RoundRecord,
    policy: Policy,
    known: tuple[SettledScores, Sequence[RevealedScores], Ledger],
    aggregator: str,
) -> _Honest:
    scores, _, ledger = known
    shares = settle_rewards(committed(told, record, policy, ledger, aggregator), scores)
    after = updated(ledger, shares)
    total = sum(account.cumulative for account in shares.values())
    root = RewardTree(after, told.terms.reward_depth).root
    return _Honest(encode_medians(scores), scores.norm, total, root, after)


def _differences(posted: Settlement, honest: _Honest, where: Place, sheet: Sheet | None) -> Iterator[Check]:
    """What is wrong with a settlement; noted on the sheet, if there is one."""
    compared: Mapping[Check, tuple[object, object]] = {
        Check.MEDIANS: (honest.medians, posted.medians),
        Check.SETTLED_NORM: (honest.norm, posted.norm),
        Check.EARNED: (honest.earned, posted.earned),
        Check.REWARDS: (honest.root, posted.reward_root),
    }
    for check, (expected, actual) in compared.items():
        if sheet is not None:
            sheet.same(check, expected, actual, where)
        if expected != actual:
            yield check


def _check_vectors(record: RoundRecord, sheet: Sheet) -> bool:
    """Whether there are vectors, and all have an entry for each revealed update."""
    good = bool(record.vectors)
    for vector in record.vectors:
        place = Place("a score vector's length", Party.EVALUATOR, vector.operator, record.number)
        try:
            ScoreVector.decode(vector.vector, len(record.reveals))
        except (ParleyError, ValueError) as error:
            sheet.holds(Check.VECTORS, False, place, actual=str(error))
            good = False
        else:
            sheet.holds(Check.VECTORS, True, place)
    return good
