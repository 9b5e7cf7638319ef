"""The books, checked to the wei against what the rounds earned (P-12, P-17)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from web3.contract import Contract

from parley.chain.reader import Contracts


@dataclass(frozen=True, slots=True)
class Check:
    """One equation of the books.

    Attributes:
        name: what is compared.
        left: what the chain holds, wei.
        right: what it must be, wei.
    """

    name: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        """Whether both sides are equal."""
        return self.left == self.right


def check_books(
    contracts: Contracts,
    token: Contract,
    fid: int,
    operators: Iterable[str],
    *,
    funded: int,
    earned: Mapping[str, int],
) -> tuple[Check, ...]:
    """Compare vaults, claims and rewards.

    Args:
        contracts: the deployment; the federation must be the only one that uses it.
        token: stake and reward token.
        fid: the federation.
        operators: everybody who ever deposited.
        funded: what the sponsor paid into the budget, wei.
        earned: what each operator earned in all final rounds, recomputed by the caller, wei.
    """
    vault, stakes = contracts.reward_vault, contracts.stake_vault
    _, _, free, reserved, owed = vault.functions.booksOf(fid).call()
    claimed = {operator: vault.functions.claimedOf(fid, operator).call() for operator in operators}
    accounts = [stakes.functions.accountOf(token.address, operator).call() for operator in claimed]
    to_burn = stakes.functions.toBurn(token.address).call()
    balance = token.functions.balanceOf
    return (
        Check("reward vault holds what it owes", balance(vault.address).call(), free + reserved + owed),
        Check(
            "budget is what was funded, less what was claimed", free + reserved + owed, funded - sum(claimed.values())
        ),
        Check("owed and claimed is what was earned", owed + sum(claimed.values()), sum(earned.values())),
        Check("stake vault holds what it owes", balance(stakes.address).call(), sum(map(sum, accounts)) + to_burn),
        *(
            Check(f"{operator} was paid what it earned", claimed[operator], earned.get(operator, 0))
            for operator in claimed
        ),
    )
