"""F-69: whatever rules a node has for ranges, every block is read once and none is missed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.chain.errors import NodeRefused, Overlong, Unreachable
from parley.chain.follower_ranges import MAX_LATE, MAX_RANGE, RangeReader

pytestmark = pytest.mark.unit


@dataclass
class Node:
    """A node with rules of its own.

    Attributes:
        blocks: most blocks of one question.
        logs: most logs of one answer, unless a single block has more.
        per_block: logs by block.
        slow_from: blocks of a question from which it takes too long every other time.
        moody: questions, by their number, that it refuses for no reason.
    """

    blocks: int
    logs: int
    per_block: dict[int, int]
    slow_from: int
    moody: frozenset[int]
    asked: int = 0
    late: bool = False
    read: Counter[int] = field(default_factory=Counter)

    def __call__(self, low: int, high: int) -> list[tuple[int, int]]:
        """Answer, or refuse."""
        self.asked += 1
        width = high - low + 1
        assert 1 <= width <= MAX_RANGE
        found = [(block, n) for block in range(low, high + 1) for n in range(self.per_block.get(block, 0))]
        if width > 1:
            if width > self.blocks or len(found) > self.logs or self.asked in self.moody:
                raise NodeRefused("eth_getLogs", -32005, "query returned more than 10000 results")
            if width >= self.slow_from and not self.late:
                self.late = True
                raise Overlong("too slow")
            self.late = False
        self.read.update(range(low, high + 1))
        return found


NODES = st.builds(
    Node,
    blocks=st.integers(1, 3000),
    logs=st.integers(0, 50),
    per_block=st.dictionaries(st.integers(0, 6000), st.integers(1, 20), max_size=30),
    slow_from=st.integers(200, 4000),
    moody=st.frozensets(st.integers(1, 200), max_size=20),
)


@given(NODES, st.integers(0, 3000), st.integers(-1, 2500))
def test_ranges__any_node__every_block_once_in_order(node: Node, low: int, more: int) -> None:
    """F-69: splitting loses nothing and reads nothing twice."""
    high = low + more
    answers = RangeReader().read(low, high, node)
    assert node.read == dict.fromkeys(range(low, high + 1), 1)
    assert answers == [(block, n) for block in range(low, high + 1) for n in range(node.per_block.get(block, 0))]


@given(st.integers(1, 2000), st.integers(1, 20_000))
def test_ranges__node_bounds_the_width__few_questions_are_wasted(limit: int, blocks: int) -> None:
    """F-69: what was learnt about a node's bound is kept: about one question in four is refused, no more."""
    node = Node(limit, 10**9, {}, 10**9, frozenset())
    RangeReader().read(1, blocks, node)
    useful = -(-blocks // limit)
    assert node.asked <= 3.2 * useful + 14


def test_ranges__single_block_is_refused__says_so() -> None:
    def refuse(low: int, high: int) -> list[int]:
        raise NodeRefused("eth_getLogs", -32000, f"no logs from {low} to {high}")

    with pytest.raises(NodeRefused, match="no logs from 7 to 7"):
        RangeReader().read(7, 100, refuse)


def test_ranges__node_takes_too_long_for_anything__is_asked_a_few_times_only() -> None:
    """F-66: a node that is down is not asked for every size of range."""
    asked = []

    def late(low: int, high: int) -> list[int]:
        asked.append(high - low + 1)
        raise Overlong("too slow")

    ranges = RangeReader()
    for times in (1, 2):
        with pytest.raises(Overlong):
            ranges.read(1, 5000, late)
        assert asked == [MAX_RANGE // 2**n for n in range(times * (MAX_LATE + 1))]


def test_ranges__node_does_not_answer__is_not_asked_again() -> None:
    asked = []

    def dead(low: int, high: int) -> list[int]:
        asked.append((low, high))
        raise Unreachable("no connection")

    with pytest.raises(Unreachable):
        RangeReader().read(1, 5000, dead)
    assert len(asked) == 1


def test_ranges__after_refusals__the_width_grows_again() -> None:
    node = Node(10, 10**9, {}, 10**9, frozenset())
    ranges = RangeReader()
    ranges.read(1, 100, node)
    node.blocks = MAX_RANGE
    ranges.read(101, 60_000, node)
    before = node.asked
    ranges.read(60_001, 80_000, node)
    assert node.asked - before == 10
