"""Private data sets on disk: a NumPy `.npz` of two arrays, X and y, and nothing else.

`numpy.savez(path, X=..., y=...)` writes one. No pickle is ever read, and no size is believed before it is checked.
"""

from __future__ import annotations

import io
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from parley.files import NewFile
from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.errors import DataError

MAX_FILE_BYTES = 4 * 2**30
"""The largest data set that is read, packed or not: 4 GiB."""

MAX_RATIO = 100
"""The most that a packed array may unpack to, as a multiple; small ones may to more."""

SMALL_BYTES = 2**20

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What NumPy writes; others can ask for gigabytes before they give the first byte."""

_KEYS = ("X", "y")

_NO_ARCHIVE = (
    ValueError,
    EOFError,
    MemoryError,  # a header nested too deeply for Python's parser
    RuntimeError,  # an encrypted member; NotImplementedError, RecursionError
    SyntaxError,  # a header that is no Python literal
    tokenize.TokenError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What the standard library and NumPy raise at archives and headers that are wrong somewhere."""

_HINT = "write it with numpy.savez(path, X=samples, y=labels)"


def save(path: Path, data: Dataset) -> None:
    """Write a data set; the file appears, or is replaced, only when it is complete.

    Raises:
        DataError: the file cannot be written. Nothing half-written remains.
    """
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, X=data.X, y=data.y)
    try:
        with NewFile(path, mode=0o600) as file:
            file.write(content.getvalue())
            file.publish()
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}", hint="is the disk full?") from error


def load(path: Path, schema: DataSchema) -> Dataset:
    """Read a data set.

    Raises:
        DataError: there is no such file, it is not an `.npz` of exactly X and y, it is too large, or its samples are
            not what the schema says.
    """
    arrays = _read_arrays(path)
    try:
        return Dataset(arrays["X"], arrays["y"], schema)
    except DataError as error:
        raise DataError(f"{path}: {error.message}", hint=error.hint) from error


def _read_arrays(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(path, archive)
            return {key: _read_array(archive.read(f"{key}.npy")) for key in _KEYS}
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except _NO_ARCHIVE as error:
        raise DataError(f"{path} is not a data set: {str(error) or type(error).__name__:.200}", hint=_HINT) from error


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    names = sorted(member.filename for member in archive.infolist())
    if names != [f"{key}.npy" for key in _KEYS]:
        found = ascii(", ".join(names))[1:-1] or "nothing"
        raise DataError(f"{path} holds {found:.200}, not exactly X.npy and y.npy", hint=_HINT)
    size = sum(member.file_size for member in archive.infolist())
    if size > MAX_FILE_BYTES:
        raise DataError(f"{path} unpacks to {size} bytes, more than {MAX_FILE_BYTES}")
    for member in archive.infolist():
        if member.compress_type not in _METHODS:
            raise DataError(f"{path}: {member.filename} is packed in a way that NumPy does not write", hint=_HINT)
        if member.file_size > max(SMALL_BYTES, MAX_RATIO * member.compress_size):
            raise DataError(
                f"{path}: {member.filename} unpacks to {member.file_size} bytes, "
                f"more than {MAX_RATIO} times what it is packed in",
                hint=_HINT,
            )


def _read_array(content: bytes) -> npt.NDArray[np.generic]:
    """An array in NumPy's format, version 1 or 2, whose length is what its header says."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(
        version
    )
    if read_header is None:
        raise ValueError(f"array format {version[0]}.{version[1]} is unknown")
    shape, columns_first, dtype = read_header(stream)
    if dtype.hasobject:
        raise ValueError("an array of Python objects is never read")
    expected = stream.tell() + dtype.itemsize * int(np.prod(shape, dtype=object))
    if expected != len(content):
        raise ValueError(f"an array of shape {shape} takes {expected} bytes, not {len(content)}")
    return np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape, order="F" if columns_first else "C")
