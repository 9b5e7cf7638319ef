"""Rounds open, run and end as the protocol says, by the blocks' times (P-8, P-10, P-24). Pure."""

from __future__ import annotations

from parley.audit.challenges import step_of
from parley.audit.checks import Check
from parley.audit.findings import Party, Sheet
from parley.audit.places import at
from parley.audit.replay import State
from parley.chain.events import Event, header_of, settlement_of
from parley.chain.model import Phase
from parley.tasks.shards import is_key

MOST_LINKS = 256
"""Hashings that may lead from an opened key to the last one."""

_WINDOWS = {
    "UpdateCommitted": ("", "train_end", "a commitment to an update", Party.TRAINER),
    "UpdateRevealed": ("train_end", "reveal_end", "the reveal of an update", Party.TRAINER),
    "ScoresCommitted": ("key_end", "score_commit_end", "a commitment to scores", Party.EVALUATOR),
    "ScoresRevealed": ("score_commit_end", "score_reveal_end", "the reveal of scores", Party.EVALUATOR),
}

_ENDINGS = {"RoundFinalized": Phase.FINALIZABLE, "RoundVoided": Phase.VOIDABLE}


def check(event: Event, state: State, sheet: Sheet) -> None:
    """Check one event against the state before it."""
    if state.postponed and event.name not in ("Demanded", "Supplied"):
        place = at(event, "what the end of the challenge was put off for", Party.CONTRACTS)
        sheet.holds(Check.WINDOWS, False, place, expected="data that is demanded or supplied", actual=event.name)
    if event.name == "RoundOpened":
        _opening(event, state, sheet)
    elif event.name in _WINDOWS:
        _window(event, state, sheet)
    elif event.name == "ValidationOpened":
        _key(event, state, sheet)
    elif event.name == "Settled":
        _settled(event, state, sheet)
    elif event.name in ("Convicted", "Postponed"):
        place = at(event, f"{event.name} comes while a settlement can still fall", Party.CONTRACTS)
        sheet.same(Check.WINDOWS, Phase.CHALLENGE.name, state.phase(event.timestamp).name, place)
    elif event.name in ("Demanded", "Supplied"):
        _dispute(event, state, sheet)
    elif event.name in _ENDINGS:
        _ending(event, state, sheet)


def _opening(event: Event, state: State, sheet: Sheet) -> None:
    """P-7, P-8: the next number, the newest policy, enough members."""
    args, policy, opening = event.args, state.newest, state.rosters.opening()
    place = at(event, "what the round opened with: number, version, deadline, trainers, seats", Party.CONTRACTS)
    seats = min(policy.seats, len(opening.evaluators))
    expected = (state.number + 1, state.version, event.timestamp + policy.train, opening.trainers, seats)
    actual = (args["round"], args["version"], args["trainEnd"], args["trainers"], args["seats"])
    sheet.same(Check.OPENING, expected, actual, place)
    enough = opening.trainers >= policy.min_trainers and len(opening.evaluators) >= policy.quorum
    may = not state.live and not state.closed and args["round"] <= state.told.terms.rounds
    sheet.holds(
        Check.OPENING,
        enough and bool(opening.aggregators) and may,
        at(event, "that the round could open", Party.CONTRACTS),
        expected="an idle federation with rounds left and enough members",
        actual=f"{opening}, live {state.live}, closed {state.closed}",
    )


def _window(event: Event, state: State, sheet: Sheet) -> None:
    """P-10: [start, end), with the early ends."""
    first, last, what, party = _WINDOWS[event.name]
    if not _current(event, state, sheet) or state.round is None:
        return
    start = getattr(state.round, first) if first else 0
    end = getattr(state.round, last)
    place = at(event, f"the time of {what}", party, event.args["operator"])
    inside = start <= event.timestamp < end
    sheet.holds(Check.WINDOWS, inside, place, expected=f"{start} to {end}, excluded", actual=event.timestamp)
    _order(event, state, sheet)


def _order(event: Event, state: State, sheet: Sheet) -> None:
    """Reveal indices and seats are given once each, without a gap."""
    operator = event.args["operator"]
    if event.name == "UpdateRevealed":
        place = at(event, "the reveal index of an update", Party.TRAINER, operator)
        sheet.same(Check.ORDER, len(state.revealed), event.args["index"], place)
        sheet.holds(Check.ORDER, operator not in state.revealed, place, actual="a second reveal")
    elif event.name == "ScoresRevealed":
        place = at(event, "the seat of revealed scores", Party.EVALUATOR, operator)
        sheet.holds(Check.ORDER, event.args["seat"] not in state.scores_revealed, place, actual="a second reveal")


def _current(event: Event, state: State, sheet: Sheet) -> bool:
    """Whether an event belongs to the open round."""
    place = at(event, f"the round of {event.name}", Party.CONTRACTS)
    open_ = state.number if state.live else None
    return sheet.same(Check.WINDOWS, open_, event.args["round"], place)


def _key(event: Event, state: State, sheet: Sheet) -> None:
    """P-24: the current round's key in its phase, others at any time later; all lead to the anchor."""
    number, key, terms = event.args["round"], event.args["key"], state.told.terms
    place = at(event, "the key of the validation shard", Party.SPONSOR)
    known, link = state.key if state.key[0] else (0, terms.anchor)
    leads = number - known <= MOST_LINKS and is_key(key, number, link, known)
    sheet.holds(Check.KEYS, leads, place, expected=f"a key that leads to that of round {known}", actual=key)
    if state.live and number == state.number and state.round is not None:
        start, end = state.round.reveal_end, state.round.key_end
        inside = start <= event.timestamp < end
        sheet.holds(Check.WINDOWS, inside, place, expected=f"{start} to {end}, excluded", actual=event.timestamp)
    else:
        sheet.holds(Check.WINDOWS, number <= state.number, place, actual=f"round {number} is yet to come")


def _settled(event: Event, state: State, sheet: Sheet) -> None:
    if not _current(event, state, sheet):
        return
    aggregator = event.args["aggregator"]
    place = at(event, "the time of a settlement", Party.AGGREGATOR, aggregator)
    sheet.same(Check.WINDOWS, Phase.SETTLE.name, state.phase(event.timestamp).name, place)
    until = at(event, "the end of the challenge", Party.CONTRACTS)
    sheet.same(Check.WINDOWS, event.timestamp + state.policy.challenge, event.args["finalAt"], until)


def _dispute(event: Event, state: State, sheet: Sheet) -> None:
    """P-22: of the settlement that stands; the end of the challenge as each leaves it, which was told just before."""
    place = at(event, f"{event.name}: when the settlement is final, and whether that is contested", Party.CONTRACTS)
    if state.challenge is None or state.round is None or state.settled is None:
        sheet.holds(Check.WINDOWS, False, place, expected="a standing settlement", actual="none")
        return
    header = header_of(settlement_of(state.settled.args["settlement"]), state.settled)
    whose = at(event, f"{event.name}: the settlement that it is about", Party.CONTRACTS)
    sheet.same(Check.DEMANDS, state.told.hash_of(state.number, header), event.args["settlement"], whose)
    after = state.challenge.after(event, state.policy)
    sheet.same(Check.WINDOWS, (after.end, after.contested), (state.round.final_at, state.contested), place)
    if event.name == "Demanded":
        end = state.challenge.until(step_of(event), state.policy)
        sheet.holds(Check.WINDOWS, event.timestamp < end, place, expected=f"before {end}", actual=event.timestamp)
        due = at(event, "until when a demand may be answered", Party.CONTRACTS)
        sheet.same(Check.WINDOWS, event.timestamp + state.policy.supply, event.args["deadline"], due)


def _ending(event: Event, state: State, sheet: Sheet) -> None:
    """P-10: a round ends when it is due, and with what was settled."""
    place = at(event, f"the time of {event.name}", Party.CONTRACTS)
    sheet.same(Check.ENDING, _ENDINGS[event.name].name, state.phase(event.timestamp).name, place)
    record = state.told.records.get(event.args["round"])
    if event.name == "RoundFinalized" and record is not None:
        h, args = record.header, event.args
        settled = None if h is None else (h.model_root, h.model_digest, h.reward_root, h.earned)
        final = (args["modelRoot"], args["modelDigest"], args["rewardRoot"], args["earned"])
        sheet.same(Check.ENDING, settled, final, at(event, "what became final", Party.CONTRACTS))
