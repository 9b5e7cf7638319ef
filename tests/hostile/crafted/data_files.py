"""Private data sets (F-81)."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable

import numpy as np

from tests.hostile.crafted.code import PICKLE, archive, described, npy, object_array

Y = described("'<i8'", "(1,)", bytes(8))


def _data(X: bytes, y: bytes = Y, method: int = zipfile.ZIP_STORED) -> Callable[[], bytes]:
    return lambda: archive({"X.npy": X, "y.npy": y}, method)


def _bomb() -> bytes:
    """2^23 samples in 64 kB."""
    return _data(described(shape=f"({2**23}, 1)", body=bytes(2**26)), method=zipfile.ZIP_DEFLATED)()


def _lying_size() -> bytes:
    """A member that unpacks to 32 MiB and says 152 bytes."""
    whole = archive({"X.npy": described() + bytes(2**25), "y.npy": Y}, zipfile.ZIP_DEFLATED)
    size = struct.pack("<I", len(described()) + 2**25)
    return whole.replace(size, struct.pack("<I", len(described())))


def _encrypted() -> bytes:
    """Members whose flags say that they need a password."""
    content = bytearray(_data(described())())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := content.find(mark, start + 1)) >= 0:
            content[start + place] |= 1
    return bytes(content)


def _damaged_stream() -> bytes:
    content = bytearray(_data(described(body=bytes(24)), method=zipfile.ZIP_DEFLATED)())
    content[40:60] = b"\xff" * 20
    return bytes(content)


def _twice() -> bytes:
    content = archive({"X.npy": described(), "Y.npy": Y})
    return content.replace(b"Y.npy", b"X.npy")


DATA: dict[str, Callable[[], bytes]] = {
    "a bomb of 64 MiB": _bomb,
    "a bomb that lies about its size": _lying_size,
    "packed with LZMA": _data(described(), method=zipfile.ZIP_LZMA),
    "packed with bzip2": _data(described(), method=zipfile.ZIP_BZIP2),
    "encrypted members": _encrypted,
    "a damaged stream": _damaged_stream,
    "10000 members": lambda: archive({f"m{k}": b"" for k in range(10_000)}),
    "a member with line feeds": lambda: archive({"X.npy\n\n": described(), "y.npy": Y}),
    "two members of one name": _twice,
    "a path out of the folder": lambda: archive({"../X.npy": described(), "y.npy": Y}),
    "Python objects": _data(object_array(PICKLE % b"/nonexistent/x")),
    "objects within a structure": _data(described("[('a', '|O')]", "(1,)", bytes(8))),
    "a shape beyond all memory": _data(described(shape="(99999999999999999999, 3)")),
    "a negative shape": _data(described(shape="(-1, -3)")),
    "a shape of nested tuples": _data(described(shape="((1, 3),)")),
    "a shape that is code": _data(described(shape="__import__('os').getpid()")),
    "a header of deep brackets": _data(npy("(" * 9000)),
    "a header of minus signs": _data(npy("-" * 9000 + "1")),
    "a header that breaks off": _data(npy("{'descr': '''")),
    "a header of 4 GiB": _data(b"\x93NUMPY\x02\x00" + b"\xff" * 4 + bytes(64)),
    "a header in version 3": _data(npy("{}", version=b"\x03\x00")),
    "an unknown dtype": _data(described("'<f3'")),
    "a dtype of no bytes": _data(described("'|V0'", "(1, 3)", b"")),
    "a dtype of 2^31 bytes": _data(described("'|V2147483647'", "(0,)", b"")),
    "complex numbers": _data(described("'<c16'", "(1, 3)", bytes(48))),
    "dates": _data(described("'<M8[s]'")),
    "text": _data(described("'<U6'", "(1,)")),
    "NaN": _data(described(body=np.full(3, np.nan).tobytes())),
    "beyond float32": _data(described(body=np.full(3, 1e300).tobytes())),
    "another width": _data(described(shape="(3, 1)")),
    "float labels": _data(described(), described("'<f8'", "(1,)", bytes(8))),
    "fewer labels": _data(described(), described("'<i8'", "(0,)", b"")),
}
