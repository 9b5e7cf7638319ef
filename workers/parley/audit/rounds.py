"""A round's part that needs content: its updates, its models, its rows (P-5, P-6, P-23)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property

from parley.audit.canonical import Json, plain
from parley.audit.checks import Check
from parley.audit.content import BeyondClip, Vector, Vectors, note
from parley.audit.findings import Party, Place, Sheet
from parley.audit.on_settlements import Posted, Settled
from parley.chain.model import Policy
from parley.chain.view import Recorded, Reveal, RoundRecord
from parley.errors import ContentError
from parley.history.charter import vector_cid
from parley.numerics import word_tree
from parley.numerics.fixed_point import encode
from parley.numerics.rows import row_root
from parley.numerics.scoring import ScoreVector, SettledScores, encode_medians
from parley.numerics.settlement import next_model
from parley.roles.books import config_of
from parley.roles.hindsight import last_norm, models_before
from parley.roles.models import Models
from parley.storage import cid_of


@dataclass(frozen=True)
class Case:
    """A round, and what the chain says of it.

    Attributes:
        told: the federation.
        record: the round.
        settled: what should have been settled.
    """

    told: Recorded
    record: RoundRecord
    settled: Settled

    @property
    def policy(self) -> Policy:
        """That the round opened with."""
        return self.told.policies[self.record.version]

    @property
    def last_norm(self) -> int:
        """L of P-25."""
        return last_norm(self.told, self.record.number, self.policy)

    @cached_property
    def vectors(self) -> dict[str, ScoreVector]:
        """What each evaluator revealed, by operator; empty if a vector has a wrong form."""
        if self.settled.scores is None:
            return {}
        count = len(self.record.reveals)
        return {vector.operator: ScoreVector.decode(vector.vector, count) for vector in self.record.vectors}

    @cached_property
    def relied_on(self) -> frozenset[int]:
        """Reveal indices of updates that were included, or that most evaluators took for fit."""
        votes = Counter(index for vector in self.vectors.values() for index in fit_in(vector))
        included = () if self.settled.scores is None else self.settled.scores.included
        return frozenset(included) | {index for index, count in votes.items() if 2 * count > len(self.record.vectors)}


def fit_in(vector: ScoreVector) -> tuple[int, ...]:
    """The reveal indices that a vector does not call unfit."""
    return tuple(i for i, (score, scale) in enumerate(zip(vector.scores, vector.scales, strict=True)) if score or scale)


@dataclass(frozen=True, slots=True)
class Derived:
    """What was derived anew in a round: all of it exact.

    Attributes:
        medians: settled scores and scales on the wire; empty without vectors.
        norm: settled R.
        earned: sum of what it pays, wei; `None` without a settlement.
        reward_root: likewise.
        row_root: `None` where content is gone.
        model_root: likewise.
        model_digest: digest of the model's CID.
    """

    medians: bytes
    norm: int
    earned: int | None
    reward_root: bytes | None
    row_root: bytes | None = None
    model_root: bytes | None = None
    model_digest: bytes | None = None

    def values(self) -> dict[str, Json]:
        """All of it by name."""
        return {field.name: plain(getattr(self, field.name)) for field in fields(self)}


def derive(case: Case, vectors: Vectors, models: Models, sheet: Sheet) -> tuple[Derived, Mapping[int, Vector]]:
    """Check the content of a round; what follows from it, and the updates by reveal index."""
    updates = {reveal.index: _update(case, reveal, vectors, sheet) for reveal in case.record.reveals}
    scores = case.settled.scores
    if scores is None:
        return Derived(b"", 0, None, None), updates
    known = Derived(encode_medians(scores), scores.norm, case.settled.earned, case.settled.reward_root)
    derived = _rows(case, scores, updates, models, known, sheet)
    for posted in case.settled.posted:
        _settlement(posted, derived, sheet)
    _posted_model(case, vectors, sheet)
    _clips(case, updates, sheet)
    return derived, updates


def _update(case: Case, reveal: Reveal, vectors: Vectors, sheet: Sheet) -> Vector:
    """An update that most evaluators could not use may be gone, or anything (P-23)."""
    found = vectors.get(reveal.root, reveal.digest, case.policy.clip)
    cid = vector_cid(reveal.digest, case.told.terms.params)
    place = Place(
        f"the words of update {reveal.index}, CID {cid}",
        Party.TRAINER,
        reveal.operator,
        case.record.number,
        (f"ipfs cat {cid} > update.bin", "parley cid update.bin"),
    )
    note(sheet, Check.UPDATES, found, place, needed=reveal.index in case.relied_on)
    return found


def _rows(
    case: Case, scores: SettledScores, updates: Mapping[int, Vector], models: Models, known: Derived, sheet: Sheet
) -> Derived:
    """Row root, model root and CID, if all that they follow from is to be had."""
    place = Place("rows and model of the round", Party.STORE, "", case.record.number)
    included = [updates[index].q for index in scores.included]
    try:
        old, previous = models_before(models, case.told, case.record.number)
    except ContentError as error:
        sheet.gone(Check.MODELS, place, error.message)
        return known
    there = [q for q in included if q is not None]
    if len(there) != len(included):
        return known
    new = next_model(config_of(case.told, case.policy), scores, there, old, previous)
    words = encode(new)
    return replace(
        known,
        row_root=row_root([*there, previous, old, new]),
        model_root=word_tree.root(words),
        model_digest=cid_of(words).digest,
    )


def _settlement(posted: Posted, derived: Derived, sheet: Sheet) -> None:
    """Compare what was posted; a settlement that was convicted must have been wrong in something."""
    compared = (
        (Check.ROWS, derived.row_root, posted.settlement.row_root),
        (Check.MODEL, derived.model_root, posted.settlement.model_root),
        (Check.MODEL_CID, derived.model_digest, posted.settlement.model_digest),
    )
    if not posted.convicted:
        for check, expected, actual in compared:
            if expected is None:
                sheet.gone(
                    check, replace(posted.place, party=Party.STORE, who=""), "content that it follows from is gone"
                )
            else:
                sheet.same(check, expected, actual, posted.place)
        return
    wrong = bool(posted.differs) or any(expected not in (None, actual) for _, expected, actual in compared[:2])
    if wrong or posted.unanswered:
        sheet.holds(Check.CONVICTIONS, True, posted.place)
    elif derived.row_root is None:
        sheet.gone(Check.CONVICTIONS, replace(posted.place, party=Party.STORE, who=""), "content is gone")
    else:
        place = replace(posted.place, what="a conviction", party=Party.CONTRACTS)
        sheet.holds(Check.CONVICTIONS, False, place, expected="a wrong settlement", actual="it was right")


def _posted_model(case: Case, vectors: Vectors, sheet: Sheet) -> None:
    """The settled model is behind its CID."""
    settlement, header = case.record.settlement, case.record.header
    if settlement is None or header is None:
        return
    cid = vector_cid(settlement.model_digest, case.told.terms.params)
    found = vectors.get(settlement.model_root, settlement.model_digest)
    place = Place(
        f"the words of the model, CID {cid}",
        Party.AGGREGATOR,
        header.aggregator,
        case.record.number,
        (f"parley model fetch --round {case.record.number}",),
    )
    note(sheet, Check.MODELS, found, place, needed=True)


def _clips(case: Case, updates: Mapping[int, Vector], sheet: Sheet) -> None:
    """Whoever was slashed for its update has one beyond the clip (P-2)."""
    for operator in sorted(case.record.clipped):
        index = case.record.reveal_index_of(operator)
        found = None if index is None else updates[index]
        place = Place("a slash for an update beyond the clip", Party.CONTRACTS, operator, case.record.number)
        if found is not None and found.is_gone:
            sheet.gone(Check.CLIPS, replace(place, party=Party.STORE, who=""), "the update is gone")
            continue
        beyond = found is not None and isinstance(found.error, BeyondClip)
        sheet.holds(Check.CLIPS, beyond, place, expected="a parameter beyond the clip", actual="none")
