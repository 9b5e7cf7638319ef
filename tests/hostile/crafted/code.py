"""Files that would run code if they were read as what they are (F-82)."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np

PICKLE = b"cposix\nsystem\n(S'touch %s'\ntR."
"""A pickle of protocol 0 that runs a command; written out, for nothing here may make one."""


def object_array(payload: bytes) -> bytes:
    """A NumPy file of Python objects, which are a pickle."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    return stream.getvalue() + payload


def torch_file(payload: bytes) -> bytes:
    """What torch writes: an archive with a pickle in it."""
    return archive({"archive/data.pkl": payload, "archive/version": b"3\n"})


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A ZIP archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()


def npy(header: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    """A NumPy array with any header."""
    text = header.encode("latin-1") + b"\n"
    length = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + version + length + text + body


def described(descr: str = "'<f8'", shape: str = "(1, 3)", body: bytes = bytes(24)) -> bytes:
    return npy(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}", body)
