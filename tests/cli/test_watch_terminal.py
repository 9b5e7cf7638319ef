"""`parley watch` as a process: on a terminal, in a pipe, while the node goes away and is started again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pytest

from parley.chain.model import Phase
from parley.errors import ExitCode
from tests.cli.terminals import ENTER, HIDE, LEAVE, SHOW, terminal
from tests.cli.world import World, make_world
from tests.faults.proxy import FaultProxy, fault_proxy
from tests.support.anvil import AnvilNode, running_anvil
from tests.support.federation import Town, build

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

NAMES = ("trainer-0", "evaluator-1")
"""Whose keys are in the keystore."""


@dataclass
class Stage:
    """A federation in its first round, behind a proxy.

    Attributes:
        town: everybody.
        world: the configuration.
        proxy: leads to the node.
        state: where the node keeps its state when it ends.
        nodes: what runs.
    """

    town: Town
    world: World
    proxy: FaultProxy
    state: Path
    nodes: ExitStack

    def restart_node(self) -> None:
        """End the node and start it again with all that it knew; nobody answers meanwhile."""
        self.nodes.close()
        node = self.nodes.enter_context(running_anvil(extra_args=("--load-state", str(self.state))))
        self.proxy.retarget(node.url)
        self.town.w3.provider.make_request("anvil_setBlockTimestampInterval", [1])  # type: ignore[arg-type]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    state = tmp_path / "state.json"
    with ExitStack() as nodes:
        node = nodes.enter_context(running_anvil(extra_args=("--dump-state", str(state))))
        with fault_proxy(node.url) as proxy, ExitStack() as before_end:
            town = build(replace(node, url=proxy.url, before_end=before_end), tmp_path / "town")
            town.step("sponsor")
            world = make_world(replace(node, url=proxy.url), town.folder, store="store", confirmations=1)
            _import_keys(world, town, node)
            yield Stage(town, world, proxy, state, nodes)


def _import_keys(world: World, town: Town, node: AnvilNode) -> None:
    for name, key in zip(town.senders, node.private_keys[1:], strict=False):
        if name in NAMES:
            (town.folder / "key").write_text(key)
            world.json("account", "import", name, "--file", town.folder / "key", "--light")


def has(*texts: str) -> object:
    """Whether a screen shows all of some texts."""
    return lambda screen: all(any(text in line for line in screen) for text in texts)


def test_watch__on_a_terminal__shows_resizes_survives_a_restart_and_leaves_it_clean(stage: Stage) -> None:
    """Phases, who committed, scores as they come; another size; the node away and back; Ctrl-C."""
    town = stage.town
    with terminal("--config", stage.world.config, "watch") as shown:
        shown.until(has("federation 1  round 1 of 4  train", "nobody has committed yet", "yours"))
        assert any("commit to an update: until" in line for line in shown.screen)

        assert town.cycle("trainer-0")
        shown.until(has("trainer-0  ", "committed", "train 1/3"))

        shown.resize(60, 16)
        shown.until(
            lambda screen: len(screen) <= 16 and max(map(len, screen)) <= 60 and screen[0].startswith("federation")
        )
        shown.resize(120, 40)
        wide = shown.until(has("free stake", "score reveal until"))
        assert max(map(len, wide)) <= 120

        stage.nodes.close()
        shown.until(has("the node is away, trying again:"))
        assert any("trainer-0" in line for line in shown.screen), "what was known is still shown"
        stage.restart_node()
        shown.until(lambda screen: not any("the node is away" in line for line in screen))

        town.play_until(lambda view: view.phase == Phase.SCORE_REVEAL and view.round.scores_revealed == 0)
        assert town.cycle("evaluator-0", "evaluator-1")
        shown.until(has("score reveal 2/3", " s0 "))

        shown.press(b"\x03")
        assert shown.wait() == ExitCode.INTERRUPTED
        assert shown.attributes == shown.before
        assert "Traceback" not in shown.output
        for code, undo in ((ENTER, LEAVE), (HIDE, SHOW)):
            assert code in shown.output
            assert shown.output.rindex(undo) > shown.output.rindex(code)


class Lines:
    """`parley watch` in a pipe."""

    def __init__(self, world: World, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "parley", "--config", str(world.config), "watch", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self.process:
            self.process.kill()

    def until(self, text: str) -> list[str]:
        """All lines up to the first that holds a text."""
        assert self.process.stdout is not None
        watchdog = threading.Timer(90, self.process.kill)
        watchdog.start()
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if text in line:
                watchdog.cancel()
                return seen
        raise AssertionError(f"{text!r} never came: {seen} {self.process.stderr.read() if self.process.stderr else ''}")

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Signal it; exit code and what it said."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


def test_watch__in_a_pipe__one_line_a_change_through_a_restart(stage: Stage) -> None:
    town = stage.town
    with Lines(stage.world) as lines:
        (first,) = lines.until("federation 1: round 1 of 4, train until ")
        assert first.endswith("UTC\n")
        town.cycle("trainer-0", "trainer-1")
        lines.until("trainer-0 (0x3C44CdDd) committed to an update")
        lines.until("0x90F79bf6 committed to an update")
        stage.nodes.close()
        lines.until("the node is away, trying again:")
        stage.restart_node()
        lines.until("the node answers again")
        town.cycle("trainer-2")
        lines.until("0x15d34AAf committed to an update")
        town.warp(1)
        lines.until("round 1 of 4, reveal until ")
        code, errors = lines.end(signal.SIGINT)
        assert (code, errors) == (ExitCode.INTERRUPTED, "")


def test_watch__json_and_sigterm__an_object_a_line_and_zero(stage: Stage) -> None:
    town = stage.town
    with Lines(stage.world, "--json", "--account", "trainer-0") as lines:
        (state,) = map(json.loads, lines.until('"state"'))
        assert state["change"] == "state"
        town.cycle("trainer-0")
        *_, change = map(json.loads, lines.until("UpdateCommitted"))
        assert (change["operator"], change["round"]) == (town.senders["trainer-0"].address, 1)
        receipt = town.w3.eth.get_transaction_receipt(change["transaction"])
        assert (receipt["blockNumber"], change["text"][:9]) == (change["block"], "trainer-0")
        assert lines.end(signal.SIGTERM) == (ExitCode.OK, "")


def test_watch__reader_goes_away__ends_quietly(stage: Stage) -> None:
    """`parley watch | head -1`."""
    with Lines(stage.world) as lines:
        lines.until("federation 1")
        assert lines.process.stdout is not None
        lines.process.stdout.close()
        for name in ("trainer-0", "trainer-1", "trainer-2"):
            stage.town.cycle(name)
        assert lines.process.stderr is not None
        with lines.process.stderr as errors:
            assert lines.process.wait(60) == ExitCode.OK
            assert errors.read() == ""


def test_watch__no_node_at_the_start__says_so(stage: Stage) -> None:
    """A wrong address is an error, not something to wait for."""
    stage.nodes.close()
    done = subprocess.run(
        [sys.executable, "-m", "parley", "--config", str(stage.world.config), "watch"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == ExitCode.CHAIN
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
