"""P-24: shards stay sealed until their key is published, and open in their own round only."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from parley.numerics.keccak import keccak256
from parley.tasks import codec, shards
from parley.tasks.errors import DataError, ShardError
from parley.tasks.shards import KeyChain, is_key, seal, unseal, walk
from tests.tasks.fakes import dataset, schema

pytestmark = pytest.mark.unit

CHAIN = KeyChain(bytes(range(32)), 5)
SHARD = dataset(8)
SEALED = seal(SHARD, 3, CHAIN.key(3))


def reference_key(key: bytes, round_: int) -> bytes:
    """HKDF-SHA256 as RFC 5869 has it, one block, from the standard library."""
    extracted = hmac.digest(bytes(32), key, hashlib.sha256)
    return hmac.digest(extracted, b"parley/shard/v1" + round_.to_bytes(32, "big") + b"\x01", hashlib.sha256)


def test_key_chain__each_key__hashes_to_the_one_before_down_to_the_anchor() -> None:
    assert CHAIN.key(5) == CHAIN.secret
    assert all(keccak256(CHAIN.key(r + 1)) == CHAIN.key(r) for r in range(1, 5))
    assert keccak256(CHAIN.key(1)) == CHAIN.anchor


def test_key_chain__shown__does_not_show_its_secret() -> None:
    assert CHAIN.secret.hex() not in repr(CHAIN)
    assert repr(CHAIN.secret) not in repr(CHAIN)


def test_key_chain__fresh__is_never_the_same() -> None:
    assert KeyChain.fresh(3).anchor != KeyChain.fresh(3).anchor


@pytest.mark.parametrize(("secret", "rounds"), [(bytes(31), 5), (bytes(33), 5), (bytes(32), 0), (bytes(32), 2**24)])
def test_key_chain__nonsense__is_refused(secret: bytes, rounds: int) -> None:
    with pytest.raises(ValueError, match="not"):
        KeyChain(secret, rounds)


@pytest.mark.parametrize("round_", [0, 6, -1])
def test_key__round_beyond_the_chain__is_refused(round_: int) -> None:
    with pytest.raises(ValueError, match="1 to 5"):
        CHAIN.key(round_)


@given(st.integers(1, 5), st.integers(0, 5))
def test_is_key__key_of_a_round__is_known_from_any_earlier_key(round_: int, known: int) -> None:
    earlier = CHAIN.anchor if known == 0 else CHAIN.key(known)
    assert is_key(CHAIN.key(round_), round_, earlier, known) == (round_ > known)


def test_is_key__other_bytes__are_none() -> None:
    assert not is_key(bytes(32), 3, CHAIN.anchor)
    assert not is_key(CHAIN.key(2), 3, CHAIN.anchor)
    assert not is_key(CHAIN.key(3)[:31], 3, CHAIN.anchor)


def test_walk__no_step__stays() -> None:
    assert walk(CHAIN.secret, 0) == CHAIN.secret


@given(st.integers(1, 5), st.integers(4, 12))
def test_seal__any_round__opens_to_the_same_samples(round_: int, samples: int) -> None:
    shard = dataset(samples)
    sealed = seal(shard, round_, CHAIN.key(round_))
    assert len(sealed) == shards.sealed_size(codec.size_of(samples, schema()))
    assert unseal(sealed, round_, CHAIN.key(round_), schema()) == shard


def test_seal__documented_bytes__are_what_another_implementation_decrypts() -> None:
    plain = ChaCha20Poly1305(reference_key(CHAIN.key(3), 3)).decrypt(bytes(12), SEALED, (3).to_bytes(32, "big"))
    assert plain == codec.encode(SHARD)


@pytest.mark.parametrize(("round_", "key"), [(3, CHAIN.key(4)), (4, CHAIN.key(3)), (2, CHAIN.key(2)), (3, bytes(32))])
def test_unseal__wrong_key_or_round__says_so(round_: int, key: bytes) -> None:
    with pytest.raises(ShardError, match=f"the shard of round {round_} was not encrypted"):
        unseal(SEALED, round_, key, schema())


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_unseal__any_byte_altered__is_refused(place: int, difference: int) -> None:
    altered = bytearray(SEALED)
    altered[place] ^= difference
    with pytest.raises(ShardError, match="altered"):
        unseal(bytes(altered), 3, CHAIN.key(3), schema())


@pytest.mark.parametrize("content", [b"", bytes(16), SEALED[:16]])
def test_unseal__too_short__is_refused(content: bytes) -> None:
    with pytest.raises(ShardError, match="17 to"):
        unseal(content, 3, CHAIN.key(3), schema())


def test_unseal__too_long__is_refused_before_it_is_decrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "MAX_SHARD_BYTES", len(SEALED) - 1)
    with pytest.raises(ShardError, match="not"):
        unseal(SEALED, 3, CHAIN.key(3), schema())


@pytest.mark.parametrize("plain", [b"", b"PARLEYD1", codec.encode(dataset(8, features=2))])
def test_unseal__honest_key_but_no_samples__is_refused(plain: bytes) -> None:
    cipher = ChaCha20Poly1305(reference_key(CHAIN.key(3), 3))
    hostile = cipher.encrypt(bytes(12), plain + bytes(1), (3).to_bytes(32, "big"))
    with pytest.raises(ShardError, match="no usable samples"):
        unseal(hostile, 3, CHAIN.key(3), schema())


def test_read__public_shard__is_plain_samples() -> None:
    assert shards.read(codec.encode(SHARD), 1, schema()) == SHARD
    with pytest.raises(ShardError, match="round 1 holds no usable samples"):
        shards.read(SEALED, 1, schema())


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_seal__key_of_wrong_length__is_a_mistake_of_the_caller(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(SHARD, 3, key)


def test_seal__too_few_samples_to_judge_on__is_refused() -> None:
    with pytest.raises(DataError, match="at least 4 samples, not 3"):
        seal(dataset(3), 1, CHAIN.key(1))


def test_seal__too_long_to_be_opened__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "MAX_SHARD_BYTES", len(SEALED) - 1)
    with pytest.raises(DataError, match="longer than"):
        seal(SHARD, 3, CHAIN.key(3))


@given(st.integers(1, 10), st.integers(0, 1000))
def test_cut__any_number_of_rounds__deals_every_sample_and_class_evenly(rounds: int, seed: int) -> None:
    data = dataset(100, classes=5)
    parts = shards.cut(data, rounds, seed)
    counts = np.array([part.counts() for part in parts])
    assert counts.sum() == 100
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


def test_cut__more_rounds_than_samples_allow__says_so() -> None:
    with pytest.raises(DataError, match="too few for 6 rounds"):
        shards.cut(dataset(23), 6, 0)


def test_seal_all__whole_validation_set__opens_round_by_round() -> None:
    parts = shards.cut(dataset(50), 5, 0)
    sealed = shards.seal_all(parts, CHAIN)
    assert [unseal(c, r, CHAIN.key(r), schema()) for r, c in enumerate(sealed, 1)] == parts
    with pytest.raises(ValueError, match="5 rounds need as many shards"):
        shards.seal_all(parts[:4], CHAIN)
