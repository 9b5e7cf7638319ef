"""The demo from start to end."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.live import Live

from parley.chain.devnet import ChildDevnet
from parley.chain.reader import Reader
from parley.chain.view import View
from parley.cli.actions import claims
from parley.cli.demo import board, page
from parley.cli.demo.attacks.verdict import Standing, Verdict, pools_of, value_of, wealth
from parley.cli.demo.audit import Check, check_books
from parley.cli.demo.baselines import Baselines, measure
from parley.cli.demo.board import BoardState, RoundResult
from parley.cli.demo.plan import SPONSOR, DemoPlan, Player
from parley.cli.demo.processes import Cast
from parley.cli.demo.results import GasMeter, Results
from parley.cli.demo.stage import DEPOSIT, Stage, prepare
from parley.cli.output import note, stderr
from parley.cli.progress import Say, working
from parley.cli.signals import on_stop
from parley.errors import Conflict, DeadlineExceeded
from parley.roles.books import Books
from parley.roles.library import Library
from parley.storage import ContentStore, open_store
from parley.storage.cluster import KuboCluster
from parley.storage.kubo_binary import find_kubo
from parley.tasks.builtin import builtin
from parley.tasks.protocol import Task
from parley.tasks.simulate import Config, federate
from parley.tasks.simulation.attackers.poison import success

MARK = ".parley-demo"
"""A file that says that a folder is a demo's, so that it may be emptied."""

READY_SECONDS = 300.0
ROUND_SECONDS = 300.0
"""A round that takes longer than that will not end."""

POLL_SECONDS = 0.5
READY = b'"ready"'
"""What a worker logs once it has loaded all that is slow to load."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo showed.

    Attributes:
        stage: who and where.
        view: the federation at the end.
        results: of each round.
        opened: chain time at which each round opened, seconds; ended likewise.
        genesis_accuracy: before the first round.
        baselines: to compare with.
        checks: the books.
        paid: what each operator claimed, wei.
        gas: by call.
        startup_seconds: from the command to the first round.
        verdict: on the attack, `None` where none was asked for.
    """

    stage: Stage
    view: View
    results: tuple[RoundResult, ...]
    opened: tuple[int, ...]
    ended: tuple[int, ...]
    genesis_accuracy: float
    baselines: Baselines
    checks: tuple[Check, ...]
    paid: dict[str, int]
    gas: tuple[tuple[str, int, int, int], ...]
    startup_seconds: float
    verdict: Verdict | None


class Demo:
    """A staged federation that is watched.

    Args:
        stage: who and where.
        store: the content store, opened.
    """

    def __init__(self, stage: Stage, store: ContentStore) -> None:
        self.stage = stage
        contracts = stage.contracts
        w3 = contracts.coordinator.w3
        self.task: Task = builtin(stage.plan.task).task()
        self.reader = Reader(w3, contracts, stage.fid, stage.accounts[SPONSOR].address)
        self.books = Books(self.reader.policy)
        library = Library(store, self.reader.terms.params)
        self.results = Results(w3, library, self.books, self.task, stage.test)
        counted = (contracts.coordinator, contracts.reward_vault, contracts.federations, contracts.disputes)
        self.meter = GasMeter(w3, counted, contracts.start_block)

    def state(self, view: View) -> BoardState:
        """What the table shows now."""
        stage = self.stage
        return BoardState(
            names=stage.names,
            trainers=stage.trainers,
            rounds=stage.plan.rounds,
            results=self.results.ended(view),
            genesis_accuracy=self.results.genesis_accuracy(view),
            gas=self.meter.read(view.block.number),
        )

    def watch(self, cast: Cast) -> View:
        """Show the rounds until the last one has ended.

        Raises:
            ProcessDied: a worker ended.
            DeadlineExceeded: a round does not end.
        """
        deadline = time.monotonic() + ROUND_SECONDS
        seen = 0
        with Live(console=stderr(), transient=True, auto_refresh=False) as live:
            while True:
                view = self.reader.view()
                state = self.state(view)
                if sys.stderr.isatty():
                    live.update(board.render(state, view), refresh=True)
                for result in state.results[seen:]:
                    self._tell(result)
                    seen, deadline = result.number, time.monotonic() + ROUND_SECONDS
                if seen == self.stage.plan.rounds:
                    return view
                if time.monotonic() > deadline:
                    raise DeadlineExceeded(
                        f"round {view.round.round} does not end: {view.phase.name.lower()}",
                        hint=f"read the logs in {self.stage.plan.folder / 'players'}",
                    )
                cast.check()
                time.sleep(POLL_SECONDS)

    def _tell(self, result: RoundResult) -> None:
        """One line a round where there is no terminal to draw on."""
        if sys.stderr.isatty():
            return
        outcome = "final" if result.final else "void"
        line = f"round {result.number} {outcome}: accuracy {result.accuracy:.3f}, "
        stderr().print(line + f"{result.included} of {len(result.scores)} updates included, {result.seconds} s")

    def claim_all(self, view: View) -> dict[str, int]:
        """Everybody claims what it earned, with its own key, all at once; what each got, wei."""

        def claim(name: str) -> int:
            operator = self.stage.accounts[name].address
            due = claims.claim_of(view, self.books, self.stage.contracts, operator)
            if due.due:
                with self.stage.sender(name) as sender:
                    claims.claim(self.stage.contracts, sender, due)
            return due.due

        names = [player.name for player in self.stage.plan.players if player.role is not None]
        with ThreadPoolExecutor(max_workers=16) as pool:
            paid = list(pool.map(claim, names))
        return {self.stage.accounts[name].address: amount for name, amount in zip(names, paid, strict=True)}

    def check(self, view: View) -> tuple[Check, ...]:
        """The books, to the wei."""
        earned = {account.operator: account.cumulative for account in self.books.ledger(view).values()}
        stage = self.stage
        operators = [account.address for account in stage.accounts.values()]
        return check_books(stage.contracts, stage.token, stage.fid, operators, funded=stage.funded, earned=earned)

    def verdict(self, view: View, paid: Mapping[str, int]) -> Verdict | None:
        """What the attack came to, after all claims; `None` where there is none."""
        plan = self.stage.plan
        if plan.attack is None:
            return None
        standings = tuple(self._standing(player, paid) for player in plan.players if player.kind != "sponsor")
        clean = federate(
            Config(
                task=plan.task,
                seed=plan.seed,
                trainers=plan.shards,
                evaluators=plan.evaluators,
                rounds=plan.rounds,
                alpha=plan.alpha,
            )
        )
        pools = pools_of(self.reader.policy(record.version) for record in view.final_records())
        backdoor = plan.attack.bound.success is not None
        return Verdict(
            attack=plan.attack,
            variant=plan.variant,
            standings=standings,
            value=value_of(plan.attack, standings, pools, sum(paid.values())),
            accuracy=self.results.ended(view)[-1].accuracy,
            honest_accuracy=clean[-1].accuracy,
            success=success(self.task, self.results.model(view), self.stage.test) if backdoor else None,
        )

    def _standing(self, player: Player, paid: Mapping[str, int]) -> Standing:
        stage = self.stage
        operator = stage.accounts[player.name].address
        brought = 0 if player.role is None else DEPOSIT
        net = wealth(stage.contracts, stage.token, operator) - brought
        return Standing(player.name, player.kind, player.part is not None, paid.get(operator, 0), net)


def run(plan: DemoPlan, show: Callable[[Outcome], None] = lambda _: None) -> Outcome:
    """Play the demo; no process is left behind, however it ends.

    Args:
        plan: cast and scale; it may say to keep chain and store until Ctrl-C.
        show: told what came of it, before that.

    Raises:
        ParleyError: something failed; the logs in the demo's folder tell more.
    """
    began = time.monotonic()
    _empty(plan.folder)
    with ExitStack() as things:
        things.enter_context(on_stop(_interrupt))
        with working("demo") as say:
            say("starting Anvil, one block a second")
            node = things.enter_context(ChildDevnet(plan.folder / "chain", block_time=1)).devnet
            addresses = things.enter_context(_store_addresses(plan, say))
            store = things.enter_context(open_store(addresses[0], owner="demo"))
            demo = Demo(prepare(plan, node, store, addresses, say), store)
            # not one of the cast: it stays when the players go
            shown = page.start(plan, things.enter_context(Cast()), say) if plan.page else None
            cast = things.enter_context(Cast())
            _start(demo.stage, cast, say)
            startup = time.monotonic() - began
        if shown is not None:
            note(f"page: {shown}")
        view = demo.watch(cast)
        cast.stop()
        with working("demo") as say:
            say("everybody claims what it earned")
            paid = demo.claim_all(view)
            say("checking the books")
            checks = demo.check(view)
            say("training the baselines: each trainer alone, and all data in one place")
            baselines = measure(demo.task, demo.stage.honest_shards, demo.stage.test, plan.rounds, plan.seed)
            if plan.attack is not None:
                say("weighing the attack")
            verdict = demo.verdict(view, paid)
        outcome = _outcome(demo, view, baselines, checks, paid, startup, verdict)
        show(outcome)
        if plan.keep:
            _wait_for_interrupt(demo.stage)
        return outcome


def _interrupt() -> None:
    """SIGTERM ends the demo as Ctrl-C does: by leaving every block that started something."""
    raise KeyboardInterrupt


def _outcome(
    demo: Demo,
    view: View,
    baselines: Baselines,
    checks: tuple[Check, ...],
    paid: dict[str, int],
    startup: float,
    verdict: Verdict | None,
) -> Outcome:
    results = demo.results.ended(view)
    records = [view.records[result.number] for result in results]
    return Outcome(
        stage=demo.stage,
        view=view,
        results=results,
        opened=tuple(map(demo.results.opened_at, records)),
        ended=tuple(map(demo.results.ended_at, records)),
        genesis_accuracy=demo.results.genesis_accuracy(view),
        baselines=baselines,
        checks=checks,
        paid=paid,
        gas=demo.meter.read(int(demo.stage.contracts.coordinator.w3.eth.block_number)),
        startup_seconds=startup,
        verdict=verdict,
    )


def _start(stage: Stage, cast: Cast, say: Say) -> None:
    """Start the workers; those who open rounds only when those who train and judge are ready."""
    say("starting the workers, each a process of its own with its own key")
    first = [player for player in stage.plan.players if player.kind not in ("sponsor", "aggregator")]
    logs = [_start_one(stage, cast, player) for player in first]
    deadline = time.monotonic() + READY_SECONDS
    said = 0
    while waiting := [log.parent.name for log in logs if READY not in log.read_bytes()]:
        if len(waiting) != said:
            said = len(waiting)
            say(f"waiting for {said} workers to load their task")
        cast.check()
        if time.monotonic() > deadline:
            raise DeadlineExceeded(f"{waiting[0]} is not ready", hint=f"read {stage.plan.folder / 'players'}")
        time.sleep(0.2)
    for player in stage.plan.players:
        if player not in first:
            _start_one(stage, cast, player)


def _start_one(stage: Stage, cast: Cast, player: Player) -> Path:
    """Start a player's process; returns its log."""
    home = stage.plan.home(player.name)
    config = str(home / "parley.toml")
    honest = ["parley", player.kind, "run", "--config", config]
    cast.start(player.name, honest if player.part is None else ["parley.cli.demo.attackers", config], home / "log")
    return home / "log"


@contextmanager
def _store_addresses(plan: DemoPlan, say: Say) -> Iterator[tuple[str, ...]]:
    """Content stores for everybody: one folder, or Kubo nodes of the demo's own."""
    if plan.store == "file":
        yield (str((plan.folder / "store").absolute()),)
        return
    say("looking for Kubo, or building it (two minutes the first time)")
    binary = find_kubo(say=say)
    say(f"starting {plan.nodes} Kubo node{'s' if plan.nodes > 1 else ''}")
    with KuboCluster(plan.folder / "kubo", binary, plan.nodes) as cluster:
        yield cluster.addresses


def _empty(folder: Path) -> None:
    """Make the demo's folder anew.

    Raises:
        Conflict: there is another folder of that name.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise Conflict(
            f"{folder} is not a demo's folder",
            hint="move it away, or choose another `home`: `parley --home FOLDER demo`",
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def _wait_for_interrupt(stage: Stage) -> None:
    """Keep chain and store for a look around."""
    config = stage.plan.home(stage.plan.players[1].name) / "parley.toml"
    stderr().print(f"The chain runs on at {stage.node.url}; Ctrl-C ends it. Look around, for example:")
    stderr().print(f"  parley --config {config} round list", highlight=False)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
