"""`parley audit`: reports, exit codes, interruptions, and the re-check of reports, altered ones among them."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from eth_account import Account

from parley.audit import canonical, report
from parley.audit.run import Wishes, Workplace, audit
from parley.errors import Conflict, ExitCode
from parley.failpoints import VARIABLE, Failpoint
from parley.storage import Cid
from tests.audit.altered import ALTERED, Change, Json, different_throughout, resigned
from tests.audit.towns import QUIET, Audited, Silent, short
from tests.cli.world import PASSWORD, World, make_world
from tests.support.anvil import AnvilNode

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def audited(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """Three final rounds."""
    return short(module_anvil, tmp_path_factory.mktemp("short"))


@pytest.fixture
def world(module_anvil: AnvilNode, audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An auditor with a key, and a copy of the content of its own."""
    shutil.copytree(audited.store, tmp_path / "store")
    made = make_world(
        module_anvil, tmp_path, rpc_url=audited.url, deployments=str(audited.folder / "deployments"), store="store"
    )
    monkeypatch.chdir(tmp_path)
    made.json("account", "new", "auditor", "--light")
    return made


@pytest.fixture(scope="module")
def signed(audited: Audited, tmp_path_factory: pytest.TempPathFactory) -> Json:
    """A report that somebody made, and signed."""
    return report.signed(audited.audit(tmp_path_factory.mktemp("auditor")), Account.from_key("0x" + "07" * 32))


def model_file(world: World, told: Json, place: int = -1) -> Path:
    """Where the world's store keeps a round's model, the last by default."""
    digest = bytes.fromhex(told["report"]["rounds"][place]["derived"]["model_digest"][2:])
    cid = str(Cid.from_digest(digest, 1))
    return world.folder / "store" / "objects" / cid[-2:] / cid


def lose(world: World, told: Json) -> None:
    """Let the world's store lose the last model."""
    model_file(world, told).unlink()


# -------------------------------------------------------------------------------------------------------- reports


def test_audit__clean_federation__signed_report_page_and_exit_code_0(world: World) -> None:
    told = world.json("audit", "1", "--account", "auditor", "--every-block")
    (path,) = world.folder.glob("audit-1-*.json")
    assert json.loads(path.read_text()) == told
    assert told["report"]["verdict"] == "clean"
    assert report.signer_of(canonical.digest(told["report"]), told["signature"]) == told["signer"]
    page = path.with_suffix(".html").read_text()
    assert "Everything holds" in page
    assert told["signer"] in page
    again = world.run("audit", "1", "--account", "auditor", "--every-block", "--out", "again.json")
    assert again.exit_code == 0, again.output
    assert "clean" in again.stdout
    own = {"kept.blocks"}
    bodies = [json.loads(file.read_text())["report"] for file in (path, world.folder / "again.json")]
    first, second = ({**body, "checks": [c for c in body["checks"] if c["name"] not in own]} for body in bodies)
    assert first == second


def test_audit__without_a_key_and_scores__says_both(world: World) -> None:
    told = world.json("audit", "1", "--no-scores")
    assert (told["signer"], told["signature"]) == (None, None)
    skipped = {item["name"]: item["skipped"] for item in told["report"]["checks"] if item["skipped"]}
    assert skipped["vote.scores"] == "it was asked for without"
    assert all(item["scores"]["not run again"] == 3 for item in told["report"]["rounds"])


def test_audit__content_gone__exit_code_of_its_own(world: World, signed: Json) -> None:
    lose(world, signed)
    result = world.run("audit", "1", "--json")
    assert result.exit_code == ExitCode.UNAVAILABLE
    (finding,) = [f for f in json.loads(result.stdout)["report"]["findings"] if f["outcome"] == "unavailable"]
    assert (finding["check"], finding["responsible"], finding["round"]) == ("content.models", "store", 3)
    assert finding["by_hand"] == ["parley model fetch --round 3"]


def test_audit__something_wrong__exit_code_and_who(world: World) -> None:
    (file, *_) = sorted((world.folder / "store" / "objects").rglob("baf*"))
    file.write_bytes(file.read_bytes()[:-1] + b"\x55")
    result = world.run("audit", "1", "--json")
    assert result.exit_code == ExitCode.WRONG
    assert {f["responsible"] for f in json.loads(result.stdout)["report"]["findings"]} >= {"store"}
    assert "store" in world.run("audit", "-f", "1", "--out", "second.json").stdout


def test_audit__federation_that_is_not_there__is_not_found(world: World) -> None:
    result = world.run("audit", "9")
    assert result.exit_code == ExitCode.NOT_FOUND
    assert list(world.folder.glob("audit-*")) == []


def test_audit__up_to_an_earlier_block__knows_of_nothing_later(world: World, signed: Json) -> None:
    """A round that runs is audited as far as it is."""
    block = signed["report"]["block"]["number"] - 25
    told = world.json("audit", "1", "--block", block, "--no-scores")
    assert told["report"]["block"]["number"] == block
    assert [item["state"] for item in told["report"]["rounds"]] != ["final"] * 3


# --------------------------------------------------------------------------------------------------- interruptions


def _start(world: World, *more: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A process of its own."""
    command = [sys.executable, "-m", "parley", "--config", str(world.config), "audit", "1", *more]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, timeout=300)


@pytest.mark.parametrize("jobs", [1, 2])
def test_audit__killed_in_the_middle__goes_on_where_it_was(world: World, signed: Json, jobs: int) -> None:
    """P-18: kill -9 after a round was audited; what is done is not done again, and the report is the same."""
    died = _start(world, "--jobs", str(jobs), **{VARIABLE: f"{Failpoint.IN_AUDIT}:1"})
    assert died.returncode == (-signal.SIGKILL if jobs == 1 else ExitCode.UNEXPECTED), died.stderr
    (journal,) = (world.folder / "home" / "audit").glob("*/*/*/rounds")
    kept = sorted(path.name for path in journal.glob("*.json"))
    assert 1 <= len(kept) < 3
    stamps = {name: (journal / name).stat().st_mtime_ns for name in kept}
    died = _start(world, "--jobs", "1", **{VARIABLE: f"{Failpoint.IN_AUDIT}:1"})
    assert died.returncode == -signal.SIGKILL
    assert {name: (journal / name).stat().st_mtime_ns for name in kept} == stamps
    assert len(list(journal.glob("*.json"))) == len(kept) + 1
    told = world.json("audit", "1", "--block", signed["report"]["block"]["number"])
    assert told["report"]["rounds"] == signed["report"]["rounds"]
    assert told["report"]["verdict"] == "clean"
    assert not journal.exists()


@pytest.mark.parametrize(
    ("out", "code"),
    [
        ("report.html", ExitCode.USAGE),
        ("report.HTML", ExitCode.USAGE),
        ("store", ExitCode.CONFIG),
        ("password/report.json", ExitCode.CONFLICT),
        ("taken.json", ExitCode.CONFIG),
    ],
)
def test_audit__where_no_report_can_be_written__is_refused_before_the_work(
    world: World, out: str, code: ExitCode
) -> None:
    (world.folder / "taken.html").mkdir()
    before = sorted(world.folder.rglob("*"))
    result = world.run("audit", "1", "--no-scores", "--out", out)
    assert result.exit_code == code, result.output
    assert sorted(world.folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), ExitCode.CONTENT),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED),
    ],
)
def test_audit__stopped_while_the_report_is_written__goes_on_where_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: ExitCode
) -> None:
    """P-18: a full disk at the very end costs no work."""

    def fails(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr("parley.cli.actions.auditing.write_whole", fails)
        assert world.run("audit", "1", "--no-scores").exit_code == code
    (journal,) = (world.folder / "home" / "audit").glob("*/*/*/rounds")
    assert len(list(journal.glob("*.json"))) == 3
    assert list(world.folder.glob("audit-*")) == []
    told = world.json("audit", "1", "--no-scores")
    (kept,) = [item for item in told["report"]["checks"] if item["name"] == "kept.rounds"]
    assert kept["compared"] == 3
    assert not journal.exists()


class Impatient(Silent):
    """Presses Ctrl-C after the first round."""

    def step(self, count: int = 1) -> None:
        """A round is done."""
        if count == 1:
            raise KeyboardInterrupt


def none_left(within: float) -> bool:
    """Whether no process is left; the pool's own thread may be just about to take note of the last one's end."""
    end = time.monotonic() + within
    while multiprocessing.active_children() and time.monotonic() < end:
        time.sleep(0.05)
    return multiprocessing.active_children() == []


@pytest.mark.parametrize("jobs", [1, 3])
def test_audit__ctrl_c__leaves_a_journal_and_no_process(audited: Audited, tmp_path: Path, jobs: int) -> None:
    where = Workplace((str(audited.store),), tmp_path, QUIET)
    with pytest.raises(KeyboardInterrupt):
        audit(audited.sources(), where, Wishes(jobs=jobs, scores=False), Impatient())
    assert none_left(within=5.0)
    assert len(list(tmp_path.rglob("rounds/*.json"))) >= 1
    assert audited.audit(tmp_path, wishes=Wishes(scores=False))["verdict"] == "clean"


def test_audit__another_one_at_work__is_refused(audited: Audited, tmp_path: Path) -> None:
    refused = []

    class Curious(Silent):
        """Starts another audit while the first one runs."""

        def begin(self, what: str, total: int) -> None:
            """Rounds begin."""
            with pytest.raises(Conflict, match="another audit works in"):
                audited.audit(tmp_path, wishes=Wishes(scores=False))
            refused.append(what)

    where = Workplace((str(audited.store),), tmp_path, QUIET)
    assert audit(audited.sources(), where, Wishes(scores=False), Curious())["verdict"] == "clean"
    assert refused == ["following the blocks", "auditing rounds"]


# -------------------------------------------------------------------------------------------------------- re-check


def write(world: World, told: Json) -> Path:
    path = world.folder / "report.json"
    path.write_bytes(canonical.encode(told))
    return path


def test_verify__report_of_another_machine__is_confirmed(world: World, signed: Json) -> None:
    found = world.json("audit", "--verify", write(world, signed))
    assert (found["confirmed"], found["report_verdict"], found["verdict_here"]) == (True, "clean", "clean")
    assert found["signer"] == signed["signer"]
    assert found["findings"] == []
    assert found["compared"] > 40


def test_verify__content_gone_here__cannot_tell(world: World, signed: Json) -> None:
    lose(world, signed)
    result = world.run("audit", "--verify", write(world, signed), "--json")
    assert result.exit_code == ExitCode.UNAVAILABLE, result.output
    found = json.loads(result.stdout)
    assert not found["confirmed"]
    assert {(f["check"], f["outcome"], f["responsible"]) for f in found["findings"]} == {
        ("content.models", "unavailable", "store")
    }


def test_verify__content_gone_where_it_was_signed__is_not_called_wrong(world: World, signed: Json) -> None:
    """This machine has the content, and derives what the report could not."""
    kept = model_file(world, signed).read_bytes()
    lose(world, signed)
    block = signed["report"]["block"]["number"]
    made = world.run("audit", "1", "--account", "auditor", "--block", block, "--out", "there.json")
    assert made.exit_code == ExitCode.UNAVAILABLE, made.output
    model_file(world, signed).write_bytes(kept)
    result = world.run("audit", "--verify", "there.json", "--json")
    assert result.exit_code == ExitCode.UNAVAILABLE, result.output
    found = json.loads(result.stdout)
    assert (found["report_verdict"], found["verdict_here"], found["confirmed"]) == ("unavailable", "clean", False)
    assert {(f["check"], f["outcome"]) for f in found["findings"]} == {("report.repeat", "unavailable")}


def test_verify__content_damaged_here__is_the_stores_fault(world: World, signed: Json) -> None:
    path = model_file(world, signed, 1)
    path.write_bytes(path.read_bytes()[:-1] + b"\x55")
    result = world.run("audit", "--verify", write(world, signed), "--json")
    assert result.exit_code == ExitCode.UNAVAILABLE, result.output
    found = json.loads(result.stdout)
    assert (found["report_verdict"], found["verdict_here"], found["confirmed"]) == ("clean", "wrong", False)
    assert ("content.models", "wrong", "store", 2) in {
        (f["check"], f["outcome"], f["responsible"], f["round"]) for f in found["findings"]
    }
    assert "report" not in {f["responsible"] for f in found["findings"]}


def test_verify__different_scores_that_do_not_recur__are_not_confirmed(world: World, signed: Json) -> None:
    told = json.loads(json.dumps(signed))
    resigned(different_throughout)(told)
    result = world.run("audit", "--verify", write(world, told), "--json")
    assert result.exit_code == ExitCode.UNAVAILABLE, result.output
    found = json.loads(result.stdout)
    assert not found["confirmed"]
    (finding,) = [f for f in found["findings"] if f["outcome"] == "different"]
    assert "not reproduced" in finding["actual"]


@pytest.mark.parametrize(("change", "check"), ALTERED)
def test_verify__altered_report__is_found_and_named(world: World, signed: Json, change: Change, check: str) -> None:
    told = json.loads(json.dumps(signed))
    change(told)
    result = world.run("audit", "--verify", write(world, told), "--json")
    assert result.exit_code == ExitCode.WRONG, result.output
    found = json.loads(result.stdout)
    assert check in {f["check"] for f in found["findings"] if f["outcome"] == "wrong"}
    assert not found["confirmed"]


def test_verify__no_report__is_an_error_of_content(world: World) -> None:
    path = world.folder / "report.json"
    assert world.run("audit", "--verify", path).exit_code == ExitCode.NOT_FOUND
    path.write_text("{}")
    assert world.run("audit", "--verify", path).exit_code == ExitCode.CONTENT
    for beside in (("1",), ("--no-scores",), ("--every-block",), ("--out", "x.json"), ("--block", "3")):
        assert world.run("audit", *beside, "--verify", path).exit_code == ExitCode.USAGE
    assert PASSWORD not in world.run("audit", "--verify", path).output
