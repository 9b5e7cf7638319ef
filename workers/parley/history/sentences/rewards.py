"""Why somebody earned what it did in a round (P-12, P-26)."""

from __future__ import annotations

from collections.abc import Iterator

from parley.history.charter import Charter
from parley.history.model import Panelist, Posted, Round, State, Update, Verdict
from parley.history.sentences.model import Sentence, run, sent
from parley.history.sentences.updates import update_reason
from parley.history.sentences.words import Names, amount, count


def explain_reward(charter: Charter, round_: Round, operator: str, names: Names) -> Iterator[Sentence]:
    """What a round paid to an operator, for each of its roles, and why."""
    yield _sum(charter, round_, operator, names(operator))
    update, panelist = round_.update_of(operator), round_.panelist(operator)
    posted = [one for one in round_.settlements if one.aggregator == operator]
    if update is not None:
        yield from _trainer(charter, round_, update)
    if panelist is not None:
        yield from _evaluator(charter, round_, panelist)
    for one in posted:
        yield _aggregator(charter, round_, one)
    if update is None and panelist is None and not posted:
        text = f"It neither committed to an update or scores of round {round_.number} nor settled it."
        yield Sentence(text, run(charter.fid, "round", "show", round_.number))


def _sum(charter: Charter, round_: Round, operator: str, who: str) -> Sentence:
    if round_.state is State.FINAL and round_.ended is not None:
        text = f"Round {round_.number} is final and earned {who} {amount(round_.earned.get(operator, 0))} in all."
        account = ("claim", operator, "--dry") if operator in round_.earned else ("round", "show", round_.number)
        return Sentence(text, run(charter.fid, *account))
    if round_.state is State.VOID and round_.ended is not None:
        text = f"Round {round_.number} was void ({round_.void}) and paid nobody: its reward returned to the budget."
        return Sentence(text, sent(round_.ended))
    text = f"Round {round_.number} is not final, so it has paid {who} nothing so far."
    return Sentence(text, run(charter.fid, "round", "show", round_.number))


def _trainer(charter: Charter, round_: Round, update: Update) -> Iterator[Sentence]:
    if update.revealed is not None:
        yield Sentence(f"As a trainer it revealed update {update.index}.", sent(update.revealed))
    yield update_reason(round_, update)
    if update.verdict is Verdict.PAID and round_.state is State.FINAL and round_.settlement is not None:
        pool = charter.policies[round_.version].trainer_pool
        merits = sum(max(other.score or 0, 1) - 1 for other in round_.updates)
        merit = (update.score or 0) - 1
        text = (
            f"The trainers' pool is {amount(pool)}: {pool} x {merit} / {merits} wei, rounded down, "
            f"is {amount(update.earned)}."
        )
        yield Sentence(text, sent(round_.settlement.step))
    if update.votes:
        text = f"{count(len(update.votes), 'evaluator')} judged it, as they themselves say."
        yield Sentence(text, run(charter.fid, "explain", "update", round_.number, update.operator))


def _evaluator(charter: Charter, round_: Round, panelist: Panelist) -> Iterator[Sentence]:
    if panelist.revealed is None:
        text = "As an evaluator it committed to scores, which nobody could reveal: too few had committed."
        if panelist in round_.silent:
            text = "As an evaluator it committed to scores and did not reveal them: no reveal, no pay."
        yield Sentence(text, sent(panelist.commitments[-1]))
        return
    text = f"As an evaluator it sat in seat {panelist.seat} and revealed its scores."
    yield Sentence(text, sent(panelist.revealed))
    if panelist.quality is None or round_.settlement is None:
        return
    yield Sentence(_quality(charter, round_, panelist), sent(round_.settlement.step))


def _quality(charter: Charter, round_: Round, panelist: Panelist) -> str:
    """What its scores are worth (P-26)."""
    pool = charter.policies[round_.version].evaluator_pool
    squares = [(other.quality or 0) ** 2 for other in round_.panel]
    paid = f", which is {amount(panelist.earned)}" if round_.state is State.FINAL else ""
    if any(squares):
        quality = panelist.quality or 0
        better = (
            f"Its scores agree with the settled ones better than by chance: their quality is {quality}"
            if quality
            else "Its scores agree with the settled ones no better than by chance: their quality is 0"
        )
        return f"{better}, and of the pool of {amount(pool)} it gets {quality}^2 / {sum(squares)}{paid}."
    if panelist.earned or round_.state is not State.FINAL:
        return (
            "Nobody's scores say more than chance would; those who voted as settled everywhere share the pool of "
            f"{amount(pool)} equally{paid}."
        )
    return (
        f"Nobody's scores say more than chance would, and its are not the settled ones everywhere: of the pool of "
        f"{amount(pool)} it gets nothing."
    )


def _aggregator(charter: Charter, round_: Round, posted: Posted) -> Sentence:
    policy = charter.policies[round_.version]
    if posted.fell is not None:
        half = amount(policy.bond - policy.bond // 2)
        text = (
            f"As an aggregator it posted a settlement in turn {posted.turn} that fell: its bond of "
            f"{amount(policy.bond)} is lost, {half} of it burned."
        )
        return Sentence(text, run(charter.fid, "explain", "settlement", round_.number))
    when = "is" if round_.state is State.FINAL else "will be"
    text = (
        f"As an aggregator it posted the settlement that stands, in turn {posted.turn}: its pay {when} "
        f"{amount(policy.aggregator_pool)}."
    )
    return Sentence(text, sent(posted.step))
