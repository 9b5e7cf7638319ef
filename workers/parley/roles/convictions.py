"""An aggregator whose settlement was convicted stops and says so: the next one would cost another bond."""

from __future__ import annotations

from web3.exceptions import TransactionNotFound

from parley.chain.contracts import Contracts
from parley.chain.disputed import Conviction
from parley.chain.verdicts import NeedsPerson
from parley.chain.view import View
from parley.errors import ChainError, ExitCode


class SettlementConvicted(NeedsPerson):
    """A settlement of one's own was convicted; only a person can say why."""

    default_exit_code = ExitCode.CHAIN


class OwnConvictions:
    """Stops an aggregator that lost a bond.

    Args:
        contracts: the deployment, to ask which call convicted.
        forgiven: go on in spite of convictions that are known when this is first asked.
    """

    def __init__(self, contracts: Contracts, *, forgiven: bool = False) -> None:
        self._contracts = contracts
        self._forgives = forgiven
        self._known: frozenset[bytes] = frozenset()

    def check(self, view: View) -> None:
        """Look for convictions of settlements that the view's operator posted.

        Raises:
            SettlementConvicted: there is one.
        """
        own = own_convictions(view)
        if self._forgives:
            self._forgives, self._known = False, frozenset(c.transaction for _, c in own)
        for number, conviction in own:
            if conviction.transaction not in self._known:
                message, hint = _told(number, conviction, self._call_of(conviction))
                raise SettlementConvicted(message, hint=hint)

    def _call_of(self, conviction: Conviction) -> str:
        """Which call convicted, `disproveMedian` or `expire`; empty if the node or a contract in between hides it."""
        disputes = self._contracts.disputes
        try:
            transaction = disputes.w3.eth.get_transaction(conviction.transaction)  # type: ignore[arg-type]
            function, _ = disputes.decode_function_input(transaction["input"])
        except (ChainError, TransactionNotFound, ValueError):
            return ""
        return str(function.fn_name)


def own_convictions(view: View) -> list[tuple[int, Conviction]]:
    """The convictions of settlements that the view's operator posted, with their rounds, in order. Pure."""
    return [
        (number, conviction)
        for number, record in sorted(view.records.items())
        for conviction in record.convictions
        if conviction.header.aggregator == view.operator
    ]


def _told(number: int, conviction: Conviction, call: str) -> tuple[str, str]:
    """Message and hint."""
    restart = "start again with --despite-convictions once you know why"
    if call == "expire" or (not call and conviction.unanswered):
        return (
            f"the settlement of round {number} was convicted: a demand for its data was not answered in time",
            f"keep this worker running, its node in reach and its key in ether; {restart}",
        )
    return (
        f"the settlement of round {number} was disproved{f' by {call}' if call else ''}: the bond is lost",
        f"compare `parley --version` and the store with those of another aggregator; {restart}",
    )
