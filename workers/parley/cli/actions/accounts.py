"""Keys on disk: making, importing and listing them, and finding an address by a key's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from eth_account.signers.local import LocalAccount
from eth_utils.address import is_checksum_address, to_checksum_address

from parley.chain.keystore import Entry, Keystore, account_from_environment, account_from_hex
from parley.errors import ConfigError, Conflict, KeystoreError, NotFound

MAX_KEY_FILE_BYTES = 1 << 16


def new_accounts(keystore: Keystore, names: Iterable[str], password: str, *, light: bool = False) -> list[Entry]:
    """Make a key for each name; none at all if one of the names is taken.

    Raises:
        Conflict: there is a key of one of these names.
        KeystoreError: a name or the password cannot be used.
        ContentError: the disk is full.
    """
    wanted = list(names)
    taken = sorted({entry.name for entry in keystore.entries()} & set(wanted))
    if taken:
        raise Conflict(f"there is a key {taken[0]!r} already", hint="choose another name; no key was made")
    return [keystore.create(name, password, light=light) for name in wanted]


def import_account(
    keystore: Keystore,
    name: str,
    password: str,
    *,
    file: Path | None = None,
    light: bool = False,
    file_password: Callable[[], str] | None = None,
) -> Entry:
    """Keep a key that exists already.

    Args:
        keystore: where it is kept.
        name: under which name.
        password: with which it is encrypted.
        file: a key file of `cast wallet` or geth, or a text file with 64 hexadecimal digits; `None`: the key in
            `PARLEY_PRIVATE_KEY`.
        light: see `Keystore.add`.
        file_password: asks for the password of an encrypted `file`; by default it is `password`.

    Raises:
        KeystoreError: there is no key to be had, or its password is wrong.
        Conflict: there is a key of this name.
    """
    account = _from_environment() if file is None else _from_file(file, file_password or (lambda: password))
    return keystore.add(name, account, password, light=light)


def find_address(keystore: Keystore, name_or_address: str) -> str:
    """The address that a key's name or an address means, checksummed.

    Raises:
        ConfigError: an address with a wrong checksum, or a name that is none.
        NotFound: no key has this name.
        KeystoreError: the key's file does not tell its address.
    """
    if name_or_address.startswith("0x"):
        return checked_address(name_or_address)
    for entry in keystore.entries():
        if entry.name == name_or_address:
            if entry.address is None:
                raise KeystoreError(f"{entry.path} does not tell its address", hint="give the address instead")
            return entry.address
    known = ", ".join(entry.name for entry in keystore.entries()) or "none"
    raise NotFound(f"there is no key {name_or_address!r:.80}", hint=f"known keys: {known}; or give an address")


def checked_address(text: str) -> str:
    """An address, checksummed.

    Raises:
        ConfigError: it is none, or its mixed case is not its checksum (EIP-55).
    """
    digits = text.removeprefix("0x")
    if len(text) != 42 or not all(c in "0123456789abcdefABCDEF" for c in digits):
        raise ConfigError(f"{text!r:.80} is no address", hint="an address is 0x and 40 hexadecimal digits")
    mixed = digits.lower() != digits and digits.upper() != digits
    if mixed and not is_checksum_address(text):
        raise ConfigError(f"the checksum of {text} is wrong", hint="compare it with its source; a digit differs")
    return to_checksum_address(text)


def _from_environment() -> LocalAccount:
    account = account_from_environment()
    if account is None:
        raise KeystoreError("no key is given", hint="set PARLEY_PRIVATE_KEY, or name a file: never put a key into argv")
    return account


def _from_file(file: Path, file_password: Callable[[], str]) -> LocalAccount:
    """The key in a file, encrypted or not."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_KEY_FILE_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise KeystoreError(f"cannot read {file}: {error.strerror or error}", hint="check the path") from error
    if content.lstrip().startswith("{"):
        return Keystore(file.parent).load(file.name, file_password())
    return account_from_hex(content, source=str(file))
