"""What soak and benchmark make of what the kernel tells."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from benchmarks.measure import Figure, Memory
from benchmarks.roles import AFTERMATH_SECONDS, ROLES, Meter, Mode, figures, mode_of
from chaoslab.usage import TICKS, Usage, parsed, usage_of
from parley.chain.model import Phase
from tests.roles.builders import HEADER, NOW, RECORD, view_in
from tests.scripts.loading import load_script

pytestmark = pytest.mark.unit

soak = load_script("soak.py")


def samples(*rss: int, descriptors: int = 9) -> list[object]:
    """A sample each ten seconds."""
    return [soak.Sample(10.0 * i, Usage(size, descriptors, 3, 0.0)) for i, size in enumerate(rss)]


def test_parsed__text_of_proc__gives_bytes_and_seconds() -> None:
    """Kilobytes become bytes, ticks seconds."""
    stat = ["S", *["0"] * 10, str(3 * TICKS), str(TICKS), "0"]
    assert parsed("Name:\tx\nVmRSS:\t    12 kB\nThreads:\t4\n", stat, 7) == Usage(12 * 1024, 7, 4, 4.0)


def test_usage_of__own_process__is_alive() -> None:
    """The real files of this kernel."""
    use = usage_of(os.getpid())
    assert use.rss > 1 << 20
    assert use.threads >= 1
    assert use.descriptors >= 3
    assert use.cpu > 0


def test_judged__steady_and_growing__only_growth_fails() -> None:
    """At most 1.05 of the memory after five minutes; a peak before that does not matter."""
    steady = soak.judged("trainer-1", samples(*[900] * 20, *[100] * 340), 60)
    grown = soak.judged("trainer-1", samples(*[100] * 200, *[106] * 160), 60)
    assert (steady.growth, steady.holds) == (1.0, True)
    assert (grown.growth, grown.holds) == (1.06, False)


def test_judged__more_descriptors__fails() -> None:
    """One descriptor more at the end is a leak."""
    taken = samples(*[100] * 200) + [
        replace(sample, seconds=sample.seconds + 2000)  # type: ignore[type-var]
        for sample in samples(*[100] * 160, descriptors=10)
    ]
    assert not soak.judged("watcher-1", taken, 60).holds


@pytest.mark.parametrize("minutes", [1, 10, 60])
def test_scale_for__any_length__has_rounds_for_the_whole_time(minutes: float, tmp_path: object) -> None:
    """Rounds never run out before the time does, and there are shards for all."""
    scale = soak.scale_for(minutes, tmp_path)
    assert scale.rounds <= soak.MAX_ROUNDS
    assert scale.rounds * (scale.policy.challenge + soak.WORK_SECONDS) >= minutes * 60


def test_markdown__verdicts__names_each_worker() -> None:
    """A row a worker, in MiB."""
    verdict = soak.Verdict("trainer-1", (100 * 2**20, 9, 3), (101 * 2**20, 9, 3))
    assert "| trainer | 100.0 | 101.0 | 1.010 | 9 -> 9 | 3 -> 3 |" in soak.markdown([verdict], 60, 40)


@pytest.mark.parametrize(
    ("phase", "age", "mode"),
    [
        (Phase.TRAIN, 99, Mode.WORK),
        (Phase.CHALLENGE, AFTERMATH_SECONDS - 1, Mode.WORK),
        (Phase.CHALLENGE, AFTERMATH_SECONDS, Mode.REST),
    ],
)
def test_mode_of__after_the_settlement__is_rest_once_it_was_recomputed(phase: Phase, age: int, mode: Mode) -> None:
    """Others' recomputing is work, too."""
    view = view_in(phase, record=replace(RECORD, header=replace(HEADER, posted_at=NOW - 1 - age)))
    assert mode_of(view) is mode


def test_figures__readings__cpu_a_minute_and_most_memory_beside_the_floor() -> None:
    """What was used between two readings counts for the mode of the later one."""
    meter = Meter()
    names = {*ROLES, *ROLES.values()}
    for now, cpu, mode in ((0, 0.0, Mode.WORK), (30, 3.0, Mode.WORK), (60, 3.5, Mode.REST)):
        meter.read(now, mode, {name: Usage(1000 + now, 5, 1, cpu) for name in names})
    found = list(figures(meter))
    work = next(f for f in found if isinstance(f, Figure) and f.task == "trainer at work: CPU")
    rest = next(f for f in found if isinstance(f, Figure) and f.task == "trainer at rest: CPU")
    assert (work.seconds, rest.seconds, rest.rate) == (6.0, 1.0, "1.0 s/minute")
    assert {f.bytes for f in found if isinstance(f, Memory) and "rest" in f.task} == {1060}
    assert len(found) == 2 * len(ROLES) * 4
