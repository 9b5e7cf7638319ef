"""Attacks in the demo: who is cast, what is weighed, and the processes."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Sequence
from math import inf
from pathlib import Path

import pytest

from parley.cli.amounts import WEI
from parley.cli.demo.attacks.behaviours import DISGUISES, Script, disguised
from parley.cli.demo.attacks.registry import ATTACKS, Attack, Kind, Measure
from parley.cli.demo.attacks.verdict import Standing, Verdict, value_of
from parley.cli.demo.plan import DemoPlan
from parley.errors import ConfigError
from parley.roles.loop import RoleWorker
from tests.cli.demo_processes import demo_command, started_below


def standing(name: str, kind: Kind, net: float, *, attacks: bool = False, earned: float | None = None) -> Standing:
    """A player by its tokens."""
    return Standing(name, kind, attacks, round((net if earned is None else earned) * WEI), round(net * WEI))


def verdict(attack: Attack, value: float, *, harm: float = 0.0, success: float | None = None) -> Verdict:
    """A verdict with these figures."""
    return Verdict(attack, "", (), value, 0.9 - harm, 0.9, success)


def plan(folder: Path, attack: Attack) -> DemoPlan:
    """The attack at its own scale."""
    s = attack.scale
    return DemoPlan(folder, s.rounds, s.trainers, s.evaluators, s.aggregators, attack=attack)


@pytest.mark.unit
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_plan__attack__names_everybody_once_and_shares_out_the_data(tmp_path: Path, attack: Attack) -> None:
    """Attackers are players of their own, beside the honest ones that the scale asks for."""
    players = plan(tmp_path, attack).players
    attackers = [player for player in players if player.part is not None]
    assert len({player.name for player in players}) == len(players)
    assert len(attackers) == attack.count
    assert all(player.part is not None and player.part.behaviour in DISGUISES for player in attackers)
    assert {p.shard for p in players if p.shard is not None} == set(range(plan(tmp_path, attack).shards))
    for kind, count in (("trainer", attack.scale.trainers), ("evaluator", attack.scale.evaluators)):
        assert sum(player.kind == kind and player.part is None for player in players) == count
    assert any(player.kind == "watcher" for player in players) == (attack.bound.measure is Measure.NET)


@pytest.mark.unit
def test_plan__sybils__own_one_shard_together(tmp_path: Path) -> None:
    """F-1: three names, one data set."""
    sybils = [player for player in plan(tmp_path, ATTACKS["sybil"]).players if player.part is not None]
    assert [player.name for player in sybils] == ["sybil-1", "sybil-2", "sybil-3"]
    assert {player.shard for player in sybils} == {4}


@pytest.mark.unit
def test_plan__colluders__are_four_of_a_panel_of_ten(tmp_path: Path) -> None:
    """F-21: the panel seats all ten, so that none of them is drawn out."""
    attack = ATTACKS["colluding-evaluators"]
    judges = [player for player in plan(tmp_path, attack).players if player.kind == "evaluator"]
    assert sum(judge.part is not None for judge in judges) == 4
    assert len(judges) == attack.seats == 10


@pytest.mark.unit
def test_plan__attack_on_a_task_it_does_not_fit__is_refused(tmp_path: Path) -> None:
    """A trigger of pixels needs pictures."""
    with pytest.raises(ConfigError, match="backdoor cannot be played on breast-cancer"):
        DemoPlan(tmp_path, task="breast-cancer", attack=ATTACKS["backdoor"])


@pytest.mark.unit
def test_script__json__comes_back_as_it_was() -> None:
    """An attacker's process reads what the stage wrote."""
    script = Script("colluder", "evaluator", 2, "promote", {"0xA": "evaluator", "0xB": "trainer"})
    assert Script.decode(script.encode()) == script
    assert script.friends("trainer") == {"0xB"}


@pytest.mark.unit
def test_disguised__role_of_another_kind__is_refused() -> None:
    """A trainer cannot play an aggregator's part."""

    class Somebody:
        pass

    role: RoleWorker = Somebody()  # type: ignore[assignment]
    with pytest.raises(TypeError, match="this part is a Aggregator's, not a Somebody's"):
        disguised(role, Script("sleeper", "aggregator", 0, "", {}))


TRAINERS = (
    standing("a", "trainer", 300),
    standing("b", "trainer", 100),
    standing("x", "trainer", 50, attacks=True),
    standing("y", "trainer", 30, attacks=True),
)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "standings", "expected"),
    [
        ("copycat", TRAINERS, 0.4),
        ("dropout", TRAINERS, 0.2),
        ("copycat", TRAINERS[2:], inf),
        ("score-copier", (standing("a", "evaluator", 0), standing("x", "evaluator", 0, attacks=True)), 0.0),
        (
            "lying-aggregator",
            (standing("x", "aggregator", -500, attacks=True, earned=0), standing("w", "watcher", 250, earned=0)),
            -250.0,
        ),
    ],
)
def test_value__of_each_measure__compares_what_it_says(
    name: str, standings: Sequence[Standing], expected: float
) -> None:
    """P-17: net of what was slashed; a culprit counts together with its prover."""
    assert value_of(ATTACKS[name], standings, {"trainer": 400 * WEI}, 0) == pytest.approx(expected)


@pytest.mark.unit
def test_value__sponsor__is_what_it_kept() -> None:
    """P-24: of the rewards of all final rounds."""
    assert value_of(ATTACKS["silent-sponsor"], (), {"trainer": 1400, "aggregator": 600}, 1500) == 0.25


@pytest.mark.unit
@pytest.mark.parametrize(
    ("found", "holds"),
    [
        (verdict(ATTACKS["copycat"], 0.0), True),
        (verdict(ATTACKS["copycat"], ATTACKS["copycat"].bound.limit + 0.01), False),
        (verdict(ATTACKS["copycat"], 0.0, harm=0.11), False),
        (verdict(ATTACKS["copycat"], 0.0, harm=float("nan")), False),
        (verdict(ATTACKS["clip-violation"], -0.1), True),
        (verdict(ATTACKS["clip-violation"], 0.0), False),
        (verdict(ATTACKS["lazy-aggregator"], 0.001), False),
        (verdict(ATTACKS["backdoor"], 0.0, success=0.1), True),
        (verdict(ATTACKS["backdoor"], 0.0, success=0.9), False),
        (verdict(ATTACKS["backdoor"], 0.0), False),
    ],
)
def test_verdict__figures__hold_or_not(found: Verdict, holds: bool) -> None:
    """A bound that is broken is said."""
    assert (list(found.failures()) == []) == holds


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_demo__copycat__ends_with_what_it_earned(tmp_path: Path) -> None:
    """F-92, P-12: real processes; the attacker's own runs beside the honest ones, and the summary weighs it."""
    home = tmp_path / "home"
    arguments = ("--attack", "copycat", "--rounds", "1", "--trainers", "3", "--task", "breast-cancer", "--json")
    done = subprocess.run(demo_command(home, *arguments), capture_output=True, text=True, timeout=550)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    attack = summary["attack"]
    assert attack["name"] == "copycat"
    assert attack["not_kept"] == []
    assert attack["players"]["copycat"] == {"attacks": True, "earned": 0, "lost": 0, "net": 0}
    assert all(check["holds"] for check in summary["books"])
    assert started_below(home) == []


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_demo__killed_outright__takes_its_workers_with_it(tmp_path: Path) -> None:
    """F-54: `kill -9` leaves the demo no time to end anybody; the kernel does."""
    home = tmp_path / "home"
    demo = subprocess.Popen(
        demo_command(home, "--attack", "nan", "--task", "breast-cancer"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    log = home / "demo" / "players" / "nan" / "log"
    deadline = time.monotonic() + 200
    while not (log.exists() and log.stat().st_size) and demo.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(started_below(home)) > 3
    demo.send_signal(signal.SIGKILL)
    demo.wait(10)
    deadline = time.monotonic() + 60
    while (left := started_below(home)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []
