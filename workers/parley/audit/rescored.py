"""Every evaluator's vector again: R and scales exactly, scores as far as floats allow (section 6, P-25)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum

from parley.audit.checks import Check
from parley.audit.content import Vector
from parley.audit.findings import Finding, Outcome, Party, Place, Sheet, shown
from parley.audit.rounds import Case, fit_in
from parley.chain.view import RevealedVector
from parley.errors import TaskError
from parley.numerics.fixed_point import Quantised
from parley.numerics.scoring import ScoreVector, norm_bound, norm_sq, scale_for
from parley.tasks.dataset import Dataset
from parley.tasks.judging import Judgement, judge, judge_panel
from parley.tasks.protocol import Task

TOLERANCE = 50
"""Basis points of the trainers' pool by which a score may differ and still be within tolerance."""


class Likeness(StrEnum):
    """How scores that were run again compare with those that were revealed."""

    EQUAL = "equal"
    WITHIN = "within tolerance"
    """The same updates harmful, harmless and useful, and no score more than `TOLERANCE` off."""
    DIFFERENT = "different"
    UNTOLD = "not run again"


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What scores are run on.

    Attributes:
        task: how losses are computed.
        shard: of the round; `None` if there was none to use.
        look: the look-ahead point of the round, int32 of shape (P,) (P-6).
        past: the revealed updates of the three rounds before.
    """

    task: Task
    shard: Dataset | None
    look: Quantised
    past: Sequence[Quantised]


def check_votes(case: Case, updates: Mapping[int, Vector], sheet: Sheet) -> None:
    """Check what of each vector is exact: that nothing unfit is scored, R, and the scales (P-23, P-25)."""
    squares = {index: norm_sq(found.q) for index, found in updates.items() if found.q is not None}
    missing: set[int] = set()
    for operator, vector in case.vectors.items():
        place = Place("a revealed score vector", Party.EVALUATOR, operator, case.record.number, _by_hand(case))
        fit = fit_in(vector)
        unfit = [i for i in fit if updates[i].q is None and not updates[i].is_gone]
        sheet.holds(Check.FITNESS, not unfit, place, expected="(0, 0) for what is unfit", actual=f"updates {unfit}")
        gone = {i for i in fit if updates[i].is_gone}
        missing |= gone
        if not gone and not unfit:
            _check_norm(vector, squares, case.last_norm, place, sheet)
    if missing:
        _untold(case, missing, sheet)


def rerun(case: Case, updates: Mapping[int, Vector], bench: Bench, sheet: Sheet) -> Counter[Likeness]:
    """Run the scores of all evaluators again; how many came out how."""
    found: Counter[Likeness] = Counter()
    groups: dict[tuple[int, ...], list[RevealedVector]] = defaultdict(list)
    for revealed in case.record.vectors:
        groups[fit_in(case.vectors[revealed.operator])].append(revealed)
    for fit, panel in groups.items():
        if any(updates[index].q is None for index in fit):
            found[Likeness.UNTOLD] += len(panel)
            continue
        given = _judgement(case, {index: updates[index].q for index in fit}, bench)
        found.update(_compare(case, given, panel, bench, sheet))
    return found


def likeness(revealed: ScoreVector, again: ScoreVector) -> Likeness:
    """How two vectors over the same fit updates compare, by their scores."""
    pairs = list(zip(revealed.scores, again.scores, strict=True))
    if all(a == b for a, b in pairs):
        return Likeness.EQUAL
    alike = all(min(a, 2) == min(b, 2) and abs(a - b) <= TOLERANCE for a, b in pairs)
    return Likeness.WITHIN if alike else Likeness.DIFFERENT


def _compare(
    case: Case, given: Judgement, panel: Sequence[RevealedVector], bench: Bench, sheet: Sheet
) -> Counter[Likeness]:
    """All at once, and once more by itself whoever is not equal at first: the last bits may depend on the batch."""
    found: Counter[Likeness] = Counter()
    try:
        together = judge_panel(bench.task, bench.shard, given, [vector.salt for vector in panel])
        for revealed, first in zip(panel, together, strict=True):
            own, again = case.vectors[revealed.operator], first
            if likeness(own, first) is not Likeness.EQUAL:
                again = judge(bench.task, bench.shard, replace(given, salt=revealed.salt))
            found[likeness(own, again)] += 1
            _note(case, revealed, again, sheet)
    except TaskError as error:
        sheet.skip(Check.SCORES, error.message)
        found[Likeness.UNTOLD] += len(panel) - found.total()
    return found


def _note(case: Case, revealed: RevealedVector, again: ScoreVector, sheet: Sheet) -> None:
    sheet.compared[Check.SCORES] += 1
    if likeness(case.vectors[revealed.operator], again) is not Likeness.DIFFERENT:
        return
    place = Place("the scores, run again", Party.EVALUATOR, revealed.operator, case.record.number, _by_hand(case))
    own = case.vectors[revealed.operator].scores
    sheet.note(Finding(Check.SCORES, Outcome.DIFFERENT, place, shown(again.scores), shown(own)))


def _judgement(case: Case, fit: Mapping[int, Quantised | None], bench: Bench) -> Judgement:
    return Judgement(
        look=bench.look,
        updates=[fit.get(index) for index in range(len(case.record.reveals))],
        past=bench.past,
        last_norm=case.last_norm,
        frac_bits=case.told.terms.frac_bits,
        salt=bytes(32),
    )


def _check_norm(vector: ScoreVector, squares: Mapping[int, int], last: int, place: Place, sheet: Sheet) -> None:
    """R of the updates that it took for fit, and their scales.

    A harmful update that is so large that c = 1 stands on the wire as an unfit one does. Where R does not come out
    without them, such updates are taken in.
    """
    fit = fit_in(vector)
    norm = norm_bound([squares[i] for i in fit], last)
    if norm != vector.norm:
        huge = [i for i, square in squares.items() if i not in fit and scale_for(square, vector.norm) == 1]
        norm = norm_bound([squares[i] for i in (*fit, *huge)], last)
    sheet.same(Check.NORM, norm, vector.norm, place)
    expected = tuple(scale_for(squares[i], vector.norm) for i in fit)
    sheet.same(Check.SCALES, expected, tuple(vector.scales[i] for i in fit), place)


def _untold(case: Case, missing: Set[int], sheet: Sheet) -> None:
    """Content that R and scales follow from is gone; that is of weight only if most evaluators had it."""
    place = Place("R and scales of score vectors", Party.STORE, "", case.record.number, _by_hand(case))
    why = f"updates {sorted(missing)} are gone"
    for check in (Check.NORM, Check.SCALES):
        if case.relied_on & missing:
            sheet.gone(check, place, why)
        else:
            sheet.remark(check, place, f"{why}, and most evaluators could not get them")


def _by_hand(case: Case) -> tuple[str, ...]:
    return (f"parley round show {case.record.number} --json",)
