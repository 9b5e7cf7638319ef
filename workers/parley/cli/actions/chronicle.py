"""All that happened in a federation, as whoever reads it may name it: what explanations and screens are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from parley.chain.contracts import Contracts
from parley.chain.errors import IncompleteLogs
from parley.chain.follower import Follower
from parley.chain.keystore import Keystore
from parley.chain.reader import Reader
from parley.chain.view import View
from parley.cli.actions.accounts import checked_address
from parley.cli.actions.operators import NO_ADDRESS
from parley.errors import ConfigError, NotFound
from parley.history.charter import Charter, charter_of
from parley.history.model import Round
from parley.history.sentences import Names
from parley.history.tell import rounds_of

PREFIX = "0x"


@dataclass(frozen=True)
class Chronicle:
    """A federation's history at one block.

    Attributes:
        view: the federation.
        charter: its terms and policies.
        rounds: by number.
        own: names of one's own keys by the operators that they act for.
    """

    view: View
    charter: Charter
    rounds: Mapping[int, Round]
    own: Mapping[str, str]

    @property
    def operators(self) -> frozenset[str]:
        """Everybody who did something in it."""
        return frozenset(_mentioned(self.charter, self.rounds.values())) | frozenset(self.view.members.values())

    @property
    def names(self) -> Names:
        """What they are called."""
        return Names(self.operators, self.own)

    def round(self, number: int) -> Round:
        """A round.

        Raises:
            NotFound: it was never opened.
        """
        if number not in self.rounds:
            hint = f"rounds 1 to {max(self.rounds)} were; see `parley round list`" if self.rounds else "none was yet"
            raise NotFound(f"round {number} of federation {self.charter.fid} was not opened", hint=hint)
        return self.rounds[number]

    def operator(self, text: str) -> str:
        """The operator that a name of one's own key, an address or the beginning of one means.

        Raises:
            NotFound: nobody is called that.
            ConfigError: several are, or a whole address is none.
        """
        if not text.startswith(PREFIX):
            found = [operator for operator, name in self.own.items() if name == text]
        elif len(text) >= len(NO_ADDRESS):
            return checked_address(text)
        else:
            found = sorted(o for o in self.operators if o.lower().startswith(text.lower()))
        if not found:
            own = ", ".join(sorted(self.own.values())) or "none"
            raise NotFound(f"nobody in federation {self.charter.fid} is {text!r:.80}", hint=f"own names: {own}")
        if len(found) > 1:
            raise ConfigError(f"{text!r:.80} begins {len(found)} addresses", hint=f"one of {', '.join(found[:8])}")
        return found[0]


def chronicle(contracts: Contracts, reader: Reader, keystore: Keystore) -> Chronicle:
    """Read everything.

    Args:
        contracts: the deployment.
        reader: of the federation.
        keystore: whose keys' names are used for their operators.

    Raises:
        IncompleteLogs: the node's events do not tell of the federation's creation.
        ChainError: the node does not answer.
    """
    view = reader.view()
    charter = read_charter(contracts, view)
    rounds = rounds_of(charter, reader.events, now=view.time)
    return Chronicle(view, charter, rounds, own_operators(contracts, keystore))


def read_charter(contracts: Contracts, view: View) -> Charter:
    """A federation's charter, its terms as the contract has them.

    Raises:
        IncompleteLogs: the events do not tell of them, or of others.
    """
    registry = contracts.federations
    follower = Follower(registry.w3, (registry,), view.fid, contracts.start_block)
    follower.advance(view.block)
    charter = charter_of(view.chain_id, view.coordinator, follower.events)
    if charter is None or charter.terms != view.terms:
        raise IncompleteLogs(
            f"the node's logs do not tell of the creation of federation {view.fid}",
            hint="use another RPC endpoint, or wait until this one has all logs",
        )
    return replace(charter, policies={**charter.policies, **view.policies})


def own_operators(contracts: Contracts, keystore: Keystore) -> dict[str, str]:
    """The operators that one's own keys act for, each by the first key's name; keys that tell no address are left out.

    Raises:
        ChainError: the node does not answer.
    """
    own: dict[str, str] = {}
    for entry in keystore.entries():
        if entry.address is not None:
            found: str = contracts.registry.functions.operatorOf(entry.address).call()
            own.setdefault(entry.address if found == NO_ADDRESS else found, entry.name)
    return own


def _mentioned(charter: Charter, rounds: Iterable[Round]) -> Iterator[str]:
    yield charter.sponsor
    for round_ in rounds:
        yield from (update.operator for update in round_.updates)
        yield from (panelist.operator for panelist in round_.panel)
        for posted in round_.settlements:
            yield posted.aggregator
            if posted.fell is not None and posted.fell.prover is not None:
                yield posted.fell.prover
