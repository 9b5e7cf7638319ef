"""The demo's live table: what happens in the federation, told from the chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from parley.chain.model import Phase
from parley.chain.view import View
from parley.cli.amounts import tokens

STEPS = (
    Phase.TRAIN,
    Phase.REVEAL,
    Phase.KEY,
    Phase.SCORE_COMMIT,
    Phase.SCORE_REVEAL,
    Phase.SETTLE,
    Phase.CHALLENGE,
    Phase.FINALIZABLE,
)
"""A round's phases in order."""


@dataclass(frozen=True, slots=True)
class RoundResult:
    """A round that ended.

    Attributes:
        number: counted from 1.
        final: false if it was void.
        accuracy: of its model on test data that nobody trains or scores on; that of the last model if it was void.
        scores: settled score by operator; 0 was left out.
        earned: reward of this round by operator, wei.
        seconds: from its opening to its end, chain time.
    """

    number: int
    final: bool
    accuracy: float
    scores: Mapping[str, int]
    earned: Mapping[str, int]
    seconds: int

    @property
    def included(self) -> int:
        """How many updates went into the model."""
        return sum(score > 0 for score in self.scores.values())


@dataclass(frozen=True, slots=True)
class BoardState:
    """What the table shows.

    Attributes:
        names: player by operator address.
        trainers: operators of the trainers, in order.
        rounds: how many rounds are played.
        results: rounds that ended.
        genesis_accuracy: of the model before the first round.
        gas: gas of the transactions so far: call, number, least and most gas of one.
    """

    names: Mapping[str, str]
    trainers: tuple[str, ...]
    rounds: int
    results: tuple[RoundResult, ...]
    genesis_accuracy: float
    gas: tuple[tuple[str, int, int, int], ...]


def render(state: BoardState, view: View) -> RenderableType:
    """The whole table."""
    return Group(_head(state, view), tables(state))


def tables(state: BoardState) -> RenderableType:
    """Rounds, trainers and gas."""
    return Group(_rounds(state), _trainers(state), _gas(state))


def _head(state: BoardState, view: View) -> RenderableType:
    ended = len(state.results)
    step = STEPS.index(view.phase) if view.phase in STEPS else 0
    line = Text.assemble(
        ("round ", "bold"),
        (f"{min(view.round.round, state.rounds)}/{state.rounds}  ", "bold cyan"),
        (view.phase.name.lower().replace("_", " "), "yellow"),
        f"  {_progress_of(view)}",
        f"  block {view.block.number}",
    )
    return Group(line, ProgressBar(total=state.rounds * len(STEPS), completed=ended * len(STEPS) + step, width=72))


def _progress_of(view: View) -> str:
    """Who has acted in the phase that runs."""
    r = view.round
    return {
        Phase.TRAIN: f"{r.committed}/{r.trainers} updates committed",
        Phase.REVEAL: f"{r.revealed}/{r.committed} updates revealed",
        Phase.KEY: "waiting for the validation shard's key",
        Phase.SCORE_COMMIT: f"{r.scores_committed}/{r.seats} score vectors committed",
        Phase.SCORE_REVEAL: f"{r.scores_revealed}/{r.scores_committed} score vectors revealed",
        Phase.SETTLE: f"turn {view.turn}: an aggregator recomputes the round",
        Phase.CHALLENGE: f"settled; {max(0, r.final_at - view.block.timestamp)} s left to challenge it",
    }.get(view.phase, "")


def _rounds(state: BoardState) -> Table:
    table = Table("round", "outcome", "accuracy", "", "included", "paid", "seconds", box=SIMPLE_HEAD, pad_edge=False)
    table.add_row("0", "genesis", f"{state.genesis_accuracy:.3f}", _bar(state.genesis_accuracy), "", "", "")
    for result in state.results:
        table.add_row(
            str(result.number),
            Text("final", "green") if result.final else Text("void", "red"),
            f"{result.accuracy:.3f}",
            _bar(result.accuracy),
            f"{result.included}/{len(result.scores)}",
            tokens(sum(result.earned.values())),
            str(result.seconds),
        )
    return table


def _trainers(state: BoardState) -> Table:
    table = Table("trainer", box=SIMPLE_HEAD, pad_edge=False)
    for result in state.results:
        table.add_column(f"score {result.number}", justify="right")
    table.add_column("earned in all", justify="right")
    for operator in state.trainers:
        scores = [_score(result.scores.get(operator)) for result in state.results]
        earned = sum(result.earned.get(operator, 0) for result in state.results)
        table.add_row(state.names.get(operator, operator), *scores, f"{earned / 10**18:,.1f}")
    return table


def _gas(state: BoardState) -> RenderableType:
    if not state.gas:
        return Text("")
    table = Table("call", "transactions", "least gas", "most gas", box=SIMPLE_HEAD, pad_edge=False)
    for call, count, least, most in state.gas:
        table.add_row(call, str(count), f"{least:,}", f"{most:,}")
    return table


def _score(score: int | None) -> Text:
    """A settled score; 0 means left out, 1 harmless but useless, more is 1 + the share of all useful loss."""
    if score is None:
        return Text("-", "dim")
    return Text(str(score), "red" if score == 0 else "dim" if score == 1 else "green")


def _bar(share: float, width: int = 20) -> str:
    return "#" * round(share * width)
