"""The one JSON text that a value has: what digests and signatures are of. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import sha256

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
"""What JSON holds here: no float, which machines write differently."""


def plain(value: object) -> Json:
    """A value as JSON: bytes as `0x...`, enums by their values, dataclasses and mappings as objects.

    Raises:
        TypeError: there is no such form.
    """
    match value:
        case Enum():
            return plain(value.value)
        case None | bool() | int() | str():
            return value
        case bytes() | bytearray():
            return "0x" + bytes(value).hex()
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted((plain(item) for item in value), key=str)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def encode(value: object) -> bytes:
    """Its text: keys sorted, no blanks, ASCII."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def digest(value: object) -> str:
    """SHA-256 of its text, `0x` and 64 hexadecimal digits."""
    return "0x" + sha256(encode(value)).hexdigest()
