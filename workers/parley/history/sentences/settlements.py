"""Why a settlement fell: what the call that convicted it showed (section 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from parley.chain.shown import Shown, Unanswered
from parley.history.charter import Charter
from parley.history.model import Fall, Posted, Round, State
from parley.history.sentences.faults import what_is_wrong
from parley.history.sentences.model import Sentence, run, sent
from parley.history.sentences.words import Names, amount, count, listing


def explain_settlements(
    charter: Charter, round_: Round, shown: Mapping[bytes, Shown | None], names: Names
) -> Iterator[Sentence]:
    """What became of every settlement that was posted in a round.

    Args:
        charter: of the federation.
        round_: the round.
        shown: what each conviction showed, by its transaction; `None` where nobody can tell.
        names: of operators.
    """
    for posted in round_.settlements:
        yield _posted(posted, names)
        yield from _disputed(posted)
        if posted.fell is not None:
            yield from _fell(charter, round_, posted, posted.fell, shown.get(posted.fell.step.transaction), names)
    yield from contradicted(round_)
    yield _end(charter, round_, names)


def contradicted(round_: Round) -> Iterator[Sentence]:
    """Whether the standing settlement is not what the votes come to."""
    standing = round_.settlement
    if standing is None or not round_.contradicted:
        return
    final = round_.state is State.FINAL
    then = "nobody disproved it in time" if final else "anybody can disprove it until it is final"
    what = f"It is wrong in its {listing(round_.contradicted)}: the revealed votes come to something else; {then}."
    yield Sentence(what, sent(standing.step))


def _posted(posted: Posted, names: Names) -> Sentence:
    text = (
        f"In turn {posted.turn} {names(posted.aggregator)} posted a settlement that pays {amount(posted.earned)} "
        f"in all and leads to the model {posted.model_cid}."
    )
    return Sentence(text, sent(posted.step))


def _disputed(posted: Posted) -> Iterator[Sentence]:
    """The demands for its data (P-22)."""
    if posted.disputed:
        answered = sum(demand.content is not None for demand in posted.demands)
        text = f"{count(len(posted.demands), 'node')} of its trees {_was(posted)} demanded, {answered} supplied."
        yield Sentence(text, sent(posted.disputed[-1]))


def _was(posted: Posted) -> str:
    return "was" if len(posted.demands) == 1 else "were"


def _fell(
    charter: Charter, round_: Round, posted: Posted, fell: Fall, shown: Shown | None, names: Names
) -> Iterator[Sentence]:
    check = sent(fell.step)
    call = "expire" if isinstance(shown, Unanswered) else None if shown is None else shown.call
    how = "The call that convicted it came through another contract, or the node does not have it."
    yield Sentence(f"It fell by `{call}`." if call else how, check)
    if shown is not None:
        yield Sentence(what_is_wrong(charter, round_, posted, shown, names), check)
    elif fell.unanswered:
        yield Sentence("A demand for its data was past its deadline.", check)
    bond = charter.policies[round_.version].bond
    half = amount(bond // 2)
    paid = (
        f"{names(fell.prover)} was paid half of the bond of {amount(bond)}, {half}, and the rest was burned."
        if fell.prover is not None
        else f"The whole bond of {amount(bond)} was burned, for nobody had committed to the proof beforehand."
    )
    yield Sentence(paid, check)


def _end(charter: Charter, round_: Round, names: Names) -> Sentence:
    standing = round_.settlement
    if standing is not None:
        text = f"The settlement of {names(standing.aggregator)} in turn {standing.turn} stands."
        return Sentence(text, sent(standing.step))
    if round_.ended is not None:
        return Sentence(f"No settlement stands, and the round was void: {round_.void}.", sent(round_.ended))
    return Sentence("No settlement stands.", run(charter.fid, "round", "show", round_.number))
