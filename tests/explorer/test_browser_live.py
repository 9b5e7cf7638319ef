"""The page keeps up with the chain by itself, says when it cannot, and finds its way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from parley.chain.compiler import compile_contracts, project_root
from parley.chain.contracts import CORE, TOKEN
from parley.chain.deploy_plan import Options
from parley.chain.deployer import deploy
from parley.chain.model import Phase
from parley.chain.reverts import ErrorTable
from parley.chain.rpc import connect
from parley.chain.sender import Sender
from tests.explorer import hostile
from tests.explorer.browsing import Visit, visiting
from tests.explorer.serving import Served, serving
from tests.support.anvil import AnvilNode
from tests.support.federation import MIN_WINDOW, WEI, Town, build

pytestmark = pytest.mark.integration

LONG = 40_000
"""Milliseconds within which a page that asks at intervals has noticed."""


@dataclass
class Running:
    """A federation in the making and a server that comes and goes.

    Attributes:
        node: the chain.
        town: everybody.
        folder: of the deployment and the index.
        served: the page.
    """

    node: AnvilNode
    town: Town
    folder: Path
    served: Served
    _stack: ExitStack = field(default_factory=ExitStack)

    def stop(self) -> None:
        """Let the server go."""
        self._stack.close()

    def start(self) -> None:
        """Let it come back at the same port."""
        port = urlsplit(self.served.url).port or 0
        self.served = self._stack.enter_context(serving(self.node, self.folder, port=port))


@pytest.fixture(scope="module")
def running(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("running")
    town = build(module_anvil, folder)
    town.play_until(lambda view: view.phase == Phase.TRAIN, "sponsor")
    stack = ExitStack()
    with stack:
        yield Running(module_anvil, town, folder, stack.enter_context(serving(module_anvil, folder)), stack)


@pytest.fixture
def visit(browser: Browser, running: Running) -> Iterator[Visit]:
    with visiting(browser, running.served.url) as found:
        yield found


def _all_but(running: Running, role: str) -> list[str]:
    return [name for name in running.town.workers if not name.startswith(role)]


def live(page: Page, state: str) -> None:
    """How the page says it hears of news."""
    expect(page.locator("#live")).to_have_attribute("data-state", state, timeout=LONG)


def block(running: Running) -> str:
    return f"block {running.town.w3.eth.block_number:,}"


def test_round__while_trainers_commit__shows_each_and_keeps_focus_and_folds(visit: Visit, running: Running) -> None:
    page = visit.open("/federations/1/rounds/1")
    live(page, "live")
    train = page.locator(".timeline li[data-key=train]")
    expect(train).to_contain_text("0 of 3")
    expect(train).to_have_class("running")
    page.locator("footer details summary").click()
    gas = page.locator("section", has_text="Gas and transactions").locator("summary")
    gas.click()
    gas.focus()
    page.evaluate("window.same = document.querySelector('h1')")
    for count, name in enumerate(("trainer-0", "trainer-1"), 1):
        running.town.step(name)
        expect(train).to_contain_text(f"{count} of 3")
        expect(train.locator("circle")).to_have_count(count)
    assert page.evaluate("window.same.isConnected"), "the page was drawn anew instead of brought up to date"
    assert page.evaluate("document.activeElement.parentElement.open"), "focus or fold was lost"
    expect(page.locator("#live")).to_contain_text(block(running))


def test_federation__when_its_phase_changes__shows_it_without_being_asked(visit: Visit, running: Running) -> None:
    page = visit.open("/federations/1")
    phase = page.locator(".facts").first.locator("[data-key=Phase]")
    expect(phase).to_contain_text("Train")
    running.town.play_until(lambda view: view.phase == Phase.SCORE_COMMIT, *_all_but(running, "evaluator"))
    expect(phase).to_contain_text("Score commit")


def test_chart__when_a_round_ends__grows_in_place(visit: Visit, running: Running) -> None:
    page = visit.open("/federations/1")
    expect(page.get_by_text("No round has ended yet")).to_have_count(1)
    running.town.play_rounds(1)
    canvas = page.locator("figure", has_text="Rewards by round").locator("canvas")
    expect(canvas).to_have_count(1)
    page.evaluate("window.drawn = document.querySelector('figure canvas')")
    page.locator("figure", has_text="Rewards by round").get_by_text("Show as a table").click()
    rows = page.locator("figure", has_text="Rewards by round").locator("tbody tr")
    expect(rows).to_have_count(1)
    running.town.play_rounds(2)
    expect(rows).to_have_count(2)
    assert page.evaluate("window.drawn.isConnected"), "the chart was thrown away"


def test_home__when_a_federation_is_created__lists_it(visit: Visit, running: Running) -> None:
    page = visit.open("/")
    expect(page.locator(".card")).to_have_count(1)
    hostile.federation(running.town, "newcomer")
    expect(page.locator(".card").filter(has_text="newcomer")).to_have_count(1, timeout=LONG)


def test_events__that_cannot_be_had__are_replaced_by_asking(browser: Browser, running: Running) -> None:
    with visiting(browser, running.served.url) as visit:
        visit.allowed = ["ERR_CONNECTION", "ERR_INCOMPLETE"]
        visit.page.route("**/api/events", lambda route: route.abort("connectionrefused"))
        page = visit.open("/federations/1")
        live(page, "polling")
        expect(page.locator("#live")).to_contain_text("Live, by asking")
        running.town.mine()
        expect(page.locator("#live")).to_contain_text(block(running), timeout=LONG)


def test_server__gone_and_back__is_said_and_the_page_recovers(browser: Browser, running: Running) -> None:
    with visiting(browser, running.served.url) as visit:
        page = visit.open("/federations/1")
        live(page, "live")
        visit.allowed = ["ERR_CONNECTION", "ERR_INCOMPLETE"]
        running.stop()
        live(page, "reconnecting")
        expect(page.get_by_role("heading", level=1)).to_have_text("breast-cancer")
        assert page.locator("#said").inner_text() == "Reconnecting …"
        page.get_by_role("link", name="Round 1", exact=True).click()
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("The server does not answer")
        page.get_by_role("button", name="Try again").focus()
        running.town.mine(3)
        running.start()
        expect(page.get_by_role("heading", level=1)).to_have_text("Round 1", timeout=LONG)
        live(page, "live")
        expect(page.locator("#live")).to_contain_text(block(running), timeout=LONG)


def test_blocks__replaced_by_a_reorg__are_no_longer_shown(visit: Visit, running: Running) -> None:
    town, page = running.town, visit.open("/federations/1")
    free = page.locator("section", has_text="Budget").locator("li", has_text="free for further rounds")
    before = free.inner_text()
    snapshot = town.w3.provider.make_request("evm_snapshot", [])["result"]  # type: ignore[arg-type]
    sponsor, vault, token = town.senders["sponsor"], town.contracts.reward_vault, town.contracts.token
    assert token is not None
    sponsor.send(token.functions.approve(vault.address, 5 * WEI))
    sponsor.send(vault.functions.fund(town.fid, 5 * WEI))
    expect(free).not_to_have_text(before)
    town.w3.provider.make_request("evm_revert", [snapshot])  # type: ignore[arg-type]
    town.mine(4)
    page.wait_for_function(
        "(text) => [...document.querySelectorAll('li')].some((li) => li.innerText === text)", arg=before, timeout=LONG
    )


def test_index__still_being_built__is_said_and_the_page_waits(browser: Browser, running: Running) -> None:
    """The states of a server that a small chain passes too quickly to be seen."""
    with visiting(browser, running.served.url) as visit:
        page, building = visit.page, True
        visit.allowed = ["503"]

        def refuse(route) -> None:  # noqa: ANN001 - Playwright's
            body = '{"error": {"message": "no federation 1 so far: 43 % of the chain is read", "hint": "ask again"}}'
            if building:
                route.fulfill(status=503, content_type="application/json", headers={"Retry-After": "1"}, body=body)
            else:
                route.continue_()

        def status(route) -> None:  # noqa: ANN001 - Playwright's
            told = route.fetch().json()
            route.fulfill(json={**told, "building": building, "progress": 0.43 if building else None})

        page.route("**/api/federations/1", refuse)
        page.route("**/api/status", status)
        page.goto(visit.url + "/federations/1")
        expect(page.get_by_role("alert")).to_contain_text("Not ready yet")
        expect(page.get_by_role("alert")).to_contain_text("43 % of the chain is read")
        assert page.locator("#banner progress").get_attribute("value") == "0.43"
        visit.check_access()
        building = False
        expect(page.get_by_role("heading", level=1)).to_have_text("breast-cancer", timeout=LONG)
        expect(page.locator("#banner progress")).to_have_count(0, timeout=LONG)
        page.unroute_all(behavior="ignoreErrors")


def test_node__that_is_away__is_said_and_what_is_known_stays(browser: Browser, running: Running) -> None:
    with visiting(browser, running.served.url) as visit:
        page = visit.page
        page.route(
            "**/api/status",
            lambda route: route.fulfill(json={**route.fetch().json(), "node_ok": False, "problem": "cannot reach it"}),
        )
        visit.open("/federations/1")
        expect(page.locator("#banner")).to_contain_text("The chain's node does not answer")
        expect(page.locator("#banner")).to_contain_text("cannot reach it")
        page.unroute_all(behavior="ignoreErrors")


def test_home__without_a_federation__says_so(browser: Browser, anvil: AnvilNode, tmp_path: Path) -> None:
    w3 = connect(anvil.url, anvil.chain_id)
    sponsor = w3.eth.account.from_key(anvil.private_keys[0])
    with Sender(w3, sponsor, ErrorTable({}), tmp_path / "outbox") as sender:
        compilation = compile_contracts(project_root(), (*CORE, TOKEN))
        deploy(w3, sender, compilation, Options(MIN_WINDOW, sponsor.address, 10**6 * WEI), tmp_path / "deployments")
    with serving(anvil, tmp_path) as served, visiting(browser, served.url) as visit:
        page = visit.open("/")
        expect(page.locator("main")).to_contain_text("No federation yet")
        visit.check_access()
