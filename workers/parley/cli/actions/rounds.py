"""What happened in a federation's rounds, from the chain alone."""

from __future__ import annotations

from dataclasses import dataclass

from parley.chain.contracts import Contracts
from parley.chain.model import Header, Phase
from parley.chain.sender import Sender
from parley.chain.view import RoundRecord, View, stages
from parley.cli.actions.receipts import Done, done
from parley.errors import ChainError, NotFound
from parley.history.charter import vector_cid
from parley.history.sentences.words import phase_name
from parley.numerics.scoring import SettledScores
from parley.roles.books import Books, scores_of


@dataclass(frozen=True)
class RoundRow:
    """One line about a round.

    Attributes:
        round: its number.
        state: final, void, or the phase it is in.
        committed: updates committed; revealed, likewise.
        included: updates with a settled score above 0, `None` before there is a settlement.
        evaluators: score vectors revealed.
        earned: what it pays, wei; `None` before there is a settlement.
        aggregator: who settled it.
        model: CID of the model it led to.
    """

    round: int
    state: str
    committed: int
    revealed: int
    included: int | None
    evaluators: int
    earned: int | None
    aggregator: str | None
    model: str | None


@dataclass(frozen=True)
class UpdateFacts:
    """A revealed update.

    Attributes:
        index: reveal index.
        operator: its trainer.
        score: settled score, `None` before the settlement; 0 leaves it out.
        scale: share of it that was taken (P-25), 0 to 1; `None` before the settlement.
        cid: of its words.
        root: word root.
    """

    index: int
    operator: str
    score: int | None
    scale: float | None
    cid: str
    root: bytes


@dataclass(frozen=True)
class RoundFacts:
    """Everything about a round.

    Attributes:
        summary: its line in the list.
        phase_ends: end of each phase that has not passed, seconds since the epoch; empty unless it is the current one.
        updates: in reveal order.
        evaluators: operators that revealed scores, by seat.
        earned: what it pays each operator, wei; empty unless it is final.
    """

    summary: RoundRow
    phase_ends: dict[str, int]
    updates: list[UpdateFacts]
    evaluators: dict[int, str]
    earned: dict[str, int]


def list_rounds(view: View) -> list[RoundRow]:
    """One line for each round that was opened, the first one first."""
    return [_row(view, record) for _, record in sorted(view.records.items())]


def show_round(view: View, books: Books, number: int | None = None) -> RoundFacts:
    """Everything about a round, the current or last one by default.

    Raises:
        NotFound: it was never opened.
        ChainError: a settlement that became final was wrong, so that nobody's earnings can be told.
    """
    if not view.records:
        hint = "`parley round advance` opens the first one once everything is there"
        raise NotFound(f"no round of federation {view.fid} was opened yet", hint=hint)
    chosen = view.round.round if number is None else number
    record = view.records.get(chosen)
    if record is None:
        hint = f"rounds 1 to {max(view.records)} were; see `parley round list`"
        raise NotFound(f"round {chosen} of federation {view.fid} was not opened", hint=hint)
    settled = _settled(view, record)
    return RoundFacts(
        summary=_row(view, record),
        phase_ends=_phase_ends(view) if record.number == view.round.round and view.federation.live else {},
        updates=[_update(view, record, index, settled) for index in range(len(record.reveals))],
        evaluators={vector.seat: vector.operator for vector in record.vectors},
        earned=earned_in(view, books, record) if record.final else {},
    )


def earned_in(view: View, books: Books, record: RoundRecord) -> dict[str, int]:
    """What a final round pays each operator that takes part, wei, zeros included."""
    if record.header is None:
        return {}
    before = books.ledger(view, before=record.number)
    after = books.after(view, record, before, record.header.aggregator)
    known = {member: account.cumulative for member, account in before.items()}
    return {account.operator: account.cumulative - known.get(member, 0) for member, account in after.items()}


def state_of(view: View, record: RoundRecord) -> str:
    """Final, void, or the phase that the round is in."""
    if record.final:
        return "final"
    return "void" if record.void else phase_name(view.phase)


def _row(view: View, record: RoundRecord) -> RoundRow:
    settled = _settled(view, record)
    header = record.header
    return RoundRow(
        round=record.number,
        state=state_of(view, record),
        committed=len(record.commitments),
        revealed=len(record.reveals),
        included=len(settled.included) if settled else None,
        evaluators=len(record.vectors),
        earned=header.earned if header else None,
        aggregator=header.aggregator if header else None,
        model=vector_cid(header.model_digest, view.terms.params) if header else None,
    )


def _settled(view: View, record: RoundRecord) -> SettledScores | None:
    """The medians, once somebody has settled."""
    return scores_of(view, record) if record.header is not None else None


def _update(view: View, record: RoundRecord, index: int, settled: SettledScores | None) -> UpdateFacts:
    reveal = record.reveals[index]
    return UpdateFacts(
        index=index,
        operator=reveal.operator,
        score=settled.scores[index] if settled else None,
        scale=settled.scales[index] / 2**16 if settled else None,
        cid=vector_cid(reveal.digest, view.terms.params),
        root=reveal.root,
    )


def _phase_ends(view: View) -> dict[str, int]:
    """Ends of the phases to come."""
    ends = [(phase, end) for end, phase, _, _ in stages(view.round, view.policy)]
    coming = [*ends, (Phase.CHALLENGE, view.round.final_at)]
    return {phase.name.lower(): end for phase, end in coming if end > view.block.timestamp}


def advance(contracts: Contracts, sender: Sender, view: View) -> Done:
    """Finish a round that is due and open the next one, or open the first; anyone may (P-8).

    Raises:
        ChainError: nothing is due, or something is missing; it says what.
        Reverted: somebody else was faster.
    """
    if view.phase in (Phase.IDLE, Phase.CLOSED):
        obstacle = view.obstacle()
        if obstacle is not None:
            raise ChainError(
                f"no round of federation {view.fid} can open: {obstacle}", hint="see `parley federation show`"
            )
    elif view.phase not in (Phase.FINALIZABLE, Phase.VOIDABLE):
        raise ChainError(
            f"round {view.round.round} of federation {view.fid} is in {phase_name(view.phase)}: nothing is due",
            hint="`parley round show` tells when its phases end",
        )
    header = view.record.header if view.phase is Phase.FINALIZABLE and view.record is not None else None
    call = contracts.coordinator.functions.advance(view.fid, (header or Header.empty()).to_abi())
    return done(sender.send(call))
