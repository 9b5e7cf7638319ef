"""Joining a federation, leaving it, and what a sponsor signs to let somebody join."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from eth_account.signers.local import LocalAccount
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from web3 import Web3

from parley import strict_json
from parley.chain.contracts import Contracts
from parley.chain.model import Admission, Role
from parley.chain.sender import Sender
from parley.chain.signatures import invitation_message, sign
from parley.chain.view import View
from parley.cli.actions.receipts import Done, done
from parley.cli.actions.stakes import stake_of
from parley.cli.amounts import tokens
from parley.errors import ChainError, ConfigError

MAX_FILE_BYTES = 1 << 16
Uint256 = Annotated[int, Field(ge=0, lt=2**256)]


class InvitationFile(BaseModel):
    """A sponsor's invitation, as it travels to the one who is invited.

    Attributes:
        fid: federation id.
        operator: who may join.
        roles: with which roles exactly, a bit set.
        nonce: good once.
        expiry: last second at which it is good.
        signature: of the sponsor, hexadecimal.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fid: Uint256
    operator: str = Field(pattern=r"^0x[0-9a-fA-F]{40}$")
    roles: int = Field(ge=1, le=7)
    nonce: Uint256
    expiry: Uint256
    signature: str = Field(pattern=r"^0x([0-9a-f]{2}){1,1024}$")


@dataclass(frozen=True)
class Member:
    """An operator's standing in a federation.

    Attributes:
        federation: its id.
        operator: whose standing.
        roles: what it does; none for a stranger.
        first_round: from which it may act.
        last_round: until which, `None` while it has not left.
        stake: locked by this membership, wei.
        index: its leaf in the reward tree, `None` before it has one.
    """

    federation: int
    operator: str
    roles: Role
    first_round: int
    last_round: int | None
    stake: int
    index: int | None


def standing(view: View) -> Member:
    """The standing of the view's operator."""
    me = view.me
    return Member(
        federation=view.fid,
        operator=view.operator,
        roles=me.roles,
        first_round=me.first_round,
        last_round=None if me.last_round == 2**24 - 1 else me.last_round,
        stake=me.stake,
        index=me.index if me.has_index else None,
    )


def parse_roles(names: Iterable[str]) -> Role:
    """Roles by their names.

    Raises:
        ConfigError: a name is none, or there is none at all.
    """
    roles = Role(0)
    for name in names:
        if name.upper() not in Role.__members__:
            raise ConfigError(f"{name!r:.40} is no role", hint="roles are trainer, evaluator and aggregator")
        roles |= Role[name.upper()]
    if not roles:
        raise ConfigError("no role is named", hint="add --role trainer, evaluator or aggregator; several are possible")
    return roles


def invite(
    w3: Web3, contracts: Contracts, sponsor: LocalAccount, fid: int, operator: str, roles: Role, days: float
) -> InvitationFile:
    """Sign an invitation; nothing is sent.

    Raises:
        ChainError: the key is not the sponsor's.
    """
    owner = contracts.federations.functions.sponsorOf(fid).call()
    if owner != sponsor.address:
        raise ChainError(
            f"{sponsor.address} is not the sponsor of federation {fid}, {owner} is", hint="choose --account"
        )
    nonce = secrets.randbits(128)
    expiry = w3.eth.get_block("latest")["timestamp"] + round(days * 86_400)
    message = invitation_message(
        chain_id=w3.eth.chain_id,
        federation_registry=contracts.federations.address,
        fid=fid,
        operator=operator,
        roles=roles,
        nonce=nonce,
        expiry=expiry,
    )
    return InvitationFile(
        fid=fid,
        operator=operator,
        roles=int(roles),
        nonce=nonce,
        expiry=expiry,
        signature="0x" + sign(message, sponsor).hex(),
    )


def read_invitation(path: Path) -> InvitationFile:
    """Read an invitation that a sponsor sent.

    Raises:
        ConfigError: the file cannot be read, or is none.
    """
    try:
        with path.open("rb") as file:
            return InvitationFile(**strict_json.parse(file.read(MAX_FILE_BYTES + 1), MAX_FILE_BYTES))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}", hint="check the path") from error
    except (ValueError, TypeError, ValidationError) as error:
        raise ConfigError(
            f"{path} is no invitation", hint="ask the sponsor for the output of `parley federation invite`"
        ) from error


def join(
    contracts: Contracts, sender: Sender, view: View, roles: Role, invitation: InvitationFile | None = None
) -> Done:
    """Join a federation; locks the stake of the roles.

    Args:
        contracts: the deployment.
        sender: with the operator's own key.
        view: the federation, as the operator sees it.
        roles: what it will do; as in the invitation if there is one.
        invitation: the sponsor's, where admission is by invitation.

    Raises:
        ChainError: an invitation is needed, is for somebody else, or the free stake is too small.
        Reverted: the contracts refuse for another reason.
    """
    _check_stake(contracts, view, roles)
    if invitation is None:
        if view.terms.admission is Admission.INVITATION:
            raise ChainError(
                f"federation {view.fid} admits by invitation only", hint="ask its sponsor, then --invitation FILE"
            )
        return done(sender.send(contracts.federations.functions.join(view.fid, int(roles))))
    if (invitation.fid, invitation.operator.lower(), invitation.roles) != (
        view.fid,
        sender.address.lower(),
        int(roles),
    ):
        raise ChainError(
            f"the invitation is for {invitation.operator} in federation {invitation.fid}, roles {invitation.roles:03b}",
            hint="join with exactly that key, that federation and those roles (leave --role out)",
        )
    given = (invitation.nonce, invitation.expiry, bytes.fromhex(invitation.signature[2:]))
    return done(sender.send(contracts.federations.functions.joinInvited(view.fid, int(roles), given)))


def leave(contracts: Contracts, sender: Sender, fid: int) -> Done:
    """Leave after the current round; the stake unbonds once that is final."""
    return done(sender.send(contracts.coordinator.functions.leaveFederation(fid)))


def unbond(contracts: Contracts, sender: Sender, fid: int, operator: str) -> Done:
    """Free the stake of a former member; anyone may.

    Raises:
        Reverted: a round it took part in is not final yet.
    """
    return done(sender.send(contracts.coordinator.functions.unbond(fid, operator)))


def _check_stake(contracts: Contracts, view: View, roles: Role) -> None:
    """Say how much stake is missing, before a contract says less clearly that it is."""
    if view.me.roles:
        raise ChainError(
            f"{view.operator} is a member of federation {view.fid} already", hint="see `parley federation show`"
        )
    needed = view.next_policy.stake_of(roles)
    free = stake_of(contracts, view.terms.token, view.operator).free
    if free < needed:
        raise ChainError(
            f"joining needs a free stake of {tokens(needed)} tokens; {view.operator} has {tokens(free)}",
            hint=f"parley stake deposit {tokens(needed - free).replace(',', '')}",
        )
