"""What a worker does about each error that a contract, a node or a task can come up with (F-74)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parley.chain import errors
from parley.chain.compiler import project_root
from parley.chain.contracts import error_table
from parley.chain.reverts import ContractError
from parley.chain.verdicts import NeedsPerson, Pointless, Verdict, known, verdict_of
from parley.errors import ChainError, ConfigError, ContentError, KeystoreError, ParleyError, TaskError
from parley.storage.errors import StoreFull, StoreTimeout
from tests.chain.town import compiled

SOLIDITYS_OWN = {"", "Error", "Panic", "unknown"}
DECLARED = re.compile(r"^ *error (\w+)\(", re.MULTILINE)


def declared() -> set[str]:
    """The custom errors in all sources, libraries included: their functions are inlined, their errors leak out."""
    sources = [path for path in (project_root() / "contracts").rglob("*.sol") if "test" not in path.parts]
    return {name for path in sources for name in DECLARED.findall(Path(path).read_text())}


@pytest.mark.unit
def test_table__all_sources__has_a_verdict_for_every_error() -> None:
    """F-74: an error that is added to a contract, and not judged here, fails this test."""
    assert len(declared()) > 80
    assert declared() <= known()


@pytest.mark.integration
def test_table__all_abis__has_a_verdict_for_every_error_and_for_no_other() -> None:
    """F-74: those that come with libraries and tokens are among them."""
    table = error_table({name: artifact.abi for name, artifact in compiled().artifacts.items()})
    assert known() == set(table.names()) | declared() | SOLIDITYS_OWN


def reverted(name: str, mined: bool = False, **args: object) -> errors.Reverted:
    return errors.Reverted("deed", ContractError(name, args), "0x12" if mined else None)


@pytest.mark.unit
@pytest.mark.parametrize("mined", [False, True])
@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("RoundCoordinator_WrongTime", {"time": 9, "start": 10, "end": 20}, Verdict.RETRY),
        ("RoundCoordinator_WrongTime", {"time": 10, "start": 10, "end": 10}, Verdict.GIVE_UP),
        ("RoundCoordinator_WrongTime", {"time": 20, "start": 10, "end": 20}, Verdict.GIVE_UP),
        ("RoundCoordinator_WrongRound", {"round": 3, "current": 2}, Verdict.RETRY),
        ("RoundCoordinator_WrongRound", {"round": 2, "current": 3}, Verdict.GIVE_UP),
        ("RoundCoordinator_WrongTurn", {"turn": 2, "running": 1}, Verdict.RETRY),
        ("RoundCoordinator_WrongTurn", {"turn": 1, "running": 2}, Verdict.GIVE_UP),
        ("RoundCoordinator_NotMember", {"operator": "0x" + "11" * 20, "round": 1, "role": 1}, Verdict.GIVE_UP),
        ("RoundCoordinator_NotMember", {"operator": "0x" + "00" * 20, "round": 1, "role": 1}, Verdict.STOP),
        ("RoundCoordinator_Unauthorised", {"caller": "0x" + "11" * 20}, Verdict.STOP),
        ("RoundCoordinator_WrongPhase", {"phase": 3}, Verdict.RETRY),
        ("Disputes_NothingWrong", {}, Verdict.GIVE_UP),
        ("Panic", {"code": 0x11}, Verdict.RETRY),
        ("Parley_NeverHeardOf", {}, Verdict.RETRY),
    ],
)
def test_verdict__revert__by_its_meaning(name: str, args: dict[str, object], expected: Verdict, mined: bool) -> None:
    """F-74: a transaction that was mined and reverted is judged as one that was refused beforehand."""
    assert verdict_of(reverted(name, mined, **args)) is expected


@pytest.mark.unit
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.Unreachable("no answer"), Verdict.RETRY),
        (errors.NodeRefused("eth_call", -32000, "insufficient funds"), Verdict.RETRY),
        (errors.Unconfirmed("not in time"), Verdict.RETRY),
        (errors.JournalError("disk full"), Verdict.RETRY),
        (errors.StaleDeployment("no code"), Verdict.RETRY),
        (errors.Displaced("another content"), Verdict.RETRY),
        (ContentError("gone"), Verdict.RETRY),
        (StoreFull("full"), Verdict.RETRY),
        (StoreTimeout("slow"), Verdict.RETRY),
        (ChainError("odd"), Verdict.RETRY),
        (errors.TooLate("over"), Verdict.GIVE_UP),
        (errors.TooBig("huge"), Verdict.GIVE_UP),
        (errors.Contradiction("an old backup"), Verdict.GIVE_UP),
        (TaskError("not finite"), Verdict.GIVE_UP),
        (Pointless("lost"), Verdict.GIVE_UP),
        (errors.KeyInUse("another process"), Verdict.STOP),
        (errors.WrongChain("another chain"), Verdict.STOP),
        (ConfigError("unknown"), Verdict.STOP),
        (KeystoreError("wrong password"), Verdict.STOP),
        (NeedsPerson("convicted"), Verdict.STOP),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ParleyError) else str(value),
)
def test_verdict__other_errors__by_who_can_cure_them(error: ParleyError, expected: Verdict) -> None:
    """Section 8: what passes is tried again, what only a person can cure ends the worker."""
    assert verdict_of(error) is expected
    assert expected.ends == (expected is Verdict.STOP)
