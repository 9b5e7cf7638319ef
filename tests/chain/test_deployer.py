"""Deploying on a real chain: determinism, crashes, and files that lie."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parley.chain.contracts import CORE, TOKEN
from parley.chain.deploy_plan import FEE_FLOOR, Options
from parley.chain.deployer import JOURNAL, deploy
from parley.chain.deployments import COMPILER_INPUT, Deployment, load_deployment
from parley.chain.errors import NotDeployed, Reverted, StaleDeployment, WrongChain
from parley.chain.rpc import connect
from parley.chain.sender import Sender
from parley.chain.transactions import Intent, Outgoing, Recorder, Sent
from tests.chain.town import MIN_WINDOW, QUICK, Town, compiled, key, rpc
from tests.support.anvil import AnvilNode, running_anvil

pytestmark = pytest.mark.integration


class PowerCut(Exception):
    """The deployer's process ends here."""


class DyingSender(Sender):
    """Dies at one transaction: just before it leaves, or just after it was mined."""

    deadly: int = -1
    after: bool = False

    def deliver(
        self,
        message: Outgoing,
        *,
        intent: Intent | None = None,
        nonce: int | None = None,
        record: Recorder = lambda _: None,
    ) -> Sent:
        """Send, or die."""
        if nonce == self.deadly and not self.after:
            raise PowerCut
        sent = super().deliver(message, intent=intent, nonce=nonce, record=record)
        if nonce == self.deadly:
            raise PowerCut
        return sent


@pytest.fixture
def sender(anvil: AnvilNode, tmp_path: Path) -> Iterator[DyingSender]:
    """Sends with the first key."""
    errors = Town.errors()
    with DyingSender(connect(anvil.url), key(anvil, 0), errors, tmp_path / "outbox", QUICK) as sender:
        yield sender


def deployed(anvil: AnvilNode, sender: Sender, folder: Path, *, anew: bool = False) -> Deployment:
    """Deploy with a token."""
    options = Options(MIN_WINDOW, anvil.addresses[0], 100)
    return deploy(connect(anvil.url), sender, compiled(), options, folder, anew=anew)


def test_deploy__fresh_chain__writes_files_that_load(anvil: AnvilNode, sender: DyingSender, tmp_path: Path) -> None:
    deployment = deployed(anvil, sender, tmp_path)
    w3 = connect(anvil.url)
    assert load_deployment(31337, tmp_path, w3) == deployment
    names = sorted(path.name for path in (tmp_path / "31337").iterdir())
    assert names == sorted([*(f"{name}.json" for name in (*CORE, TOKEN)), COMPILER_INPUT])
    record = json.loads((tmp_path / "31337" / "RoundCoordinator.json").read_text())
    assert record["compiler"]["settings"]["viaIR"] is True
    assert record["arguments"]["stakeVault"] == deployment.address_of("StakeVault")
    receipt = w3.eth.get_transaction_receipt(record["transaction"])
    assert (receipt["contractAddress"], receipt["blockNumber"]) == (record["address"], record["block"])
    contracts = deployment.bind(w3)
    assert contracts.start_block == 1
    assert contracts.token is not None
    assert contracts.token.functions.balanceOf(anvil.addresses[0]).call() == 100
    assert contracts.federations.functions.minWindow().call() == MIN_WINDOW
    assert contracts.coordinator.functions.disputes().call() == contracts.disputes.address
    assert contracts.disputes.functions.feeFloor().call() == FEE_FLOOR


def test_deploy__same_key_on_another_fresh_chain__gives_the_same_addresses(
    anvil: AnvilNode, sender: DyingSender, tmp_path: Path
) -> None:
    first = deployed(anvil, sender, tmp_path / "first")
    with running_anvil() as other, Sender(connect(other.url), key(other, 0), Town.errors(), tmp_path / "l2") as second:
        again = deployed(other, second, tmp_path / "second")
    assert {name: item.address for name, item in first.contracts.items()} == {
        name: item.address for name, item in again.contracts.items()
    }


def test_deploy__again__sends_nothing(anvil: AnvilNode, sender: DyingSender, tmp_path: Path) -> None:
    first = deployed(anvil, sender, tmp_path)
    nonce = sender.next_nonce()
    assert deployed(anvil, sender, tmp_path) == first
    assert sender.next_nonce() == nonce
    anew = deployed(anvil, sender, tmp_path, anew=True)
    assert sender.next_nonce() == nonce + len(CORE) + 1
    assert anew.address_of("RoundLens") != first.address_of("RoundLens")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("deadly", [0, 3, 7])
def test_deploy__crash_between_two_transactions__resumes(
    anvil: AnvilNode, sender: DyingSender, tmp_path: Path, deadly: int, after: bool
) -> None:
    """P-18: nothing is deployed twice."""
    sender.deadly, sender.after = deadly, after
    with pytest.raises(PowerCut):
        deployed(anvil, sender, tmp_path)
    with pytest.raises(NotDeployed, match="there is no deployment on chain 31337"):
        load_deployment(31337, tmp_path, connect(anvil.url))
    sender.deadly = -1
    deployment = deployed(anvil, sender, tmp_path)
    assert sender.next_nonce() == len(CORE) + 1
    assert [item.nonce for item in deployment.contracts.values()] == list(range(len(CORE) + 1))
    assert not (tmp_path / "31337" / JOURNAL).exists()


def test_deploy__key_was_used_meanwhile__starts_afresh(anvil: AnvilNode, sender: DyingSender, tmp_path: Path) -> None:
    sender.deadly = 2
    with pytest.raises(PowerCut):
        deployed(anvil, sender, tmp_path)
    sender.deliver(Outgoing("a gift", anvil.addresses[1], b"", 1))
    sender.deadly = -1
    deployment = deployed(anvil, sender, tmp_path)
    assert [item.nonce for item in deployment.contracts.values()] == list(range(3, 11))
    load_deployment(31337, tmp_path, connect(anvil.url))


def test_deploy__crash_while_writing_the_files__is_finished_without_sending(
    anvil: AnvilNode, sender: DyingSender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("parley.chain.deployer.write_deployment", full)
        with pytest.raises(OSError, match="No space left"):
            deployed(anvil, sender, tmp_path)
    nonce = sender.next_nonce()
    assert deployed(anvil, sender, tmp_path).contracts["RoundLens"].nonce == nonce - 3
    assert sender.next_nonce() == nonce


@pytest.mark.parametrize("journal", ["{", "[]", '{"identity": 1}', '{"identity": "x", "first_nonce": "0"}'])
def test_deploy__damaged_journal__starts_afresh(
    anvil: AnvilNode, sender: DyingSender, tmp_path: Path, journal: str
) -> None:
    (tmp_path / "31337").mkdir()
    (tmp_path / "31337" / JOURNAL).write_text(journal)
    assert deployed(anvil, sender, tmp_path).contracts["ParticipantRegistry"].nonce == 0


def test_deploy__constructor_refuses__says_why(anvil: AnvilNode, sender: DyingSender, tmp_path: Path) -> None:
    """A coordinator whose vaults name another one refuses to exist, and says which."""
    deployment = deployed(anvil, sender, tmp_path)
    coordinator = compiled().artifacts["RoundCoordinator"]
    arguments = bytes.fromhex(deployment.contracts["RoundCoordinator"].encoded_arguments[2:])
    with pytest.raises(Reverted, match=r"RoundCoordinator_Miswired\(dependency=0x") as refused:
        sender.deliver(Outgoing("deploy RoundCoordinator", None, coordinator.bytecode + arguments))
    assert refused.value.hint == "deploy again: the contracts do not belong together"


# ------------------------------------------------------------------------------------------------ files that lie

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def town_files(shared_town: Town) -> Path:
    """The files of a sound deployment."""
    return shared_town.folder / "deployments"


def with_lens(files: Path, target: Path, change: Change) -> Path:
    """A copy of the files, with another RoundLens.json."""
    shutil.copytree(files, target)
    file = target / "31337" / "RoundLens.json"
    changed = change(json.loads(file.read_text()))
    file.write_text(changed if isinstance(changed, str) else json.dumps(changed))
    return target


LIES: dict[str, tuple[Change, str]] = {
    "no JSON": (lambda _: "{", "is damaged"),
    "a list": (lambda _: [], "is damaged"),
    "nested without end": (lambda _: "[" * 1_000_000, "is damaged"),
    "unknown key": (lambda c: {**c, "more": 1}, "of another version"),
    "missing key": (lambda c: {key: c[key] for key in c if key != "abi"}, "of another version"),
    "other contract": (lambda c: {**c, "contract": "StakeVault"}, "does not describe RoundLens"),
    "other chain": (lambda c: {**c, "chain_id": 1}, "does not describe RoundLens on chain 31337"),
    "no address": (lambda c: {**c, "address": "0x12"}, "no address or no ABI"),
    "no ABI": (lambda c: {**c, "abi": ["x"]}, "no address or no ABI"),
    "no block": (lambda c: {**c, "block": "1"}, "names no block"),
    "other deployment": (lambda c: {**c, "deployment": "0x00"}, "of different deployments"),
    "no code": (lambda c: {**c, "address": "0x" + "00" * 19 + "99"}, "there is no RoundLens at 0x"),
    "other code": (lambda c: {**c, "code_hash": "0x" + "00" * 32}, "is not the RoundLens that the file names"),
}


@pytest.mark.parametrize(("change", "message"), LIES.values(), ids=LIES.keys())
def test_load__files_that_lie__are_found_out(
    shared_town: Town, town_files: Path, tmp_path: Path, change: Change, message: str
) -> None:
    folder = with_lens(town_files, tmp_path / "files", change)
    with pytest.raises(StaleDeployment, match=message) as refused:
        load_deployment(31337, folder, shared_town.w3)
    assert refused.value.hint == "deploy anew with `parley deploy`"


def test_load__chain_was_started_anew__is_stale(anvil: AnvilNode, town_files: Path) -> None:
    with pytest.raises(StaleDeployment, match="the chain was started anew"):
        load_deployment(31337, town_files, connect(anvil.url))


def test_load__another_chain__is_refused(shared_town: Town, town_files: Path) -> None:
    with pytest.raises(WrongChain, match="the node serves chain 31337, not 31338"):
        load_deployment(31338, town_files, shared_town.w3)


def test_load__nothing_deployed__says_what_to_do(shared_town: Town, tmp_path: Path) -> None:
    with pytest.raises(NotDeployed, match="there is no deployment on chain 31337") as refused:
        load_deployment(31337, tmp_path, shared_town.w3)
    assert refused.value.hint == "deploy anew with `parley deploy`"


def test_deploy__stale_files__are_replaced(
    anvil: AnvilNode, sender: DyingSender, tmp_path: Path, town_files: Path
) -> None:
    shutil.copytree(town_files, tmp_path / "files")
    rpc(connect(anvil.url), "anvil_mine", 3)
    deployment = deployed(anvil, sender, tmp_path / "files")
    assert load_deployment(31337, tmp_path / "files", connect(anvil.url)) == deployment


def test_deploy__op_stack_chain__works_as_well(tmp_path: Path) -> None:
    """L2 flavour: another chain id, L1 fees, the same code."""
    with running_anvil(optimism=True) as node:
        w3 = connect(node.url, 31338)
        with Sender(w3, key(node, 0), Town.errors(), tmp_path / "outbox", QUICK) as sender:
            deployment = deployed(node, sender, tmp_path)
        assert deployment.chain_id == 31338
        assert load_deployment(31338, tmp_path, w3) == deployment
