"""Texts without secrets: by value, in every way that they are written; children inherit none."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley import redaction
from parley.redaction import HIDDEN, REDACTOR, Redactor, secret_variable, shown_url, take_variables
from parley.tasks.shards import KeyChain

pytestmark = pytest.mark.unit

KEY = bytes.fromhex("c0ffee" * 10 + "beef")
HASH = "ab" * 32
URL = "https://user:hunter2hunter2@rpc.example:8545/v3/0123456789abcdef?apikey=fedcba9876543210&x=1"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in redaction.SECRET_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    yield
    REDACTOR.forget()
    redaction._taken.clear()


@pytest.mark.parametrize(
    "written",
    [
        KEY.hex(),
        "0x" + KEY.hex(),
        KEY.hex().upper(),
        f"0xa9059cbb{KEY.hex()}{HASH}",
        str(int.from_bytes(KEY, "big")),
        repr(KEY),
        repr(b"prefix" + KEY),
        json.dumps({"key": KEY.hex()}),
    ],
)
def test_clean__key_in_any_form__is_hidden(written: str) -> None:
    """F-64, P-21: hexadecimal with and without 0x, within calldata, decimal, as Python writes bytes."""
    redactor = Redactor()
    redactor.hide_key(KEY)
    cleaned = redactor.clean(f"before {written} after")
    assert written not in cleaned
    assert HIDDEN in cleaned
    assert KEY.hex() not in cleaned.lower()
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")


def test_clean__hashes_and_other_bytes__stay() -> None:
    """F-64: 64 hexadecimal digits are no secret by their look; a log without hashes is of no use."""
    redactor = Redactor()
    redactor.hide_key(KEY)
    text = f"secret hash 0x{HASH}, key {int(HASH, 16)} of {bytes.fromhex(HASH)!r}"
    assert redactor.clean(text) == text


@given(st.text(min_size=8, max_size=40))
def test_clean__any_password__is_hidden_as_it_is_and_in_json(password: str) -> None:
    """F-64: quotes, line breaks and what is not ASCII do not save a password from being found."""
    redactor = Redactor()
    redactor.hide(password)
    for written in (password, json.dumps(password)[1:-1], repr(password)[1:-1]):
        assert redactor.clean(f"<{written}>") == f"<{HIDDEN}>"


def test_clean__url_with_credentials__only_scheme_host_and_port_are_left() -> None:
    """F-64, P-21: keys stand in users, passwords, paths and queries of endpoints."""
    redactor = Redactor()
    redactor.hide_url(URL)
    assert redactor.clean(f"cannot reach {URL}") == f"cannot reach https://rpc.example:8545/{HIDDEN}"
    basic = base64.b64encode(b"user:hunter2hunter2").decode()
    for part in ("hunter2hunter2", "/v3/0123456789abcdef", "fedcba9876543210", f"Basic {basic}"):
        assert HIDDEN in redactor.clean(f"url: {part}")
    assert "0123456789abcdef" not in redactor.clean("HTTPConnectionPool: /v3/0123456789abcdef?apikey=fedcba9876543210")


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:8545", "/srv/parley/store", "/ip4/127.0.0.1/tcp/5001", "", "://"]
)
def test_clean__endpoint_without_credentials__stays_readable(location: str) -> None:
    redactor = Redactor()
    redactor.hide_url(location)
    assert redactor.clean(f"store {location} of 127.0.0.1") == f"store {location} of 127.0.0.1"


def test_shown_url__of_each_kind__tells_no_credential() -> None:
    assert shown_url(URL) == "https://rpc.example:8545"
    assert shown_url("http://[::1]:8545/key") == "http://[::1]:8545"
    assert shown_url("/srv/store") == "/srv/store"
    assert shown_url("http://host:port/") == HIDDEN


def test_key_chain__its_secret_and_keys__are_hidden() -> None:
    """F-64, P-24: whoever reads a log learns no key of a validation shard."""
    chain = KeyChain(KEY, 4)
    cleaned = REDACTOR.clean(f"{chain.secret.hex()} {chain.key(2).hex()} {chain.anchor.hex()}")
    assert cleaned == f"{HIDDEN} {HIDDEN} {chain.anchor.hex()}"


def test_variables__taken__are_known_hidden_and_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-64: Anvil, Kubo, solc and whatever else is started never see the key or the password."""
    monkeypatch.setenv("PARLEY_PRIVATE_KEY", "0x" + KEY.hex())
    monkeypatch.setenv("PARLEY_PASSWORD", "correct horse")
    take_variables()
    assert secret_variable("PARLEY_PRIVATE_KEY") == "0x" + KEY.hex()
    assert secret_variable("PARLEY_PASSWORD") == "correct horse"
    assert not set(redaction.SECRET_VARIABLES) & set(os.environ)
    child = subprocess.run([sys.executable, "-S", "-c", "import os; print(os.environ)"], capture_output=True, text=True)
    assert "PARLEY_P" not in child.stdout
    assert REDACTOR.clean(f"{KEY.hex()} correct horse") == f"{HIDDEN} {HIDDEN}"
