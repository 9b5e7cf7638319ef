"""Settings: where they come from, which outranks which, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.config import Settings, known_keys, load_settings, nearest, parse_assignment
from parley.errors import ConfigError, ExitCode

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _empty_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file and no variable but those that a test makes."""
    monkeypatch.chdir(tmp_path)
    for key in known_keys():
        monkeypatch.delenv(f"PARLEY_{key.upper()}", raising=False)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_load__nothing_given__defaults() -> None:
    settings = load_settings()
    assert settings == Settings()
    assert settings.store_location == ".parley/store"
    assert settings.keystore_folder == Path(".parley/keystores")


def test_load__all_three_sources__flag_over_environment_over_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "parley.toml", "confirmations = 2\nfederation = 2\npoll_seconds = 2")
    monkeypatch.setenv("PARLEY_FEDERATION", "3")
    monkeypatch.setenv("PARLEY_POLL_SECONDS", "3")
    settings = load_settings(flags={"poll_seconds": "4", "account": None})
    assert (settings.confirmations, settings.federation, settings.poll_seconds) == (2, 3, 4.0)


def test_load__empty_variable__counts_as_unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "parley.toml", 'account = "alice"')
    monkeypatch.setenv("PARLEY_ACCOUNT", "")
    assert load_settings().account == "alice"


def test_load__file_named_by_variable_and_flag__flag_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_flag = write(tmp_path / "a.toml", "federation = 1")
    monkeypatch.setenv("PARLEY_CONFIG", str(write(tmp_path / "b.toml", "federation = 2")))
    assert load_settings().federation == 2
    assert load_settings(by_flag).federation == 1


def test_load__relative_paths_in_file__relative_to_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "etc" / "p.toml", 'home = "state"\nstore = "objects"\ndata = "/abs/data.npz"')
    settings = load_settings(path)
    assert settings.home == tmp_path / "etc" / "state"
    assert settings.store_location == str(tmp_path / "etc" / "objects")
    assert settings.data == Path("/abs/data.npz")


@pytest.mark.parametrize("store", ["http://127.0.0.1:5001", "/ip4/127.0.0.1/tcp/5001", "file:///srv/x"])
def test_load__store_is_no_relative_folder__kept_as_written(tmp_path: Path, store: str) -> None:
    assert load_settings(write(tmp_path / "x" / "p.toml", f'store = "{store}"')).store_location == store


def test_load__unknown_key_in_file__names_file_and_nearest(tmp_path: Path) -> None:
    path = write(tmp_path / "parley.toml", 'rpc_ulr = "http://127.0.0.1:1"')
    with pytest.raises(ConfigError, match=r"parley\.toml: setting 'rpc_ulr' is unknown") as caught:
        load_settings()
    assert caught.value.hint == "did you mean 'rpc_url'?"
    assert caught.value.exit_code is ExitCode.CONFIG
    assert path.read_text() == 'rpc_ulr = "http://127.0.0.1:1"'


def test_load__unknown_key_like_nothing__lists_the_known() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(flags={"zzzzzz": "1"})
    assert caught.value.hint is not None
    assert all(key in caught.value.hint for key in known_keys())


def test_load__unknown_variable__names_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_ACOUNT", "alice")
    with pytest.raises(ConfigError, match="PARLEY_ACOUNT is unknown") as caught:
        load_settings()
    assert caught.value.hint == "did you mean PARLEY_ACCOUNT?"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rpc_url", "ftp://host"),
        ("rpc_url", "http://"),
        ("chain_id", "0"),
        ("chain_id", "main"),
        ("poll_seconds", "0"),
        ("poll_seconds", "nan"),
        ("confirmations", "0"),
        ("operator", "0x12"),
        ("account", "../alice"),
        ("account", ""),
        ("log_level", "loud"),
        ("log_format", "xml"),
        ("federation", "-1"),
        ("store", ""),
    ],
)
def test_load__value_out_of_range__says_which_and_where(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{key} = ") as caught:
        load_settings(flags={key: value})
    assert caught.value.hint == "change it in: the command line"


def test_load__bad_value_in_variable__names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_CHAIN_ID", "many")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert caught.value.hint == "change it in: PARLEY_CHAIN_ID"


def test_load__bad_value_in_file__names_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "p.toml", "home = 5")
    with pytest.raises(ConfigError, match="home = '5'") as caught:
        load_settings(path)
    assert caught.value.hint == f"change it in: {path}"


def test_load__named_file_missing__error() -> None:
    with pytest.raises(ConfigError, match=r"cannot read the configuration file none\.toml"):
        load_settings(Path("none.toml"))


@pytest.mark.parametrize("content", [b"a = [", b"\xff\xfe = 1", b"rpc_url = http://x"])
def test_load__file_is_no_toml__error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="is not TOML"):
        load_settings(path)


def test_load__file_of_some_other_kind__not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(ConfigError, match="longer than"):
        load_settings(path)


def test_settings__assigned__refused() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().federation = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "pair"), [("a=b", ("a", "b")), ("poll-seconds=1", ("poll_seconds", "1")), ("store=x=y", ("store", "x=y"))]
)
def test_parse_assignment__key_value__split_once(text: str, pair: tuple[str, str]) -> None:
    assert parse_assignment(text) == pair


@pytest.mark.parametrize("text", ["", "a", "=b"])
def test_parse_assignment__no_key_or_value__error(text: str) -> None:
    with pytest.raises(ConfigError, match="is not KEY=VALUE"):
        parse_assignment(text)


def test_nearest__nothing_near__none() -> None:
    assert nearest("qqq", ["rpc_url"]) is None
