"""F-61: content that kills the process which reads it costs two processes, not all that follow."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.hostile.readers import fill, read_shards, read_vectors
from tests.support.killing import run_module

pytestmark = pytest.mark.integration


DEATHS = {"shards": [2, 2], "once": [2], "again": [2, 0, 2], "vectors": [1, 1]}
"""For each folder, at which passage its readers die; 0: that one lives."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders in which readers have died."""
    base = tmp_path_factory.mktemp("poison")
    for name in DEATHS:
        fill(base / name)
    arguments = [
        f"{base / name}:{'vectors' if name == 'vectors' else 'shards'}:{passage}"
        for name, passages in DEATHS.items()
        for passage in passages
    ]
    run_module("tests.hostile.readers", *arguments)
    return base


def test_shards__one_kills_two_processes__the_third_reads_all_others(base: Path) -> None:
    """F-61: killed (as for want of memory) in the second shard, twice; then it is left out with a warning."""
    with capture_logs() as logs:
        assert read_shards(base / "shards") == [4, 6]
    assert [(entry["log_level"], entry["shard"]) for entry in logs] == [("warning", 2)]
    assert "2 processes died" in str(logs[0]["reason"])


@pytest.mark.parametrize("name", ["once", "again"])
def test_shards__single_deaths__condemn_nothing(base: Path, name: str) -> None:
    """F-61: a single death may have any cause; who reads it alive clears it of earlier ones."""
    assert read_shards(base / name) == [4, 5, 6]


def test_vectors__one_kills_two_processes__the_third_reads_the_other(base: Path) -> None:
    """F-61: an update is treated as one that nobody has."""
    assert read_vectors(base / "vectors") == [1]
