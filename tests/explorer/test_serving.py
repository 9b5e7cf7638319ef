"""The page over a federation that really ran: every figure is the chain's, through reorgs, restarts and lies."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
from web3 import Web3

from parley.chain.contracts import Contracts
from parley.chain.deployments import load_deployment
from parley.chain.model import FederationState, Phase
from parley.chain.rpc import connect
from parley.cli.actions import claims
from parley.errors import ChainError
from parley.explorer import follow as follow_module
from parley.explorer.api import models
from parley.explorer.api.app import make_app
from parley.explorer.follow import LONGEST_PAUSE, PATIENCE, Follow
from parley.explorer.index.database import Database
from parley.explorer.news import News
from parley.explorer.server import PageServer
from parley.explorer.service import Options, Service
from parley.explorer.sync import Sync, identity_of
from tests.chain.gifts import until
from tests.explorer import hostile
from tests.explorer.indexing import dump
from tests.support.anvil import AnvilNode
from tests.support.federation import Town, build

pytestmark = pytest.mark.integration


@dataclass
class Shown:
    """A served page.

    Attributes:
        url: its address.
        service: what is behind it.
    """

    url: str
    service: Service

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What the API answers."""
        answer = requests.get(self.url + path, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def catch_up(self, town: Town) -> None:
        """Wait until the index is at the chain's head, with all gas known."""
        head = town.w3.eth.get_block("latest")

        def there() -> bool:
            with self.service.database.read() as connection:
                row = connection.execute("SELECT hash FROM checkpoints ORDER BY number DESC LIMIT 1").fetchone()
                (missing,) = connection.execute("SELECT COUNT(*) FROM transactions WHERE gas IS NULL").fetchone()
            return row is not None and row["hash"] == "0x" + bytes(head["hash"]).hex() and missing == 0

        until(there, 30)


def contracts_of(town: Town, node: AnvilNode) -> tuple[Web3, Contracts]:
    """A connection of one's own."""
    w3 = connect(node.url)
    return w3, load_deployment(w3.eth.chain_id, town.folder / "deployments", w3).bind(w3)


@contextmanager
def shown(town: Town, node: AnvilNode, folder: Path, *, measure: bool = False) -> Iterator[Shown]:
    """The page of a town."""
    w3, contracts = contracts_of(town, node)
    options = Options(folder / "index.sqlite", stores=(str(town.folder / "store"),), measure=measure, poll_seconds=0.05)
    server = PageServer("127.0.0.1", 0)
    with Service(w3, contracts, town.store, options) as service:
        app = make_app(service.context)
        thread = threading.Thread(target=server.run, args=(app, service.news.close))
        thread.start()
        try:
            yield Shown(server.url, service)
        finally:
            server.stop()
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture(scope="module")
def town(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A federation with two final rounds and a third that runs."""
    town = build(module_anvil, tmp_path_factory.mktemp("town"))
    town.play_rounds(2)
    return town


def same_as_chain(page: Shown, town: Town) -> None:
    """Compare everything that the contracts show at the head with what the page says."""
    found = page.get(f"/api/federations/{town.fid}")
    at = town.w3.eth.block_number
    lens, vault = town.contracts.lens.functions, town.contracts.reward_vault.functions
    _, _, free, reserved, owed = vault.booksOf(town.fid).call(block_identifier=at)
    assert found["budget"] == {"free": str(free), "reserved": str(reserved), "owed": str(owed)}
    state = FederationState.from_abi(lens.federationOf(town.fid).call(block_identifier=at))
    assert (found["round"], found["trainers"], found["evaluators"], found["aggregators"]) == (
        state.round,
        state.trainers,
        state.evaluators,
        state.aggregators,
    )
    assert (found["sponsor"], found["state"] == "running") == (state.sponsor, state.live)
    phase = Phase(lens.roundOf(town.fid).call(block_identifier=at)[2])
    assert found["phase"] == phase.name.lower().replace("_", " ")
    for member in found["members"]:
        operator = member["operator"]
        standing = lens.memberOf(town.fid, operator).call(block_identifier=at)
        assert int(member["stake"]) == standing[5]
        person = page.get(f"/api/federations/{town.fid}/participants/{operator}")
        assert int(person["totals"]["claimed"]) == vault.claimedOf(town.fid, operator).call(block_identifier=at)
        account = town.contracts.stake_vault.functions.accountOf(found["token"]["address"], operator)
        assert [person["stake"]["free"], person["stake"]["locked"]] == [
            str(x) for x in account.call(block_identifier=at)
        ]
        assert person["index"] == (standing[2] if standing[1] else None)


def test_page__federation_that_ran__every_figure_is_the_chains(
    town: Town, module_anvil: AnvilNode, tmp_path: Path
) -> None:
    view = town.view("trainer-0")
    role = town.workers["trainer-0"]
    with shown(town, module_anvil, tmp_path) as page:
        page.catch_up(town)
        same_as_chain(page, town)
        ledger = role.worker.books.ledger(view)
        earned = {account.operator: account.cumulative for account in ledger.values()}
        members = page.get(f"/api/federations/{town.fid}")["members"]
        assert {m["operator"]: int(m["earned"]) for m in members if m["earned"] != "0"} == {
            operator: amount for operator, amount in earned.items() if amount
        }
        due = claims.claim_of(view, role.worker.books, town.contracts, view.operator)
        if due.due:
            claims.claim(town.contracts, town.senders["trainer-0"], due)
        page.catch_up(town)
        same_as_chain(page, town)
        for number in (1, 2, 3):
            detail = models.RoundDetail.model_validate(page.get(f"/api/federations/{town.fid}/rounds/{number}"))
            for tx, gas in detail.gas.items():
                assert gas == town.w3.eth.get_transaction_receipt(tx)["gasUsed"]  # type: ignore[arg-type] # text
        found = page.get(f"/api/transactions/{detail.opened.transaction}")
        assert (found["function"], found["to"]) == ("advance", town.contracts.coordinator.address)
        assert page.get("/api/status")["node_ok"] is True


def test_page__models__are_measured_on_their_own_shards(town: Town, module_anvil: AnvilNode, tmp_path: Path) -> None:
    """P-24: what nobody could train on before."""
    with shown(town, module_anvil, tmp_path, measure=True) as page:
        page.catch_up(town)
        until(lambda: None not in (page.get(f"/api/federations/{town.fid}/series")["quality"] or [None]), 120)
        quality = page.get(f"/api/federations/{town.fid}/series")["quality"]
        assert all(0.5 < value <= 1 for value in quality)
        assert page.get("/api/federations")[0]["quality"] == quality[-1]
        detail = page.get(f"/api/federations/{town.fid}/rounds/1")
        assert detail["shard"] == town.document.validation.shards[0].cid


def test_page__blocks_are_replaced__shows_what_is_there_now(
    town: Town, module_anvil: AnvilNode, tmp_path: Path
) -> None:
    """P-19: after a reorg the index is what a fresh one would be."""
    goal: Callable[[Any], bool] = lambda view: view.phase == Phase.REVEAL and view.round.revealed == 0  # noqa: E731
    if not goal(town.view()):
        town.play_until(goal)
    with shown(town, module_anvil, tmp_path) as page:
        page.catch_up(town)
        town.step("trainer-0")
        town.step("trainer-1")
        page.catch_up(town)
        row = page.get(f"/api/federations/{town.fid}/rounds")["rounds"][0]
        assert row["revealed"] == 2
        at = town.w3.eth.block_number
        with requests.get(page.url + "/api/events", stream=True, timeout=20) as stream:
            lines = stream.iter_lines()
            town.w3.provider.make_request("anvil_reorg", [2, []])  # type: ignore[arg-type] # Anvil's own
            event = next(line for line in lines if line.startswith(b"event: reorg"))
            data = json.loads(next(lines).removeprefix(b"data: "))
        assert event
        assert data["from_block"] <= at - 1
        page.catch_up(town)
        assert page.get(f"/api/federations/{town.fid}/rounds")["rounds"][0]["revealed"] == 0
        same_as_chain(page, town)
        town.step("trainer-1")
        page.catch_up(town)
        reveals = page.get(f"/api/federations/{town.fid}/rounds/{row['round']}")["updates"]
        assert [update["operator"] for update in reveals if update["revealed"]] == [
            town.workers["trainer-1"].worker.operator
        ]
        same_as_chain(page, town)
        left = dump(page.service.database)
    assert left == fresh_index(town, module_anvil, tmp_path / "fresh")


def test_page__restarted__goes_on_where_it_was(town: Town, module_anvil: AnvilNode, tmp_path: Path) -> None:
    with shown(town, module_anvil, tmp_path) as page:
        page.catch_up(town)
        before = dump(page.service.database)
    town.mine(3)
    with shown(town, module_anvil, tmp_path) as page:
        assert page.get("/api/federations")[0]["fid"] == town.fid, "there at once"
        page.catch_up(town)
        assert dump(page.service.database) == before


@dataclass
class Hiding:
    """What a node hides, and what time it is.

    Attributes:
        events: so many are missing at the end of each range.
        now: seconds.
    """

    events: int = 8
    now: float = 1000.0


@pytest.fixture
def hiding(monkeypatch: pytest.MonkeyPatch) -> Hiding:
    """A node whose logs are incomplete, and a clock of one's own."""
    hidden, told = Hiding(), Sync._told

    def incomplete(self: Sync, *arguments: Any) -> Any:  # noqa: ANN401 - as it does
        return told(self, *arguments)[: -hidden.events or None]

    monkeypatch.setattr(Sync, "_told", incomplete)
    monkeypatch.setattr(follow_module, "monotonic", lambda: hidden.now)
    return hidden


@pytest.fixture
def following(town: Town, module_anvil: AnvilNode, tmp_path: Path) -> Iterator[Follow]:
    """Follows the town's chain into an empty index."""
    w3, contracts = contracts_of(town, module_anvil)
    database = Database(tmp_path / "index.sqlite", identity_of(w3, contracts))
    yield Follow(w3, contracts, database, News())
    database.close()


def problem_of(follow: Follow) -> str:
    """Why it does not go on."""
    with pytest.raises(ChainError) as raised:
        follow.work()
    return raised.value.message


def finish(follow: Follow) -> dict[str, Any]:
    """Follow to the head; what the index holds then."""
    while follow.work():
        pass
    return dump(follow.database)


def test_follow__node_hides_events__reads_again_and_once_more_after_a_pause(
    town: Town, module_anvil: AnvilNode, tmp_path: Path, following: Follow, hiding: Hiding
) -> None:
    """P-19: events are hints, state is truth."""
    problems = [problem_of(following) for _ in range(3)]
    assert "events contradict the state, and are read again: " in problems[0]
    assert "events contradict the state, and are read again: " in problems[1]
    assert "the node's logs are incomplete: " in problems[2]
    hiding.events = 0
    assert problem_of(following) == problems[2], "what is known stays until everything is read again"
    hiding.now += follow_module.FIRST_PAUSE
    assert "read again" in problem_of(following)
    assert finish(following) == fresh_index(town, module_anvil, tmp_path / "fresh")


def test_follow__node_stays_incomplete__is_asked_for_everything_less_and_less_often(
    following: Follow, hiding: Hiding, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    doubt = following._sync.doubt
    monkeypatch.setattr(following._sync, "doubt", lambda block=None: (asked.append(hiding.now), doubt(block)))
    while hiding.now < 3000:
        problem_of(following)
        hiding.now += 20
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert gaps == sorted(gaps)
    assert LONGEST_PAUSE <= gaps[-1] <= LONGEST_PAUSE + 40


def test_follow__restarted_before_it_compared__compares(
    town: Town, module_anvil: AnvilNode, tmp_path: Path, following: Follow, hiding: Hiding
) -> None:
    """What it has taken in it must not take for true because it began anew."""
    following._sync.advance(following._sync.head())
    hiding.events = 0
    again = Follow(following.w3, following.contracts, following.database, News())
    assert "events contradict the state, and are read again: " in problem_of(again)
    assert finish(again) == fresh_index(town, module_anvil, tmp_path / "fresh")


def test_follow__federation_is_gone_with_its_block_before_it_was_compared__goes_on(
    town: Town, module_anvil: AnvilNode, tmp_path: Path, following: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P-19: what was replaced has no state that its events could contradict."""
    finish(following)
    make = town.w3.provider.make_request
    snapshot = make("evm_snapshot", [])["result"]  # type: ignore[arg-type] # Anvil's own
    hostile.federation(town)

    def away(*_: object) -> list[str]:
        raise ChainError("the node does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(follow_module, "contradictions", away)
        assert problem_of(following) == "the node does not answer"
    make("evm_revert", [snapshot])  # type: ignore[arg-type] # Anvil's own
    town.mine(2)
    assert finish(following) == fresh_index(town, module_anvil, tmp_path / "fresh")


def test_page__index_is_damaged_meanwhile__is_built_anew(town: Town, module_anvil: AnvilNode, tmp_path: Path) -> None:
    with shown(town, module_anvil, tmp_path) as page:
        page.catch_up(town)
        before = dump(page.service.database)
        with page.service.database._writing:
            page.service.database._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            page.service.database._drain()
            page.service.database.path.write_bytes(b"rubbish" * 10_000)
        until(lambda: requests.get(page.url + "/api/federations", timeout=10).status_code == 503, 20)
        until(lambda: requests.get(page.url + "/api/federations", timeout=10).status_code == 200, 20)
        page.catch_up(town)
        assert dump(page.service.database) == before


def test_follow__node_lags__waits_for_a_while_before_it_believes_it(
    town: Town, module_anvil: AnvilNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind one address there may be several nodes, of which one is behind."""
    w3, contracts = contracts_of(town, module_anvil)
    database = Database(tmp_path / "index.sqlite", identity_of(w3, contracts))
    news = News()
    follow = Follow(w3, contracts, database, news)
    while follow.work():
        pass
    last, place = follow._sync.last, news.since(0)[0]
    behind = follow._sync._block(last - 3)
    monkeypatch.setattr(follow._sync, "head", lambda: behind)
    for _ in range(PATIENCE):
        assert not follow.work()
    assert follow._sync.last == last
    follow.work()
    assert follow._sync.last == last - 3
    assert next(item.kind for item in news.since(place)[1]) == "reorg"
    monkeypatch.undo()
    while follow.work():
        pass
    assert dump(database) == fresh_index(town, module_anvil, tmp_path / "fresh")
    database.close()


def fresh_index(town: Town, node: AnvilNode, folder: Path) -> dict[str, Any]:
    """What an index holds that saw no reorg."""
    w3, contracts = contracts_of(town, node)
    database = Database(folder / "index.sqlite", identity_of(w3, contracts))
    follow = Follow(w3, contracts, database, News())
    while follow.work():
        pass
    found = dump(database)
    database.close()
    return found
