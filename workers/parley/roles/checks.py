"""Every worker checks the rewards of a settlement before it is final, its own leaf among them (P-12)."""

from __future__ import annotations

from parley.chain.model import Phase
from parley.chain.view import View
from parley.metrics import COMPLAINTS
from parley.numerics.rewards import RewardTree
from parley.roles.worker import Worker


class RewardCheck:
    """Recomputes the reward tree of each posted settlement once and says loudly if it is another.

    Args:
        worker: whose log hears of it.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._checked: bytes | None = None

    def inspect(self, view: View) -> bool:
        """Whether the settlement in its challenge window, if there is one, pays what the scores earn.

        Raises:
            ChainError: the node's logs are incomplete.
        """
        record = view.record
        if view.phase != Phase.CHALLENGE or record is None or record.header is None:
            return True
        posted = record.header.reward_root
        if posted == self._checked:
            return True
        before = self._worker.books.ledger(view)
        accounts = self._worker.books.after(view, record, before, record.header.aggregator)
        self._checked = posted
        if RewardTree(accounts, view.terms.reward_depth).root == posted:
            return True
        own = view.index_of(self._worker.operator)
        due = accounts[own].cumulative if own is not None and own in accounts else 0
        COMPLAINTS.labels("reward").inc()
        self._worker.log.error(
            "the posted settlement pays something else than the scores earn",
            round=record.number,
            aggregator=record.header.aggregator,
            due_wei=due,
        )
        return False
