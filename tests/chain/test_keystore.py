"""Encrypted keys: nothing leaks, nothing is half-written, and `cast` reads them."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from parley.chain import keystore as module
from parley.chain.errors import WrongPassword
from parley.chain.keystore import (
    KEY_VARIABLE,
    PASSWORD_VARIABLE,
    Keystore,
    account_from_environment,
    account_from_hex,
    read_password,
)
from parley.errors import Conflict, ContentError, KeystoreError, NotFound
from tests.support.anvil import ANVIL

KEY = "0x" + "42" * 32
ACCOUNT = Account.from_key(KEY)


@pytest.fixture
def keys(tmp_path: Path) -> Keystore:
    return Keystore(tmp_path / "keys")


@pytest.mark.unit
def test_create__new_key__opens_with_its_password_only(keys: Keystore, tmp_path: Path) -> None:
    """P-21: encrypted, readable by its owner only."""
    entry = keys.create("alice", "secret", light=True)
    assert keys.load("alice", "secret").address == entry.address
    assert stat.S_IMODE(entry.path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    with pytest.raises(WrongPassword, match=r"the password does not open .*alice") as refused:
        keys.load("alice", "guess")
    assert "guess" not in str(refused.value)


@pytest.mark.unit
def test_add__standard_cost__is_that_of_geth(keys: Keystore) -> None:
    """P-21: a password of a real key costs a second to try."""
    entry = keys.add("alice", ACCOUNT, "secret")
    assert json.loads(entry.path.read_text())["crypto"]["kdfparams"]["n"] == 1 << 18
    assert keys.load("alice", "secret").key == ACCOUNT.key


@pytest.mark.unit
def test_add__name_is_taken__is_refused_and_nothing_changes(keys: Keystore) -> None:
    before = keys.add("alice", ACCOUNT, "secret", light=True).path.read_bytes()
    with pytest.raises(Conflict, match="there is a key 'alice' already"):
        keys.create("alice", "other", light=True)
    assert [entry.path.read_bytes() for entry in keys.entries()] == [before]


@pytest.mark.unit
@pytest.mark.parametrize("name", ["", "../escape", "a/b", ".hidden", "x" * 65, "a b", "a\n"])
def test_names__that_lead_elsewhere__are_refused(keys: Keystore, name: str) -> None:
    """P-20: no path from a name."""
    with pytest.raises(KeystoreError, match="is no name for a key"):
        keys.create(name, "secret", light=True)
    with pytest.raises(KeystoreError, match="is no name for a key"):
        keys.load(name, "secret")


@pytest.mark.unit
def test_add__disk_is_full__leaves_nothing_behind(
    keys: Keystore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ContentError, match="No space left"):
        keys.add("alice", ACCOUNT, "secret", light=True)
    assert list((tmp_path / "keys").iterdir()) == []


@pytest.mark.unit
def test_add__empty_password__is_refused(keys: Keystore) -> None:
    with pytest.raises(KeystoreError, match="the password is empty"):
        keys.create("alice", "", light=True)


@pytest.mark.unit
def test_load__unknown_name__tells_the_known_ones(keys: Keystore) -> None:
    keys.add("alice", ACCOUNT, "secret", light=True)
    with pytest.raises(NotFound, match="there is no key 'bob'") as refused:
        keys.load("bob", "secret")
    assert refused.value.hint == "known keys: alice"


Change = Callable[[dict[str, Any]], object]

DAMAGE: dict[str, Change] = {
    "no json": lambda _: "{",
    "a list": lambda _: [],
    "nested without end": lambda _: "[" * 60_000,
    "no crypto": lambda c: {key: value for key, value in c.items() if key != "crypto"},
    "no kdfparams": lambda c: with_crypto(c, kdfparams=None),
    "huge n": lambda c: with_crypto(c, kdfparams={**c["crypto"]["kdfparams"], "n": 1 << 40}),
    "huge r": lambda c: with_crypto(c, kdfparams={**c["crypto"]["kdfparams"], "r": 1 << 24}),
    "huge p": lambda c: with_crypto(c, kdfparams={**c["crypto"]["kdfparams"], "p": 1 << 24}),
    "n below zero": lambda c: with_crypto(c, kdfparams={**c["crypto"]["kdfparams"], "n": -(1 << 40), "r": -1}),
    "n is a truth": lambda c: with_crypto(c, kdfparams={**c["crypto"]["kdfparams"], "n": True}),
    "n is no power of two": lambda c: with_crypto(c, kdfparams={**c["crypto"]["kdfparams"], "n": 4097}),
    "rounds without end": lambda c: with_crypto(
        c, kdf="pbkdf2", kdfparams={"c": 1 << 40, "dklen": 32, "prf": "hmac-sha256", "salt": "00" * 32}
    ),
    "a key of a gigabyte": lambda c: with_crypto(c, kdfparams={**c["crypto"]["kdfparams"], "dklen": 1 << 30}),
    "n is text": lambda c: with_crypto(c, kdfparams={**c["crypto"]["kdfparams"], "n": "8192"}),
    "unknown kdf": lambda c: with_crypto(c, kdf="guess"),
    "no text": lambda c: with_crypto(c, ciphertext=None),
    "another address": lambda c: {**c, "address": "11" * 20},
    "version 1": lambda c: {**c, "version": 1},
}


def with_crypto(content: dict[str, Any], **changes: object) -> object:
    """A key's file with other entries under `crypto`."""
    return {**content, "crypto": {**content["crypto"], **changes}}


@pytest.mark.unit
@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE.keys())
def test_load__damaged_file__says_so(keys: Keystore, change: Change) -> None:
    """F-61: a hostile file takes neither memory nor time; it is refused before anything is derived from it."""
    entry = keys.add("alice", ACCOUNT, "secret", light=True)
    bad = change(json.loads(entry.path.read_text()))
    entry.path.write_text(bad if isinstance(bad, str) else json.dumps(bad))
    with pytest.raises(KeystoreError, match=r"alice is (damaged|no key file)"):
        keys.load("alice", "secret")


@pytest.mark.unit
def test_entries__other_files__are_passed_over(keys: Keystore, tmp_path: Path) -> None:
    assert keys.entries() == []
    keys.add("bob", ACCOUNT, "secret", light=True)
    folder = tmp_path / "keys"
    (folder / "notes.txt").write_text("hello")
    (folder / ".hidden").write_text("{}")
    (folder / "huge").write_bytes(b"[" * (module.MAX_FILE_BYTES + 1))
    assert [(entry.name, entry.address) for entry in keys.entries()] == [("bob", ACCOUNT.address)]


@pytest.mark.unit
def test_read_password__file_then_variable_then_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """P-21: never from argv."""
    file = tmp_path / "password"
    file.write_bytes("pä ss\r\nsecond line\n".encode())
    monkeypatch.setenv(PASSWORD_VARIABLE, "from the environment")
    assert read_password(file, lambda: "typed") == "pä ss"
    assert read_password(None, lambda: "typed") == "from the environment"
    monkeypatch.delenv(PASSWORD_VARIABLE)
    assert read_password(None, lambda: "typed") == "typed"
    with pytest.raises(KeystoreError, match="no password is given"):
        read_password(None, None)


@pytest.mark.unit
@pytest.mark.parametrize("content", [b"", b"\nsecond", b"\xff\xfe\n", b"x" * 2000])
def test_read_password__file_without_one__is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(KeystoreError, match="password"):
        read_password(file)
    with pytest.raises(KeystoreError, match="No such file"):
        read_password(tmp_path / "missing")


@pytest.mark.unit
def test_account_from_environment__a_key_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """P-21: a key may come from an environment variable."""
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert account_from_environment() is None
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    account = account_from_environment()
    assert account is not None
    assert account.address == ACCOUNT.address


@pytest.mark.unit
@pytest.mark.parametrize("text", ["", "0x1234", "zz" * 32, "00" * 32, "ff" * 32, KEY + "0"])
def test_account_from_hex__no_key__is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(KeystoreError, match=r"the file holds (no private key|a number)") as refused:
        account_from_hex(text, source="the file")
    assert not text or text not in str(refused.value)
    assert refused.value.__cause__ is None


def cast(*arguments: str) -> str:
    """Run `cast wallet` and return what it prints."""
    command = [str(ANVIL.with_name("cast")), "wallet", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.integration
def test_files__of_cast__are_read(keys: Keystore, tmp_path: Path) -> None:
    """P-21: the same files as `cast wallet`; those do not tell their address."""
    (tmp_path / "keys").mkdir()
    cast("import", "bob", "--keystore-dir", str(tmp_path / "keys"), "--private-key", KEY, "--unsafe-password", "secret")
    assert [entry.name for entry in keys.entries()] == ["bob"]
    assert keys.load("bob", "secret").address == ACCOUNT.address
    with pytest.raises(WrongPassword):
        keys.load("bob", "other")


@pytest.mark.integration
def test_files__of_ours__are_read_by_cast(keys: Keystore) -> None:
    """P-21: the same files as `cast wallet`."""
    entry = keys.add("alice", ACCOUNT, "secret", light=True)
    assert cast("address", "--keystore", str(entry.path), "--password", "secret").strip() == ACCOUNT.address
