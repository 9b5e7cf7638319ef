"""The README's tutorial, every command of it, on a chain, processes and data of its own."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from parley.chain import devnet
from parley.chain.contracts import Contracts
from parley.chain.deployments import load_deployment
from parley.chain.errors import Unreachable
from parley.chain.keystore import Keystore
from parley.chain.model import Role
from parley.chain.reader import Reader
from parley.chain.rpc import connect
from parley.chain.view import View
from parley.cli.amounts import WEI
from parley.roles.books import Books
from parley.storage import cid_of
from parley.tasks.builtin import builtin
from parley.tasks.data_file import load
from parley.tasks.protocol import tensors
from tests.docs.markdown import ROOT, Section, fenced, under
from tests.docs.shell import Shell, ShellError

TITLE = "Ten-minute tutorial"
SECONDS = 1200.0
"""For all of it, on a machine that has many other things to do; alone on two cores it takes less than three minutes."""
ROUNDS = 2
FID = 1
BUDGET, SPENT_AT_MOST, DEPOSIT = 1200 * WEI, 1000 * WEI, 2000 * WEI


@dataclass(frozen=True)
class Place:
    """Where the tutorial's reader is.

    Attributes:
        folder: the tutorial's own.
        url: of its chain.
        printed: what the section printed.
    """

    folder: Path
    url: str
    printed: str

    @property
    def contracts(self) -> Contracts:
        """The deployment, checked against the chain."""
        w3 = connect(self.url)
        return load_deployment(w3.eth.chain_id, self.folder / "deployments", w3).bind(w3)

    def reader(self) -> Reader:
        """Reads the federation."""
        return Reader(connect(self.url), self.contracts, FID, self.contracts.coordinator.address)

    def addresses(self) -> dict[str, str]:
        """Address of each key by name."""
        return {entry.name: str(entry.address) for entry in Keystore(self.folder / ".parley" / "keystores").entries()}


def _check_chain(place: Place) -> None:
    """Contracts are there, and everybody has ether."""
    names = place.addresses()
    assert len(names) == 8
    ether = connect(place.url).eth.get_balance
    assert all(ether(address) > 0 for address in names.values())


def _check_federation(place: Place) -> None:
    """P-24: sealed, funded, and data are cut so that nobody shares a sample with anybody."""
    view = place.reader().view()
    assert view.terms.rounds == ROUNDS
    assert any(view.terms.anchor)
    assert view.free_budget == BUDGET
    assert view.next_policy.train == 300
    schema = builtin("breast-cancer").schema
    parts = [load(path, schema) for path in sorted((place.folder / "data").glob("*.npz"))]
    assert len(parts) == 5
    samples = [sample.tobytes() for part in parts for sample in part.X]
    assert len(samples) == len(builtin("breast-cancer").dataset())
    (secret,) = (place.folder / ".parley").glob("validation/*/chain.key")
    assert secret.stat().st_mode & 0o777 == 0o600


def _check_members(place: Place) -> None:
    """Each of the seven is in with its role."""
    lens, names = place.contracts.lens, place.addresses()
    for name in set(names) - {"sponsor"}:
        roles = lens.functions.memberOf(FID, names[name]).call()[0]
        assert Role(roles) == Role[name.rpartition("-")[0].upper()], name


def _check_rounds(place: Place) -> None:
    """P-8, P-10: both rounds are final, with every trainer's update, every evaluator's scores and the opened shard."""
    view = place.reader().view()
    assert sorted(view.records) == [1, 2]
    for record in view.records.values():
        assert record.final
        assert len(record.reveals) == 3
        assert len(record.vectors) == 3
    assert sorted(view.keys) == [1, 2]
    assert place.printed.split().count("final") >= ROUNDS


def _check_rewards(place: Place) -> None:
    """P-12, P-17: all that was earned is paid, to the wei; the file is the model on chain, and it has learnt."""
    reader, contracts, names = place.reader(), place.contracts, place.addresses()
    view = reader.view()
    earned = {account.operator: account.cumulative for account in Books(reader.policy).ledger(view).values()}
    claimed = contracts.reward_vault.functions.claimedOf
    assert contracts.token is not None
    balance = contracts.token.functions.balanceOf
    assert 0 < sum(earned.values()) <= SPENT_AT_MOST
    assert earned[names["aggregator-1"]] == ROUNDS * 500 * WEI // 10
    for name in set(names) - {"sponsor"}:
        paid = claimed(FID, names[name]).call()
        assert paid == earned.get(names[name], 0) == balance(names[name]).call(), name
    _check_model(place, view)


def _check_model(place: Place, view: View) -> None:
    path = place.folder / "model.safetensors"
    found = load_file(path)
    task = builtin("breast-cancer").task()
    genesis = task.init(0)
    assert {name: tensor.shape for name, tensor in found.items()} == {
        name: tensor.shape for name, tensor in tensors(task, genesis).items()
    }
    assert all(tensor.dtype == np.float32 and np.isfinite(tensor).all() for tensor in found.values())
    assert view.federation.model_root.hex().encode() in path.read_bytes()
    assert str(cid_of(path.read_bytes())) in place.printed
    model = np.concatenate([found[name].ravel() for name in tensors(task, genesis)])
    test = load(place.folder / "data" / "test.npz", task.schema)
    assert task.metric(model, test) > max(0.85, task.metric(genesis, test))


def _check_end(place: Place) -> None:
    """The sponsor has its rest, the member that left has its stake, and what nobody claimed is all that is left."""
    names, contracts = place.addresses(), place.contracts
    view = place.reader().view()
    assert view.federation.closed
    assert contracts.token is not None
    balance = contracts.token.functions.balanceOf
    assert balance(names["sponsor"]).call() == 200 * WEI
    assert balance(names["trainer-1"]).call() >= DEPOSIT
    _, _, free, reserved, owed = contracts.reward_vault.functions.booksOf(FID).call()
    assert (reserved, owed) == (0, 0)
    assert free == balance(contracts.reward_vault.address).call()


def _check_nothing(place: Place) -> None:
    """The chain has ended."""
    assert devnet.status(place.folder / ".parley") is None
    with pytest.raises(Unreachable):
        connect(place.url)


CHECKS: dict[str, Callable[[Place], None]] = {
    "A chain, the contracts, keys": _check_chain,
    "Data, and a federation": _check_federation,
    "Everybody joins": _check_members,
    "Rounds": _check_rounds,
    "Rewards and the model": _check_rewards,
    "The end of a federation": _check_end,
    "Afterwards": _check_nothing,
}
"""What must be true after each section."""


def _sections() -> list[Section]:
    """The sections of the tutorial that hold commands."""
    return [part for part in under((ROOT / "README.md").read_text(), TITLE) if fenced(part.text, "sh")]


@pytest.fixture
def port() -> int:
    """A port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def shell(tmp_path: Path, port: int) -> Iterator[Shell]:
    """A shell in the project's folder, as a reader has it after `make install`."""
    with Shell(ROOT, tmp_path, {"PORT": str(port)}) as running:
        yield running


@pytest.mark.unit
def test_tutorial__each_section__has_a_check() -> None:
    assert [part.title for part in _sections()] == list(CHECKS)


@pytest.mark.integration
@pytest.mark.timeout(1300)
def test_tutorial__typed_as_it_stands__trains_pays_and_leaves_no_process(shell: Shell, port: int) -> None:
    """P-8, P-10, P-12, P-17, P-24: the README's commands do what it says."""
    until = time.monotonic() + SECONDS
    for part in _sections():
        printed = "".join(shell.run(script, until - time.monotonic()) for script in fenced(part.text, "sh"))
        CHECKS[part.title](Place(shell.folder(), f"http://127.0.0.1:{port}", printed))
    assert shell.started() == []


@pytest.mark.integration
def test_shell__script_that_fails_or_hangs__is_told_and_its_jobs_end(tmp_path: Path) -> None:
    """The test above can fail, and ends what it started even then."""
    with Shell(ROOT, tmp_path, {}) as running, pytest.raises(ShellError, match="hangs"):
        running.run("sleep 600 & sleep 600", 1)
    assert running.started() == []
    with Shell(ROOT, tmp_path, {}) as running, pytest.raises(ShellError, match="ended with 3"):
        running.run("(exit 3)\necho not reached", 30)
