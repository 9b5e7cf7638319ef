"""A deployment of its own for each test module, and a small federation on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chain.town import Town, compiled
from tests.support.anvil import AnvilNode, running_anvil


@pytest.fixture
def town(anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """All contracts on a fresh chain that mines every transaction at once."""
    with Town.deployed(anvil, tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture(scope="module")
def shared_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """As `town`, for tests that can stand each other's traces."""
    with running_anvil() as node, Town.deployed(node, tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(request: pytest.FixtureRequest) -> None:
    """Compile before the first integration test, outside of its timeout."""
    if any(item.get_closest_marker("integration") for item in request.session.items):
        compiled()
