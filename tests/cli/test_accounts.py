"""`parley account`: keys made, imported and listed; and passwords (P-21)."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from eth_account import Account

from parley.chain.errors import WrongPassword
from parley.chain.keystore import Keystore
from parley.cli.actions.accounts import checked_address, find_address
from parley.errors import ConfigError, ExitCode, NotFound
from tests.cli.conftest import Run

pytestmark = pytest.mark.unit

KEY = "0x" + "11" * 32
ADDRESS = Account.from_key(KEY).address


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_PASSWORD", "secret")


def test_account_new__several_names__one_encrypted_file_each(run: Run, workplace: Path) -> None:
    """P-21."""
    result = run("account", "new", "alice", "bob", "--light", "--json")
    assert result.exit_code == 0, result.stderr
    entries = json.loads(result.stdout)
    assert [entry["name"] for entry in entries] == ["alice", "bob"]
    for entry in entries:
        path = workplace / entry["path"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert Keystore(path.parent).load(entry["name"], "secret").address == entry["address"]
    assert json.loads(run("account", "list", "--json").stdout) == entries


def test_account_new__one_name_taken__none_is_made(run: Run, workplace: Path) -> None:
    run("account", "new", "bob", "--light")
    before = (workplace / ".parley/keystores/bob").read_bytes()
    result = run("account", "new", "alice", "bob", "--light")
    assert result.exit_code == ExitCode.CONFLICT
    assert result.stderr.startswith("error: there is a key 'bob' already\n")
    assert [path.name for path in (workplace / ".parley/keystores").iterdir()] == ["bob"]
    assert (workplace / ".parley/keystores/bob").read_bytes() == before


@pytest.mark.parametrize("name", ["../alice", "", "a/b", "-x" * 40])
def test_account_new__name_is_a_path__refused(run: Run, workplace: Path, name: str) -> None:
    assert run("account", "new", "--light", "--", name).exit_code == ExitCode.KEYSTORE
    assert not list(workplace.rglob("*"))


def test_account_new__no_password_and_no_terminal__says_where_it_comes_from(
    run: Run, monkeypatch: pytest.MonkeyPatch, workplace: Path
) -> None:
    monkeypatch.delenv("PARLEY_PASSWORD")
    result = run("account", "new", "alice")
    assert result.exit_code == ExitCode.KEYSTORE
    assert result.stderr == (
        "error: no password is given\nhint: set PARLEY_PASSWORD, or name a file by password_file\n"
    )
    assert not list(workplace.rglob("*"))


def test_account_new__password_file__its_first_line_counts(run: Run, workplace: Path) -> None:
    (workplace / "pw").write_text("from file\nsecond line")
    assert run("account", "new", "alice", "--light", "--password-file", "pw").exit_code == 0
    keystore = Keystore(workplace / ".parley/keystores")
    assert keystore.load("alice", "from file").address
    with pytest.raises(WrongPassword):
        keystore.load("alice", "secret")


def test_account_import__from_the_environment__same_address(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_PRIVATE_KEY", KEY)
    result = run("account", "import", "alice", "--light", "--json")
    assert json.loads(result.stdout)["address"] == ADDRESS
    assert "1111" not in result.output.replace(ADDRESS, "")


@pytest.mark.parametrize("encrypted", [True, False])
def test_account_import__from_a_file__same_address(run: Run, workplace: Path, encrypted: bool) -> None:
    content = json.dumps(Account.encrypt(KEY, "secret", kdf="scrypt", iterations=2)) if encrypted else KEY + "\n"
    (workplace / "key").write_text(content)
    result = run("account", "import", "alice", "--file", "key", "--light", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["address"] == ADDRESS


@pytest.mark.parametrize(
    ("content", "said"),
    [("0x12", "holds no private key"), ("{}", "is no key file"), ("", "holds no private key"), (None, "cannot read")],
)
def test_account_import__no_key__one_line_nothing_kept(
    run: Run, workplace: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (workplace / "key").write_text(content)
    result = run("account", "import", "alice", "--file", "key", "--light")
    assert result.exit_code == ExitCode.KEYSTORE
    assert said in result.stderr
    assert not (workplace / ".parley").exists()


def test_account_import__file_of_another_password__says_so(run: Run, workplace: Path) -> None:
    (workplace / "key").write_text(json.dumps(Account.encrypt(KEY, "other", kdf="scrypt", iterations=2)))
    result = run("account", "import", "alice", "--file", "key")
    assert result.exit_code == ExitCode.KEYSTORE
    assert "the password does not open" in result.stderr
    assert not (workplace / ".parley").exists()


def test_account_list__none__empty_json_and_a_hint_for_people(run: Run) -> None:
    assert json.loads(run("account", "list", "--json").stdout) == []
    assert "parley account new NAME" in run("account", "list").stderr


def test_find_address__unknown_name__names_the_known(tmp_path: Path) -> None:
    keystore = Keystore(tmp_path)
    keystore.create("alice", "x", light=True)
    with pytest.raises(NotFound, match="there is no key 'bob'") as caught:
        find_address(keystore, "bob")
    assert caught.value.hint == "known keys: alice; or give an address"


def test_checked_address__lower_case__checksummed() -> None:
    assert checked_address(ADDRESS.lower()) == ADDRESS
    assert checked_address(ADDRESS) == ADDRESS


@pytest.mark.parametrize("text", ["0x12", "", "alice", "0x" + "g" * 40, ADDRESS + "0"])
def test_checked_address__no_address__refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no address"):
        checked_address(text)


def test_checked_address__one_letter_of_another_case__refused() -> None:
    at = next(i for i, c in enumerate(ADDRESS) if i > 1 and c.isalpha())
    wrong = ADDRESS[:at] + ADDRESS[at].swapcase() + ADDRESS[at + 1 :]
    with pytest.raises(ConfigError, match="checksum"):
        checked_address(wrong)
