"""The key, what it may do, and what it can pay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from parley.cli.amounts import WEI, tokens
from parley.cli.doctor.examination import Finding, Status
from parley.cli.session import Session
from parley.errors import ExitCode
from parley.redaction import MIN_LENGTH, secret_variable

if TYPE_CHECKING:
    from parley.chain.view import View

ROUND_GAS = 500_000
"""Gas that a worker of any role uses in a round, disputes aside: rounded up from `make gas`."""
ROUNDS = 20
"""Ether for fewer rounds than that is little."""


def key(session: Session) -> Iterator[Finding]:
    """A key that nobody else can read, and a password that opens it."""
    from parley.chain.keystore import KEY_VARIABLE, PASSWORD_VARIABLE

    address = session.signer.address
    if session.settings.account is None and secret_variable(KEY_VARIABLE):
        yield Finding("key", Status.OK, f"{address}, from {KEY_VARIABLE}")
        return
    entry = next(entry for entry in session.keystore.entries() if entry.name == session.account_name())
    yield from _private("key", entry.path)
    file = session.settings.password_file
    if file is not None:
        yield from _private("password", file)
    source = file or (PASSWORD_VARIABLE if secret_variable(PASSWORD_VARIABLE) else "the terminal")
    if source == "the terminal":
        advice = f"an unattended worker needs password_file or {PASSWORD_VARIABLE}"
        yield Finding("password", Status.WARN, "typed at the terminal", advice)
    elif len(session.password()) < MIN_LENGTH:
        advice = f"choose one of at least {MIN_LENGTH} characters: `parley account import` keeps a key under a new one"
        yield Finding("password", Status.WARN, "short", advice)
    yield Finding("key", Status.OK, f"{address}: {entry.path}, opened by the password of {source}")


def identity(session: Session) -> Iterator[Finding]:
    """Whom the key acts for."""
    from parley.cli.actions.operators import operator_or_self

    address = session.signer.address
    operator = operator_or_self(session.contracts, address)
    if session.contracts.registry.functions.operatorOf(operator).call() != operator:
        advice = "`parley operator register` makes it an operator; sponsors and watchers need it not"
        yield Finding("identity", Status.WARN, f"{address} acts for nobody", advice)
        return
    session.acting_for()
    if operator == address:
        advice = "name a worker key, `parley operator rotate`, so that the operator's own stays offline"
        yield Finding("identity", Status.OK, f"{operator}: the operator's own key; {advice}")
    else:
        yield Finding("identity", Status.OK, f"a worker key of {operator}")


def federation(session: Session) -> Iterator[Finding]:
    """The federation, and one's roles in it."""
    view = view_of(session)
    state = "closed" if view.federation.closed else f"round {view.round.round}, {view.phase.name.lower()}"
    roles = (view.me.roles.name or "").lower().replace("|", " and ")
    found = f"federation {view.fid}, {state}; {f'joined as {roles}' if roles else 'not joined'}"
    if view.federation.closed:
        yield Finding("federation", Status.WARN, found, "choose another by --federation")
    elif not roles and view.operator.lower() != view.federation.sponsor.lower():
        yield Finding("federation", Status.WARN, found, "`parley federation join --role ROLE`; watchers need it not")
    else:
        yield Finding("federation", Status.OK, found)


def ether(session: Session) -> Iterator[Finding]:
    """Ether for gas, in rounds at today's price."""
    eth = session.w3.eth
    balance, price = eth.get_balance(session.signer.address), max(1, eth.gas_price)
    rounds = balance // (ROUND_GAS * price)
    found = f"{balance / WEI:.6g} ether: about {min(rounds, 10_000)} rounds at {price / 1e9:.4g} gwei"
    advice = f"send {session.signer.address} some ether for gas"
    if rounds == 0:
        yield Finding("ether", Status.FAIL, found, advice, ExitCode.CHAIN)
    elif rounds < ROUNDS:
        yield Finding("ether", Status.WARN, found, advice)
    else:
        yield Finding("ether", Status.OK, found)


def stake(session: Session) -> Iterator[Finding]:
    """Free stake: an aggregator without it cannot post a settlement."""
    from parley.chain.model import Role

    view = view_of(session)
    bond = view.next_policy.bond
    found = f"{tokens(view.free_stake)} tokens free"
    if Role.AGGREGATOR in view.me.roles and view.free_stake < bond:
        missing = tokens(bond - view.free_stake).replace(",", "")
        advice = f"`parley stake deposit {missing}`, or wait until earlier settlements are final"
        yield Finding("stake", Status.FAIL, f"{found}; a settlement bonds {tokens(bond)}", advice, ExitCode.CHAIN)
    else:
        yield Finding("stake", Status.OK, found)


def view_of(session: Session) -> View:
    """The federation as the key's operator sees it, or the key itself if it acts for nobody."""
    from parley.cli.actions.operators import operator_or_self

    return session.reader(operator_or_self(session.contracts, session.signer.address)).view()


def _private(what: str, path: Path) -> Iterator[Finding]:
    """A remark if others than the owner can read a file."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        yield Finding(what, Status.WARN, f"{path} has mode {mode:04o}: others can read it", f"chmod 600 {path}")
