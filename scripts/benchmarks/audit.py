"""What an audit costs, beside one evaluator's scoring and one aggregator's settlement of the same rounds.

Growth is measured on rounds that were made up in memory: what of an audit needs content, with scores run again for all
evaluators, beside what one evaluator and one aggregator do with the same content. A small federation then really plays
rounds: there the audit of the chain comes in, and on the other side what both workers read and send. Processor time.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.measure import Figure
from parley.audit.findings import Party, Place
from parley.audit.gather import Sources
from parley.audit.on_settlements import Posted, Settled
from parley.audit.run import Wishes, Workplace, audit
from parley.audit.work import Ground, Site
from parley.chain.deployments import read_deployment
from parley.chain.model import Settlement
from parley.chain.view import Block, Recorded, Reveal, RevealedVector, RoundRecord
from parley.numerics import settlement as settling
from parley.numerics import word_tree
from parley.numerics.fixed_point import Quantised, encode
from parley.numerics.rules import look_ahead
from parley.roles.actions import Action, CommitScores, RevealScores, Settle
from parley.roles.books import committed
from parley.roles.library import Library
from parley.storage import Blockstore
from parley.tasks import codec
from parley.tasks.builtin import builtin
from parley.tasks.dataset import Dataset
from parley.tasks.document import FileModel, ShardRef, TaskDocument, Validation, source_digest
from parley.tasks.judging import Judgement, judge
from parley.tasks.loading import load_task
from parley.tasks.protocol import Hyper, Task
from parley.tasks.userland.starter import template
from tests.audit.towns import Silent
from tests.roles.builders import HEADER, POLICY, RECORD, TERMS
from tests.support.anvil import running_anvil
from tests.support.federation import build

EVALUATORS = 5
SAMPLES = 54
"""Of a shard: 30 % of digits over ten rounds."""

BASE, OWN = "evaluator and aggregator", "audit"


class Broken(AssertionError):
    """What was measured did not audit clean."""


def measure(*, quick: bool) -> Iterator[Figure]:
    """The figures; `quick`: small models, and a single real round.

    Raises:
        Broken: a round that was made up does not audit clean.
    """
    sizes = [(10_000, 5), (100_000, 5), (100_000, 20)] if quick else [(10_000, 5), (100_000, 5), (1_000_000, 5)]
    for params, trainers in sizes if quick else [*sizes, (100_000, 20), (100_000, 80)]:
        yield from _made_up(params, trainers, runs=2 if quick else 5)
    yield from _played(rounds=2 if quick else 6)


# -------------------------------------------------------------------------------------------------------- made up


@dataclass(frozen=True)
class Bench:
    """Rounds that nobody played, with all their content.

    Attributes:
        ground: of their audit.
        store: of the content.
        task: how losses are computed.
        shard: of all rounds.
    """

    ground: Ground
    store: Blockstore
    task: Task
    shard: Dataset


def _made_up(params: int, trainers: int, runs: int) -> Iterator[Figure]:
    """The second of two rounds, for which the updates of the first are known."""
    with tempfile.TemporaryDirectory(prefix="parley-audit-") as folder:
        bench = _bench(Path(folder), params, trainers)
        ways: dict[str, Callable[[], float]] = {BASE: lambda: _workers(bench), OWN: lambda: _audit(bench)}
        for way, run in ways.items():
            seconds = min(run() for _ in range(runs))
            yield Figure(f"a round, {params:,} parameters, {trainers} trainers", way, seconds, 1, "round")


def _audit(bench: Bench) -> float:
    site = Site(bench.ground, bench.store)
    site.judge(1)
    start = time.process_time()
    result = site.judge(2)
    seconds = time.process_time() - start
    if result.sheet.findings or result.scores["equal"] != EVALUATORS:
        raise Broken(f"round 2 does not audit clean: {result.sheet.findings[:3]} {result.scores}")
    return seconds


def _workers(bench: Bench) -> float:
    """One evaluator's judgement and one aggregator's settlement, each with what it keeps of the round before."""
    told, record = bench.ground.told, bench.ground.told.records[2]
    past = _vectors(Library(bench.store, told.terms.params), told.records[1])
    case = bench.ground.case(2)
    old = _model(bench, 1)
    previous = _model(bench, 0)
    start = time.process_time()
    updates = _vectors(Library(bench.store, told.terms.params), record, case.policy.clip)
    look = look_ahead(old, previous, case.policy.beta)
    judge(bench.task, bench.shard, Judgement(look, updates, past, case.last_norm, 24, record.vectors[0].salt))
    again = _vectors(Library(bench.store, told.terms.params), record)
    settling.settle(_input(told, record, again, old, previous, bench.ground.settled[1]))
    return time.process_time() - start


def _vectors(library: Library, record: RoundRecord, clip: int | None = None) -> list[Quantised]:
    return [library.get(reveal.root, reveal.digest, clip) for reveal in record.reveals]


def _model(bench: Bench, place: int) -> Quantised:
    told = bench.ground.told
    library = Library(bench.store, told.terms.params)
    if place == 0:
        return library.get(told.terms.model_root, told.terms.model_digest)
    settlement = told.records[place].settlement
    if settlement is None:
        raise Broken("a round without a settlement")
    return library.get(settlement.model_root, settlement.model_digest)


def _input(
    told: Recorded,
    record: RoundRecord,
    updates: list[Quantised],
    old: Quantised,
    previous: Quantised,
    before: Settled | None,
) -> settling.SettlementInput:
    ledger = {} if before is None else before.ledger
    given = committed(told, record, POLICY, ledger, _aggregator(len(updates)))
    held = [replace(known, q=q) for known, q in zip(given.updates, updates, strict=True)]
    return replace(given, updates=held, old=old, previous=previous)


def _bench(folder: Path, params: int, trainers: int) -> Bench:
    """Two rounds of random updates near each other, judged and settled as honest workers do."""
    store, rng = Blockstore(folder / "store"), np.random.default_rng(params + trainers)
    task_file = folder / "task.py"
    task_file.write_text(template()["my_task.py"])
    full = builtin("digits").dataset()
    shard = full.take(rng.choice(len(full), SAMPLES, replace=False))
    document, task = _document(store, shard, task_file, params)
    genesis = (task.init(0) * 2.0**24).astype(np.int32)
    terms = replace(
        TERMS,
        params=task.params,
        reward_depth=10,
        anchor=bytes(32),
        task_digest=store.put(document.encode()).digest,
        model_root=word_tree.root(encode(genesis)),
        model_digest=store.put(encode(genesis)).digest,
    )
    members = {place: f"0x{place + 1:040x}" for place in range(trainers + EVALUATORS + 1)}
    told = Recorded(31337, "0x" + "44" * 20, 1, Block(9, bytes(32), 1), terms, {1: POLICY}, {}, {}, members)
    models, settled = [genesis], dict[int, Settled]()
    for number in (1, 2):
        told, models = _round(told, models, settled, (store, task, shard, rng), number)
    ground = Ground(told, settled, frozenset({1, 2}), document, task_file, True, 30.0)
    return Bench(ground, store, task, shard)


def _document(store: Blockstore, shard: Dataset, task_file: Path, params: int) -> tuple[TaskDocument, Task]:
    """A task of about so many parameters: one hidden layer on digits."""
    (inputs,), classes = shard.schema.features, shard.schema.classes
    data = codec.encode(shard)
    width = max(1, (params - classes) // (inputs + 1 + classes))
    document = TaskDocument(
        name="bench",
        model=FileModel(sha256=source_digest(task_file.read_bytes())),
        params=(inputs + 1 + classes) * width + classes,
        hyper=Hyper(options={"width": width}),
        data_schema=shard.schema,
        validation=Validation(sealed=False, shards=(ShardRef(cid=str(store.put(data)), size=len(data)),)),
    )
    return document, load_task(document, task_file)


def _round(
    told: Recorded,
    models: list[Quantised],
    settled: dict[int, Settled],
    tools: tuple[Blockstore, Task, Dataset, np.random.Generator],
    number: int,
) -> tuple[Recorded, list[Quantised]]:
    """One more round, settled."""
    store, task, shard, rng = tools
    trainers = len(told.members) - EVALUATORS - 1
    updates = [rng.normal(0, 2**14, models[0].size).astype(np.int32) for _ in range(trainers)]
    reveals = tuple(
        Reveal(i, told.members[i], word_tree.root(encode(q)), store.put(encode(q)).digest, 5)
        for i, q in enumerate(updates)
    )
    old, previous = models[-1], models[max(0, len(models) - 2)]
    record = replace(RECORD, number=number, version=1, reveals=reveals, final=True)
    past = [] if number == 1 else _vectors(Library(store, told.terms.params), told.records[1])
    before = told.records[1].header if number == 2 else None
    last = POLICY.initial_norm if before is None else before.norm
    look = look_ahead(old, previous, POLICY.beta)
    vectors = []
    for seat in range(EVALUATORS):
        salt = bytes([number, seat]) * 16
        vector = judge(task, shard, Judgement(look, updates, past, last, 24, salt)).encode()
        vectors.append(RevealedVector(seat, told.members[trainers + seat], vector, salt))
    record = replace(record, vectors=tuple(vectors))
    result = settling.settle(_input(told, record, updates, old, previous, settled.get(number - 1)))
    posted = Settlement(
        result.medians,
        result.norm,
        result.earned_total,
        result.row_root,
        result.model_root,
        store.put(result.model_bytes).digest,
        result.reward_root,
    )
    header = replace(HEADER, norm=result.norm, model_root=posted.model_root, model_digest=posted.model_digest)
    record = replace(record, settlement=posted, header=replace(header, aggregator=_aggregator(trainers)))
    place = Place("a settlement", Party.AGGREGATOR, _aggregator(trainers), number)
    settled[number] = Settled(
        result.settled,
        (Posted(posted, _aggregator(trainers), False, False, (), place),),
        result.ledger,
        result.earned_total,
        result.reward_root,
    )
    return replace(told, records={**told.records, number: record}), [*models, result.model]


def _aggregator(trainers: int) -> str:
    return f"0x{trainers + EVALUATORS + 1:040x}"


# --------------------------------------------------------------------------------------------------------- played


def _played(rounds: int) -> Iterator[Figure]:
    """Rounds of breast-cancer on a chain: the workers' deeds with all that they read and send, and the whole audit."""
    with tempfile.TemporaryDirectory(prefix="parley-audit-") as name, running_anvil() as node:
        folder = Path(name)
        town = build(node, folder, rounds=rounds)
        deeds = {"evaluator-0": (CommitScores, RevealScores), "aggregator-0": (Settle,)}
        meter = _Meter(town.step, deeds)
        town.step = meter  # type: ignore[method-assign]
        town.play_rounds(rounds)
        deployment = read_deployment(node.chain_id, folder / "deployments")
        sources = Sources(town.w3, deployment, town.contracts, town.fid)
        where = Workplace((str(folder / "store"),), folder / "home", lambda: None)
        start = time.process_time()
        report = audit(sources, where, Wishes(), Silent())
        seconds = time.process_time() - start
        if report["verdict"] != "clean":
            raise Broken(f"the federation does not audit clean: {report['findings'][:3]}")
    task = f"a round of breast-cancer on a chain, 3 trainers, {rounds} rounds"
    yield Figure(task, BASE, meter.seconds, rounds, "round")
    yield Figure(task, OWN, seconds, rounds, "round")


@dataclass
class _Meter:
    """Adds up what deeds of some kinds take, each with the view that it starts from.

    Attributes:
        step: one cycle of a worker by its name.
        deeds: kinds of deeds, by worker.
        seconds: of the processor.
    """

    step: Callable[[str], Action]
    deeds: Mapping[str, tuple[type, ...]]
    seconds: float = 0.0

    def __call__(self, name: str) -> Action:
        """One cycle of a worker."""
        start = time.process_time()
        action = self.step(name)
        if isinstance(action, self.deeds.get(name, ())):
            self.seconds += time.process_time() - start
        return action
