"""What happened in a round, from its opening to its end (section 6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parley.chain.model import Phase
from parley.history.charter import Charter
from parley.history.model import Round, State, Step
from parley.history.sentences.model import Sentence, run, sent
from parley.history.sentences.settlements import contradicted
from parley.history.sentences.updates import has_shard, update_reason
from parley.history.sentences.words import Names, amount, count, hexed, listing, phase_name
from parley.history.windows import Window, running
from parley.times import clock


def explain_round(charter: Charter, round_: Round, names: Names, now: int) -> Iterator[Sentence]:
    """The story of a round, as it is at the chain time `now`, seconds."""
    yield _opened(round_)
    if round_.seed is not None:
        step, seed = round_.seed
        yield Sentence(f"Its seed, which draws seats and turns, is {hexed(seed)}.", sent(step))
    yield from _updates(round_, names)
    yield from _key(charter, round_)
    yield from _panel(round_, names)
    for update in round_.updates:
        reason = update_reason(round_, update)
        yield Sentence(f"Update of {names(update.operator)}: {_lower(reason.text)}", reason.check)
    yield from _settlements(charter, round_, names)
    yield from contradicted(round_)
    yield _end(charter, round_, now)


def _opened(round_: Round) -> Sentence:
    train = next(window for window in round_.windows if window.phase is Phase.TRAIN)
    trainers = count(train.expected or 0, "trainer")
    text = f"Round {round_.number} opened at {clock(round_.opened.time)} with policy {round_.version} for {trainers}."
    return Sentence(text, sent(round_.opened))


def _updates(round_: Round, names: Names) -> Iterator[Sentence]:
    """Who committed and revealed."""
    commits = _last([update.commitments[-1] for update in round_.updates if update.commitments])
    if commits is not None:
        text = f"{count(len(round_.updates), 'trainer')} committed to an update{_timing(round_, Phase.TRAIN)}."
        yield Sentence(text, sent(commits))
    revealed = [update for update in round_.updates if update.revealed is not None]
    last = _last([update.revealed for update in revealed])
    if last is not None:
        silent = [names(update.operator) for update in round_.updates if update.revealed is None]
        text = f"{count(len(revealed), 'update')} {_were(len(revealed))} revealed{_timing(round_, Phase.REVEAL)}"
        yield Sentence(f"{text}{_but_not(silent)}.", sent(last))


def _key(charter: Charter, round_: Round) -> Iterator[Sentence]:
    """Whether the shard was opened (P-24)."""
    key = _window(round_, Phase.KEY)
    if key is None:
        return
    if has_shard(round_) and round_.key is not None:
        yield Sentence(f"The validation shard was opened{_timing(round_, Phase.KEY)}.", sent(round_.key))
    elif round_.panel:
        text = "The validation shard was not opened in time: every fit update that moves the model scores the same."
        yield Sentence(text, run(charter.fid, "round", "show", round_.number))


def _panel(round_: Round, names: Names) -> Iterator[Sentence]:
    committed = _last([panelist.commitments[-1] for panelist in round_.panel if panelist.commitments])
    if committed is not None:
        text = f"{count(len(round_.panel), 'evaluator')} committed to scores{_timing(round_, Phase.SCORE_COMMIT)}."
        yield Sentence(text, sent(committed))
    told = [panelist for panelist in round_.panel if panelist.revealed is not None]
    last = _last([panelist.revealed for panelist in told])
    if last is not None:
        silent = [names(panelist.operator) for panelist in round_.panel if panelist.revealed is None]
        text = f"{count(len(told), 'evaluator')} revealed their scores{_timing(round_, Phase.SCORE_REVEAL)}"
        yield Sentence(f"{text}{_but_not(silent)}.", sent(last))


def _settlements(charter: Charter, round_: Round, names: Names) -> Iterator[Sentence]:
    for posted in round_.settlements:
        text = (
            f"{names(posted.aggregator)} settled it in turn {posted.turn}: {count(len(round_.included), 'update')} "
            f"included, {amount(posted.earned)} earned in all, the next model {posted.model_cid}."
            if posted.fell is None
            else f"{names(posted.aggregator)} posted a settlement in turn {posted.turn}."
        )
        yield Sentence(text, sent(posted.step))
        if posted.fell is not None:
            yield Sentence("That settlement fell.", run(charter.fid, "explain", "settlement", round_.number))


def _end(charter: Charter, round_: Round, now: int) -> Sentence:
    if round_.ended is not None and round_.state is State.FINAL:
        return Sentence(f"The round became final at {clock(round_.ended.time)}.", sent(round_.ended))
    if round_.ended is not None:
        text = f"The round was void: {round_.void}. Its reward returned, and the model stayed as it was."
        return Sentence(text, sent(round_.ended))
    return Sentence(_standing(round_, now), run(charter.fid, "round", "show", round_.number))


def _standing(round_: Round, now: int) -> str:
    """Where an open round stands."""
    if round_.void is not None:
        return f"The round is void: {round_.void}. Anybody may end it."
    current = running(round_.windows, now)
    if current is None:
        return "The round is due: anybody may make it final."
    until = f" until {clock(current.end)}" if current.end is not None else ""
    return f"The round is open: its phase is {phase_name(current.phase)}{until}."


def _window(round_: Round, phase: Phase) -> Window | None:
    return next((window for window in round_.windows if window.phase is phase), None)


def _timing(round_: Round, phase: Phase) -> str:
    """Whether a phase ended early."""
    window = _window(round_, phase)
    return ", and the phase ended early" if window is not None and window.early else ""


def _but_not(silent: Sequence[str]) -> str:
    return f"; not by {listing(silent)}" if silent else ""


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _last(steps: Sequence[Step | None]) -> Step | None:
    """The latest in the order of the chain."""
    known = [step for step in steps if step is not None]
    return max(known, key=lambda step: (step.block, step.log_index), default=None)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
