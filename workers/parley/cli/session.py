"""What one command works with: settings, content store, chain, contracts, key; each opened on first use."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from parley.redaction import REDACTOR, SECRET_VARIABLES, secret_variable

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3
    from web3.contract import Contract

    from parley.chain.contracts import Contracts
    from parley.chain.keystore import Keystore
    from parley.chain.reader import Reader
    from parley.chain.sender import Sender, SendPolicy
    from parley.config import Settings
    from parley.storage import ContentStore

T = TypeVar("T")

NOBODY = "0x" + "00" * 20
"""Whose standing is read where nobody's is asked for."""


@dataclass
class Session:
    """The services of one command.

    Attributes:
        config: configuration file named on the command line.
        flags: settings that have options of their own; `None` where not given.
        assignments: `KEY=VALUE` of each `--set`.
        debug: log everything and show tracebacks.
    """

    config: Path | None = None
    flags: Mapping[str, object] = field(default_factory=dict)
    assignments: tuple[str, ...] = ()
    debug: bool = False
    _opened: ExitStack = field(default_factory=ExitStack, repr=False)

    @cached_property
    def settings(self) -> Settings:
        """The settings, from file, environment and flags.

        Raises:
            ConfigError: a key is unknown or a value out of range.
        """
        from parley.cli import logs
        from parley.config import load_settings

        for name in SECRET_VARIABLES:
            secret_variable(name)  # from here on no log shows it
        settings = load_settings(self.config, self.given())
        for url in (*settings.rpc_urls, *settings.store_locations):
            REDACTOR.hide_url(url)
        logs.configure("debug" if self.debug else settings.log_level or "warning", settings.log_format)
        return settings

    def log_at(self, level: str) -> None:
        """Log from another level on, unless the settings name one."""
        from parley.cli import logs

        chosen = "debug" if self.debug else self.settings.log_level or level
        logs.configure(chosen, self.settings.log_format)

    def given(self) -> dict[str, object]:
        """What the command line sets, by key.

        Raises:
            ConfigError: a `--set` is not KEY=VALUE.
        """
        from parley.config import parse_assignment

        chosen = {key: value for key, value in self.flags.items() if value is not None}
        return {**dict(map(parse_assignment, self.assignments)), **chosen}

    def prefer(self, **flags: object) -> None:
        """Let options of one command outrank file and environment, before the settings are read; `None` is no wish."""
        self.flags = {**self.flags, **{key: value for key, value in flags.items() if value is not None}}

    def opened(self, resource: AbstractContextManager[T]) -> T:
        """Enter a context that is left when the command ends; return it."""
        return self._opened.enter_context(resource)

    @cached_property
    def store(self) -> ContentStore:
        """The content store.

        Raises:
            ConfigError: its address is of no known kind.
            StorageError: its folder cannot be used.
        """
        from parley.storage import open_store

        return self.opened(open_store(self.settings.store_locations))

    @cached_property
    def keystore(self) -> Keystore:
        """The folder of encrypted keys."""
        from parley.chain.keystore import Keystore

        return Keystore(self.settings.keystore_folder)

    def password(self, *, new: bool = False) -> str:
        """A key's password, from its file, the environment or the terminal.

        Args:
            new: it is being chosen, so ask twice.

        Raises:
            KeystoreError: none of them gives one.
        """
        from parley.chain.keystore import read_password

        def ask() -> str:
            what = "Password of the new key" if new else f"Password of {self.settings.account or 'the key'}"
            return str(typer.prompt(what, hide_input=True, confirmation_prompt=new, err=True))

        return read_password(self.settings.password_file, ask if sys.stdin.isatty() else None)

    @cached_property
    def w3(self) -> Web3:
        """The connection to the chain.

        Raises:
            Unreachable: the node does not answer.
            WrongChain: it serves another chain than the setting `chain_id` expects.
        """
        from parley.chain.rpc import connect

        return connect(self.settings.rpc_urls, self.settings.chain_id, max_lag=self.settings.max_lag)

    @cached_property
    def contracts(self) -> Contracts:
        """The deployed contracts, checked against the chain.

        Raises:
            NotDeployed: there is no deployment on this chain.
            StaleDeployment: the chain carries no or other code.
        """
        from parley.chain.deployments import load_deployment

        return load_deployment(self.w3.eth.chain_id, self.settings.deployments, self.w3).bind(self.w3)

    @cached_property
    def fid(self) -> int:
        """The federation to act on: the one that is set, else the only one there is.

        Raises:
            ConfigError: there are several, and none is chosen.
            NotFound: there is none.
        """
        from parley.cli.actions.federations import only_federation

        return self.settings.federation or only_federation(self.contracts)

    @cached_property
    def signer(self) -> LocalAccount:
        """The key to act with, decrypted.

        Raises:
            KeystoreError: no key is chosen, or its password is wrong.
            NotFound: there is no such key.
        """
        from parley.chain.keystore import account_from_environment

        if self.settings.account is None and (account := account_from_environment()) is not None:
            return account
        return self.unlocked(self.account_name())

    @property
    def outbox(self) -> Path:
        """Folder of the keys' locks and journals: one process per key, and nothing is sent twice (P-18)."""
        return self.settings.home / "outbox"

    @property
    def send_policy(self) -> SendPolicy:
        """How transactions are sent."""
        from parley.chain.fees import GWEI, FeePolicy
        from parley.chain.sender import SendPolicy

        settings = self.settings
        fees = FeePolicy(
            max_fee=round(settings.max_fee_gwei * GWEI), urgent_max_fee=round(settings.urgent_max_fee_gwei * GWEI)
        )
        return SendPolicy(confirmations=settings.confirmations, fees=fees)

    @cached_property
    def sender(self) -> Sender:
        """Sends transactions with that key; no other process may meanwhile.

        Raises:
            KeyInUse: another process does.
            JournalError: its journal cannot be used.
        """
        from parley.chain.sender import Sender

        sender = Sender(self.w3, self.signer, self.contracts.errors, self.outbox, self.send_policy)
        return self.opened(sender)

    def unlocked(self, name: str) -> LocalAccount:
        """A key by its name, decrypted.

        Raises:
            NotFound: there is no such key.
            WrongPassword: the password does not open it.
        """
        from parley.errors import NotFound

        if name not in {entry.name for entry in self.keystore.entries()}:
            known = ", ".join(entry.name for entry in self.keystore.entries()) or "none"
            raise NotFound(
                f"there is no key {name!r:.80} in {self.settings.keystore_folder}", hint=f"known keys: {known}"
            )
        return self.keystore.load(name, self.password())

    def address_of(self, name_or_address: str | None = None) -> str:
        """An address by a key's name, or as it stands; by default that of the key to act with.

        No password is asked for where the key's file tells its address.
        """
        from parley.chain.keystore import account_from_environment
        from parley.cli.actions.accounts import find_address

        if name_or_address is not None:
            return find_address(self.keystore, name_or_address)
        if self.settings.account is None and (account := account_from_environment()) is not None:
            return str(account.address)
        return find_address(self.keystore, self.account_name())

    def own_address(self) -> str | None:
        """The address of the key to act with, `None` if none is chosen."""
        from parley.errors import KeystoreError

        if self.settings.operator is not None:
            return self.address_of(self.settings.operator)
        try:
            return self.address_of()
        except KeystoreError:
            return None

    def operator_of(self, name_or_address: str | None = None) -> str:
        """The operator that a key acts for; by default the setting `operator`, else that of the key to act with.

        Raises:
            NotFound: the key acts for nobody.
        """
        from parley.cli.actions.operators import operator_of

        return operator_of(self.contracts, self.address_of(name_or_address or self.settings.operator))

    def acting_for(self) -> str:
        """The operator that the key to act with acts for; the one that the setting `operator` expects, if it does.

        Raises:
            NotFound: the key acts for nobody.
            ConfigError: it acts for another operator than expected.
        """
        from parley.cli.actions.accounts import checked_address
        from parley.cli.actions.operators import operator_of
        from parley.errors import ConfigError

        actual = operator_of(self.contracts, self.signer.address)
        expected = self.settings.operator
        if expected is not None and checked_address(expected) != actual:
            raise ConfigError(
                f"{self.signer.address} acts for {actual}, not for {expected}",
                hint="correct the setting operator, or name this key: `parley operator rotate`",
            )
        return actual

    def token(self, fid: int | None = None) -> Contract:
        """The token of a federation: the one named, else the chosen or only one; where there is none, the deployment's.

        Raises:
            NotFound: the deployment has no token, and no federation tells which it is.
        """
        from parley.chain.contracts import token_at

        functions = self.contracts.federations.functions
        only = 1 if functions.federations().call() == 1 else None
        chosen = fid or self.settings.federation or only
        return self.own_token() if chosen is None else token_at(self.w3, functions.termsOf(chosen).call()[0])

    def own_token(self) -> Contract:
        """The ParleyToken of the deployment.

        Raises:
            NotFound: it has none.
        """
        from parley.errors import NotFound

        if self.contracts.token is None:
            raise NotFound(
                "this deployment has no ParleyToken",
                hint="choose a federation, or name another token in the federation's plan",
            )
        return self.contracts.token

    def reader(self, operator: str | None = None) -> Reader:
        """Reads the chosen federation, as one operator sees it.

        Raises:
            NotFound: there is no such federation.
        """
        from parley.chain.reader import Reader

        return Reader(self.w3, self.contracts, self.fid, operator or NOBODY)

    def account_name(self) -> str:
        """The name of the key to act with: the one that is set, else the only one there is."""
        from parley.errors import KeystoreError

        names = [entry.name for entry in self.keystore.entries()]
        if self.settings.account is not None:
            return self.settings.account
        if len(names) == 1:
            return names[0]
        hint = f"add --account NAME; known keys: {', '.join(names)}" if names else "`parley account new NAME` makes one"
        raise KeystoreError("no key is chosen", hint=hint)

    def close(self) -> None:
        """Close what was opened."""
        self._opened.close()


def session_of(ctx: typer.Context) -> Session:
    """The session of the running command."""
    session = ctx.find_object(Session)
    if session is None:
        raise TypeError("the program's callback has not run")
    return session
