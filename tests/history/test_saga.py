"""A real federation's stories, block by block, beside what the contracts and the books say."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from parley.chain.events import Event
from parley.chain.follower import Follower
from parley.chain.model import Phase, RoundState
from parley.chain.view import Block
from parley.history.charter import Charter, charter_of
from parley.history.model import Round, State, Verdict, Void
from parley.history.outcomes import why_void
from parley.history.tell import by_round, rounds_of
from parley.history.windows import Windows
from tests.roles.watching import free_and_locked
from tests.support.anvil import AnvilNode
from tests.support.federation import Town
from tests.support.saga import BEYOND, MISSING, SILENT, play

pytestmark = pytest.mark.integration

OVER = (Phase.IDLE, Phase.CLOSED)


@pytest.fixture(scope="module")
def town(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> Town:
    return play(module_anvil, tmp_path_factory.mktemp("saga"))


@pytest.fixture(scope="module")
def events(town: Town) -> tuple[Event, ...]:
    """All events of the federation."""
    c = town.contracts
    follower = Follower(town.w3, (c.federations, c.coordinator, c.disputes, c.reward_vault), town.fid, c.start_block)
    head = town.w3.eth.get_block("latest")
    follower.advance(Block(head["number"], bytes(head["hash"]), head["timestamp"]))
    return follower.events


@pytest.fixture(scope="module")
def charter(town: Town, events: tuple[Event, ...]) -> Charter:
    charter = charter_of(town.w3.eth.chain_id, town.contracts.coordinator.address, events)
    assert charter is not None
    return charter


@pytest.fixture(scope="module")
def rounds(charter: Charter, events: tuple[Event, ...]) -> dict[int, Round]:
    return rounds_of(charter, events)


def address(town: Town, name: str) -> str:
    return str(town.senders[name].address)


def test_charter__of_events__is_what_the_contracts_hold(town: Town, charter: Charter) -> None:
    view = town.view()
    assert (charter.terms, charter.sponsor) == (view.terms, view.federation.sponsor)
    assert charter.policies == {1: town.workers["sponsor"].worker.reader.policy(1)}
    assert charter.created is not None


def test_windows__after_every_block__are_the_lenss(town: Town, charter: Charter, events: tuple[Event, ...]) -> None:
    """P-10: ends, counts, turn and reason to be void at each height, from events alone."""
    seen: Counter[str] = Counter()
    stories = by_round(events)
    for number in range(events[0].block, town.w3.eth.block_number + 1):
        state = _round_at(town, number)
        if state is None:
            continue
        time = town.w3.eth.get_block(number)["timestamp"]
        own = [event for event in stories[state.round] if event.block <= number]
        windows = Windows(own[0], charter.policies[state.version], charter.sealed)
        for event in own:
            windows.apply(event)
        _compare(windows, state, time)
        void = why_void(windows.clock.state, charter.policies[state.version], time, time)
        assert (void is not None) == (state.phase is Phase.VOIDABLE)
        seen[state.phase.name] += 1
    assert seen.keys() == {phase.name for phase in Phase if phase not in OVER}


def _round_at(town: Town, number: int) -> RoundState | None:
    """What the lens says after a block; `None` between rounds, when the coordinator has forgotten all ends."""
    values = town.contracts.lens.functions.roundOf(town.fid).call(block_identifier=number)
    state = RoundState.from_abi((*values[:2], Phase(values[2]), *values[3:]))
    return None if state.phase in OVER else state


def _compare(windows: Windows, state: RoundState, time: int) -> None:
    clock = windows.clock
    passing = {"phase": clock.state.phase, "turn": clock.state.turn, "drawn": clock.state.drawn}
    assert clock.state == replace(state, **passing)  # type: ignore[arg-type] # fields
    assert clock.phase(time) == state.phase
    if state.final_at:
        assert windows.all()[-1].end == state.final_at
    if state.phase is Phase.SETTLE:
        assert clock.turn(time) == state.turn


def test_stories__told_at_every_block__phase_of_the_last_window_that_began(
    town: Town, charter: Charter, events: tuple[Event, ...]
) -> None:
    """What a page shows of an open round is what the contracts say of it at that height."""
    for number in range(events[0].block, town.w3.eth.block_number + 1):
        state = _round_at(town, number)
        if state is None or state.phase in (Phase.VOIDABLE, Phase.FINALIZABLE):
            continue
        time = town.w3.eth.get_block(number)["timestamp"]
        story = rounds_of(charter, [event for event in events if event.block <= number], now=time)[state.round]
        began = [w.phase for w in story.windows if w.start <= time and (w.end is None or time < w.end)]
        assert began == [state.phase]
        assert (story.state, story.void) == (State.OPEN, None)


def test_earnings__of_each_final_round__are_the_books(town: Town, rounds: dict[int, Round]) -> None:
    """P-12: to the wei, and what the settlement says it pays."""
    view, books = town.view(), town.workers["sponsor"].worker.books
    before: dict[str, int] = {}
    final = [number for number, story in rounds.items() if story.state is State.FINAL]
    assert final == [record.number for record in view.final_records()] == [1, 3, 4]
    for number in final:
        ledger = books.ledger(view, before=number + 1)
        now = {account.operator: account.cumulative for account in ledger.values()}
        paid = {operator: amount - before.get(operator, 0) for operator, amount in now.items()}
        story = rounds[number]
        assert {who: amount for who, amount in story.earned.items() if amount} == {k: v for k, v in paid.items() if v}
        assert story.settlement is not None
        assert sum(story.earned.values()) == story.settlement.earned
        parts = [u.earned for u in story.updates] + [p.earned for p in story.panel]
        assert sum(parts) + charter_pool(town) == story.settlement.earned
        before = now


def charter_pool(town: Town) -> int:
    """What the aggregator of a round earns, wei."""
    return town.view().policy.aggregator_pool


def test_stories__of_the_saga__tell_what_happened(town: Town, rounds: dict[int, Round]) -> None:
    """Who was missing, why a round was void, what fell, who was left out and who was slashed."""
    first, void, lie, last = (rounds[number] for number in (1, 2, 3, 4))
    assert [story.state for story in rounds.values()] == [State.FINAL, State.VOID, State.FINAL, State.FINAL]
    harmful = first.update_of(address(town, MISSING))
    assert harmful is not None
    assert (harmful.score, harmful.verdict) == (0, Verdict.OUTVOTED), [vote.score for vote in harmful.votes]
    assert (void.void, len(void.windows), void.settlements) == (Void.REVEALS, 2, ())
    fallen, standing = lie.settlements
    assert fallen.fell is not None
    assert fallen.fell.prover == town.workers["watcher"].worker.address
    assert (standing.fell, lie.settlement) == (None, standing)
    assert standing.turn == 1
    silent = lie.panelist(address(town, SILENT))
    assert silent is not None
    assert (silent.revealed, silent.seat, silent.earned) == (None, None, 0)
    assert lie.update_of(address(town, MISSING)) is None
    beyond = last.update_of(address(town, BEYOND))
    assert beyond is not None
    assert (beyond.clipped, beyond.verdict, beyond.earned) == (True, Verdict.UNAVAILABLE, 0)
    assert beyond.slashed is not None


def test_stories__convictions__match_the_money(town: Town, rounds: dict[int, Round]) -> None:
    """P-16: half of the bond, and half of the slash, are the prover's."""
    policy = town.view().policy
    prover = town.workers["watcher"].worker.address
    assert free_and_locked(town, prover) == (policy.bond // 2 + policy.clip_slash // 2, 0)
    assert sum(posted.fell is not None for story in rounds.values() for posted in story.settlements) == 1


def test_stories__every_step__is_a_transaction_of_its_block(town: Town, rounds: dict[int, Round]) -> None:
    steps = [u.revealed for story in rounds.values() for u in story.updates if u.revealed]
    steps += [p.revealed for story in rounds.values() for p in story.panel if p.revealed]
    steps += [posted.step for story in rounds.values() for posted in story.settlements]
    steps += [story.opened for story in rounds.values()]
    for step in steps:
        receipt = town.w3.eth.get_transaction_receipt(step.transaction)  # type: ignore[arg-type]
        assert receipt["blockNumber"] == step.block
        assert town.w3.eth.get_block(step.block)["timestamp"] == step.time
        assert step.log_index in [log["logIndex"] for log in receipt["logs"]]
