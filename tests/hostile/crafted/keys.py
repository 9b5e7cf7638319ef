"""Key files."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.hostile.crafted.texts import json_cases
from tests.hostile.parsers import valid


def _keystore(**changes: object) -> Callable[[], bytes]:
    """A key file with other parameters of its key derivation."""

    def make() -> bytes:
        content = json.loads(valid("keystore"))
        content["crypto"].update(changes)
        return json.dumps(content).encode()

    return make


def _scrypt(**changes: object) -> Callable[[], bytes]:
    def make() -> bytes:
        parameters = json.loads(valid("keystore"))["crypto"]["kdfparams"]
        return _keystore(kdfparams=parameters | changes)()

    return make


KEYSTORE: dict[str, Callable[[], bytes]] = json_cases(2**16) | {
    "scrypt of 128 GiB": _scrypt(n=2**30),
    "scrypt of a negative size": _scrypt(n=-8),
    "scrypt of a million lanes": _scrypt(p=2**20),
    "PBKDF2 of 2^31 rounds": _keystore(
        kdf="pbkdf2", kdfparams={"c": 2**31, "dklen": 32, "prf": "hmac-sha256", "salt": "00" * 32}
    ),
    "scrypt with a huge block": _scrypt(r=2**31),
    "scrypt without parameters": _keystore(kdfparams={}),
    "a list of parameters": _keystore(kdfparams=[]),
    "an unknown derivation": _keystore(kdf="md5"),
    "a ciphertext that is a number": _keystore(ciphertext=7),
}
