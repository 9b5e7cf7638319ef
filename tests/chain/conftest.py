"""A chain and a deployment for each test module, set back between tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chain.town import Town, compiled
from tests.support.anvil import running_anvil


@pytest.fixture(scope="module")
def shared_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """All contracts on a chain that mines every transaction at once; the tests of a module see each other's traces."""
    with running_anvil() as node, Town.deployed(node, tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture
def town(shared_town: Town, tmp_path: Path) -> Iterator[Town]:
    """As `shared_town`, as it was just after the deployment; with journals of its own, as its chain is set back."""
    snapshot = shared_town.rpc("evm_snapshot")
    shared_town.outbox = tmp_path / "outbox"
    yield shared_town
    shared_town.rpc("anvil_dropAllTransactions")
    shared_town.rpc("evm_revert", snapshot)
    shared_town.rpc("evm_setAutomine", True)
    shared_town.close_senders()


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(request: pytest.FixtureRequest) -> None:
    """Compile before the first integration test, outside of its timeout."""
    if any(item.get_closest_marker("integration") for item in request.session.items):
        compiled()
