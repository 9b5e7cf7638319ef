"""One screen about everything: chain, contracts, federation, and one's own standing and money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from web3 import Web3

from parley.chain.contracts import Contracts, token_at
from parley.chain.keystore import Keystore
from parley.chain.model import Role
from parley.chain.reader import Reader
from parley.chain.view import View
from parley.cli.actions.chronicle import own_operators
from parley.cli.actions.claims import claim_of
from parley.cli.actions.federations import FederationRow, list_federations
from parley.cli.actions.operators import NO_ADDRESS, operator_or_self
from parley.history.sentences.words import phase_name
from parley.roles.agenda import Item, agenda
from parley.roles.books import Books


@dataclass(frozen=True)
class Own:
    """Somebody's own standing; amounts in wei.

    Attributes:
        address: of the key.
        operator: whom it acts for, `None` if nobody.
        ether: for gas.
        tokens: held by the key.
        free_stake: of the operator; locked_stake, likewise.
        roles: in the federation.
        index: member index in the federation, `None` before it has one.
        earned: in all final rounds of the federation.
        due: what of it can be claimed.
    """

    address: str
    operator: str | None
    ether: int
    tokens: int
    free_stake: int
    locked_stake: int
    roles: Role
    index: int | None
    earned: int
    due: int


@dataclass(frozen=True)
class Reading:
    """A federation, read once.

    Attributes:
        reader: that read it.
        view: what it read.
    """

    reader: Reader
    view: View

    @classmethod
    def of(cls, reader: Reader) -> Reading:
        """Read it.

        Raises:
            ChainError: the node does not answer, or its logs are incomplete.
        """
        return cls(reader, reader.view())

    def seen_by(self, operator: str) -> View:
        """The same as an operator sees it."""
        return self.reader.seen_by(self.view, operator)


@dataclass(frozen=True)
class Duty:
    """What one of one's own workers must do in the round that runs.

    Attributes:
        account: name of the key, or its address.
        operator: whom it acts for.
        role: in which; `anybody` for what others may do as well.
        action: what.
        phase: in which it is done, `None` where that is no matter.
        opens: when that begins at the latest, seconds since the epoch; `None` if it has begun, or nobody can say.
        closes: its first second after, `None` where nobody can say.
        seconds_left: to `closes`, by the chain's clock; never below 0.
        state: done, now, later, missed, or not due.
        remark: why it is not due, or what is waited for.
    """

    account: str
    operator: str
    role: str
    action: str
    phase: str | None
    opens: int | None
    closes: int | None
    seconds_left: int | None
    state: str
    remark: str | None


@dataclass(frozen=True)
class Overview:
    """What `parley status` shows.

    Attributes:
        chain_id: of the chain.
        block: its height.
        contracts: address of the round coordinator.
        federations: one line each.
        federation: the one that is meant; `None` if there is none, or several and none is chosen.
        own: one's own standing; `None` where no key is chosen.
        time: of the newest block, seconds since the epoch.
        duties: what the chosen key's workers must do in the round that runs; those of all keys where none is chosen.
        idle: why no round is open, `None` while one is, or where no federation is meant.
    """

    chain_id: int
    block: int
    contracts: str
    federations: list[FederationRow]
    federation: int | None
    own: Own | None
    time: int
    duties: list[Duty]
    idle: str | None


def overview(
    w3: Web3,
    contracts: Contracts,
    federation: int | None,
    address: str | None,
    *,
    keystore: Keystore,
    confirmations: int = 1,
) -> Overview:
    """Everything on one screen.

    Args:
        w3: connection.
        contracts: the deployment.
        federation: the chosen one; `None`: the only one.
        address: of one's own key, or `None`.
        keystore: of all one's keys.
        confirmations: as of `sponsor.decide`.

    Raises:
        NotFound: there is no such federation.
    """
    rows = list_federations(contracts)
    fid = federation or (1 if len(rows) == 1 else None)
    reading = None if fid is None else Reading.of(Reader(w3, contracts, fid, NO_ADDRESS))
    head = w3.eth.get_block("latest" if reading is None else reading.view.block.number)
    names = own_operators(contracts, keystore)
    if address is not None:
        operator = operator_or_self(contracts, address)
        names = {operator: names.get(operator, address)}
    return Overview(
        chain_id=w3.eth.chain_id,
        block=head["number"],
        contracts=contracts.coordinator.address,
        federations=rows,
        federation=fid,
        own=None if address is None else own_standing(w3, contracts, reading, address),
        time=head["timestamp"],
        duties=[] if reading is None else duties(reading, names, confirmations),
        idle=None if reading is None else why_idle(reading.view),
    )


def why_idle(view: View) -> str | None:
    """Why no round is open, `None` while one is."""
    if view.federation.live:
        return None
    return view.obstacle() or "anybody may open the next round: `parley round advance`"


def duties(reading: Reading, names: Mapping[str, str], confirmations: int = 1) -> list[Duty]:
    """What the workers of some operators must do in the round that runs, and by when.

    Args:
        reading: of the federation.
        names: what each operator is called.
        confirmations: as of `sponsor.decide`.

    Raises:
        ChainError: the node does not answer.
    """
    return [
        _duty(reading.view, name, operator, item)
        for operator, name in names.items()
        for item in agenda(reading.seen_by(operator), confirmations=confirmations)
    ]


def _duty(view: View, name: str, operator: str, item: Item) -> Duty:
    left = None if item.closes is None else max(0, item.closes - view.block.timestamp)
    phase = None if item.phase is None else phase_name(item.phase)
    times = (item.opens, item.closes, left)
    return Duty(name, operator, item.role, item.action, phase, *times, item.state.value, item.remark)


def own_standing(w3: Web3, contracts: Contracts, reading: Reading | None, address: str) -> Own:
    """A key's own standing in the federation that is read; in none if that is `None`."""
    found: str = contracts.registry.functions.operatorOf(address).call()
    operator = None if found == NO_ADDRESS else found
    token = contracts.token if reading is None else token_at(w3, reading.view.terms.token)
    free = locked = earned = due = 0
    roles, index = Role(0), None
    if operator is not None and token is not None:
        free, locked = contracts.stake_vault.functions.accountOf(token.address, operator).call()
    if operator is not None and reading is not None:
        view = reading.seen_by(operator)
        account = claim_of(view, Books(reading.reader.policy), contracts, operator)
        roles, index, earned, due = view.me.roles, account.index, account.cumulative, account.due
    return Own(
        address=address,
        operator=operator,
        ether=w3.eth.get_balance(Web3.to_checksum_address(address)),
        tokens=0 if token is None else token.functions.balanceOf(address).call(),
        free_stake=free,
        locked_stake=locked,
        roles=roles,
        index=index,
        earned=earned,
        due=due,
    )
