"""All settings of Parley, in one place.

Each setting comes from the first of these that names it:

1. a flag, such as `--rpc-url URL`, or `--set KEY=VALUE` for any of them;
2. an environment variable, such as `PARLEY_RPC_URL`;
3. the configuration file: `--config FILE`, else `PARLEY_CONFIG`, else `parley.toml` in the current folder;
4. the default below.

Paths in the file are relative to the file's folder, all others to the current folder. An unknown key is an error that
names the nearest known one. Secrets are no settings: passwords and keys never stand in this file (P-21).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from parley.errors import ConfigError

PREFIX = "PARLEY_"
DEFAULT_FILE = Path("parley.toml")
MAX_FILE_BYTES = 1 << 20

OTHER_VARIABLES = frozenset({"PARLEY_CONFIG", "PARLEY_FAILPOINT", "PARLEY_PASSWORD", "PARLEY_PRIVATE_KEY"})
"""Variables with the prefix that are no settings: where the file is, where a test kills the process, two secrets."""

ENDPOINTS = frozenset({"rpc_url", "store"})
"""Settings whose addresses may hold credentials, in user, password, path or query: they are not shown in full."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_PATHS = ("home", "deployments", "keystores", "password_file", "data", "task_file")


class Settings(BaseSettings):
    """The settings of one command; immutable.

    Attributes:
        rpc_url: JSON-RPC endpoint of the chain's node, `http://` or `https://`; several, separated by commas or as a
            list in the file, are used together.
        read_at: block at which state is read: the newest, or the newest that the chain calls safe or finalized.
        max_lag: blocks by which an endpoint may be behind the best before it is put aside.
        chain_id: the chain that is expected; any if unset.
        deployments: folder of `<chainId>/<Contract>.json`, which `parley deploy` writes.
        home: folder of everything else that Parley keeps.
        store: the content store: a folder, or the URL of a Kubo RPC; unset: `<home>/store`. Several, separated by
            commas or as a list in the file: the first is one's own, all are asked and all keep.
        keystores: folder of encrypted keys; unset: `<home>/keystores`.
        account: name of the key to act with.
        password_file: file whose first line is that key's password; else `PARLEY_PASSWORD`, else the terminal asks.
        federation: id of the federation to act on; unset: the only one there is.
        operator: the operator that a worker key acts for; unset: whatever the registry says.
        data: a trainer's private data, a `.npz` of X and y.
        task_file: an operator's own copy of the code of a task that is not built in.
        poll_seconds: how often a worker looks at the chain.
        confirmations: blocks to wait for, the one with the transaction included.
        max_fee_gwei: most that a transaction offers per unit of gas while there is time.
        urgent_max_fee_gwei: most that it offers at its deadline; never more in all than is at stake.
        token_price: ether that one token is worth to the operator: what is at stake, in the currency of gas.
        checkpoint_seconds: how often training is written to disk.
        archive: keep all updates and models for ever, as an audit of past rounds needs; else updates go after three
            rounds.
        hang_seconds: a worker that gave no sign of life for that long is taken for hanging, and ends.
        monitor_port: port of metrics and health; 0: any free one; unset: none.
        monitor_host: address that they are served at.
        log_level: what is logged, to standard error; unset: info by workers, warnings by all other commands.
        log_format: `human`, `json`, or `auto`: human on a terminal.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True, validate_default=False
    )

    rpc_url: str = "http://127.0.0.1:8545"
    read_at: Literal["latest", "safe", "finalized"] = "latest"
    max_lag: int = Field(default=5, ge=1, le=10_000)
    chain_id: int | None = Field(default=None, gt=0)
    deployments: Path = Path("deployments")
    home: Path = Path(".parley")
    store: str | None = Field(default=None, min_length=1)
    keystores: Path | None = None
    account: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    password_file: Path | None = None
    federation: int | None = Field(default=None, gt=0)
    operator: str | None = None
    data: Path | None = None
    task_file: Path | None = None
    poll_seconds: float = Field(default=1.0, ge=0.05, le=3600)
    confirmations: int = Field(default=1, ge=1, le=10_000)
    max_fee_gwei: float = Field(default=100.0, gt=0, le=1e6)
    urgent_max_fee_gwei: float = Field(default=500.0, gt=0, le=1e6)
    token_price: float = Field(default=0.001, ge=0, le=1e6)
    checkpoint_seconds: float = Field(default=10.0, ge=0, le=3600)
    archive: bool = False
    hang_seconds: float = Field(default=300.0, ge=10, le=86_400)
    monitor_port: int | None = Field(default=None, ge=0, le=65_535)
    monitor_host: str = Field(default="127.0.0.1", min_length=1)
    log_level: Literal["debug", "info", "warning", "error"] | None = None
    log_format: Literal["auto", "human", "json"] = "auto"

    @field_validator("rpc_url", "store", mode="before")
    @classmethod
    def _joined(cls, given: object) -> object:
        """A list in the file reads like one with commas elsewhere."""
        return ",".join(map(str, given)) if isinstance(given, list) else given

    @field_validator("rpc_url")
    @classmethod
    def _http(cls, urls: str) -> str:
        if not all(re.match(r"https?://[^/\s]+", url) for url in _listed(urls)):
            raise ValueError("an RPC endpoint starts with http:// or https://")
        return urls

    @field_validator("operator")
    @classmethod
    def _address(cls, operator: str | None) -> str | None:
        if operator is not None and not _ADDRESS.fullmatch(operator):
            raise ValueError("an operator is an address: 0x and 40 hexadecimal digits")
        return operator

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, level: object) -> object:
        return level.lower() if isinstance(level, str) else level

    @property
    def rpc_urls(self) -> tuple[str, ...]:
        """The RPC endpoints, the preferred one first."""
        return _listed(self.rpc_url)

    @property
    def store_locations(self) -> tuple[str, ...]:
        """Addresses of the content stores, one's own first."""
        return _listed(self.store_location)

    @property
    def store_location(self) -> str:
        """Address of the content store, for `parley.storage.open_store`."""
        return self.store if self.store is not None else str(self.home / "store")

    @property
    def keystore_folder(self) -> Path:
        """Folder of encrypted keys."""
        return self.keystores if self.keystores is not None else self.home / "keystores"


def _listed(text: str) -> tuple[str, ...]:
    """The parts of a list with commas."""
    return tuple(part.strip() for part in text.split(","))


def load_settings(file: Path | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings of one command.

    Args:
        file: the configuration file; it must exist. `None`: `PARLEY_CONFIG`, else `parley.toml` if there is one.
        flags: values from the command line by key; `None` values count as not given.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, or a value is out of range.
    """
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    path = settings_file(file)
    values = {} if path is None else _read_file(path)
    _check_keys(given, "setting {!r} is unknown")
    _check_variables(os.environ)
    # An environment variable outranks the file, and both are outranked by a flag.
    used = {key: value for key, value in values.items() if not os.environ.get(PREFIX + key.upper())}
    try:
        return Settings(**{**used, **given})
    except ValidationError as error:
        raise _explained(error, path, given) from error


def origins(file: Path | None = None, flags: Collection[str] = ()) -> dict[str, str]:
    """Where each setting comes from: `flag`, `environment`, the path of the file, or `default`.

    Args:
        file: as for `load_settings`.
        flags: the keys that the command line gives.

    Raises:
        ConfigError: the file cannot be read.
    """
    path = settings_file(file)
    values = {} if path is None else _read_file(path)

    def origin(key: str) -> str:
        if key in flags:
            return "flag"
        if os.environ.get(PREFIX + key.upper()):
            return "environment"
        return str(path) if key in values else "default"

    return {key: origin(key) for key in known_keys()}


def meanings() -> dict[str, str]:
    """What each setting means, as `Settings` documents it."""
    lines = (Settings.__doc__ or "").partition("Attributes:\n")[2]
    entries = re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", lines, re.MULTILINE)
    return {key: " ".join(text.split()) for key, text in entries}


def known_keys() -> tuple[str, ...]:
    """The names of all settings."""
    return tuple(Settings.model_fields)


def parse_assignment(text: str) -> tuple[str, str]:
    """Read one `KEY=VALUE` of `--set`.

    Raises:
        ConfigError: there is no `=`.
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ConfigError(f"{text!r:.80} is not KEY=VALUE", hint="for example --set poll_seconds=0.5")
    return key.strip().replace("-", "_"), value


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant, `None` if nothing is near."""
    found = get_close_matches(name.lower(), list(names), n=1, cutoff=0.5)
    return found[0] if found else None


def settings_file(file: Path | None = None) -> Path | None:
    """The configuration file of a command: the one named, else `PARLEY_CONFIG`, else `parley.toml` if there is one."""
    named = file or os.environ.get("PARLEY_CONFIG")
    if named:
        return Path(named)
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def _read_file(path: Path) -> dict[str, Any]:
    """The file's values, with relative paths made relative to the file."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise ConfigError(f"{path} is longer than {MAX_FILE_BYTES} bytes", hint="is it the right file?")
        values = tomllib.loads(content.decode())
    except OSError as error:
        raise ConfigError(
            f"cannot read the configuration file {path}: {error.strerror or error}",
            hint="check --config and PARLEY_CONFIG",
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}", hint='a setting reads: rpc_url = "http://..."') from error
    _check_keys(values, f"{path}: setting {{!r}} is unknown")
    return {key: _anchored(key, value, path.parent) for key, value in values.items()}


def _anchored(key: str, value: object, folder: Path) -> object:
    """A path of the file, seen from the current folder; any other value as it is."""
    if key == "store":
        parts = value if isinstance(value, list) else _listed(value) if isinstance(value, str) else [value]
        return ",".join(str(_anchored_path(part, folder) if _is_folder(part) else part) for part in parts)
    return _anchored_path(value, folder) if key in _PATHS else value


def _anchored_path(value: object, folder: Path) -> object:
    return str(folder / Path(value).expanduser()) if isinstance(value, str) and value else value


def _is_folder(store: object) -> bool:
    """Whether the address of a store is a relative path."""
    return isinstance(store, str) and "://" not in store and not store.startswith(("/", "file:"))


def _check_keys(values: Iterable[str], complaint: str) -> None:
    """Refuse the first key that is no setting."""
    for key in values:
        if key not in Settings.model_fields:
            meant = nearest(key, known_keys())
            hint = f"did you mean {meant!r}?" if meant else f"known settings: {', '.join(known_keys())}"
            raise ConfigError(complaint.format(key), hint=hint)


def _check_variables(variables: Iterable[str]) -> None:
    """Refuse the first environment variable with our prefix that means nothing: probably a typing error."""
    known = [PREFIX + key.upper() for key in known_keys()] + sorted(OTHER_VARIABLES)
    for name in sorted(variables):
        if name.startswith(PREFIX) and name not in known:
            lower = {candidate.lower(): candidate for candidate in known}
            meant = nearest(name, lower)
            hint = f"did you mean {lower[meant]}?" if meant else "unset it"
            raise ConfigError(f"the environment variable {name} is unknown", hint=hint)


def _explained(error: ValidationError, path: Path | None, flags: Mapping[str, Any]) -> ConfigError:
    """One line on the first value that is out of range, and where it comes from."""
    first = error.errors(include_url=False, include_context=False)[0]
    key = str(first["loc"][0]) if first["loc"] else "settings"
    if key in flags:
        where = "the command line"
    elif os.environ.get(PREFIX + key.upper()):
        where = PREFIX + key.upper()
    else:
        where = str(path)
    reason = first["msg"].removeprefix("Value error, ")
    value = "[not shown]" if key in ENDPOINTS else str(first.get("input"))
    return ConfigError(
        f"{key} = {value!r:.80} is not valid: {reason[:1].lower()}{reason[1:]}", hint=f"change it in: {where}"
    )
