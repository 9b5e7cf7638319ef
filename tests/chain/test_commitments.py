"""Preimages of section 9, word by word, and salts."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from parley.chain.commitments import (
    disproof_commitment,
    score_salt,
    scores_commitment,
    settlement_hash,
    update_commitment,
    update_salt,
)
from parley.chain.model import Header

pytestmark = pytest.mark.unit

words = st.binary(min_size=32, max_size=32)
addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
numbers = st.integers(min_value=0, max_value=2**256 - 1)
KEY, COORDINATOR = b"k" * 32, "0x" + "c0" * 20


def word(value: int | str) -> bytes:
    """A value type as the ABI encodes it."""
    return value.to_bytes(32, "big") if isinstance(value, int) else bytes.fromhex(value[2:]).rjust(32, b"\0")


@given(numbers, addresses, numbers, numbers, addresses, words, words, words)
def test_update_commitment__any_values__is_the_hash_of_nine_words(
    chain_id: int, coordinator: str, fid: int, number: int, operator: str, root: bytes, digest: bytes, salt: bytes
) -> None:
    """P-9: the commitment binds everything."""
    preimage = keccak(text="update") + word(chain_id) + word(coordinator) + word(fid) + word(number) + word(operator)
    assert update_commitment(
        chain_id=chain_id,
        coordinator=coordinator,
        fid=fid,
        round_number=number,
        operator=operator,
        root=root,
        cid_digest=digest,
        salt=salt,
    ) == keccak(preimage + root + digest + salt)


@given(numbers, addresses, numbers, numbers, addresses, st.binary(max_size=200), words)
def test_scores_commitment__any_vector__is_bound_by_its_hash(
    chain_id: int, coordinator: str, fid: int, number: int, operator: str, vector: bytes, salt: bytes
) -> None:
    """P-9: the same domain, another type."""
    preimage = keccak(text="scores") + word(chain_id) + word(coordinator) + word(fid) + word(number) + word(operator)
    assert scores_commitment(
        chain_id=chain_id,
        coordinator=coordinator,
        fid=fid,
        round_number=number,
        operator=operator,
        vector=vector,
        salt=salt,
    ) == keccak(preimage + keccak(vector) + salt)


def test_settlement_hash__a_header__is_fourteen_words() -> None:
    """P-13: the header stands in the preimage without an offset, all of its fields are of fixed size."""
    header = Header(b"a" * 32, 7, 8, b"b" * 32, b"c" * 32, b"d" * 32, b"e" * 32, 3, "0x" + "ab" * 20, 9)
    parts = (word(1), word(COORDINATOR), word(2), word(3), b"a" * 32, word(7), word(8), b"b" * 32, b"c" * 32)
    rest = (b"d" * 32, b"e" * 32, word(3), word("0x" + "ab" * 20), word(9))
    expected = keccak(b"".join((*parts, *rest)))
    assert settlement_hash(chain_id=1, coordinator=COORDINATOR, fid=2, round_number=3, header=header) == expected


def test_salts__known_key__are_hmacs_of_purpose_and_domain() -> None:
    """P-14: HMAC-SHA256(key, purpose ‖ uint256 chainId ‖ address ‖ uint256 fid ‖ uint256 round)."""
    domain = word(5) + bytes.fromhex("c0" * 20) + word(6) + word(7)
    for derive, purpose in ((update_salt, b"parley/update"), (score_salt, b"parley/score")):
        assert derive(KEY, 5, COORDINATOR, 6, 7) == hmac.new(KEY, purpose + domain, hashlib.sha256).digest()


def test_salts__any_part_of_the_domain_differs__differ() -> None:
    """P-14: no revealed salt tells another."""
    domains = [(1, COORDINATOR, 1, 1), (2, COORDINATOR, 1, 1), (1, "0x" + "c1" * 20, 1, 1)]
    domains += [(1, COORDINATOR, 2, 1), (1, COORDINATOR, 1, 2)]
    salts = {
        derive(key, *domain) for derive in (update_salt, score_salt) for key in (KEY, b"l" * 32) for domain in domains
    }
    assert len(salts) == 2 * 2 * len(domains)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_commitments__a_word_of_wrong_length__is_refused(length: int) -> None:
    bad = b"x" * length
    domain = {"chain_id": 1, "coordinator": COORDINATOR, "fid": 1, "round_number": 1, "operator": COORDINATOR}
    with pytest.raises(ValueError, match=f"root has 32 bytes, not {length}"):
        update_commitment(**domain, root=bad, cid_digest=KEY, salt=KEY)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="salt has 32 bytes"):
        scores_commitment(**domain, vector=b"", salt=bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="key has 32 bytes"):
        update_salt(bad, 1, COORDINATOR, 1, 1)


def test_salts__no_address__is_refused() -> None:
    with pytest.raises(ValueError, match="an address has 20 bytes, not 2"):
        score_salt(KEY, 1, "0xabcd", 1, 1)


def test_disproof_commitment__fixed_values__is_the_preimage_of_section_9() -> None:
    """P-16: (settlement hash, selector, keccak256(arguments), sender), as `abi.encode` packs them."""
    preimage = word(5) + b"\x01\x02\x03\x04" + bytes(28) + keccak(b"arguments") + bytes(12) + bytes.fromhex("c0" * 20)
    commitment = disproof_commitment(
        subject=word(5), selector=b"\x01\x02\x03\x04", arguments=b"arguments", sender=COORDINATOR
    )
    assert commitment == keccak(preimage)


def test_disproof_commitment__a_value_of_wrong_length__is_refused() -> None:
    with pytest.raises(ValueError, match="subject has 32 bytes, not 1"):
        disproof_commitment(subject=b"s", selector=b"\x01\x02\x03\x04", arguments=b"", sender=COORDINATOR)
    with pytest.raises(ValueError, match="a selector has 4 bytes, not 3"):
        disproof_commitment(subject=word(5), selector=b"\x01\x02\x03", arguments=b"", sender=COORDINATOR)
