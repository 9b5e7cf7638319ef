"""Workers as real processes, killed as by `kill -9` at their most delicate moments (P-18).

One federation: those who are not killed are played in the test's process, time is warped. Each test counts what lies on
the chain in the end.
"""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from parley.chain.model import Phase
from parley.chain.view import View
from parley.failpoints import VARIABLE, Failpoint
from parley.tasks.partition import dirichlet, take
from tests.support.anvil import running_anvil
from tests.support.federation import Town, build, role_of
from tests.support.nursery import Fork, Nursery

pytestmark = pytest.mark.integration

SECONDS = 60.0

NAMES = ("sponsor", "trainer-0", "trainer-1", "trainer-2", "evaluator-0", "evaluator-1", "evaluator-2", "aggregator-0")


@dataclass(frozen=True)
class Ward:
    """A federation, and processes that die in it.

    Attributes:
        town: the federation.
        nursery: starts processes.
        keys: private key by name.
        config: their settings.
    """

    town: Town
    nursery: Nursery
    keys: dict[str, str]
    config: Path

    def start(self, name: str, at: Failpoint | None = None) -> Fork:
        """Start somebody's worker as a process, to be killed at a failpoint if one is given."""
        role, folder = (role_of(name).name or "").lower(), self.config.parent
        more = ("--data", str(folder / "data.npz")) if role == "trainer" else ()
        point = {} if at is None else {VARIABLE: at.value}
        return self.nursery.start(
            ["parley", "--config", str(self.config), role, "run", *more],
            folder / f"{name}.log",
            {"PARLEY_PRIVATE_KEY": self.keys[name], **point},
        )

    def dies(self, name: str, at: Failpoint) -> None:
        """Start somebody's worker, and wait until a failpoint has killed it."""
        killed(self.start(name, at))

    @property
    def home(self) -> Path:
        """Where the processes keep everything but their keys."""
        return self.config.parent / "home"

    def until(self, child: Fork, goal: Callable[[View], bool]) -> View:
        """Wait until the chain shows something, then end the process in the usual way."""
        give_up = time.monotonic() + SECONDS
        while not goal(view := self.town.view()):
            assert time.monotonic() < give_up, f"{view.round}\n{child.log.read_text()}"
            time.sleep(0.1)
        child.send_signal(signal.SIGTERM)
        assert child.wait(SECONDS) == 0, child.log.read_text()
        return view

    def play(self, phase: Phase, mortal: str) -> None:
        """Let all but one act until a phase begins; nobody has trained in it."""
        others = [name for name in NAMES if name != mortal]
        if phase == Phase.TRAIN:
            self.town.play_until(lambda view: view.phase == Phase.IDLE, *others)
            others = ["sponsor"]
        self.town.play_until(lambda view: view.phase == phase, *others)

    def operator(self, name: str) -> str:
        """Somebody's address."""
        return self.town.workers[name].worker.operator

    def sent_by(self, name: str) -> int:
        """Transactions of somebody that were mined."""
        return int(self.town.w3.eth.get_transaction_count(self.operator(name)))  # type: ignore[arg-type]

    def count(self, event: str, name: str) -> int:
        """Events of the coordinator about somebody in the current round."""
        contract, who = self.town.contracts.coordinator, "aggregator" if event == "Settled" else "operator"
        filters = {"fid": self.town.fid, "round": self.town.view().round.round, who: self.operator(name)}
        return len(contract.events[event]().get_logs(from_block=0, argument_filters=filters))


def killed(child: Fork) -> None:
    """Wait until its failpoint has killed it."""
    assert child.wait(SECONDS) == -signal.SIGKILL, child.log.read_text()


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    folder = tmp_path_factory.mktemp("ward")
    with running_anvil() as node, Nursery() as nursery:
        town = build(node, folder)
        settings = {
            "rpc_url": node.url,
            "home": str(folder / "home"),
            "deployments": str(folder / "deployments"),
            "store": str(folder / "store"),
            "federation": town.fid,
            "poll_seconds": 0.1,
        }
        config = folder / "parley.toml"
        config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
        data = take(town.splits.train, dirichlet(town.splits.train.y, 3, 0))[0]
        np.savez(folder / "data.npz", X=data.X, y=data.y)
        keys = dict(zip(NAMES, node.private_keys[1:], strict=False))
        yield Ward(town, nursery, keys, config)
        for sender in town.senders.values():
            sender.close()


def test_trainer__killed_at_every_step__commits_once_and_reveals_once(ward: Ward) -> None:
    """F-54, F-55, F-56: killed with a draft, a journal, a commitment on its way, an upload; then all files are lost."""
    mortal = "trainer-0"
    ward.play(Phase.TRAIN, mortal)
    before = ward.sent_by(mortal)
    for point in (Failpoint.AFTER_DRAFT, Failpoint.AFTER_JOURNAL):
        ward.dies(mortal, point)
        assert ward.sent_by(mortal) == before, point
    ward.dies(mortal, Failpoint.AFTER_SEND)
    assert ward.sent_by(mortal) == before + 1
    (committed,) = {ward.town.view().records[ward.town.view().round.round].commitments[ward.operator(mortal)]}

    child = ward.start(mortal, Failpoint.AFTER_UPLOAD)
    ward.town.cycle("trainer-1", "trainer-2")
    assert ward.town.view().phase == Phase.REVEAL
    killed(child)
    assert ward.sent_by(mortal) == before + 1

    shutil.rmtree(ward.home)
    view = ward.until(ward.start(mortal), lambda view: view.round.revealed == 1)
    assert view.record is not None
    assert view.record.commitments[ward.operator(mortal)] == committed
    assert view.record.reveal_index_of(ward.operator(mortal)) == 0
    assert (ward.count("UpdateCommitted", mortal), ward.count("UpdateRevealed", mortal)) == (1, 1)
    assert ward.sent_by(mortal) == before + 2


def test_evaluator__killed_with_a_draft_and_after_sending__commits_once_and_reveals_once(ward: Ward) -> None:
    """P-18: the scores that were committed are those that are revealed."""
    mortal = "evaluator-0"
    ward.play(Phase.SCORE_COMMIT, mortal)
    before = ward.sent_by(mortal)
    ward.dies(mortal, Failpoint.AFTER_DRAFT)
    assert ward.sent_by(mortal) == before
    ward.dies(mortal, Failpoint.AFTER_SEND)
    assert ward.sent_by(mortal) == before + 1
    child = ward.start(mortal)
    ward.town.cycle("evaluator-1", "evaluator-2")
    ward.until(child, lambda _: ward.count("ScoresRevealed", mortal) > 0)
    assert (ward.count("ScoresCommitted", mortal), ward.count("ScoresRevealed", mortal)) == (1, 1)
    assert ward.sent_by(mortal) == before + 2


def test_aggregator__killed_after_sending__settles_once(ward: Ward) -> None:
    """P-18: the next process finds its settlement on the chain, and ends the round."""
    mortal = "aggregator-0"
    ward.play(Phase.SETTLE, mortal)
    before, number = ward.sent_by(mortal), ward.town.view().round.round
    ward.dies(mortal, Failpoint.AFTER_SEND)
    assert (ward.sent_by(mortal), ward.count("Settled", mortal)) == (before + 1, 1)
    child = ward.start(mortal)
    ward.town.warp(ward.town.view().policy.challenge)
    view = ward.until(child, lambda view: view.records[number].final)
    record = view.records[number]
    assert record.header is not None
    assert record.header.aggregator == ward.operator(mortal)
    assert ward.sent_by(mortal) == before + 2
