"""Validation shards that stay sealed until the updates are fixed (P-24, P-20).

A sponsor draws one secret, k_rounds, and hashes it down: `k_(r-1) = keccak256(k_r)`, to the anchor k_0, which is on
chain from the first day. Shard r is the data set's bytes (`parley.tasks.codec`) under ChaCha20-Poly1305 (RFC 8439):

    key     HKDF-SHA256 (RFC 5869), no salt, input k_r, info = "parley/shard/v1" ‖ uint256 r (47 bytes), 32 bytes out
    nonce   12 zero bytes: each key encrypts one message in its life
    data    uint256 r (32 bytes, big-endian), so that a shard opens in its round only

Warning: a secret is for one federation. Two sets of shards under one chain would use a key twice, which shows both.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from parley.numerics.keccak import HASH_BYTES, keccak256
from parley.redaction import REDACTOR
from parley.tasks import codec
from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.errors import DataError, ShardError
from parley.tasks.partition import stratified, take

MIN_SAMPLES = 4
"""A smaller shard judges nobody: an evaluator scores on half of it, and a standard error needs two samples."""

MAX_ROUNDS = 2**24 - 1
"""A federation's rounds are a uint24."""

TAG_BYTES = 16

MAX_SHARD_BYTES = 64 * 2**20
"""The longest ciphertext that is fetched or opened: 64 MiB."""

_INFO = b"parley/shard/v1"
_NONCE = bytes(12)


@dataclass(frozen=True, slots=True)
class KeyChain:
    """A sponsor's secret and the keys that follow from it.

    Attributes:
        secret: k_rounds, 32 random bytes; never shown by `repr`.
        rounds: the number of rounds, 1 to 2^24 - 1.
    """

    secret: bytes = field(repr=False)
    rounds: int

    def __post_init__(self) -> None:
        if len(self.secret) != HASH_BYTES:
            raise ValueError(f"a key has {HASH_BYTES} bytes, not {len(self.secret)}")
        if not 1 <= self.rounds <= MAX_ROUNDS:
            raise ValueError(f"a federation has 1 to {MAX_ROUNDS} rounds, not {self.rounds}")
        REDACTOR.hide_key(self.secret)

    @classmethod
    def fresh(cls, rounds: int) -> Self:
        """A new random secret."""
        return cls(secrets.token_bytes(HASH_BYTES), rounds)

    @property
    def anchor(self) -> bytes:
        """k_0, which the federation's terms fix."""
        return walk(self.secret, self.rounds)

    def key(self, round_: int) -> bytes:
        """k_r, which opens the shard of round r, 1 to `rounds`."""
        if not 1 <= round_ <= self.rounds:
            raise ValueError(f"rounds are 1 to {self.rounds}, not {round_}")
        key = walk(self.secret, self.rounds - round_)
        REDACTOR.hide_key(key)
        return key


def walk(key: bytes, steps: int) -> bytes:
    """`steps` hashings down the chain: from k_r to k_(r - steps)."""
    for _ in range(steps):
        key = keccak256(key)
    return key


def is_key(key: bytes, round_: int, known: bytes, known_round: int = 0) -> bool:
    """Whether `key` is k_round, given an earlier key of the chain (the anchor is that of round 0)."""
    return len(key) == HASH_BYTES and round_ > known_round and walk(key, round_ - known_round) == known


def cut(validation: Dataset, rounds: int, seed: int) -> list[Dataset]:
    """Deal a validation set into one shard a round, each class spread over all of them.

    Raises:
        DataError: a shard would have fewer than `MIN_SAMPLES` samples.
    """
    if len(validation) < MIN_SAMPLES * rounds:
        raise DataError(
            f"{len(validation)} validation samples are too few for {rounds} rounds of at least {MIN_SAMPLES}",
            hint="add validation data or plan fewer rounds",
        )
    return take(validation, stratified(validation.y, rounds, seed))


def sealed_size(plain: int) -> int:
    """The bytes of a ciphertext of `plain` bytes."""
    return plain + TAG_BYTES


def seal(shard: Dataset, round_: int, key: bytes) -> bytes:
    """Encrypt the shard of one round.

    Args:
        shard: at least `MIN_SAMPLES` samples.
        round_: r, 1 to 2^24 - 1.
        key: k_r, 32 bytes.

    Raises:
        DataError: the shard is too small, or longer than `MAX_SHARD_BYTES`.
    """
    if len(shard) < MIN_SAMPLES:
        raise DataError(f"a shard has at least {MIN_SAMPLES} samples, not {len(shard)}")
    if sealed_size(codec.size_of(len(shard), shard.schema)) > MAX_SHARD_BYTES:
        raise DataError(
            f"a shard of {len(shard)} samples is longer than {MAX_SHARD_BYTES} bytes", hint="use fewer samples a round"
        )
    return _cipher(round_, key).encrypt(_NONCE, codec.encode(shard), _round_bytes(round_))


def seal_all(shards: list[Dataset], chain: KeyChain) -> list[bytes]:
    """The ciphertexts of all rounds, the first round's first."""
    if len(shards) != chain.rounds:
        raise ValueError(f"{chain.rounds} rounds need as many shards, not {len(shards)}")
    return [seal(shard, round_, chain.key(round_)) for round_, shard in enumerate(shards, 1)]


def unseal(ciphertext: bytes, round_: int, key: bytes, schema: DataSchema) -> Dataset:
    """Open the shard of one round; every byte of it is checked.

    Args:
        ciphertext: what the document's CID led to.
        round_: r.
        key: k_r, as `openValidation` published it.
        schema: of the task document.

    Raises:
        ShardError: a wrong length, key, round or content.
    """
    if not TAG_BYTES < len(ciphertext) <= MAX_SHARD_BYTES:
        raise ShardError(f"a sealed shard has {TAG_BYTES + 1} to {MAX_SHARD_BYTES} bytes, not {len(ciphertext)}")
    try:
        plain = _cipher(round_, key).decrypt(_NONCE, ciphertext, _round_bytes(round_))
    except InvalidTag:
        raise ShardError(
            f"the shard of round {round_} was not encrypted under this round's key, or was altered",
            hint="compare its CID with the task document's",
        ) from None
    return read(plain, round_, schema)


def read(plain: bytes, round_: int, schema: DataSchema) -> Dataset:
    """The samples of a shard in the clear: an opened one, or one of a public validation set (anchor 0).

    Raises:
        ShardError: the bytes are no data set of this schema.
    """
    try:
        return codec.decode(plain, schema)
    except DataError as error:
        raise ShardError(f"the shard of round {round_} holds no usable samples: {error.message}") from error


def _round_bytes(round_: int) -> bytes:
    return round_.to_bytes(32, "big")


def _cipher(round_: int, key: bytes) -> ChaCha20Poly1305:
    """The cipher of round r."""
    if len(key) != HASH_BYTES:
        raise ValueError(f"a key has {HASH_BYTES} bytes, not {len(key)}")
    if not 1 <= round_ <= MAX_ROUNDS:
        raise ValueError(f"rounds are 1 to {MAX_ROUNDS}, not {round_}")
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO + _round_bytes(round_))
    return ChaCha20Poly1305(derivation.derive(key))
