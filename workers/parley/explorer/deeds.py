"""What each operator did in a round, and what it is to blame for: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from parley.chain.events import Event
from parley.chain.model import Role
from parley.history.model import Round, State, Verdict

EVICTED = 3
"""Rounds running in which somebody may be absent before anyone may evict it (P-7)."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What one operator did in one round.

    Attributes:
        operator: who.
        round: its number.
        state: of the round.
        roles: it acted in.
        verdict: on its update, `None` without one.
        score: settled score of its update, `None` without one or before a settlement.
        quality: q of its votes (P-26), `None` if it revealed none or before a settlement.
        earned: wei, for all its roles.
        voted: it revealed a score vector.
        settled: its settlement stands.
        convicted: settlements of its own that fell.
        faults: in sentences.
    """

    operator: str
    round: int
    state: State
    roles: Role
    verdict: Verdict | None
    score: int | None
    quality: int | None
    earned: int
    voted: bool
    settled: bool
    convicted: int
    faults: tuple[str, ...]


def deeds_of(told: Round, events: Iterable[Event]) -> tuple[Deed, ...]:
    """The deeds of everybody who acted in a round or failed to, in the order of trainers, evaluators, aggregators.

    Args:
        told: the round.
        events: the round's; `Absent` and `MemberSlashed` among them, which the story does not tell.
    """
    said = _accusations(events)
    trainers = [update.operator for update in told.updates]
    evaluators = [panelist.operator for panelist in told.panel]
    aggregators = [posted.aggregator for posted in told.settlements]
    everybody = dict.fromkeys([*trainers, *evaluators, *aggregators, *said])
    return tuple(_deed(told, operator, said.get(operator, ())) for operator in everybody)


def _deed(told: Round, operator: str, said: Sequence[str]) -> Deed:
    update, panelist = told.update_of(operator), told.panelist(operator)
    posted = [settlement for settlement in told.settlements if settlement.aggregator == operator]
    roles = Role(0)
    roles |= Role.TRAINER if update else Role(0)
    roles |= Role.EVALUATOR if panelist else Role(0)
    roles |= Role.AGGREGATOR if posted else Role(0)
    return Deed(
        operator=operator,
        round=told.number,
        state=told.state,
        roles=roles,
        verdict=update.verdict if update else None,
        score=update.score if update else None,
        quality=panelist.quality if panelist else None,
        earned=told.earned.get(operator, 0),
        voted=panelist is not None and panelist.revealed is not None,
        settled=any(settlement.fell is None for settlement in posted),
        convicted=sum(settlement.fell is not None for settlement in posted),
        faults=(*_faults(told, operator), *said),
    )


def _faults(told: Round, operator: str) -> Iterable[str]:
    """What the story tells against somebody; an open round blames nobody for what may still come."""
    update, panelist = told.update_of(operator), told.panelist(operator)
    if told.state is not State.OPEN:
        if update is not None and update.verdict is Verdict.NOT_REVEALED:
            yield "committed an update and did not reveal it"
        if panelist is not None and panelist in told.silent:
            yield "committed scores and did not reveal them"
    for posted in told.settlements:
        if posted.aggregator == operator and posted.fell is not None:
            how = "data that were demanded were not supplied" if posted.fell.unanswered else "it was disproved"
            yield f"its settlement of turn {posted.turn} fell: {how}, the bond is lost"


def _accusations(events: Iterable[Event]) -> Mapping[str, list[str]]:
    """What the contracts say against somebody, by operator."""
    said: dict[str, list[str]] = {}
    for event in events:
        what = _accusation(event)
        if what is not None:
            said.setdefault(event.args["operator"], []).append(what)
    return said


def _accusation(event: Event) -> str | None:
    match event.name:
        case "Absent":
            role = (Role(event.args["role"]).name or "member").lower()
            return f"was absent as {role} ({event.args['count']} of {EVICTED} in a row, then it may be evicted)"
        case "ClipDisproved":
            return "was slashed for a parameter beyond the clip"
        case _:
            return None
