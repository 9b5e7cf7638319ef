"""`parley explain`: what happened and why, in plain sentences, from chain and content store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import structlog

from parley.chain.contracts import Contracts
from parley.chain.shown import shown_by
from parley.cli.actions.chronicle import Chronicle
from parley.cli.actions.workers import task_document
from parley.cli.progress import Say
from parley.errors import ContentError, NotFound, ParleyError, TaskError
from parley.history.model import Round, State, Update
from parley.history.sentences.faults import beyond_clip
from parley.history.sentences.judged import Rejudged, explain_judgement, not_judged
from parley.history.sentences.lineage import explain_model
from parley.history.sentences.model import Sentence, named, sent
from parley.history.sentences.rewards import explain_reward
from parley.history.sentences.rounds import explain_round
from parley.history.sentences.settlements import explain_settlements
from parley.history.sentences.updates import explain_update, has_shard
from parley.numerics.faults import BeyondClip
from parley.roles.hindsight import Hindsight
from parley.roles.library import Library
from parley.roles.shards import OpenedShards
from parley.storage import ContentStore
from parley.tasks.document import TaskDocument
from parley.tasks.judging import judge
from parley.tasks.judging.effects import effect_of
from parley.tasks.loading import load_task
from parley.tasks.protocol import Task

FETCH_SECONDS = 60.0
"""How long one fetch of a small vector may take."""


class CannotJudge(ContentError):
    """A judgement cannot be made again."""


def about_round(told: Chronicle, number: int) -> list[Sentence]:
    """The story of a round.

    Raises:
        NotFound: it was never opened.
    """
    return list(explain_round(told.charter, told.round(number), told.names, told.view.time))


def about_reward(told: Chronicle, number: int, who: str) -> list[Sentence]:
    """Why an operator earned what it did.

    Raises:
        NotFound: there is no such round, or nobody of that name.
    """
    return list(explain_reward(told.charter, told.round(number), told.operator(who), told.names))


def about_settlement(told: Chronicle, contracts: Contracts, number: int) -> list[Sentence]:
    """What became of the settlements of a round, and why those fell that did.

    Raises:
        NotFound: there is no such round.
        ChainError: the node does not answer.
    """
    round_ = told.round(number)
    fallen = [posted.fell.step.transaction for posted in round_.settlements if posted.fell is not None]
    shown = {transaction: shown_by(contracts.disputes, transaction) for transaction in fallen}
    return list(explain_settlements(told.charter, round_, shown, told.names))


def about_model(told: Chronicle, store: ContentStore, number: int | None) -> list[Sentence]:
    """Where a model comes from.

    Args:
        told: the federation's history.
        store: where the task document is.
        number: the final round that led to it, 0 for genesis; `None` for the last one.

    Raises:
        NotFound: the round is not final.
    """
    final = [round_.number for round_ in told.rounds.values() if round_.state is State.FINAL]
    chosen = max(final, default=0) if number is None else number
    if chosen and chosen not in final:
        raise NotFound(f"round {chosen} led to no model: it is not final", hint="see `parley round list`")
    rounds = [round_ for one, round_ in sorted(told.rounds.items()) if one <= chosen]
    return list(explain_model(told.charter, rounds, _document(told, store), told.names))


def about_update(
    told: Chronicle,
    contracts: Contracts,
    store: ContentStore,
    number: int,
    who: str,
    *,
    samples: int,
    task_file: Path | None,
    say: Say,
) -> list[Sentence]:
    """Why an update was included or left out, and on which samples it did harm.

    Args:
        told: the federation's history.
        contracts: the deployment.
        store: where content is.
        number: of the round.
        who: whose update.
        samples: how many of the samples that it harmed most are named for each evaluator; 0: judge nothing again.
        task_file: the operator's copy of the task's code, where it is not built in.
        say: told of each step.

    Raises:
        NotFound: there is no such round or operator, or it committed to no update.
        ChainError: the node does not answer.
    """
    round_, operator = told.round(number), told.operator(who)
    update = round_.update_of(operator)
    if update is None:
        hint = f"`parley explain round {number}` tells who did"
        raise NotFound(f"{operator} committed to no update in round {number}", hint=hint)
    sentences = list(explain_update(told.charter, round_, update, told.names))
    if update.slashed is not None:
        shown = shown_by(contracts.disputes, update.slashed.transaction)
        if isinstance(shown, BeyondClip):
            sentences.append(Sentence(beyond_clip(told.charter, round_, shown), sent(update.slashed)))
    if samples and update.votes:
        sentences += _judged(told, store, round_, update, samples, task_file, say)
    return sentences


def _document(told: Chronicle, store: ContentStore) -> TaskDocument | str:
    """The task document, or why it is not to be had."""
    try:
        return task_document(store, told.charter.terms.task_digest)
    except (ContentError, TaskError) as error:
        return error.message


def _judged(
    told: Chronicle,
    store: ContentStore,
    round_: Round,
    update: Update,
    samples: int,
    task_file: Path | None,
    say: Say,
) -> list[Sentence]:
    """The judgements of all evaluators again, or why not."""
    check = sent(round_.opened) if update.cid is None else named(update.cid)
    try:
        bench = _Bench(told, store, round_, task_file, say)
        return list(bench.sentences(update, samples))
    except ParleyError as error:
        return [not_judged(error.message, check)]


class _Bench:
    """What is needed to judge a round again.

    Args:
        told: the federation's history.
        store: where content is.
        round_: which round.
        task_file: as of `about_update`.
        say: told of each step.

    Raises:
        ParleyError: something of it is not to be had.
    """

    def __init__(self, told: Chronicle, store: ContentStore, round_: Round, task_file: Path | None, say: Say) -> None:
        if not has_shard(round_):
            raise CannotJudge("no validation shard was opened in time, so that nothing was judged by samples")
        say("fetching the task document")
        document = task_document(store, told.charter.terms.task_digest)
        ref = document.shard(round_.number)
        if ref is None:
            raise CannotJudge(f"the task document names no validation shard for round {round_.number}")
        say("loading the task")
        self._task: Task = load_task(document, task_file)
        say("fetching the validation shard")
        shard = OpenedShards(store, document, structlog.get_logger()).of(told.view, round_.number)
        if shard is None:
            raise CannotJudge(f"the validation shard of round {round_.number} is sealed")
        self._shard, self._where = shard, named(ref.cid)
        self._told, self._round, self._say = told, round_, say
        library = Library(store, told.charter.terms.params, deadline=FETCH_SECONDS)
        self._hindsight = Hindsight(told.view, library, lambda version: told.charter.policies[version])

    def sentences(self, update: Update, samples: int) -> Iterator[Sentence]:
        """What each evaluator with a vote on an update saw."""
        for vote in update.votes:
            if vote.own:
                continue
            rejudged = self._rejudged(update, vote.operator)
            yield from explain_judgement(rejudged, self._where, self._told.names, samples)

    def _rejudged(self, update: Update, evaluator: str) -> Rejudged:
        self._say(f"judging again on the half of {self._told.names(evaluator)}")
        panelist = self._round.panelist(evaluator)
        record = self._told.view.records[self._round.number]
        vector = next(vector for vector in record.vectors if vector.operator == evaluator)
        vote = next(vote for vote in update.votes if vote.operator == evaluator)
        if panelist is None or update.index is None:
            raise CannotJudge("the node's logs are incomplete")
        if vote.scale == 0:
            return Rejudged(panelist, vote, 0, None)
        given = self._hindsight.judgement(record, vector)
        score = judge(self._task, self._shard, given).scores[update.index]
        return Rejudged(panelist, vote, score, effect_of(self._task, self._shard, given, update.index))
