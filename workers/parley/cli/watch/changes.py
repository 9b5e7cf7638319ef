"""What is new in a federation, a line for each event: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from parley.amounts import tokens
from parley.chain.events import Event, settlement_of
from parley.chain.model import Phase, Role
from parley.cli.watch.scene import Scene
from parley.history.sentences import Names
from parley.history.sentences.words import count, hexed, listing, phase_name
from parley.history.windows import running
from parley.numerics.errors import WireError
from parley.numerics.scoring import ENTRY_BYTES, NORM_BYTES, ScoreVector
from parley.text import printable
from parley.times import clock


@dataclass(frozen=True, slots=True)
class Change:
    """Something new.

    Attributes:
        time: by the chain's clock, seconds since the epoch.
        block: height.
        change: name of the event, or `state`, `phase`, `reorg`, `trouble`, `recovered`.
        text: one line about it.
        round: of which round, `None` where of none.
        operator: who did it, `None` where nobody.
        transaction: 32-byte hash, `None` where none did it.
    """

    time: int
    block: int
    change: str
    text: str
    round: int | None = None
    operator: str | None = None
    transaction: bytes | None = None


def changes(before: Scene | None, after: Scene) -> list[Change]:
    """What happened between two scenes; of the first one how things stand."""
    if before is None:
        return [_of_scene(after, "state", f"federation {after.view.fid}: {standing(after)}")]
    found = list(_reorg(before, after))
    known = {_key(event) for event in before.events}
    names = after.names
    found += [change_of(event, names) for event in after.events if _key(event) not in known]
    if (before.view.phase, before.view.round.round) != (after.view.phase, after.view.round.round):
        found.append(_of_scene(after, "phase", standing(after)))
    return found


def standing(scene: Scene) -> str:
    """Where a federation stands, in a few words."""
    view = scene.view
    if not view.federation.live:
        return f"no round is open: {view.obstacle() or 'anybody may open the next one'}"
    turn = f" turn {view.turn}" if view.phase == Phase.SETTLE else ""
    text = f"round {view.round.round} of {view.terms.rounds}, {phase_name(view.phase)}{turn}"
    until = deadline(scene)
    return text if until is None else f"{text} until {clock(until)}"


def deadline(scene: Scene) -> int | None:
    """When the phase that runs ends at the latest, seconds; in Settle the turn. `None` where no time ends it."""
    view, current = scene.view, scene.current
    if current is None or not view.federation.live:
        return None
    if view.phase == Phase.SETTLE:
        return view.turn_end
    window = running(current.windows, view.time)
    return None if window is None or view.phase in (Phase.VOIDABLE, Phase.FINALIZABLE) else window.end


def change_of(event: Event, names: Names) -> Change:
    """An event as a change."""
    known = _TEXTS.get(event.name)
    text = event.name if known is None else known(event.args, names)
    actor = next((event.args[key] for key in _ACTORS if key in event.args), None)
    number = event.args.get("round")
    return Change(event.timestamp, event.block, event.name, printable(text), number, actor, event.transaction)


def _key(event: Event) -> tuple[bytes, int]:
    return event.block_hash, event.log_index


def _reorg(before: Scene, after: Scene) -> Iterator[Change]:
    lost = {_key(event) for event in before.events} - {_key(event) for event in after.events}
    if after.reorgs != before.reorgs or lost:
        text = f"the chain was reorganised: {count(len(lost), 'event')} went away"
        yield _of_scene(after, "reorg", text)


def _of_scene(scene: Scene, change: str, text: str) -> Change:
    block, number = scene.view.block, scene.view.round.round or None
    return Change(block.timestamp, block.number, change, text, number)


# ---------------------------------------------------------------------------------------------------------- texts

Args = Mapping[str, Any]


def _opened(args: Args, _: Names) -> str:
    who = f"{count(args['trainers'], 'trainer')} and {count(args['seats'], 'seat')} of evaluators"
    return f"round {args['round']} is open for {who}; updates are committed until {clock(args['trainEnd'])}"


def _scores(args: Args, names: Names) -> str:
    vector = args["vector"]
    try:
        scores = ScoreVector.decode(vector, max(0, len(vector) - NORM_BYTES) // ENTRY_BYTES).scores
    except (WireError, ValueError):
        return f"{names(args['operator'])} revealed scores that nobody can read"
    return f"{names(args['operator'])} (seat {args['seat']}) revealed its scores: {listing([str(s) for s in scores])}"


def _settled(args: Args, names: Names) -> str:
    settlement = settlement_of(args["settlement"])
    included = sum(any(settlement.medians[i : i + 2]) for i in range(0, len(settlement.medians), ENTRY_BYTES))
    what = f"{count(included, 'update')} included, {tokens(settlement.earned)} tokens earned"
    return f"{names(args['aggregator'])} settled in turn {args['turn']}: {what}; final at {clock(args['finalAt'])}"


def _convicted(args: Args, names: Names) -> str:
    paid = f"{names(args['prover'])} is paid" if int(args["prover"], 16) else "nobody is paid"
    return f"the settlement of {names(args['aggregator'])} fell, and {paid}"


def _postponed(args: Args, _: Names) -> str:
    why = "its data is demanded" if args["contested"] else "a demand was answered"
    return f"the settlement is final at {clock(args['finalAt'])}: {why}"


def _joined(args: Args, names: Names) -> str:
    roles = [(role.name or "").lower() for role in Role if role in Role(args["roles"])]
    return f"{names(args['operator'])} is in from round {args['from']} on, as {listing(roles)}"


_ACTORS = ("operator", "aggregator", "demander", "supplier")
"""Arguments of events that say who did it."""

_TEXTS: Mapping[str, Callable[[Args, Names], str]] = {
    "RoundOpened": _opened,
    "SeedCaptured": lambda args, _: f"the seed of round {args['round']} is drawn: {hexed(args['seed'])}",
    "UpdateCommitted": lambda args, names: f"{names(args['operator'])} committed to an update",
    "UpdateRevealed": lambda args, names: f"{names(args['operator'])} revealed update {args['index']}",
    "ValidationOpened": lambda args, _: f"the validation shard of round {args['round']} is open",
    "ScoresCommitted": lambda args, names: f"{names(args['operator'])} committed to its scores",
    "ScoresRevealed": _scores,
    "Settled": _settled,
    "Postponed": _postponed,
    "Convicted": _convicted,
    "ClipDisproved": lambda args, names: f"{names(args['operator'])} is beyond the clip, and slashed",
    "Demanded": lambda args, names: f"{names(args['demander'])} demands data of the settlement",
    "Supplied": lambda args, names: f"{names(args['supplier'])} supplied data of the settlement",
    "RoundFinalized": lambda args, _: f"round {args['round']} is final and earned {tokens(args['earned'])} tokens",
    "RoundVoided": lambda args, _: f"round {args['round']} is void",
    "Joined": _joined,
    "Left": lambda args, names: f"{names(args['operator'])} leaves",
    "Evicted": lambda args, names: f"{names(args['operator'])} is evicted",
    "Absent": lambda args, names: f"{names(args['operator'])} was absent, {count(args['count'], 'round')} running",
    "Unbonded": lambda args, names: f"{tokens(args['stake'])} tokens of {names(args['operator'])} are free again",
    "MemberIndexed": lambda args, names: f"{names(args['operator'])} is member {args['index']}",
    "MemberSlashed": lambda args, names: f"{names(args['operator'])} lost {tokens(args['amount'])} tokens of its stake",
    "FederationClosed": lambda *_: "the federation is closed",
}
"""What is said of an event; of any other its name."""
