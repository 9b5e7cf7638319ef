"""The contracts' state at the last block is what all events lead to (P-7, P-12, P-19, P-25). Pure."""

from __future__ import annotations

from dataclasses import fields

from parley.audit.checks import Check
from parley.audit.findings import Party, Place, Sheet
from parley.audit.replay import State
from parley.audit.rosters import Membership
from parley.audit.story import Standing, Story
from parley.chain.limits import check_policy, check_terms
from parley.chain.model import MemberState, RoundState
from parley.chain.reader_checks import conflicts
from parley.errors import ConfigError

_CHANGING = frozenset({"phase", "turn"})
"""What the lens derives from the block's time."""


def judge(story: Story, state: State, sheet: Sheet) -> None:
    """Compare terms and policies, and the state at the end of the replay with that of the contracts."""
    _terms(story, sheet)
    if story.standing is None:
        return
    _registry(story, story.standing, sheet)
    _federation(story, story.standing, state, sheet)
    if state.live and state.round is not None:
        _round(state.round, story.standing.round, sheet)
    for operator, told in story.standing.members.items():
        _member(operator, told, state, sheet)


def _terms(story: Story, sheet: Sheet) -> None:
    """Terms and policies are such as the registry accepts."""
    place = Place("the terms", Party.SPONSOR, story.sponsor, by_hand=("parley federation show --json",))
    try:
        check_terms(story.told.terms)
        sheet.holds(Check.TERMS, True, place)
        for version, policy in story.told.policies.items():
            place = Place(f"policy {version}", Party.SPONSOR, story.sponsor)
            check_policy(policy, story.min_window)
            sheet.holds(Check.TERMS, True, place)
    except ConfigError as error:
        sheet.holds(Check.TERMS, False, place, actual=error.message)


def _registry(story: Story, standing: Standing, sheet: Sheet) -> None:
    told = story.told
    for what, expected, actual in (
        ("the terms", told.terms, standing.terms),
        ("the sponsor", story.sponsor, standing.sponsor),
        ("the policies", dict(told.policies), dict(standing.policies)),
    ):
        place = Place(f"{what}, by events and by the registry", Party.NODE, by_hand=("parley federation show --json",))
        sheet.same(Check.TERMS, expected, actual, place)


def _federation(story: Story, standing: Standing, state: State, sheet: Sheet) -> None:
    by_hand = ("parley federation show --json", "parley round list")
    place = Place("events and state of the federation", Party.NODE, by_hand=by_hand)
    found = conflicts(story.told, standing.federation, standing.round, standing.settlement)
    sheet.holds(Check.STATE, not found, place, expected="no contradiction", actual="; ".join(found))
    final = story.told.final_records()
    headers = [record.header for record in final if record.header is not None]
    previous = headers[-2].model_root if len(headers) > 1 else story.told.terms.model_root
    kept, opening = standing.federation, state.opening
    compared = {
        "version": (state.version, kept.version),
        "live": (state.live, kept.live),
        "closed": (state.closed, kept.closed),
        "norm": (headers[-1].norm if headers else 0, kept.norm),
        "previous model": (previous, kept.previous_root),
        "members": (_counts(state), (kept.trainers, kept.evaluators, kept.aggregators)),
        "members at the opening": (
            (len(opening.evaluators), len(opening.aggregators)),
            (kept.evaluators_at_opening, kept.aggregators_at_opening),
        ),
        "reward root": (headers[-1].reward_root if headers else bytes(32), standing.vaults.root),
    }
    for what, (expected, actual) in compared.items():
        sheet.same(Check.STATE, expected, actual, Place(f"the federation's {what}", Party.NODE, by_hand=by_hand))


def _counts(state: State) -> tuple[int, int, int]:
    now = state.rosters.opening()
    return now.trainers, len(now.evaluators), len(now.aggregators)


def _round(replayed: RoundState, kept: RoundState, sheet: Sheet) -> None:
    """The phases' ends and counts of the open round."""
    for name in (field.name for field in fields(RoundState) if field.name not in _CHANGING):
        place = Place(f"the round's {name}", Party.NODE, round=kept.round, by_hand=("parley round show --json",))
        sheet.same(Check.STATE, getattr(replayed, name), getattr(kept, name), place)


def _member(operator: str, told: MemberState, state: State, sheet: Sheet) -> None:
    """Roles, rounds and stake of a membership, and the index."""
    place = Place("a member's standing", Party.NODE, operator, by_hand=(f"parley status --account {operator}",))
    index = state.rosters.indexed.index(operator) if operator in state.rosters.indexed else None
    sheet.same(Check.STATE, index, told.index if told.has_index else None, place)
    member = state.rosters.members.get(operator)
    kept = Membership(told.roles, told.first_round, told.last_round, told.stake) if told.roles else None
    sheet.same(Check.STATE, member, kept, place)
