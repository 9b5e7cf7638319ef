"""The task document: what all members of a federation have agreed to train (section 5).

Its CID is on chain from the first day, so it never changes. It is JSON in one canonical form (keys sorted, no blanks,
ASCII, numbers as Python writes them), at most 1 MiB, so that it is one raw IPFS block. What a peer wrote is checked
in full before any of it is used; a user's own code is named by its digest and never fetched (P-20).
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from parley import strict_json
from parley.tasks.dataset import DataSchema
from parley.tasks.errors import DocumentError
from parley.tasks.protocol import Hyper
from parley.tasks.shards import MAX_SHARD_BYTES

SCHEMA = "parley/task/v1"

MAX_BYTES = 2**20
"""The longest document: one raw block."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""32 bytes in lower-case hexadecimal."""

CidText = Annotated[str, StringConstraints(pattern=r"^baf(krei|ybei)[a-z2-7]{52}$")]
"""CIDv1, sha2-256, raw or dag-pb, in base32 (P-5)."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]

_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class BuiltinModel(BaseModel):
    """A task that comes with Parley.

    Attributes:
        kind: says which sort of model this is.
        name: as `parley.tasks.builtin` knows it.
    """

    model_config = _STRICT

    kind: Literal["builtin"] = "builtin"
    name: Name


class FileModel(BaseModel):
    """A user's own Python file, which every member gets and reads for itself.

    Attributes:
        kind: says which sort of model this is.
        sha256: digest of the file's bytes; another file is refused.
    """

    model_config = _STRICT

    kind: Literal["file"] = "file"
    sha256: Digest


class FixedPoint(BaseModel):
    """Recommended numbers on the wire (P-1, P-2, P-25); the chain's terms and policy are the authority.

    Attributes:
        frac_bits: fraction bits s.
        clip: the largest |x| of an update's parameter, a real number.
        initial_norm: expected Euclidean norm of an honest first update, a real number.
    """

    model_config = _STRICT

    frac_bits: int = Field(default=24, ge=0, le=30)
    clip: float = Field(default=8.0, gt=0, le=1e9)
    initial_norm: float = Field(default=1.0, gt=0, le=1e9)


class ShardRef(BaseModel):
    """Where the validation shard of one round is.

    Attributes:
        cid: of the ciphertext, or of the plain bytes if the validation set is public.
        size: exact length in bytes.
    """

    model_config = _STRICT

    cid: CidText
    size: int = Field(ge=1, le=MAX_SHARD_BYTES)


class Validation(BaseModel):
    """What updates are scored on.

    Attributes:
        sealed: shard r is encrypted under k_r (P-24); if not, the shards are public and rounds take turns with them.
        shards: of round 1, 2, ...
    """

    model_config = _STRICT

    sealed: bool
    shards: Annotated[tuple[ShardRef, ...], Field(min_length=1, max_length=16_384, strict=False)]


class TaskDocument(BaseModel):
    """All that is agreed on about a task.

    Attributes:
        schema_: version of this form.
        name: what people call the task.
        model: the code that defines it.
        params: number of parameters P.
        hyper: hyper-parameters of local training.
        data_schema: what samples look like.
        metric: what is shown to people.
        genesis_seed: `init(genesis_seed)` gives the genesis model where the same torch runs; the root on chain is the
            authority.
        fixed_point: recommended numbers on the wire.
        validation: the shards.
        commitments: `codec.commitment` of data sets by name ("test", "trainer-0"), lower-case hexadecimal.
    """

    model_config = ConfigDict(**_STRICT, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    schema_: Literal["parley/task/v1"] = Field(default="parley/task/v1", alias="schema")
    name: Name
    model: BuiltinModel | FileModel = Field(discriminator="kind")
    params: int = Field(ge=1, lt=2**32)
    hyper: Hyper
    data_schema: DataSchema
    metric: Literal["accuracy"] = "accuracy"
    genesis_seed: int = Field(default=0, ge=0, lt=2**63)
    fixed_point: FixedPoint = FixedPoint()
    validation: Validation
    commitments: dict[Name, Digest] = Field(default_factory=dict, max_length=1024)

    def shard(self, round_: int) -> ShardRef | None:
        """The shard of a round, counted from 1; `None` for a round beyond the last sealed shard."""
        shards = self.validation.shards
        if round_ < 1:
            raise ValueError(f"rounds count from 1, not {round_}")
        if not self.validation.sealed:
            return shards[(round_ - 1) % len(shards)]
        return shards[round_ - 1] if round_ <= len(shards) else None

    def encode(self) -> bytes:
        """The document's bytes.

        Raises:
            DocumentError: they would be more than `MAX_BYTES`.
        """
        data = _canonical(self.model_dump(mode="json"))
        if len(data) > MAX_BYTES:
            raise DocumentError(
                f"a task document of {len(data)} bytes is longer than {MAX_BYTES}", hint="use fewer rounds"
            )
        return data

    @classmethod
    def decode(cls, data: bytes) -> TaskDocument:
        """The document in a peer's bytes, if they are exactly what they must be.

        Raises:
            DocumentError: too long, not JSON, another version, an unknown or missing key, a value out of range, or not
                in the canonical form.
        """
        if len(data) > MAX_BYTES:
            raise DocumentError(f"a task document has at most {MAX_BYTES} bytes, not {len(data)}")
        values = _parsed(data)
        if values.get("schema") != SCHEMA:
            raise DocumentError(
                f"the task document's schema is {values.get('schema')!r:.80}, not {SCHEMA!r}", hint="update Parley"
            )
        try:
            document = cls.model_validate(values)
        except ValidationError as error:
            refuse(error, "the task document")
        if document.encode() != data:
            raise DocumentError("the task document is not in the canonical form", hint="write it with `parley`")
        return document


def source_digest(source: bytes) -> str:
    """What a document names of a user's task file: SHA-256 of its bytes, lower-case hexadecimal."""
    return hashlib.sha256(source).hexdigest()


def refuse(error: ValidationError, what: str) -> NoReturn:
    """Turn pydantic's report into one line about its first finding.

    Raises:
        DocumentError: always.
    """
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "it"
    if first["type"] == "extra_forbidden":
        raise DocumentError(f"{what}: the key {place!r:.120} is unknown", hint="remove it, or update Parley") from error
    if first["type"] == "missing":
        raise DocumentError(f"{what}: the key {place!r:.120} is missing") from error
    raise DocumentError(f"{what}: {place:.120}: {first['msg'].removeprefix('Value error, ')}") from error


def _canonical(values: dict[str, Any]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _parsed(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`, parsed within bounds (P-20)."""
    try:
        values = strict_json.parse(data, MAX_BYTES)
    except ValueError as error:
        raise DocumentError(f"the task document is not JSON: {error!s:.120}") from error
    if not isinstance(values, dict):
        raise DocumentError("the task document is not a JSON object")
    return values
