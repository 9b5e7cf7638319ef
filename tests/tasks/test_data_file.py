"""P-20: private data sets on disk are read strictly, without pickle, and written whole or not at all."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from parley.tasks import data_file
from parley.tasks.errors import DataError
from tests.tasks.fakes import dataset, schema

pytestmark = pytest.mark.unit


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


def test_save__then_load__gives_the_same_data_in_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    data_file.save(path, dataset(20))
    data_file.save(path, dataset(30))
    assert data_file.load(path, schema()) == dataset(30)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_load__what_numpy_wrote__is_read(tmp_path: Path, write: object) -> None:
    X, y = np.asfortranarray(np.arange(12.0).reshape(4, 3)), np.array([0, 1, 1, 0], np.int32)
    write(tmp_path / "data.npz", X=X, y=y)  # type: ignore[operator]
    loaded = data_file.load(tmp_path / "data.npz", schema())
    assert np.array_equal(loaded.X, X)
    assert np.array_equal(loaded.y, y)


def test_save__folder_missing__says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot write"):
        data_file.save(tmp_path / "missing" / "data.npz", dataset(4))
    assert list(tmp_path.iterdir()) == []


def test_save__disk_full__leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.npz"
    data_file.save(path, dataset(20))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataError, match="No space left"):
        data_file.save(path, dataset(30))
    assert list(tmp_path.iterdir()) == [path]
    assert data_file.load(path, schema()) == dataset(20)


GOOD_X, GOOD_Y = npy(np.zeros((4, 3))), npy(np.zeros(4, np.int64))
LYING = GOOD_X.replace(b"(4, 3)", b"(9, 3)")
PICKLED = npy(np.array([object, 1], object))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"X": GOOD_X}, "not exactly X.npy and y.npy"),
        ({"X": GOOD_X, "y": GOOD_Y, "z": GOOD_Y}, "not exactly X.npy and y.npy"),
        ({}, "holds nothing"),
        ({"X": PICKLED, "y": GOOD_Y}, "Python objects"),
        ({"X": LYING, "y": GOOD_Y}, "takes 344 bytes, not 224"),
        ({"X": GOOD_X + b"\0", "y": GOOD_Y}, "not 225"),
        ({"X": b"garbage", "y": GOOD_Y}, "is not a data set"),
        ({"X": b"", "y": GOOD_Y}, "is not a data set"),
        ({"X": b"\x93NUMPY\x09\x09" + GOOD_X[8:], "y": GOOD_Y}, "9.9"),
        ({"X": npy(np.full((4, 3), np.nan)), "y": GOOD_Y}, "not finite"),
        ({"X": GOOD_X, "y": npy(np.full(4, 5))}, "classes are 0 to 1"),
        ({"X": npy(np.array(["a", "b"])), "y": GOOD_Y}, "real numbers"),
    ],
)
def test_load__not_a_data_set__is_refused_with_its_path(tmp_path: Path, members: dict[str, bytes], reason: str) -> None:
    path = archive(tmp_path / "bad.npz", **members)
    with pytest.raises(DataError, match=reason) as caught:
        data_file.load(path, schema())
    assert str(path) in caught.value.message


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x04pickle", GOOD_X])
def test_load__not_an_archive__is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(DataError, match="is not a data set"):
        data_file.load(tmp_path / "bad.npz", schema())


def test_load__missing__says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        data_file.load(tmp_path / "none.npz", schema())


def test_load__unpacks_to_too_much__is_refused_before_unpacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "bomb.npz", X=np.zeros((10_000, 3)), y=np.zeros(10_000, np.int64))
    monkeypatch.setattr(data_file, "MAX_FILE_BYTES", 100_000)
    monkeypatch.setattr(data_file, "_read_array", lambda _: pytest.fail("was unpacked"))
    with pytest.raises(DataError, match="unpacks to 320256 bytes"):
        data_file.load(tmp_path / "bomb.npz", schema())


def test_load__damaged_byte__is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    data_file.save(path, dataset(20))
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="is not a data set"):
        data_file.load(path, schema())
