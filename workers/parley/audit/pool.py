"""Rounds judged by several processes, each of which takes rounds that follow one another: they share content."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parley.audit.journal import Journal
from parley.audit.results import RoundResult
from parley.audit.work import Ground, Site
from parley.children import die_with_parent
from parley.errors import ParleyError
from parley.failpoints import Failpoint, failpoint
from parley.numerics.fixed_point import size_for
from parley.roles.hindsight import HISTORY
from parley.storage import open_store

SPAN = 16
"""Rounds that a process takes at a time, at most."""

END_SECONDS = 5.0
"""That processes have to end where an audit is stopped."""

MEMORY_SHARE = 0.5
"""Of the memory that is free, that all processes may fill with vectors."""

START_SECONDS = 3.0
"""Processor time that a process takes before it judges anything, torch included."""

ROUND_SECONDS, PARAMETER_SECONDS = 5e-3, 6e-8
"""Processor time that a round takes, and each parameter of an update: see docs/measurements.md."""

Done = Callable[[RoundResult], None]


class Lost(ParleyError):
    """A process that judged rounds died."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Who judges, with what.

    Attributes:
        stores: addresses of content stores.
        folder: of the journal.
        jobs: processes at most; with one all is done in this process.
        prepare: what a new process does first, such as setting up its log.
    """

    stores: tuple[str, ...]
    folder: Path
    jobs: int
    prepare: Callable[[], None]


def judge_all(ground: Ground, crew: Crew, numbers: Sequence[int], done: Done) -> None:
    """Judge rounds; each is in the journal before it is told of.

    Args:
        ground: of the audit.
        crew: who judges.
        numbers: rounds, in order.
        done: hears of each round.

    Raises:
        Lost: a process died, for lack of memory perhaps; what is done is in the journal.
    """
    jobs = min(crew.jobs, len(numbers))
    if jobs <= 1:
        with open_store(crew.stores) as store:
            site, journal = Site(ground, store), Journal(crew.folder)
            for number in numbers:
                done(_judged(site, journal, number))
        return
    spans = spread(numbers, jobs)
    with _workers(jobs, ground, crew) as executor:
        pending: set[Future[list[RoundResult]]] = {executor.submit(_judge_span, span) for span in spans}
        try:
            while pending:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in finished:
                    for result in future.result():
                        done(result)
        except BrokenProcessPool as error:
            hint = "run it again, with fewer --jobs if memory is short: it goes on where it was"
            raise Lost("a process of the audit died", hint=hint) from error


def spread(numbers: Sequence[int], jobs: int) -> list[Sequence[int]]:
    """Spans of rounds that follow one another, two or more to a process."""
    length = max(1, min(SPAN, -(-len(numbers) // (2 * jobs))))
    return [numbers[start : start + length] for start in range(0, len(numbers), length)]


def affordable(jobs: int, trainers: int, params: int, free: int) -> int:
    """How many processes memory allows, one at least.

    Args:
        jobs: that are wished for.
        trainers: the most updates that a round has.
        params: parameters of each.
        free: bytes of memory that are free.
    """
    vectors = (HISTORY + 2) * trainers + 3
    return max(1, min(jobs, int(free * MEMORY_SHARE) // (vectors * size_for(params))))


def worthwhile(rounds: int, trainers: int, params: int) -> int:
    """How many processes the work is worth: each takes seconds to start.

    Args:
        rounds: that are to be judged.
        trainers: the most updates that a round has.
        params: parameters of each.
    """
    seconds = rounds * (ROUND_SECONDS + trainers * params * PARAMETER_SECONDS)
    return 1 + int(seconds / START_SECONDS)


def free_memory() -> int:
    """Bytes of memory that are free or can be freed."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        kib = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return kib * 1024


@contextmanager
def _workers(jobs: int, ground: Ground, crew: Crew) -> Iterator[ProcessPoolExecutor]:
    """Processes that start afresh, with nothing of this one's threads and connections."""
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(os.getpid(), ground, crew))
    try:
        yield executor
        executor.shutdown()
    except BaseException:
        processes = list((executor._processes or {}).values())
        executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(END_SECONDS)
        raise


_tools: tuple[Site, Journal]


def _begin(parent: int, ground: Ground, crew: Crew) -> None:
    """Open everything once; Ctrl-C is for the first process alone, and nobody outlives that."""
    global _tools  # noqa: PLW0603 - what all tasks of one of the executor's processes have in common
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    if os.getppid() != parent:
        os._exit(1)
    crew.prepare()
    _tools = Site(ground, open_store(crew.stores)), Journal(crew.folder)


def _judge_span(numbers: Sequence[int]) -> list[RoundResult]:
    return [_judged(*_tools, number) for number in numbers]


def _judged(site: Site, journal: Journal, number: int) -> RoundResult:
    result = site.judge(number)
    journal.save(result)
    failpoint(Failpoint.IN_AUDIT)
    return result
