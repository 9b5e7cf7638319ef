"""An audit from its first question to its report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from web3 import Web3
from web3.types import BlockIdentifier

from parley.audit import on_chain, on_task
from parley.audit.ancestry import MOST
from parley.audit.checks import Check
from parley.audit.findings import Party, Place, Sheet, merged
from parley.audit.gather import Sources, block_at, blocks_of, check_deployment, follow_blocks, gather
from parley.audit.journal import Journal
from parley.audit.kept import KeptBlocks
from parley.audit.pool import Crew, affordable, free_memory, judge_all, worthwhile
from parley.audit.report import Report, build
from parley.audit.results import RoundResult
from parley.audit.story import Story
from parley.audit.witness import Witness
from parley.audit.work import Ground
from parley.chain.view import Block
from parley.errors import ChainError, Conflict
from parley.storage import StoreTimeout, open_store
from parley.storage.locks import exclusive

ROUNDS = "rounds"
"""Folder of the journal in that of an audit."""

SECONDS = 30.0
"""That the fetch of one object may take, besides a second for each megabyte."""


class Watcher(Protocol):
    """Told how an audit goes on."""

    def say(self, what: str) -> None:
        """What is being done now."""

    def begin(self, what: str, total: int) -> None:
        """So many steps begin."""

    def step(self, count: int = 1) -> None:
        """So many of them are done."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an audit is asked to do.

    Attributes:
        block: up to which: its height, or what the chain calls it.
        jobs: processes at most; `None`: as many as there are cores, if the work is worth them.
        scores: run scores again.
        every_block: follow the hashes of all blocks; `None`: if they are not too many.
        task_file: the auditor's copy of the task's code, if it is not built in.
        seconds: that the fetch of one object may take.
    """

    block: BlockIdentifier = "latest"
    jobs: int | None = None
    scores: bool = True
    every_block: bool | None = None
    task_file: Path | None = None
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where an audit works.

    Attributes:
        stores: addresses of the content stores that are read.
        home: folder of what is kept between runs.
        prepare: what each further process does first.
    """

    stores: tuple[str, ...]
    home: Path
    prepare: Callable[[], None]


def audit(
    sources: Sources, where: Workplace, wishes: Wishes, watcher: Watcher, finish: Callable[[Report], None] | None = None
) -> Report:
    """Audit a federation.

    Args:
        sources: of the chain's part.
        where: it works.
        wishes: what is asked for.
        watcher: told how it goes on.
        finish: signs and writes the report, say: what was done is forgotten only once that is through.

    Returns:
        the report, not signed yet.

    Raises:
        Conflict: another audit of this federation runs in this home.
        NotFound: there is no such federation.
        ChainError: the node does not answer, or reorganised meanwhile.
        OSError: the disk is full or failed.
    """
    coordinator = sources.contracts.coordinator.address.lower()
    folder = where.home / "audit" / str(sources.w3.eth.chain_id) / coordinator / str(sources.fid)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        report = _audited(sources, where, folder, wishes, watcher)
        if finish is not None:
            finish(report)
        Journal(folder / ROUNDS).clear()
        return report


def _audited(sources: Sources, where: Workplace, folder: Path, wishes: Wishes, watcher: Watcher) -> Report:
    sheet = Sheet()
    block = block_at(sources.w3, wishes.block)
    watcher.say("comparing the contracts' code")
    check_deployment(sources, sheet)
    story = _read(sources, folder, block, wishes, sheet, watcher)
    crew = Crew(where.stores, folder / ROUNDS, _jobs(story, wishes), where.prepare)
    results = examine(story, crew, wishes, sheet, watcher)
    require_still_there(sources.w3, block)
    whole = merged([sheet, *(result.sheet for result in results)])
    followed = _follows(wishes, len(blocks_of(sources, block)))
    return build(story, _contracts(sources), results, whole, _options(wishes, followed=followed))


def require_still_there(w3: Web3, block: Block) -> None:
    """Refuse a chain that reorganised.

    Raises:
        ChainError: the block is not on it any more.
    """
    if block_at(w3, block.number).hash != block.hash:
        raise ChainError(f"block {block.number} went away during the audit", hint="run it again")


def examine(story: Story, crew: Crew, wishes: Wishes, sheet: Sheet, watcher: Watcher) -> list[RoundResult]:
    """All of an audit but for the reading of the chain.

    Args:
        story: what was read.
        crew: who judges rounds, with which content.
        wishes: what is asked for.
        sheet: on which everything is noted that belongs to no round's content.
        watcher: told how it goes on.

    Returns:
        the rounds' results, in order.
    """
    watcher.say("judging the chain's part")
    judged = on_chain.judge(story, sheet)
    with open_store(crew.stores) as store:
        document = on_task.check(story, store, wishes.seconds, sheet)
    if not wishes.scores:
        sheet.skip(Check.SCORES, "it was asked for without")
    settled = {number: replace(found, ledger={}) for number, found in judged.settled.items()}  # accounts: not needed
    ground = Ground(story.told, settled, judged.opened, document, wishes.task_file, wishes.scores, wishes.seconds)
    return _rounds(ground, crew, sheet, watcher)


def _read(sources: Sources, folder: Path, block: Block, wishes: Wishes, sheet: Sheet, watcher: Watcher) -> Story:
    """The federation's history, with what proves it."""

    def damaged(what: str) -> None:
        place = Place("what an earlier audit kept of blocks", Party.AUDITOR, str(folder / "blocks.sqlite"))
        sheet.holds(Check.CACHE, False, place, actual=what)

    kept = KeptBlocks(folder / "blocks.sqlite", damaged)
    try:
        witness = Witness(sources.w3, kept, sheet)
        story = gather(sources, block, witness, sheet, watcher.say)
        blocks = len(blocks_of(sources, block))
        if _follows(wishes, blocks):
            watcher.begin("following the blocks", blocks)
            follow_blocks(sources, story, witness, sheet, watcher.step)
        else:
            sheet.skip(Check.ANCESTRY, f"there are {blocks} blocks: add --every-block")
        return story
    finally:
        kept.close()


def _rounds(ground: Ground, crew: Crew, sheet: Sheet, watcher: Watcher) -> list[RoundResult]:
    """The rounds' results, in order; those in the journal are not judged again."""
    journal = Journal(crew.folder)
    numbers = sorted(ground.told.records)
    watcher.begin("auditing rounds", len(numbers))
    found: dict[int, RoundResult] = {}
    for number in numbers:
        result = journal.load(number, ground.inputs(number), sheet)
        if result is not None:
            found[number] = result
    watcher.step(len(found))

    def done(result: RoundResult) -> None:
        found[result.number] = result
        watcher.step()

    judge_all(ground, crew, [number for number in numbers if number not in found], done)
    return [found[number] for number in numbers]


def _follows(wishes: Wishes, blocks: int) -> bool:
    return blocks <= MOST if wishes.every_block is None else wishes.every_block


def _contracts(sources: Sources) -> Mapping[str, Mapping[str, str]]:
    return {
        name: {"address": item.address, "code": item.code_hash} for name, item in sources.deployment.contracts.items()
    }


def _options(wishes: Wishes, *, followed: bool) -> dict[str, bool | int | str | None]:
    return {"scores": wishes.scores, "every_block": followed}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one audit works in a folder."""
    with ExitStack() as held:
        try:
            held.enter_context(exclusive(folder / "lock", 0.0))
        except StoreTimeout as error:
            raise Conflict(f"another audit works in {folder}", hint="wait for it, or use another --home") from error
        yield


def _jobs(story: Story, wishes: Wishes) -> int:
    """As many processes as are wished for, or worth it, and as memory allows."""
    records, params = story.told.records.values(), story.told.terms.params
    trainers = max((len(record.reveals) for record in records), default=0)
    wanted = wishes.jobs or min(_cores(), worthwhile(len(records), trainers, params))
    return affordable(wanted, trainers, params, free_memory())


def _cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
