"""Why an update was included, left out, or paid nothing: one sentence each. Pure."""

from __future__ import annotations

from parley.history.model import Round, State, Update, Verdict, Vote


def reasons_of(told: Round) -> dict[str, str]:
    """A sentence by operator, for each update of a round."""
    merits = sum(update.score - 1 for update in told.updates if update.score)
    return {update.operator: _reason(told, update, merits) for update in told.updates}


def _reason(told: Round, update: Update, merits: int) -> str:
    match update.verdict:
        case Verdict.PAID:
            return _paid(told, update, merits)
        case Verdict.USELESS:
            return f"Included: {_scores(update)}, the median 1: harmless, but not useful enough to be paid."
        case Verdict.OUTVOTED:
            zeros = sum(vote.score == 0 for vote in _counted(update))
            return f"Left out: {zeros} of {len(_counted(update))} evaluators found that it harms ({_scores(update)})."
        case Verdict.UNAVAILABLE:
            unfit = sum(vote.scale == 0 for vote in _counted(update))
            return f"Left out: {unfit} of {len(_counted(update))} evaluators could not use what was behind its CID."
        case Verdict.TOO_FEW_VOTES:
            return f"Left out: {len(_counted(update))} evaluators had a vote on it, and three are needed."
        case Verdict.NOT_REVEALED:
            return _not_revealed(told)
        case Verdict.UNSETTLED:
            return _unsettled(told)


def _paid(told: Round, update: Update, merits: int) -> str:
    share = "" if update.score is None else f", {100 * (update.score - 1) / merits:.1f} % of all merit"
    paid = "" if told.state is State.FINAL else " It is paid once the round is final."
    return f"Included: {_scores(update)}, the median {update.score}{share}.{paid}"


def _not_revealed(told: Round) -> str:
    if told.state is State.OPEN and told.settlement is None and not told.panel:
        return "Committed; not revealed so far."
    return "Left out: it was committed, but not revealed in time."


def _unsettled(told: Round) -> str:
    if told.state is State.VOID:
        return f"Neither included nor paid: the round is void ({told.void})."
    return "Nothing is settled yet."


def _scores(update: Update) -> str:
    """The votes that count, from the lowest."""
    return "scores " + ", ".join(str(score) for score in sorted(vote.score for vote in _counted(update)))


def _counted(update: Update) -> list[Vote]:
    return [vote for vote in update.votes if not vote.own]
