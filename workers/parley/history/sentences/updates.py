"""Why an update was included, left out or paid nothing (P-11, P-12, P-23)."""

from __future__ import annotations

from collections.abc import Iterator

from parley.chain.model import Phase
from parley.history.charter import Charter
from parley.history.model import Round, State, Step, Update, Verdict, Vote
from parley.history.sentences.model import Sentence, named, run, sent
from parley.history.sentences.words import Names, amount, count, listing, share
from parley.numerics.rules import UNIT_SCALE
from parley.numerics.scoring import lower_median, upper_median


def update_reason(round_: Round, update: Update) -> Sentence:
    """In one sentence, what became of an update and why; no name is in it."""
    return Sentence(_REASONS[update.verdict](round_, update), sent(_shown_by(round_, update)))


def explain_update(charter: Charter, round_: Round, update: Update, names: Names) -> Iterator[Sentence]:
    """What became of an update, who said what of it, and where the median fell."""
    who = names(update.operator)
    yield from _deeds(round_, update, who)
    yield from (_said(round_, vote, names) for vote in update.votes)
    if update.score is not None and round_.settlement is not None:
        yield Sentence(_median(update), sent(round_.settlement.step))
    yield update_reason(round_, update)
    if update.slashed is not None:
        loss = amount(charter.policies[round_.version].clip_slash)
        text = (
            f"{who} was slashed for a parameter of this update beyond the clip: {loss}, or what was left of its stake."
        )
        yield Sentence(text, sent(update.slashed))
    if update.earned:
        text = f"It earns {amount(update.earned)}."
        yield Sentence(text, run(charter.fid, "explain", "reward", round_.number, update.operator))


def _deeds(round_: Round, update: Update, who: str) -> Iterator[Sentence]:
    """Commitments, reveal, content."""
    if update.commitments:
        again = len(update.commitments) - 1
        more = f", after {count(again, 'earlier one')}" if again else ""
        text = f"{who} committed to an update of round {round_.number}{more}."
        yield Sentence(text, sent(update.commitments[-1]))
    if update.revealed is not None and update.cid is not None:
        yield Sentence(f"It revealed the update as number {update.index}.", sent(update.revealed))
        yield Sentence(
            f"The update is {update.cid}, with the word root 0x{(update.root or b'').hex()}.", named(update.cid)
        )


def _said(round_: Round, vote: Vote, names: Names) -> Sentence:
    """One evaluator's word."""
    panelist = round_.panelist(vote.operator)
    step = round_.opened if panelist is None or panelist.revealed is None else panelist.revealed
    if vote.own:
        meaning = f"gave it {vote.score}, which does not count, for the update is its own"
    else:
        meaning = _meaning(vote) if has_shard(round_) else _blind(vote)
    return Sentence(f"Evaluator {names(vote.operator)} (seat {vote.seat}) {meaning}.", sent(step))


def _meaning(vote: Vote) -> str:
    if vote.score == 0:
        return "gave it 0: harmful" if vote.scale else "gave it 0: unfit, or not to be had"
    if vote.score == 1:
        return "gave it 1: it does no harm, and is of no use"
    return f"gave it {vote.score}: useful, with {share(vote.score - 1)} of all that the useful ones brought"


def _blind(vote: Vote) -> str:
    """Where no shard was opened in time, so that all that moves scores the same (P-24)."""
    if vote.score == 0:
        return "gave it 0: unfit, or not to be had"
    return f"gave it {vote.score}: no validation shard was opened in time, so nothing tells updates apart"


def has_shard(round_: Round) -> bool:
    """Whether evaluators had something to judge by: the shard was opened in its window, or was never sealed (P-24)."""
    key = next((window for window in round_.windows if window.phase is Phase.KEY), None)
    return key is None or key.acted > 0


def _median(update: Update) -> str:
    """Where the median fell."""
    scores = sorted(vote.score for vote in update.votes if not vote.own)
    if not scores:
        return "Nobody had a vote on it."
    low, high = lower_median(scores), upper_median(scores)
    said = f"Of the {count(len(scores), 'vote')} {listing([str(score) for score in scores])}"
    if low == high:
        return f"{said} the median is {low}; the settled score is {update.score}{_at_scale(update)}."
    return (
        f"{said} the lower median is {low} and the upper one {high}; the settled score is {update.score}"
        f"{_at_scale(update)}."
    )


def _at_scale(update: Update) -> str:
    """At what size it was taken (P-25)."""
    if not update.scale or update.scale == UNIT_SCALE:
        return ""
    return f", and the update was taken at {update.scale / UNIT_SCALE:.4f} of its size"


def _shown_by(round_: Round, update: Update) -> Step:
    """The transaction that settles it: the round's settlement, or the last thing that was done about it."""
    if update.verdict is Verdict.NOT_REVEALED and update.commitments:
        return update.commitments[-1]
    standing = round_.settlement
    if standing is not None:
        return standing.step
    return round_.ended or update.revealed or round_.opened


def _votes(update: Update) -> list[int]:
    return [vote.score for vote in update.votes if not vote.own]


def _zeros(update: Update) -> str:
    """How many evaluators left it out, and how many voted."""
    votes = _votes(update)
    return f"{sum(score == 0 for score in votes)} of {count(len(votes), 'vote')}"


def _paid(round_: Round, update: Update) -> str:
    merits = sum(max(other.score or 0, 1) - 1 for other in round_.updates)
    score = update.score or 0
    when = f"earned {amount(update.earned)}" if round_.state is State.FINAL else "will be paid once the round is final"
    return f"It was included with the score {score}: its merit is {score - 1} of {merits} in all, and it {when}."


def _useless(_: Round, update: Update) -> str:
    votes = listing([str(score) for score in sorted(_votes(update))])
    return f"It was included, but paid nothing: of the scores {votes} the lower median is no more than 1: of no use."


def _outvoted(_: Round, update: Update) -> str:
    unfit = sum(vote.scale == 0 for vote in update.votes if not vote.own)
    some = f", {unfit} of them because it was unfit or not to be had" if unfit else ""
    return f"It was left out: {_zeros(update)} gave it 0{some}, so that the upper median is 0."


def _unavailable(_: Round, update: Update) -> str:
    votes = [vote for vote in update.votes if not vote.own]
    unfit = sum(vote.scale == 0 for vote in votes)
    return (
        f"It was left out: {unfit} of {count(len(votes), 'evaluator')} could not use what is behind its CID, "
        "because it was not to be had, is not what the root says, or lies beyond the clip."
    )


def _too_few_votes(_: Round, update: Update) -> str:
    votes = count(len(_votes(update)), "evaluator")
    return f"It was left out: {votes} had a vote on it, and fewer than three decide nothing."


def _not_revealed(round_: Round, _: Update) -> str:
    if round_.state is State.OPEN and round_.settlement is None:
        return "It is committed to, and not revealed so far."
    return "It was left out: it was committed to, and never revealed."


def _unsettled(round_: Round, _: Update) -> str:
    if round_.state is State.VOID:
        return f"It counts for nothing: the round is void ({round_.void})."
    return "Nothing is settled yet."


_REASONS = {
    Verdict.PAID: _paid,
    Verdict.USELESS: _useless,
    Verdict.OUTVOTED: _outvoted,
    Verdict.UNAVAILABLE: _unavailable,
    Verdict.TOO_FEW_VOTES: _too_few_votes,
    Verdict.NOT_REVEALED: _not_revealed,
    Verdict.UNSETTLED: _unsettled,
}
"""By what became of it."""
