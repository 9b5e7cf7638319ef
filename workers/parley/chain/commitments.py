"""Preimages that are fixed from day one (section 9): what the contracts hash, hashed here as well. Pure.

All are `keccak256(abi.encode(...))`; `TYPE` is the keccak256 of the preimage's name.
"""

from __future__ import annotations

import hashlib
import hmac

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from parley.chain.model import Header

UPDATE_TYPE = keccak(text="update")
SCORES_TYPE = keccak(text="scores")

_DOMAIN = ("bytes32", "uint256", "address", "uint256", "uint256", "address")
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
    """Commitment to an update (P-9).

    Args:
        chain_id: of the chain.
        coordinator: address of the round coordinator.
        fid: federation id.
        round_number: number of the round.
        operator: address that the update belongs to, whichever key sends it.
        root: word root of the update (P-3), 32 bytes.
        cid_digest: sha2-256 digest of its CID (P-5), 32 bytes.
        salt: 32 bytes, see `update_salt`.

    Returns:
        32 bytes for `commitUpdate`.

    Raises:
        ValueError: a value has another length than stated.
    """
    _require_words(root=root, cid_digest=cid_digest, salt=salt)
    types = (*_DOMAIN, "bytes32", "bytes32", "bytes32")
    return keccak(
        encode(types, (UPDATE_TYPE, chain_id, coordinator, fid, round_number, operator, root, cid_digest, salt))
    )


def scores_commitment(
    *,
    chain_id: int,
    coordinator: str,
    fid: int,
    round_number: int,
    operator: str,
    vector: bytes,
    salt: bytes,
) -> bytes:
    """Commitment to a score vector (P-9); arguments as of `update_commitment`.

    Args:
        chain_id: of the chain.
        coordinator: address of the round coordinator.
        fid: federation id.
        round_number: number of the round.
        operator: the evaluator's address, whichever key sends it.
        vector: the whole vector as it will be revealed (P-25).
        salt: 32 bytes, see `score_salt`.

    Returns:
        32 bytes for `commitScores`.

    Raises:
        ValueError: the salt has another length.
    """
    _require_words(salt=salt)
    types = (*_DOMAIN, "bytes32", "bytes32")
    return keccak(
        encode(types, (SCORES_TYPE, chain_id, coordinator, fid, round_number, operator, keccak(vector), salt))
    )


def disproof_commitment(*, subject: bytes, selector: bytes, arguments: bytes, sender: str) -> bytes:
    """Commitment to a proof (P-16): 32 bytes for `commitDisproof`.

    Args:
        subject: hash of the settlement, or for `disproveClip` the word root of the update, 32 bytes.
        selector: of the call, 4 bytes.
        arguments: all of its calldata after the selector.
        sender: address of the key that will send the proof, and is paid.

    Raises:
        ValueError: a value has another length than stated.
    """
    _require_words(subject=subject)
    if len(selector) != 4:
        raise ValueError(f"a selector has 4 bytes, not {len(selector)}")
    return keccak(encode(("bytes32", "bytes4", "bytes32", "address"), (subject, selector, keccak(arguments), sender)))


def settlement_hash(*, chain_id: int, coordinator: str, fid: int, round_number: int, header: Header) -> bytes:
    """What the coordinator keeps of a posted settlement (P-13): 32 bytes.

    Args:
        chain_id: of the chain.
        coordinator: address of the round coordinator.
        fid: federation id.
        round_number: number of the round.
        header: of the settlement.
    """
    types = ("uint256", "address", "uint256", "uint256", _HEADER)
    return keccak(encode(types, (chain_id, coordinator, fid, round_number, header.to_abi())))


def update_salt(key: bytes, chain_id: int, coordinator: str, fid: int, round_number: int) -> bytes:
    """Salt of an update's commitment, derived from the worker's key so that a lost disk loses nothing (P-14).

    Args:
        key: 32-byte private key of the worker.
        chain_id: of the chain.
        coordinator: address of the round coordinator.
        fid: federation id.
        round_number: number of the round.

    Returns:
        32 bytes; no revealed salt tells another.
    """
    return _salt(key, b"parley/update", chain_id, coordinator, fid, round_number)


def score_salt(key: bytes, chain_id: int, coordinator: str, fid: int, round_number: int) -> bytes:
    """Salt of a score vector's commitment (P-14), from which the evaluator's half follows. As `update_salt`."""
    return _salt(key, b"parley/score", chain_id, coordinator, fid, round_number)


def _salt(key: bytes, purpose: bytes, chain_id: int, coordinator: str, fid: int, round_number: int) -> bytes:
    _require_words(key=key)
    contract = bytes.fromhex(coordinator.removeprefix("0x"))
    if len(contract) != 20:
        raise ValueError(f"an address has 20 bytes, not {len(contract)}")
    message = purpose + chain_id.to_bytes(32, "big") + contract + fid.to_bytes(32, "big")
    return hmac.new(key, message + round_number.to_bytes(32, "big"), hashlib.sha256).digest()


def _require_words(**values: bytes) -> None:
    """Refuse what is not 32 bytes long; eth_abi would pad it in silence."""
    for name, value in values.items():
        if len(value) != 32:
            raise ValueError(f"{name} has 32 bytes, not {len(value)}")
