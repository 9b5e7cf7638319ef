"""A round's story as JSON: what `parley.explorer.api.models.RoundDetail` holds and only the chain tells. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from parley.chain.disputed import Demand
from parley.chain.events import Event
from parley.explorer.naming import phase_name
from parley.history.model import Fall, Panelist, Posted, Round, Step, Update, Vote, step_of
from parley.history.sentences import update_reason
from parley.history.sentences.words import hexed
from parley.history.windows import Window
from parley.numerics.faults import NOBODY

Json = dict[str, Any]
Actors = Mapping[Step, str]

_ACTORS = {"ClipDisproved": "prover", "Demanded": "demander", "Supplied": "supplier"}
"""Who disputes: the argument that names them, by event."""


def story_json(fid: int, told: Round, events: Iterable[Event]) -> Json:
    """The part of a `RoundDetail` that no passing of time and no content changes once the round has ended.

    Args:
        fid: federation id.
        told: the round.
        events: that it was told from.
    """
    actors = {step_of(event): event.args[_ACTORS[event.name]] for event in events if event.name in _ACTORS}
    return {
        "fid": fid,
        "number": told.number,
        "version": told.version,
        "state": told.state.value,
        "void": None if told.void is None else told.void.value,
        "opened": _step(told.opened),
        "seed": None if told.seed is None else {"step": _step(told.seed[0]), "seed": hexed(told.seed[1])},
        "key": _step(told.key),
        "ended": _step(told.ended),
        "windows": [_window(window) for window in told.windows],
        "updates": [_update(update, actors) for update in told.updates],
        "panel": [_panelist(panelist) for panelist in told.panel],
        "settlements": [_posted(posted, actors) for posted in told.settlements],
        "norm": _text(told.norm),
        "earned": {operator: str(amount) for operator, amount in told.earned.items()},
        "contradicted": list(told.contradicted),
        "reasons": {update.operator: update_reason(told, update).text for update in told.updates},
    }


def row_json(told: Round) -> Json:
    """The part of a `RoundRow` that, likewise, does not change."""
    standing = told.settlement
    convictions = sum(posted.fell is not None for posted in told.settlements)
    demands = sum(len(posted.demands) for posted in told.settlements)
    clipped = sum(update.clipped for update in told.updates)
    return {
        "round": told.number,
        "state": told.state.value,
        "void": None if told.void is None else told.void.value,
        "opened_at": told.opened.time,
        "ended_at": None if told.ended is None else told.ended.time,
        "committed": len(told.updates),
        "revealed": sum(update.revealed is not None for update in told.updates),
        "included": None if standing is None else len(told.included),
        "evaluators": sum(panelist.revealed is not None for panelist in told.panel),
        "aggregator": None if standing is None else standing.aggregator,
        "earned": str(sum(told.earned.values())),
        "convictions": convictions,
        "disputes": convictions + demands + clipped,
    }


def _step(step: Step | None) -> Json | None:
    return None if step is None else _whole_step(step)


def _whole_step(step: Step) -> Json:
    return {
        "event": step.event,
        "block": step.block,
        "time": step.time,
        "transaction": hexed(step.transaction),
        "log_index": step.log_index,
    }


def _act(step: Step, actors: Actors) -> Json:
    """A step with who took it; where nobody was paid for it, nobody is told (P-16)."""
    who = actors[step]
    return {**_whole_step(step), "by": None if who == NOBODY else who}


def _steps(steps: Iterable[Step]) -> list[Json | None]:
    return [_step(step) for step in steps]


def _window(window: Window) -> Json:
    return {
        "phase": phase_name(window.phase),
        "start": window.start,
        "deadline": window.deadline,
        "end": window.end,
        "early": window.early,
        "acted": window.acted,
        "expected": window.expected,
    }


def _vote(vote: Vote) -> Json:
    return {
        "seat": vote.seat,
        "operator": vote.operator,
        "score": vote.score,
        "scale": vote.scale,
        "own": vote.own,
    }


def _update(update: Update, actors: Actors) -> Json:
    return {
        "operator": update.operator,
        "commitments": _steps(update.commitments),
        "commitment": hexed(update.commitment),
        "revealed": _step(update.revealed),
        "index": update.index,
        "root": _hex(update.root),
        "digest": _hex(update.digest),
        "cid": update.cid,
        "votes": [_vote(vote) for vote in update.votes],
        "score": update.score,
        "scale": update.scale,
        "verdict": update.verdict.name.lower(),
        "earned": str(update.earned),
        "clipped": update.clipped,
        "slashed": None if update.slashed is None else _act(update.slashed, actors),
    }


def _panelist(panelist: Panelist) -> Json:
    return {
        "operator": panelist.operator,
        "commitments": _steps(panelist.commitments),
        "seat": panelist.seat,
        "revealed": _step(panelist.revealed),
        "norm": _text(panelist.norm),
        "scores": list(panelist.scores),
        "scales": list(panelist.scales),
        "salt": _hex(panelist.salt),
        "quality": panelist.quality,
        "earned": str(panelist.earned),
    }


def _posted(posted: Posted, actors: Actors) -> Json:
    return {
        "aggregator": posted.aggregator,
        "turn": posted.turn,
        "step": _step(posted.step),
        "final_at": posted.final_at,
        "norm": str(posted.norm),
        "earned": str(posted.earned),
        "row_root": hexed(posted.row_root),
        "model_root": hexed(posted.model_root),
        "model_digest": hexed(posted.model_digest),
        "reward_root": hexed(posted.reward_root),
        "model_cid": posted.model_cid,
        "hash": hexed(posted.hash),
        "medians": hexed(posted.medians),
        "demands": [_demand(demand) for demand in posted.demands],
        "fell": _fall(posted.fell),
        "disputed": [_act(step, actors) for step in posted.disputed],
    }


def _demand(demand: Demand) -> Json:
    node = demand.node
    return {
        "node": {
            "tree": node.tree.name.lower(),
            "update": node.update,
            "level": node.level,
            "index": node.index,
        },
        "hash": hexed(demand.hash),
        "demander": demand.demander,
        "deadline": demand.deadline,
        "fee": str(demand.fee),
        "content": _hex(demand.content),
        "supplier": demand.supplier,
        "released": demand.released,
    }


def _fall(fall: Fall | None) -> Json | None:
    if fall is None:
        return None
    return {"step": _step(fall.step), "prover": fall.prover, "unanswered": fall.unanswered}


def _hex(data: bytes | None) -> str | None:
    return None if data is None else hexed(data)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
