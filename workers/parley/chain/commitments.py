"""Preimages, salts and signed messages, exactly as the contracts compute them (section 9, P-9, P-14)."""

from __future__ import annotations

import hmac
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from parley.chain.model import Header, Role

UPDATE_TYPE = keccak(text="update")
SCORES_TYPE = keccak(text="scores")

_HEADER = "(bytes32,uint64,uint96,bytes32,bytes32,bytes32,bytes32,uint8,address,uint64)"


def update_commitment(
    *,
    chain_id: int,
    coordinator: str,
    fid: int,
    round_number: int,
    operator: str,
    root: bytes,
    cid_digest: bytes,
    salt: bytes,
) -> bytes:
    """What `commitUpdate` takes: binds chain, contract, federation, round, operator, content and salt (P-9)."""
    types = ["bytes32", "uint256", "address", "uint256", "uint256", "address", "bytes32", "bytes32", "bytes32"]
    return keccak(
        encode(types, [UPDATE_TYPE, chain_id, coordinator, fid, round_number, operator, root, cid_digest, salt])
    )


def scores_commitment(
    *, chain_id: int, coordinator: str, fid: int, round_number: int, operator: str, vector: bytes, salt: bytes
) -> bytes:
    """What `commitScores` takes."""
    types = ["bytes32", "uint256", "address", "uint256", "uint256", "address", "bytes32", "bytes32"]
    return keccak(
        encode(types, [SCORES_TYPE, chain_id, coordinator, fid, round_number, operator, keccak(vector), salt])
    )


def settlement_hash(*, chain_id: int, coordinator: str, fid: int, round_number: int, header: Header) -> bytes:
    """What the coordinator stores of a settlement."""
    types = ["uint256", "address", "uint256", "uint256", _HEADER]
    return keccak(encode(types, [chain_id, coordinator, fid, round_number, header.to_abi()]))


def update_salt(key: bytes, chain_id: int, coordinator: str, fid: int, round_number: int) -> bytes:
    """The salt of an update, derived from the worker key: it survives the loss of the disk (P-14)."""
    return _salt(key, b"parley/update", chain_id, coordinator, fid, round_number)


def score_salt(key: bytes, chain_id: int, coordinator: str, fid: int, round_number: int) -> bytes:
    """The salt of a score vector; no revealed salt tells another (P-14)."""
    return _salt(key, b"parley/score", chain_id, coordinator, fid, round_number)


def _salt(key: bytes, purpose: bytes, chain_id: int, coordinator: str, fid: int, round_number: int) -> bytes:
    """HMAC-SHA256(key, purpose ‖ uint256 chainId ‖ address ‖ uint256 fid ‖ uint256 round), 32 bytes."""
    address = bytes.fromhex(coordinator.removeprefix("0x"))
    message = (
        purpose + chain_id.to_bytes(32, "big") + address + fid.to_bytes(32, "big") + round_number.to_bytes(32, "big")
    )
    return hmac.digest(key, message, "sha256")


def sign_invitation(
    key: bytes,
    *,
    chain_id: int,
    federation_registry: str,
    fid: int,
    operator: str,
    roles: Role,
    nonce: int,
    expiry: int,
) -> bytes:
    """The sponsor's EIP-712 permission to join, 65 bytes (section 5)."""
    fields = {"fid": "uint256", "operator": "address", "roles": "uint8", "nonce": "uint256", "expiry": "uint256"}
    message = {"fid": fid, "operator": operator, "roles": int(roles), "nonce": nonce, "expiry": expiry}
    return _sign(key, "Parley FederationRegistry", chain_id, federation_registry, "Invitation", fields, message)


def sign_worker_consent(
    key: bytes, *, chain_id: int, registry: str, operator: str, worker: str, nonce: int, deadline: int
) -> bytes:
    """A worker key's EIP-712 consent to act for an operator, 65 bytes (section 2)."""
    fields = {"operator": "address", "worker": "address", "nonce": "uint256", "deadline": "uint256"}
    message = {"operator": operator, "worker": worker, "nonce": nonce, "deadline": deadline}
    return _sign(key, "Parley ParticipantRegistry", chain_id, registry, "Worker", fields, message)


def sign_claim(
    key: bytes,
    *,
    chain_id: int,
    reward_vault: str,
    fid: int,
    operator: str,
    to: str,
    cumulative: int,
    deadline: int,
) -> bytes:
    """An operator's EIP-712 permission to pay its rewards to another address, 65 bytes (P-12)."""
    fields = {"fid": "uint256", "operator": "address", "to": "address", "cumulative": "uint256", "deadline": "uint256"}
    message = {"fid": fid, "operator": operator, "to": to, "cumulative": cumulative, "deadline": deadline}
    return _sign(key, "Parley RewardVault", chain_id, reward_vault, "Claim", fields, message)


def _sign(
    key: bytes,
    name: str,
    chain_id: int,
    contract: str,
    primary: str,
    fields: dict[str, str],
    message: dict[str, Any],
) -> bytes:
    domain = {"name": name, "version": "1", "chainId": chain_id, "verifyingContract": contract}
    types = {primary: [{"name": field, "type": kind} for field, kind in fields.items()]}
    signable = encode_typed_data(domain_data=domain, message_types=types, message_data=message)
    return bytes(Account.sign_message(signable, key).signature)
