"""What happened on a chain can be told from exported files alone: calls, events, errors, creations and traces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from eth_utils.crypto import keccak

from parley.chain.compiler import project_root, run_compiler
from parley.chain.rpc import connect
from tests.cli.world import make_world
from tests.explorer.export import story
from tests.explorer.export.chain_history import OUT_OF_GAS, Told, decode_all
from tests.explorer.export.decoder import Entry, Exported, canonical, signature_of
from tests.support.anvil import running_anvil
from tests.support.federation import build

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

CONTRACTS = (
    "ParticipantRegistry",
    "StakeVault",
    "RewardVault",
    "FederationRegistry",
    "RoundCoordinator",
    "RoundLens",
    "Disputes",
    "ParleyToken",
)


@dataclass(frozen=True)
class Played:
    """What is left of the story: the export, the code on the chain by contract, and what could be told."""

    exported: Exported
    code: dict[str, bytes]
    init_code: dict[str, bytes]
    told: Told


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The story, exported by the command, and decoded."""
    folder = tmp_path_factory.mktemp("explorer")
    with running_anvil() as node:
        story.tell(build(node, folder, aggregators=2), node)
        facts = make_world(node, folder).json("explorer", "export", "--out", folder / "out")
        assert sorted(facts["contracts"]) == sorted(CONTRACTS)
        exported = Exported(folder / "out")
        w3 = connect(node.url, node.chain_id)
        addresses = {name: item["address"] for name, item in exported.contracts.items()}
        made_by = {name: w3.eth.get_transaction(item["transaction"]) for name, item in exported.contracts.items()}
        yield Played(
            exported,
            {name: bytes(w3.eth.get_code(address)) for name, address in addresses.items()},
            {name: bytes(transaction["input"]) for name, transaction in made_by.items()},
            decode_all(w3, exported),
        )


def test_calls__of_a_whole_story__are_decoded_to_the_last_byte(played: Played) -> None:
    """The fixture has decoded every transaction: here, that there was something of everything."""
    assert set(played.told.calls) >= {
        "Disputes.commitDisproof",
        "Disputes.demand",
        "Disputes.disproveArithmetic",
        "Disputes.supply",
        "FederationRegistry.createFederation",
        "FederationRegistry.join",
        "FederationRegistry.setPolicy",
        "ParleyToken.approve",
        "ParleyToken.transfer",
        "ParticipantRegistry.nameWorker",
        "ParticipantRegistry.register",
        "ParticipantRegistry.removeWorker",
        "RewardVault.claim",
        "RewardVault.fund",
        "RewardVault.withdraw",
        "RoundCoordinator.advance",
        "RoundCoordinator.close",
        "RoundCoordinator.commitScores",
        "RoundCoordinator.commitUpdate",
        "RoundCoordinator.leaveFederation",
        "RoundCoordinator.openValidation",
        "RoundCoordinator.revealScores",
        "RoundCoordinator.revealUpdate",
        "RoundCoordinator.settle",
        "RoundCoordinator.unbond",
        "StakeVault.burn",
        "StakeVault.deposit",
        "StakeVault.withdraw",
    }


def test_inner_calls__in_otterscans_traces__are_decoded(played: Played) -> None:
    assert set(played.told.inner) >= {
        "RoundCoordinator.admit",
        "RoundCoordinator.convict",
        "RoundCoordinator.enter",
        "RoundCoordinator.postpone",
        "RewardVault.rollOver",
        "StakeVault.lock",
        "StakeVault.slash",
        "StakeVault.unlock",
        "ParleyToken.transferFrom",
    }


def test_events__of_a_whole_story__are_decoded(played: Played) -> None:
    assert set(played.told.events) >= {
        "Disputes.Demanded",
        "Disputes.Released",
        "Disputes.Supplied",
        "FederationRegistry.FederationCreated",
        "FederationRegistry.PolicyChanged",
        "ParleyToken.Transfer",
        "ParticipantRegistry.OperatorRegistered",
        "ParticipantRegistry.WorkerNamed",
        "RewardVault.Claimed",
        "RoundCoordinator.Convicted",
        "RoundCoordinator.FederationClosed",
        "RoundCoordinator.Left",
        "RoundCoordinator.RoundFinalized",
        "RoundCoordinator.Settled",
        "RoundCoordinator.Unbonded",
        "StakeVault.Burned",
        "StakeVault.Slashed",
    }


def test_errors__of_failed_transactions__are_decoded(played: Played) -> None:
    """Each refusal by its own error, also where a contract behind the one that was called refused."""
    assert dict(played.told.errors) == {
        "Disputes.Disputes_NothingToPay": 1,
        "FederationRegistry.FederationRegistry_Unauthorised": 1,
        "ParleyToken.ERC20InsufficientBalance": 1,
        "RoundCoordinator.RoundCoordinator_NotAbsent": 1,
        "RoundCoordinator.RoundCoordinator_NotMember": 1,
        "StakeVault.StakeVault_BalanceTooSmall": 2,
        OUT_OF_GAS: 1,
    }


def test_creations__all__are_told(played: Played) -> None:
    assert sorted(played.told.creations) == sorted(CONTRACTS)


@pytest.mark.parametrize("name", CONTRACTS)
def test_input__compiled_by_itself__gives_what_the_chain_carries(played: Played, name: str) -> None:
    """What a verifier does: code, creation and arguments follow from the exported standard JSON and nothing else."""
    exported = played.exported
    source, _, contract = exported.contracts[name]["identifier"].partition(":")
    output = run_compiler(project_root() / "scripts" / "solc", exported.json(f"input/{name}.json"))[source][contract]
    runtime = output["evm"]["deployedBytecode"]
    code = bytearray(played.code[name])
    for place in (place for places in runtime["immutableReferences"].values() for place in places):
        code[place["start"] : place["start"] + place["length"]] = bytes(place["length"])
    assert code.hex() == runtime["object"]
    exported.created(name, bytes.fromhex(output["evm"]["bytecode"]["object"]), played.init_code[name])
    assert json.loads(output["metadata"]) == exported.metadata(name)
    assert output["abi"] == exported.json(f"abi/{name}.json") == exported.abis[name]


@pytest.mark.parametrize("name", CONTRACTS)
def test_repository__sources__are_those_that_the_metadata_names(played: Played, name: str) -> None:
    """As Sourcify's file repository has them: by name, each with the digest that the compiler gives."""
    facts, metadata = played.exported.contracts[name], played.exported.metadata(name)
    folder = played.exported.folder / facts["sourcify"] / "sources"
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    named = {source: facts["keccak256"] for source, facts in metadata["sources"].items()}
    assert {source: "0x" + keccak(content).hex() for source, content in found.items()} == named
    request = played.exported.json(f"input/{name}.json")["sources"]
    assert {source: item["content"].encode() for source, item in request.items()} == found
    assert metadata["compiler"]["version"] == facts["compiler"]
    assert facts["libraries"] == {}


@pytest.mark.parametrize(
    ("folder", "size", "kinds"), [("signatures", 4, ("function", "error")), ("topic0", 32, ("event",))]
)
def test_signatures__each__hash_to_their_name_and_name_all_arguments(
    played: Played, folder: str, size: int, kinds: tuple[str, ...]
) -> None:
    """As in the public lists: nothing is missing, nothing is more."""
    listed = {
        path.name: {canonical(text) for text in path.read_text().split(";")}
        for path in (played.exported.folder / folder).iterdir()
    }
    assert all(keccak(text=text)[:size].hex() == name for name, texts in listed.items() for text in texts)
    expected: dict[str, set[str]] = {}
    for _, entry in played.exported.entries(*kinds):
        expected.setdefault(keccak(text=signature_of(entry))[:size].hex(), set()).add(signature_of(entry))
    assert listed == expected


def test_prose__of_every_entry__says_what_it_is(played: Played) -> None:
    """What is declared in `contracts/` has a notice for people, and all arguments have names."""
    exported = played.exported
    bare = [f"{name}.{entry['name']}" for name, entry in _own(exported) if not _notice(exported, name, entry)]
    assert bare == []
    unnamed = [f"{name}.{entry['name']}" for name, entry in _own(exported) if not _all_named(entry["inputs"])]
    assert unnamed == []
    for name in exported.contracts:
        notice = exported.metadata(name)["output"]["userdoc"]["notice"]
        assert not notice.startswith("See {"), name


def _own(exported: Exported) -> Iterator[tuple[str, Entry]]:
    """Entries that a source in `contracts/` declares, rather than a library."""
    for name, entry in exported.entries("function", "event", "error"):
        sources = exported.json(f"input/{name}.json")["sources"]
        own = "".join(item["content"] for source, item in sources.items() if source.startswith("contracts/"))
        if re.search(
            rf"\b(?:function|event|error|public\w*(?: override| immutable| constant)*)\s+{entry['name']}\b", own
        ):
            yield name, entry


def _notice(exported: Exported, name: str, entry: Entry) -> str:
    sections = {"function": "methods", "event": "events", "error": "errors"}
    output = exported.metadata(name)["output"]
    found = output["userdoc"].get(sections[entry["type"]], {}).get(signature_of(entry), {})
    return str((found[0] if isinstance(found, list) else found).get("notice", ""))


def _all_named(inputs: list[Entry]) -> bool:
    return all(item["name"] and _all_named(item.get("components", [])) for item in inputs)
