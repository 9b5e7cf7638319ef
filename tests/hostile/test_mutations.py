"""P-20: valid encodings with bits flipped, ends cut or added, parts spliced: refused, or read as what they now say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load as reference_load

from parley.errors import ParleyError
from parley.numerics.fixed_point import encode
from parley.numerics.scoring import ScoreVector, SettledScores, encode_medians
from parley.tasks import codec, tensor_file
from parley.tasks.dataset import Dataset
from parley.tasks.document import TaskDocument
from parley.tasks.tensor_file import TensorFile
from tests.hostile.parsers import PARSERS, valid

pytestmark = pytest.mark.unit

WRITERS = {
    "update": encode,
    "model": encode,
    "scores": ScoreVector.encode,
    "medians": encode_medians,
    "shard": codec.encode,
    "document": TaskDocument.encode,
}
"""Forms in which each value has one encoding: what is read must be written back as the same bytes."""

AUTHENTICATED = ("sealed", "checkpoint")
"""Forms in which every change is noticed."""


@st.composite
def mutations(draw: st.DrawFn, content: bytes) -> bytes:
    """Another byte string than `content`, near it."""
    place = draw(st.integers(0, len(content) - 1))
    other = draw(st.integers(0, len(content)))
    kind = draw(st.sampled_from(["flip", "set", "cut", "extend", "insert", "drop", "repeat"]))
    some = draw(st.binary(min_size=1, max_size=9))
    low, high = sorted((place, other))
    return {
        "flip": content[:place] + bytes([content[place] ^ 1 << draw(st.integers(0, 7))]) + content[place + 1 :],
        "set": content[:place] + some + content[place + len(some) :],
        "cut": content[:place],
        "extend": content + some,
        "insert": content[:place] + some + content[place:],
        "drop": content[:low] + content[high:],
        "repeat": content[:high] + content[low:],
    }[kind]


def read(parser: str, content: bytes) -> object:
    """What a parser makes of bytes: a value, or the error that refuses them."""
    try:
        return PARSERS[parser](content)
    except ParleyError as error:
        return error


@pytest.mark.parametrize("parser", [name for name in PARSERS if name != "keystore"])
@settings(max_examples=50)
@given(data=st.data())
def test_parser__mutated_input__is_refused_or_read_as_what_it_says(parser: str, data: st.DataObject) -> None:
    """F-83, F-84, F-85, F-86: no exception but a `ParleyError`, and no second encoding of anything."""
    mutated = data.draw(mutations(valid(parser)))
    value = read(parser, mutated)
    if isinstance(value, ParleyError):
        assert "\n" not in value.message
        return
    if parser in AUTHENTICATED:
        assert mutated == valid(parser)
    if parser in WRITERS:
        assert WRITERS[parser](value) == mutated  # type: ignore[arg-type]
    _check(value)


def _check(value: object) -> None:
    """What holds of every value that was read."""
    if isinstance(value, Dataset):
        assert np.isfinite(value.X).all()
        assert (np.abs(value.X) <= value.schema.bound).all()
        assert (value.y < value.schema.classes).all()
    if isinstance(value, ScoreVector | SettledScores):
        assert all(0 <= score < 2**16 for score in value.scores)


@settings(max_examples=100)
@given(data=st.data())
def test_tensors__mutated_header__reads_no_more_than_the_library(data: st.DataObject) -> None:
    """F-83: whatever is read here, the safetensors library reads as the same."""
    mutated = data.draw(mutations(valid("tensors")))
    found = read("tensors", mutated)
    if not isinstance(found, TensorFile):
        assert isinstance(found, ParleyError)
        return
    expected = reference_load(mutated)
    assert found.tensors.keys() == expected.keys()
    for name, tensor in found.tensors.items():
        assert tensor.dtype == expected[name].dtype
        assert tensor.shape == expected[name].shape
        assert tensor.tobytes() == expected[name].tobytes()


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(lambda name: name != "__metadata__"),
        st.tuples(st.sampled_from(["f8", "f4", "i8", "u1"]), st.lists(st.integers(0, 4), max_size=3)),
        max_size=4,
    )
)
def test_tensors__any_shapes_and_names__survive(forms: dict[str, tuple[str, list[int]]]) -> None:
    tensors = {
        name: np.arange(np.prod(shape, dtype=int)).astype(kind).reshape(shape) for name, (kind, shape) in forms.items()
    }
    copy = tensor_file.decode(tensor_file.encode(tensors, {"a": "b"}))
    assert copy.metadata == {"a": "b"}
    assert copy.tensors.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert copy.tensors[name].dtype == tensor.dtype
        assert np.array_equal(copy.tensors[name], tensor)
        assert copy.tensors[name].flags.writeable
