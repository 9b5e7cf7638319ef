"""EIP-712 messages that the contracts accept: invitations, worker consents, payees of a claim. Pure.

Each is signed by a key here; what Safes and other ERC-1271 contracts sign is made of the same `*_message`.
"""

from __future__ import annotations

from typing import Any

from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount

from parley.chain.model import Role

_INVITATION = [
    ("fid", "uint256"),
    ("operator", "address"),
    ("roles", "uint8"),
    ("nonce", "uint256"),
    ("expiry", "uint256"),
]
_WORKER = [("operator", "address"), ("worker", "address"), ("nonce", "uint256"), ("deadline", "uint256")]
_CLAIM = [
    ("fid", "uint256"),
    ("operator", "address"),
    ("to", "address"),
    ("cumulative", "uint256"),
    ("deadline", "uint256"),
]


def invitation_message(
    *, chain_id: int, federation_registry: str, fid: int, operator: str, roles: Role, nonce: int, expiry: int
) -> SignableMessage:
    """A sponsor's permission to join, for `joinInvited`.

    Args:
        chain_id: of the chain.
        federation_registry: address of the contract that checks it.
        fid: federation id.
        operator: who may join; nobody else can use it.
        roles: exactly the roles it may join with.
        nonce: chosen by the sponsor; each is good once per federation.
        expiry: last second at which it is good.
    """
    values = {"fid": fid, "operator": operator, "roles": int(roles), "nonce": nonce, "expiry": expiry}
    return _message("FederationRegistry", chain_id, federation_registry, "Invitation", _INVITATION, values)


def worker_message(
    *, chain_id: int, registry: str, operator: str, worker: str, nonce: int, deadline: int
) -> SignableMessage:
    """A worker key's consent to act for an operator, for `nameWorker`.

    Args:
        chain_id: of the chain.
        registry: address of the participant registry.
        operator: whom it will act for.
        worker: address of the key that consents, and signs.
        nonce: `nonces(worker)` of the registry.
        deadline: last second at which the consent is good.
    """
    values = {"operator": operator, "worker": worker, "nonce": nonce, "deadline": deadline}
    return _message("ParticipantRegistry", chain_id, registry, "Worker", _WORKER, values)


def claim_message(
    *, chain_id: int, reward_vault: str, fid: int, operator: str, to: str, cumulative: int, deadline: int
) -> SignableMessage:
    """An operator's authorisation to pay its rewards to another address, for `claimTo` (P-12).

    Args:
        chain_id: of the chain.
        reward_vault: address of the reward vault.
        fid: federation id.
        operator: whose rewards, and who signs.
        to: who is paid.
        cumulative: the leaf's amount in units of the token's decimals; all of it that is not claimed yet is paid.
        deadline: last second at which the authorisation is good.
    """
    values = {"fid": fid, "operator": operator, "to": to, "cumulative": cumulative, "deadline": deadline}
    return _message("RewardVault", chain_id, reward_vault, "Claim", _CLAIM, values)


def sign(message: SignableMessage, account: LocalAccount) -> bytes:
    """Sign a message: 65 bytes, r ‖ s ‖ v."""
    return bytes(account.sign_message(message).signature)


def _message(
    contract: str, chain_id: int, address: str, name: str, members: list[tuple[str, str]], values: dict[str, Any]
) -> SignableMessage:
    return encode_typed_data(
        domain_data={"name": f"Parley {contract}", "version": "1", "chainId": chain_id, "verifyingContract": address},
        message_types={name: [{"name": member, "type": kind} for member, kind in members]},
        message_data=values,
    )
