"""What an operator must do in a round, and by when: for people, from the same decisions that its workers take. Pure.

Workers do all of it by themselves; whoever looks sees what they owe, and what was missed while none ran.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from parley.chain.model import Phase, Role
from parley.chain.view import LAST_TURN, View, stages, turn_at
from parley.roles import aggregator, evaluator, sponsor, supplier, trainer
from parley.roles.actions import (
    Action,
    CommitScores,
    CommitUpdate,
    OpenValidation,
    RevealScores,
    RevealUpdate,
    Settle,
    Wait,
)
from parley.roles.duties import WINDOWS, Duty, is_done


class State(StrEnum):
    """Where a duty stands."""

    DONE = "done"
    NOW = "now"
    LATER = "later"
    MISSED = "missed"
    NOTHING = "not due"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do.

    Attributes:
        role: in which.
        action: what, in words.
        phase: in which it is done; `None` where that is no matter.
        opens: when it may be done at the latest, seconds since the epoch; `None` if it may now, or nobody can say.
        closes: until when, the first second after it; `None` where nobody can say.
        state: where it stands.
        remark: why it is not due, or what is waited for.
    """

    role: str
    action: str
    phase: Phase | None
    opens: int | None
    closes: int | None
    state: State
    remark: str | None = None


def agenda(view: View, *, confirmations: int = 1) -> list[Item]:
    """What the view's operator must do in the round that runs, role by role, in the order in which it is done.

    Between rounds nobody owes anything, and the list is empty: `View.obstacle` says what keeps the next from opening.

    Args:
        view: the federation, as the operator sees it.
        confirmations: as of `sponsor.decide`.
    """
    if not view.federation.live:
        return []
    return [*_sponsor(view, confirmations), *_trainer(view), *_evaluator(view), *_aggregator(view), *_anybody(view)]


def _trainer(view: View) -> Iterator[Item]:
    if Role.TRAINER not in view.me.roles:
        return
    decided, number = trainer.decide(view), view.round.round
    absent = _absent(view, Role.TRAINER)
    yield _item(view, "trainer", "commit to an update", CommitUpdate(number), decided, absent)
    yield _item(view, "trainer", "reveal the update", RevealUpdate(number), decided, absent)


def _evaluator(view: View) -> Iterator[Item]:
    if Role.EVALUATOR not in view.me.roles:
        return
    decided, number = evaluator.decide(view, committed_is_current=True), view.round.round
    absent = _absent(view, Role.EVALUATOR) or evaluator.unseated(view)
    yield _item(view, "evaluator", "commit to scores", CommitScores(number), decided, absent)
    yield _item(view, "evaluator", "reveal the scores", RevealScores(number), decided, absent)


def _absent(view: View, role: Role) -> str | None:
    """Why somebody with a role does not act in this round."""
    if view.me.acts(role, view.round.round):
        return None
    return f"in from round {view.me.first_round} on" if view.me.first_round > view.round.round else "it has left"


def _item(view: View, role: str, action: str, duty: Duty, decided: Action, absent: str | None) -> Item:
    """A duty of a phase that has a window of its own."""
    phase = WINDOWS[type(duty)]
    opens, closes = _window(view, phase)
    state = _state(view, phase, done=is_done(view, duty), due=decided == duty)
    if absent is not None and state is not State.DONE:
        return Item(role, action, phase, opens, closes, State.NOTHING, absent)
    return Item(role, action, phase, opens, closes, state)


def _state(view: View, phase: Phase, *, done: bool, due: bool) -> State:
    if done:
        return State.DONE
    if due:
        return State.NOW
    if view.phase == Phase.VOIDABLE:
        return State.NOTHING
    return State.LATER if view.phase < phase else State.MISSED


def _window(view: View, phase: Phase) -> tuple[int | None, int]:
    """When a phase begins and ends, as it stands now; `None` for a beginning that has passed."""
    ends = {stage: end for end, stage, _, _ in stages(view.round, view.policy)}
    start = ends.get(Phase(phase - 1))
    return (start if start is not None and start > view.time else None), ends[phase]


def _aggregator(view: View) -> Iterator[Item]:
    """One's next turn, and demands, which cost the bond if they are not answered (P-22)."""
    demands = supplier.open_demands(view, view.operator)
    if demands:
        until = min(demand.deadline for demand in demands)
        what = f"answer {len(demands)} {'demand' if len(demands) == 1 else 'demands'} for data"
        yield Item("aggregator", what, Phase.CHALLENGE, None, until, State.NOW, "silence costs the bond")
    if Role.AGGREGATOR not in view.me.roles:
        return
    absent = _absent(view, Role.AGGREGATOR) or (None if view.turns else "turns are not drawn yet")
    if absent is not None:
        yield Item("aggregator", "settle", Phase.SETTLE, None, None, State.NOTHING, absent)
    else:
        yield _turn(view)


def _turn(view: View) -> Item:
    """The turn that was used, or else one's own next, or else the last one that passed."""
    own = [turn for turn, position in enumerate(view.turns) if position == view.me.aggregator_position]
    used = next((turn for turn in own if _settled_by_me(view, turn)), None)
    first = turn_at(view.round, view.policy, view.round.score_reveal_end, view.block.timestamp)
    current = view.turn if view.phase == Phase.SETTLE else first
    coming = next((turn for turn in own if turn >= current), own[-1] if own else None)
    turn = coming if used is None else used
    if turn is None:
        why = f"no turn was drawn for it; turn {LAST_TURN} is anybody's"
        return Item("aggregator", "settle", Phase.SETTLE, None, None, State.NOTHING, why)
    opens = view.round.score_reveal_end + (turn - first) * view.policy.settle
    decided = aggregator.decide(view)
    state = State.MISSED if turn < current else _turn_state(view, turn, decided)
    state = state if used is None else State.DONE
    remark = _why_not(view, decided) if state is State.NOTHING else None
    starts = opens if opens > view.time else None
    closes = opens + view.policy.settle
    return Item("aggregator", f"settle in turn {turn}", Phase.SETTLE, starts, closes, state, remark)


def _why_not(view: View, decided: Action) -> str | None:
    """Why a turn of one's own is not used."""
    if view.phase in (Phase.CHALLENGE, Phase.FINALIZABLE):
        return "the round is settled"
    return decided.reason if isinstance(decided, Wait) else None


def _settled_by_me(view: View, turn: int) -> bool:
    record = view.record
    if record is None:
        return False
    standing = () if record.header is None else (record.header,)
    posted = (*standing, *(conviction.header for conviction in record.convictions))
    return any(header.turn == turn and header.aggregator == view.operator for header in posted)


def _turn_state(view: View, turn: int, decided: Action) -> State:
    if decided == Settle(view.round.round, turn):
        return State.NOW
    waits = view.phase < Phase.SETTLE or (view.phase == Phase.SETTLE and view.turn < turn)
    return State.LATER if waits else State.NOTHING


def _sponsor(view: View, confirmations: int) -> Iterator[Item]:
    """The key of this round's shard (P-24)."""
    if view.federation.sponsor != view.operator or not any(view.terms.anchor):
        return
    number = view.round.round
    decided = sponsor.decide(view, holds_keys=True, confirmations=confirmations)
    opens, closes = _window(view, Phase.KEY)
    done = view.federation.key_round >= number
    state = _state(view, Phase.KEY, done=done, due=decided == OpenValidation(number))
    waits = state is State.MISSED and view.phase == Phase.KEY
    remark = decided.reason if waits and isinstance(decided, Wait) else None
    state = State.LATER if waits else state
    yield Item("sponsor", "open the validation shard", Phase.KEY, opens, closes, state, remark)


def _anybody(view: View) -> Iterator[Item]:
    """A round that is due."""
    if view.phase in (Phase.FINALIZABLE, Phase.VOIDABLE) and _is_in(view):
        what = "make the round final" if view.phase == Phase.FINALIZABLE else "end the round, which is void"
        yield Item("anybody", what, view.phase, None, None, State.NOW, "workers do so by themselves")


def _is_in(view: View) -> bool:
    return bool(view.me.roles) or view.federation.sponsor == view.operator
