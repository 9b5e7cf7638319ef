"""A worker whose content store is not up, or goes down; and one that has only just joined."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from parley.chain.model import Role
from parley.chain.verdicts import Verdict, verdict_of
from parley.cli.actions import workers
from parley.cli.actions.workers import await_role, document_at_start
from parley.errors import ChainError
from parley.roles.worker import Worker
from parley.storage import (
    ContentMissing,
    KuboUnavailable,
    StorageError,
    StoreFull,
    StoreTimeout,
    StoreUnavailable,
    cid_of,
)
from parley.tasks.errors import DocumentError
from tests.storage.memory_store import MemoryStore

pytestmark = pytest.mark.unit

NOT_A_DOCUMENT = b"{}"


class Start:
    """A worker and its store, which is down for some tries."""

    def __init__(self, error: StorageError, tries: int) -> None:
        self.store = MemoryStore("own")
        self.store.put(NOT_A_DOCUMENT)
        self.store.error = error
        self.tries = tries
        self.said: list[str] = []
        terms = SimpleNamespace(task_digest=cid_of(NOT_A_DOCUMENT).digest)
        log = SimpleNamespace(warning=lambda event, **_: self.said.append(event))
        parts = SimpleNamespace(store=self.store, reader=SimpleNamespace(terms=terms), log=log)
        self.worker = cast(Worker, parts)

    def sleep(self, _seconds: float) -> None:
        self.tries -= 1
        if self.tries == 0:
            self.store.error = None


@pytest.mark.parametrize("error", [StoreUnavailable("nobody answers"), StoreTimeout("too slow")])
def test_document_at_start__store_comes_up_late__is_waited_for(error: StorageError) -> None:
    """F-77: whoever starts before its node is up is not ended by that."""
    start = Start(error, tries=3)
    with pytest.raises(DocumentError):  # the document arrived, and is none
        document_at_start(start.worker, start.sleep)
    assert start.said == ["the store is not up; trying again"] * 3


def test_document_at_start__store_stays_down__ends_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "STORE_PATIENCE", 0.0)
    start = Start(StoreUnavailable("nobody answers"), tries=3)
    with pytest.raises(StoreUnavailable, match="nobody answers"):
        document_at_start(start.worker, start.sleep)


def test_document_at_start__store_is_up_and_has_it_not__is_said_at_once() -> None:
    start = Start(ContentMissing("not here"), tries=3)
    with pytest.raises(ContentMissing):
        document_at_start(start.worker, start.sleep)
    assert start.said == []


@pytest.mark.parametrize("error", [StoreUnavailable, StoreFull, KuboUnavailable, StoreTimeout, ContentMissing])
def test_verdict__whatever_a_store_does__is_tried_again(error: type[StorageError]) -> None:
    """F-77: a node that dies in the middle of the work ends no worker."""
    assert verdict_of(error("down")) is Verdict.RETRY


class Joining:
    """A worker that reads some blocks below the head, whose operator has joined, or not, at the head."""

    def __init__(self, roles: Role, blocks: int) -> None:
        self.roles = roles
        self.blocks = blocks
        log = SimpleNamespace(info=lambda *_, **__: None)
        self.worker = cast(Worker, SimpleNamespace(reader=self, log=log))

    def view(self) -> SimpleNamespace:
        roles = self.roles if self.blocks == 0 else Role(0)
        return SimpleNamespace(
            me=SimpleNamespace(roles=roles), operator="0xA", fid=1, block=SimpleNamespace(number=9 - self.blocks)
        )

    def newest_roles(self) -> Role:
        return self.roles

    def sleep(self, _seconds: float) -> None:
        self.blocks -= 1


@pytest.mark.parametrize("blocks", [0, 1, 3])
def test_await_role__joined_a_moment_ago__is_waited_for(blocks: int) -> None:
    """P-19: whoever starts a worker right after joining is not told that it has not joined."""
    joining = Joining(Role.TRAINER, blocks)
    view = await_role(joining.worker, Role.TRAINER, joining.sleep)
    assert view.block.number == 9
    assert joining.blocks == 0


def test_await_role__joined_as_another__is_refused_at_once() -> None:
    joining = Joining(Role.EVALUATOR, 2)
    with pytest.raises(ChainError, match="0xA is no trainer of federation 1"):
        await_role(joining.worker, Role.TRAINER, joining.sleep)
    assert joining.blocks == 2
