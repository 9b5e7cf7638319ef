"""One screen about everything: chain, contracts, federation, and one's own standing and money."""

from __future__ import annotations

from dataclasses import dataclass

from web3 import Web3

from parley.chain.contracts import Contracts, token_at
from parley.chain.model import Role
from parley.chain.reader import Reader
from parley.cli.actions.claims import claim_of
from parley.cli.actions.federations import FederationRow, list_federations
from parley.cli.actions.operators import NO_ADDRESS
from parley.roles.books import Books


@dataclass(frozen=True)
class Own:
    """Somebody's own standing; amounts in wei.

    Attributes:
        address: of the key.
        operator: whom it acts for, `None` if nobody.
        ether: for gas.
        tokens: held by the key.
        free_stake: of the operator; locked_stake, likewise.
        roles: in the federation.
        index: member index in the federation, `None` before it has one.
        earned: in all final rounds of the federation.
        due: what of it can be claimed.
    """

    address: str
    operator: str | None
    ether: int
    tokens: int
    free_stake: int
    locked_stake: int
    roles: Role
    index: int | None
    earned: int
    due: int


@dataclass(frozen=True)
class Overview:
    """What `parley status` shows.

    Attributes:
        chain_id: of the chain.
        block: its height.
        contracts: address of the round coordinator.
        federations: one line each.
        federation: the one that is meant; `None` if there is none, or several and none is chosen.
        own: one's own standing; `None` without a key.
    """

    chain_id: int
    block: int
    contracts: str
    federations: list[FederationRow]
    federation: int | None
    own: Own | None


def overview(w3: Web3, contracts: Contracts, federation: int | None, address: str | None) -> Overview:
    """Everything on one screen.

    Args:
        w3: connection.
        contracts: the deployment.
        federation: the chosen one; `None`: the only one.
        address: of one's own key, or `None`.

    Raises:
        NotFound: there is no such federation.
    """
    rows = list_federations(contracts)
    fid = federation or (1 if len(rows) == 1 else None)
    return Overview(
        chain_id=w3.eth.chain_id,
        block=w3.eth.block_number,
        contracts=contracts.coordinator.address,
        federations=rows,
        federation=fid,
        own=None if address is None else own_standing(w3, contracts, fid, address),
    )


def own_standing(w3: Web3, contracts: Contracts, fid: int | None, address: str) -> Own:
    """A key's own standing; in no federation if `fid` is `None`."""
    found: str = contracts.registry.functions.operatorOf(address).call()
    operator = None if found == NO_ADDRESS else found
    token = contracts.token if fid is None else token_at(w3, contracts.federations.functions.termsOf(fid).call()[0])
    free = locked = earned = due = 0
    roles, index = Role(0), None
    if operator is not None and token is not None:
        free, locked = contracts.stake_vault.functions.accountOf(token.address, operator).call()
    if operator is not None and fid is not None:
        reader = Reader(w3, contracts, fid, operator)
        view = reader.view()
        account = claim_of(view, Books(reader.policy), contracts, operator)
        roles, index, earned, due = view.me.roles, account.index, account.cumulative, account.due
    return Own(
        address=address,
        operator=operator,
        ether=w3.eth.get_balance(Web3.to_checksum_address(address)),
        tokens=0 if token is None else token.functions.balanceOf(address).call(),
        free_stake=free,
        locked_stake=locked,
        roles=roles,
        index=index,
        earned=earned,
        due=due,
    )
