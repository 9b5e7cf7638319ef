"""On which samples an update did good and harm: an evaluator's judgement, made again (section 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parley.history.model import Panelist, Vote
from parley.history.sentences.model import Check, Sentence, sent
from parley.history.sentences.words import Names, count
from parley.tasks.judging.effects import Effect
from parley.tasks.judging.verdicts import HARMFUL_Z, USEFUL_Z


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What an evaluator's scoring comes to when it is done again.

    Attributes:
        panelist: the evaluator.
        vote: what it had said of the update.
        score: what is found now; floats differ between machines, so that it may be another.
        effect: what the update does to the samples of its half; `None` where it had found the update unfit.
    """

    panelist: Panelist
    vote: Vote
    score: int
    effect: Effect | None


def explain_judgement(rejudged: Rejudged, shard: Check, names: Names, samples: int) -> Iterator[Sentence]:
    """What an update did on the half of the shard that an evaluator scored on.

    Args:
        rejudged: the judgement.
        shard: where the samples are.
        names: of operators.
        samples: how many of the worst are named.
    """
    who = names(rejudged.panelist.operator)
    check = shard if rejudged.panelist.revealed is None else sent(rejudged.panelist.revealed)
    effect = rejudged.effect
    if effect is None:
        yield Sentence(f"{who} could not use it, so there is nothing to judge again.", check)
        return
    yield Sentence(f"Judged again on the half of {who}, {_compared(rejudged)}.", check)
    if not effect.sound:
        yield Sentence("With it, losses that were numbers before are none any more: that is harmful.", shard)
        return
    yield Sentence(_left_out(effect), check)
    yield Sentence(_added(effect), check)
    if effect.replayed:
        text = "Most of it was in the updates of the last three rounds: a replay, which is worth 1 at most."
        yield Sentence(text, check)
    worst = effect.worst(samples)
    if worst:
        told = [f"{s.number} (class {s.label}): {s.without:.4g} without it, {s.with_it:.4g} with it" for s in worst]
        yield Sentence(f"Losses rose most on {_samples(len(worst))} {'; '.join(told)}.", shard)


def _compared(rejudged: Rejudged) -> str:
    said, found = rejudged.vote.score, rejudged.score
    if said == found:
        return f"it scores {found}, as was revealed"
    return f"it scores {found} and not {said}, as was revealed: floats differ, or this evaluator judged otherwise"


def _left_out(effect: Effect) -> str:
    """Leave-one-out."""
    rises = "lower" if effect.left_out.gain < 0 else "higher"
    harmed = f"{effect.harmed} of {count(len(effect.samples), 'sample')} {_are(effect.harmed)} better without it"
    by = f"{abs(effect.left_out.gain):.4g} {rises} (z = {effect.left_out.z:.2f})"
    text = f"Without it the mean loss would be {by}; {harmed}"
    verdict = f": below {HARMFUL_Z:g} is harmful" if effect.left_out.z < HARMFUL_Z else ""
    return f"{text}{verdict}."


def _added(effect: Effect) -> str:
    """Add-one-in."""
    sinks = "lowers" if effect.added.gain >= 0 else "raises"
    useful = min(effect.left_out.z, effect.added.z) > USEFUL_Z
    verdict = (
        f"as both z are above {USEFUL_Z:g}, it is useful"
        if useful
        else f"it is not useful: that takes both z above {USEFUL_Z:g}"
    )
    return f"Alone it {sinks} the mean loss by {abs(effect.added.gain):.4g} (z = {effect.added.z:.2f}); {verdict}."


def _samples(number: int) -> str:
    return "sample" if number == 1 else "samples"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def not_judged(reason: str, check: Check) -> Sentence:
    """Why nobody could judge again."""
    return Sentence(f"On which samples it did harm is not told: {reason}.", check)
