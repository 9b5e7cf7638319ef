"""Money: the budget, claims and stakes, movement by movement (P-8, P-12, P-16, P-17). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from parley.audit.checks import Check
from parley.audit.findings import Party, Place, Sheet
from parley.audit.on_settlements import Settled
from parley.audit.places import at
from parley.audit.story import Story, Vaults
from parley.chain.events import Event
from parley.numerics.faults import NOBODY
from parley.numerics.rewards import Ledger


@dataclass(slots=True)
class Budget:
    """The reward vault's books of the federation, wei.

    Attributes:
        free: may be reserved or withdrawn.
        reserved: for the open round.
        owed: earned and not claimed.
        claimed: by operator.
    """

    free: int = 0
    reserved: int = 0
    owed: int = 0
    claimed: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def judge(story: Story, settled: Mapping[int, Settled], sheet: Sheet) -> None:
    """Check every movement, and where they lead."""
    budget = _budget(story, settled, sheet)
    accounts = _accounts(story.stakes, sheet)
    if story.standing is not None:
        _vaults(story.standing.vaults, budget, accounts, sheet)


# --------------------------------------------------------------------------------------------------------- budget


def _budget(story: Story, settled: Mapping[int, Settled], sheet: Sheet) -> Budget:
    budget, earned = Budget(), _earned({})
    ended: Event | None = None
    for event in story.events:
        match event.name:
            case "Funded":
                budget.free += event.args["amount"]
            case "BudgetWithdrawn":
                budget.free -= event.args["amount"]
                place = at(event, "what the sponsor withdrew", Party.SPONSOR, story.sponsor)
                sheet.holds(Check.BUDGET, budget.free >= 0, place, expected="no more than is free", actual=budget.free)
            case "RoundFinalized" | "RoundVoided":
                ended = event
                if event.name == "RoundFinalized" and event.args["round"] in settled:
                    earned = _earned(settled[event.args["round"]].ledger)
            case "RolledOver":
                _roll(event, ended, budget, sheet)
                ended = None
            case "RoundOpened":
                policy = story.told.policies.get(event.args["version"])
                place = at(event, "what is reserved for the round", Party.CONTRACTS)
                sheet.same(Check.BUDGET, None if policy is None else policy.reward, budget.reserved, place)
            case "Claimed":
                _claim(event, budget, earned, sheet)
    return budget


def _earned(ledger: Ledger) -> dict[str, int]:
    """Cumulative rewards by operator, wei."""
    return {account.operator: account.cumulative for account in ledger.values()}


def _roll(event: Event, ended: Event | None, budget: Budget, sheet: Sheet) -> None:
    """The end of a round returns its reservation, less what it earned, and reserves the next."""
    args = event.args
    final = ended is not None and ended.name == "RoundFinalized"
    earned = ended.args["earned"] if ended is not None and final else 0
    place = at(event, "the reservation that ends, and what the round earned", Party.CONTRACTS)
    sheet.same(Check.BUDGET, (budget.reserved, earned), (args["reserved"], args["earned"]), place)
    budget.free += args["reserved"] - args["earned"] - args["next"]
    budget.owed += args["earned"]
    budget.reserved = args["next"]
    covered = budget.free >= 0
    sheet.holds(Check.BUDGET, covered, place, expected="a whole reward that is free", actual=budget.free)


def _claim(event: Event, budget: Budget, earned: Mapping[str, int], sheet: Sheet) -> None:
    """P-12: the whole leaf of the last final round, less what was claimed before."""
    operator, amount, cumulative = (event.args[key] for key in ("operator", "amount", "cumulative"))
    place = at(event, "a claim: the leaf, and what was paid", Party.MEMBER, operator)
    leaf = earned.get(operator, 0)
    sheet.same(Check.CLAIMS, (leaf, leaf - budget.claimed[operator]), (cumulative, amount), place)
    budget.claimed[operator] = cumulative
    budget.owed -= amount
    sheet.holds(Check.CLAIMS, budget.owed >= 0, place, expected="no more than is owed", actual=budget.owed)


# --------------------------------------------------------------------------------------------------------- stakes


@dataclass(slots=True)
class Accounts:
    """The stake vault's books of one token, wei.

    Attributes:
        free: by operator.
        locked: by operator.
        to_burn: slashed and not yet burned.
    """

    free: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    locked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    to_burn: int = 0


def _accounts(events: Sequence[Event], sheet: Sheet) -> Accounts:
    books = Accounts()
    for event in events:
        _move(event, books)
        operator = event.args.get("operator", "")
        place = at(event, f"a stake account after {event.name}", Party.CONTRACTS, operator)
        least = min(books.free[operator], books.locked[operator], books.to_burn)
        sheet.holds(Check.STAKES, least >= 0, place, expected="nothing below zero", actual=least)
    return books


def _move(event: Event, books: Accounts) -> None:
    """One movement of stake (P-17)."""
    operator, amount = event.args.get("operator", ""), event.args["amount"]
    match event.name:
        case "Deposited":
            books.free[operator] += amount
        case "Withdrawn":
            books.free[operator] -= amount
        case "Locked" | "Unlocked":
            moved = amount if event.name == "Locked" else -amount
            books.free[operator] -= moved
            books.locked[operator] += moved
        case "Slashed":
            prover = event.args["prover"]
            reward = 0 if prover == NOBODY else amount // 2
            books.locked[operator] -= amount
            books.free[prover] += reward
            books.to_burn += amount - reward
        case "Burned":
            books.to_burn -= amount


# ------------------------------------------------------------------------------------------------------ the end


def _vaults(vaults: Vaults, budget: Budget, accounts: Accounts, sheet: Sheet) -> None:
    """Where all movements lead is what the vaults keep, and what they owe they have (P-17)."""
    books = Place("the reward vault's books", Party.NODE, by_hand=("parley federation show",))
    expected = (budget.free, budget.reserved, budget.owed)
    sheet.same(Check.BUDGET, expected, (vaults.free, vaults.reserved, vaults.owed), books)
    for operator, claimed in vaults.claimed.items():
        place = Place("what was claimed", Party.NODE, operator, by_hand=(f"parley status --account {operator}",))
        sheet.same(Check.CLAIMS, budget.claimed[operator], claimed, place)
    for operator, account in vaults.accounts.items():
        place = Place("free and locked stake", Party.NODE, operator, by_hand=(f"parley stake show {operator}",))
        sheet.same(Check.STAKES, (accounts.free[operator], accounts.locked[operator]), account, place)
    burn = Place("stake that is to be burned", Party.NODE)
    sheet.same(Check.STAKES, accounts.to_burn, vaults.to_burn, burn)
    owes = sum(accounts.free.values()) + sum(accounts.locked.values()) + accounts.to_burn
    debts = {"the stake vault's tokens": (vaults.stake_balance, owes)}
    if vaults.reward_debt is None:
        sheet.skip(Check.TOKENS, "there are too many federations to ask what the reward vault owes all of them")
    else:
        debts["the reward vault's tokens"] = (vaults.reward_balance, vaults.reward_debt)
    for what, (has, debt) in debts.items():
        sheet.holds(Check.TOKENS, has >= debt, Place(what, Party.CONTRACTS), expected=f"at least {debt}", actual=has)
