"""Section 5, P-20: a task document is one canonical byte string, and whatever else a peer writes is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from parley.tasks import document as document_module
from parley.tasks.document import (
    BuiltinModel,
    FileModel,
    FixedPoint,
    ShardRef,
    TaskDocument,
    Validation,
    source_digest,
)
from parley.tasks.errors import DocumentError
from parley.tasks.protocol import Hyper
from tests.tasks.fakes import schema

pytestmark = pytest.mark.unit

CID = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


def make(**changes: object) -> TaskDocument:
    values: dict[str, Any] = {
        "name": "digits",
        "model": BuiltinModel(name="digits"),
        "params": 4810,
        "hyper": Hyper(),
        "data_schema": schema(),
        "validation": Validation(sealed=True, shards=[ShardRef(cid=CID, size=1000 + r) for r in range(3)]),
    }
    return TaskDocument(**{**values, **changes})


def canonical(values: object) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def edited(change: Callable[[dict[str, Any]], object]) -> bytes:
    values = json.loads(make().encode())
    change(values)
    return canonical(values)


@given(
    model=st.one_of(
        st.just(BuiltinModel(name="digits")), st.binary().map(lambda b: FileModel(sha256=source_digest(b)))
    ),
    params=st.integers(1, 2**32 - 1),
    learning_rate=st.floats(1e-9, 10),
    options=st.dictionaries(
        st.text(max_size=5), st.one_of(st.booleans(), st.integers(), st.text(max_size=5)), max_size=3
    ),
    seed=st.integers(0, 2**63 - 1),
    clip=st.floats(1e-6, 1e6),
)
def test_document__any_values__survive_encoding(
    model: BuiltinModel | FileModel,
    params: int,
    learning_rate: float,
    options: dict[str, Any],
    seed: int,
    clip: float,
) -> None:
    document = make(
        model=model,
        params=params,
        hyper=Hyper(learning_rate=learning_rate, options=options),
        genesis_seed=seed,
        fixed_point=FixedPoint(clip=clip),
        commitments={"test": "ab" * 32},
    )
    assert TaskDocument.decode(document.encode()) == document


def test_encode__a_document__is_canonical_json_with_its_version() -> None:
    data = make().encode()
    assert canonical(json.loads(data)) == data
    assert json.loads(data)["schema"] == "parley/task/v1"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda v: v.update(extra=1), "the key 'extra' is unknown"),
        (lambda v: v["hyper"].update(learnig_rate=1), "the key 'hyper.learnig_rate' is unknown"),
        (lambda v: v.pop("params"), "the key 'params' is missing"),
        (lambda v: v.update(schema="parley/task/v2"), "'parley/task/v2', not 'parley/task/v1'"),
        (lambda v: v.pop("schema"), "None, not 'parley/task/v1'"),
        (lambda v: v.update(params=0), "params: "),
        (lambda v: v.update(params="4810"), "params: "),
        (lambda v: v.update(params=True), "params: "),
        (lambda v: v.update(name="Digits"), "name: "),
        (lambda v: v.update(name="../digits"), "name: "),
        (lambda v: v.update(metric="f1"), "metric: "),
        (lambda v: v.update(model={"kind": "url", "name": "x"}), "model: "),
        (lambda v: v.update(model={"kind": "file", "sha256": "xyz"}), "model.file.sha256: "),
        (lambda v: v["hyper"].update(epochs=0), "hyper.epochs: "),
        (lambda v: v["hyper"].update(epochs=10**9), "hyper.epochs: "),
        (lambda v: v["hyper"].update(learning_rate=-0.1), "hyper.learning_rate: "),
        (lambda v: v["data_schema"].update(features=[10**9]), "data_schema.features.0: "),
        (lambda v: v["data_schema"].update(features=[1] * 5), "data_schema.features: "),
        (lambda v: v["fixed_point"].update(frac_bits=31), "fixed_point.frac_bits: "),
        (lambda v: v["validation"].update(shards=[]), "validation.shards: "),
        (lambda v: v["validation"]["shards"][0].update(cid="Qm123"), "validation.shards.0.cid: "),
        (lambda v: v["validation"]["shards"][0].update(size=2**40), "validation.shards.0.size: "),
        (lambda v: v["validation"]["shards"][0].update(size=1000.0), "validation.shards.0.size: "),
        (lambda v: v.update(commitments={"test": "00"}), "commitments.test: "),
    ],
)
def test_decode__hostile_document__is_refused_in_one_line(
    change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        TaskDocument.decode(edited(change))
    assert reason in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"schema":' + b"9" * 10_000 + b"}",
        make().encode().replace(b"0.1", b"NaN"),
        make().encode().replace(b'"params":4810', b'"params":1,"params":4810'),
    ],
)
def test_decode__no_json_object__is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        TaskDocument.decode(data)


@pytest.mark.parametrize(
    "data",
    [
        make().encode() + b"\n",
        make().encode().replace(b'":', b'": ', 1),
        make().encode().replace(b"0.1", b"0.10"),
        make().encode().replace(b"0.1", b"1e-1"),
        make().encode().replace(b'"digits"', b'"\\u0064igits"'),
    ],
)
def test_decode__same_values_in_another_form__are_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match="canonical form"):
        TaskDocument.decode(data)


def test_decode__too_long__is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = make().encode()
    monkeypatch.setattr(document_module, "MAX_BYTES", len(data) - 1)
    with pytest.raises(DocumentError, match="at most"):
        TaskDocument.decode(data)
    with pytest.raises(DocumentError, match="longer than"):
        make().encode()


@given(st.binary(max_size=300))
def test_decode__random_bytes__never_crash(data: bytes) -> None:
    with pytest.raises(DocumentError):
        TaskDocument.decode(data)


def test_shard__sealed__is_that_of_the_round_and_none_beyond() -> None:
    assert [ref.size if (ref := make().shard(r)) else None for r in (1, 2, 3, 4)] == [1000, 1001, 1002, None]


def test_shard__public__rounds_take_turns() -> None:
    public = Validation(sealed=False, shards=[ShardRef(cid=CID, size=1), ShardRef(cid=CID, size=2)])
    assert [ref.size if (ref := make(validation=public).shard(r)) else None for r in (1, 2, 3)] == [1, 2, 1]


def test_shard__round_zero__is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="count from 1"):
        make().shard(0)


def test_hyper__infinite_number__is_refused() -> None:
    with pytest.raises(ValidationError):
        Hyper(learning_rate=float("nan"))
    with pytest.raises(ValidationError):
        Hyper(options={"x": float("inf")})


def test_source_digest__a_file__is_its_sha256() -> None:
    assert source_digest(b"x") == hashlib.sha256(b"x").hexdigest()
