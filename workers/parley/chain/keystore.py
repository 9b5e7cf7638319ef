"""Encrypted keys: web3 secret storage v3, the same files as `cast wallet` (P-21).

Keys and passwords come from files, the environment or a terminal, never from argv, and never stand in a log or message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from parley import strict_json
from parley.chain.errors import WrongPassword
from parley.errors import Conflict, ContentError, KeystoreError, NotFound
from parley.files import write_whole
from parley.redaction import REDACTOR, secret_variable

PASSWORD_VARIABLE = "PARLEY_PASSWORD"  # noqa: S105 - the name, not the password
KEY_VARIABLE = "PARLEY_PRIVATE_KEY"

STANDARD_SCRYPT_N = 1 << 18
"""Cost of guessing a password once: a second and 256 MiB."""
LIGHT_SCRYPT_N = 1 << 12
"""For keys that are worth nothing, on devnets: milliseconds."""

MAX_FILE_BYTES = 1 << 16
MAX_SCRYPT_BYTES = 1 << 30
"""A file that asks for more memory to open is refused."""
MAX_SCRYPT_WORK = 1 << 31
"""Bytes that opening a file walks through, all parallel parts (p) together: a file that asks for more takes minutes."""
MAX_SCRYPT_BLOCK = 32
"""Block size (r); geth and `cast` use 8."""
DERIVED_BYTES = 32
MAX_PBKDF2_ROUNDS = 10_000_000
"""A file that asks for more would take minutes to open."""

_RESTORE = "restore it from a backup, or import the key anew"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key in a keystore.

    Attributes:
        name: of its file.
        address: checksummed; `None` where the file does not tell, as those of `cast` do not.
        path: of its file.
    """

    name: str
    address: str | None
    path: Path


class Keystore:
    """A folder of encrypted keys, one file each.

    Args:
        folder: made with the first key.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def entries(self) -> list[Entry]:
        """All keys by name; other files are passed over."""
        if not self._folder.is_dir():
            return []
        paths = sorted(path for path in self._folder.iterdir() if path.is_file() and _NAME.fullmatch(path.name))
        return [entry for path in paths if (entry := _entry(path)) is not None]

    def create(self, name: str, password: str, *, light: bool = False) -> Entry:
        """Make a new key. Arguments and errors as of `add`."""
        return self.add(name, Account.create(), password, light=light)

    def add(self, name: str, account: LocalAccount, password: str, *, light: bool = False) -> Entry:
        """Encrypt and keep a key.

        Args:
            name: 1 to 64 letters, digits, dots, dashes and underscores.
            account: the key.
            password: not empty.
            light: spend milliseconds on encryption, not a second; for devnets.

        Raises:
            KeystoreError: the name or the password is none.
            Conflict: there is a key of this name.
            ContentError: the disk is full or the folder cannot be written.
        """
        path = self._path(name)
        if not password:
            raise KeystoreError("the password is empty", hint=f"set {PASSWORD_VARIABLE} or name a password file")
        cost = LIGHT_SCRYPT_N if light else STANDARD_SCRYPT_N
        content = json.dumps(Account.encrypt(account.key, password, kdf="scrypt", iterations=cost)).encode()
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(path, content, mode=0o600, replace=False)
        except FileExistsError as error:
            raise Conflict(f"there is a key {name!r} already: {path}", hint="choose another name") from error
        except OSError as error:
            raise ContentError(
                f"cannot write {path}: {error.strerror or error}", hint="check disk and rights"
            ) from error
        return Entry(name, account.address, path)

    def load(self, name: str, password: str) -> LocalAccount:
        """Decrypt a key.

        Raises:
            NotFound: there is no key of this name.
            WrongPassword: the password does not open it.
            KeystoreError: the file is damaged.
        """
        path = self._path(name)
        if not path.is_file():
            known = ", ".join(entry.name for entry in self.entries()) or "none"
            raise NotFound(f"there is no key {name!r} in {self._folder}", hint=f"known keys: {known}")
        content = _read(path)
        _check_cost(path, content)
        return _decrypted(path, content, password)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise KeystoreError(
                f"{name!r:.80} is no name for a key", hint="use letters, digits, dots, dashes and underscores, up to 64"
            )
        return self._folder / name


def read_password(file: Path | None = None, prompt: Callable[[], str] | None = None) -> str:
    """A password: the first line of a file, else `PARLEY_PASSWORD`, else what a prompt answers.

    Raises:
        KeystoreError: none of them gives one.
    """
    password = _first_line(file) if file is not None else secret_variable(PASSWORD_VARIABLE) or (prompt and prompt())
    if not password:
        raise KeystoreError("no password is given", hint=f"set {PASSWORD_VARIABLE}, or name a file by password_file")
    REDACTOR.hide(password)
    return password


def account_from_environment() -> LocalAccount | None:
    """The key in `PARLEY_PRIVATE_KEY`, `None` if it is not set.

    Raises:
        KeystoreError: it is no private key.
    """
    value = secret_variable(KEY_VARIABLE)
    return None if not value else account_from_hex(value, source=KEY_VARIABLE)


def account_from_hex(text: str, *, source: str) -> LocalAccount:
    """A key from its 64 hexadecimal digits, with or without 0x.

    Args:
        text: the key.
        source: where it comes from, for the message.

    Raises:
        KeystoreError: it is none; the message does not repeat it.
    """
    digits = text.strip().removeprefix("0x")
    if not re.fullmatch(r"[0-9a-fA-F]{64}", digits):
        raise KeystoreError(f"{source} holds no private key", hint="a key is 0x and 64 hexadecimal digits")
    REDACTOR.hide_key(bytes.fromhex(digits))
    try:
        account: LocalAccount = Account.from_key(bytes.fromhex(digits))
    except Exception:  # noqa: BLE001 - the cause may show the key
        raise KeystoreError(f"{source} holds a number that is no private key", hint="make a new one") from None
    return account


def _entry(path: Path) -> Entry | None:
    """A key's entry, `None` if the file holds no key."""
    try:
        content = _read(path)
    except KeystoreError:
        return None
    return Entry(path.name, _address(content), path)


def _address(content: Mapping[str, Any]) -> str | None:
    digits = str(content.get("address", "")).removeprefix("0x")
    return to_checksum_address("0x" + digits) if re.fullmatch(r"[0-9a-fA-F]{40}", digits) else None


def _read(path: Path) -> dict[str, Any]:
    """A key's file, still encrypted."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise KeystoreError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        content = strict_json.parse(text, MAX_FILE_BYTES)
    except ValueError:
        content = None
    # geth and cast write "crypto", older wallets "Crypto"
    if not isinstance(content, dict) or not isinstance(content.get("crypto", content.get("Crypto")), dict):
        raise KeystoreError(f"{path} is no key file", hint=_RESTORE)
    return content


def _check_cost(path: Path, content: Mapping[str, Any]) -> None:
    """Refuse a file that would take all memory, or minutes (F-61)."""
    crypto = content.get("crypto", content.get("Crypto"))
    parameters = crypto.get("kdfparams") if isinstance(crypto, dict) else None
    if not isinstance(parameters, dict):
        raise KeystoreError(f"{path} is damaged: it does not say how it is encrypted")
    n, r, p, rounds, length = (parameters.get(name, 1) for name in ("n", "r", "p", "c", "dklen"))
    if not all(type(number) is int and number > 0 for number in (n, r, p, rounds)) or length != DERIVED_BYTES:
        raise KeystoreError(f"{path} is damaged: its cost of opening is none", hint=_RESTORE)
    if 128 * n * r > MAX_SCRYPT_BYTES:
        raise KeystoreError(f"{path} is damaged: it asks for {128 * n * r >> 20} MiB to open", hint=_RESTORE)
    if 128 * n * r * p > MAX_SCRYPT_WORK or r > MAX_SCRYPT_BLOCK or rounds > MAX_PBKDF2_ROUNDS:
        raise KeystoreError(f"{path} is damaged: it would take minutes to open", hint=_RESTORE)


def _decrypted(path: Path, content: dict[str, Any], password: str) -> LocalAccount:
    try:
        key = bytes(Account.decrypt(content, password))
    except ValueError as error:
        if "MAC mismatch" in str(error):
            raise WrongPassword(f"the password does not open {path}", hint="try another password") from None
        raise KeystoreError(f"{path} is damaged", hint=_RESTORE) from None
    except (KeyError, TypeError, NotImplementedError):
        raise KeystoreError(f"{path} is damaged", hint=_RESTORE) from None
    account = account_from_hex(key.hex(), source=str(path))
    if _address(content) not in (None, account.address):
        raise KeystoreError(f"{path} is damaged: it holds another key than it says")
    return account


def _first_line(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            line = stream.readline(1025).rstrip(b"\r\n").decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise KeystoreError(f"cannot read the password file {file}: {reason}") from error
    if not line or len(line) > 1024:
        raise KeystoreError(f"the first line of {file} is no password", hint="write the password into its first line")
    return line
