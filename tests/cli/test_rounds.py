"""After a round on a real chain: what the commands tell of it, and what they pay (P-12)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from parley.errors import ExitCode
from parley.history.sentences.words import phase_name
from parley.numerics.fixed_point import dequantise
from parley.numerics.rewards import Account, RewardTree, reward_leaf
from parley.numerics.word_tree import verify
from parley.roles.actions import (
    Advance,
    CommitScores,
    CommitUpdate,
    OpenValidation,
    RevealScores,
    RevealUpdate,
    Wait,
)
from tests.cli.world import World, make_world
from tests.support.anvil import AnvilNode
from tests.support.federation import Town, build

pytestmark = pytest.mark.integration

NAMES = ("sponsor", "trainer-0", "trainer-1", "trainer-2", "evaluator-0", "evaluator-1", "evaluator-2", "aggregator-0")


@pytest.fixture(scope="module")
def town(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A federation that has played one round, and is in the second."""
    folder = tmp_path_factory.mktemp("town")
    town = build(module_anvil, folder)
    town.play_rounds(1)
    return town


@pytest.fixture(scope="module")
def world(module_anvil: AnvilNode, town: Town) -> World:
    world = make_world(module_anvil, town.folder, store="store")
    for name, key in zip(NAMES, module_anvil.private_keys[1:], strict=False):
        (town.folder / "key").write_text(key)
        world.json("account", "import", name, "--file", town.folder / "key", "--light")
    return world


def test_round_list__one_final_one_running__both_told(world: World, town: Town) -> None:
    first, second = world.json("round", "list")
    record = town.view().records[1]
    assert record.header is not None
    assert (first["round"], first["state"], first["committed"], first["revealed"]) == (1, "final", 3, 3)
    assert (first["earned"], first["aggregator"]) == (record.header.earned, record.header.aggregator)
    assert (second["round"], second["state"], second["earned"]) == (2, phase_name(town.view().phase), None)


def test_round_show__final_round__scores_and_pay_to_the_wei(world: World, town: Town) -> None:
    """P-11, P-12: everybody can tell from the chain alone what everybody earned."""
    facts = world.json("round", "show", 1)
    settled = town.view().records[1].settlement
    assert settled is not None
    medians = [int.from_bytes(settled.medians[4 * i : 4 * i + 2], "big") for i in range(3)]
    assert [update["score"] for update in facts["updates"]] == medians
    assert sum(facts["earned"].values()) == facts["summary"]["earned"] == settled.earned
    assert set(facts["evaluators"].values()) <= set(facts["earned"])


def test_round_show__current_round__ends_of_its_phases(world: World, town: Town) -> None:
    facts = world.json("round", "show")
    assert facts["summary"]["round"] == 2
    view = town.view()
    assert facts["phase_ends"]["score_reveal"] == view.round.score_reveal_end
    assert all(end > view.block.timestamp for end in facts["phase_ends"].values())
    assert facts["earned"] == {}


def test_round_show__for_people__every_trainer_once(world: World, town: Town) -> None:
    result = world.run("round", "show", 1)
    assert result.exit_code == 0
    for reveal in town.view().records[1].reveals:
        assert reveal.operator in result.stdout


def test_round_show__never_opened__not_found(world: World) -> None:
    result = world.run("round", "show", 77)
    assert result.exit_code == ExitCode.NOT_FOUND
    assert "rounds 1 to 2 were" in result.stderr


def test_round_advance__nothing_due__says_which_phase(world: World, town: Town) -> None:
    result = world.run("round", "advance", "-a", "sponsor")
    assert result.exit_code == ExitCode.CHAIN
    assert f"round 2 of federation 1 is in {phase_name(town.view().phase)}: nothing is due" in result.stderr


def test_claim_dry__everybody__proofs_hold_and_sum_is_what_was_earned(world: World, town: Town) -> None:
    """P-12."""
    root = town.contracts.reward_vault.functions.booksOf(town.fid).call()[1]
    depth = town.view().terms.reward_depth
    total = 0
    for name in NAMES[1:]:
        due = world.json("claim", name, "--dry")
        total += due["cumulative"]
        if due["index"] is not None:
            proof = [bytes.fromhex(node[2:]) for node in due["proof"]]
            assert verify(root, reward_leaf(due["operator"], due["cumulative"]), due["index"], proof, depth)
    assert total == world.json("round", "show", 1)["summary"]["earned"]


def test_claim__paid_by_somebody_else__operator_gets_it_once(world: World) -> None:
    """P-12: one claim pays all; a second pays nothing."""
    due = world.json("claim", "aggregator-0", "--dry")
    before = world.json("token", "balance", "aggregator-0")["tokens"]
    paid = world.json("claim", "aggregator-0", "-a", "sponsor")
    assert paid["amount"] == due["due"] > 0
    assert world.json("token", "balance", "aggregator-0")["tokens"] == before + due["due"]
    again = world.run("claim", "aggregator-0", "-a", "sponsor")
    assert again.exit_code == ExitCode.NOT_FOUND
    assert "has nothing to claim" in again.stderr


def test_claim_to__operators_own_key__another_address_is_paid(world: World) -> None:
    """P-12: to another address by signature of the operator, and of nobody else."""
    payer = max(NAMES[4:7], key=lambda name: world.json("claim", name, "--dry")["due"])
    due = world.json("claim", payer, "--dry")["due"]
    assert due > 0
    refused = world.run("claim", payer, "--to", "sponsor", "-a", "trainer-0")
    assert refused.exit_code == ExitCode.KEYSTORE
    assert "who alone may name another payee" in refused.stderr
    before = world.json("token", "balance", "sponsor")["tokens"]
    paid = world.json("claim", "--to", "sponsor", "-a", payer)
    assert paid["amount"] == due
    assert world.json("token", "balance", "sponsor")["tokens"] == before + due


def test_status__member__standing_and_money(world: World) -> None:
    facts = world.json("status", "-a", "trainer-0")
    assert facts["federation"] == 1
    own = facts["own"]
    assert own["roles"] == "trainer"
    assert own["earned"] == world.json("claim", "trainer-0", "--dry")["cumulative"]
    assert world.run("status", "-a", "trainer-0").exit_code == 0


def test_status__no_key__no_own_standing_but_the_duties_of_all_keys(world: World) -> None:
    facts = world.json("status")
    assert facts["own"] is None
    assert facts["federations"][0]["round"] == 2
    assert {duty["account"] for duty in facts["duties"]} == set(NAMES)


def test_status__duties__now_is_what_each_worker_would_do(world: World, town: Town) -> None:
    """What one's workers must do next, and by when, is what they decide themselves."""
    view = town.view()
    deeds = {
        "commit to an update": CommitUpdate,
        "reveal the update": RevealUpdate,
        "open the validation shard": OpenValidation,
        "commit to scores": CommitScores,
        "reveal the scores": RevealScores,
    }
    for name in NAMES:
        (duties, now) = (facts := world.json("status", "-a", name))["duties"], facts["time"]
        decided = town.workers[name].decide(town.view(name))
        due = [deeds[duty["action"]] for duty in duties if duty["state"] == "now" and duty["role"] != "anybody"]
        assert due == ([] if isinstance(decided, Wait | Advance) else [type(decided)])
        assert all(duty["operator"] == town.senders[name].address and duty["account"] == name for duty in duties)
        for duty in duties:
            if duty["closes"] is not None:
                assert duty["seconds_left"] == max(0, duty["closes"] - now)
    trainer = world.json("status", "-a", "trainer-0")["duties"]
    assert [duty["closes"] for duty in trainer] == [view.round.train_end, view.round.reveal_end]


@pytest.mark.parametrize("width", [80, 120])
def test_status__for_people__duties_fit_the_terminal(world: World, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = world.run("status")
    assert result.exit_code == 0
    assert "duties in federation 1, at " in result.stdout
    assert "commit to an update" in " ".join(result.stdout.split())
    assert max(map(len, result.stdout.splitlines())) <= width


def test_task_show__no_name__the_federations_document(world: World, town: Town) -> None:
    facts = world.json("task", "show")
    assert facts["name"] == town.document.name
    assert facts["shards"] == 4


def test_model_fetch__newest__safetensors_with_the_tasks_names(world: World, town: Town) -> None:
    """P-23: what is written hashes to the root on chain."""
    out = world.folder / "model.safetensors"
    fetched = world.json("model", "fetch", "--out", out)
    view = town.view()
    assert (fetched["round"], fetched["root"]) == (1, "0x" + view.federation.model_root.hex())
    found = load_file(out)
    assert {name: list(tensor.shape) for name, tensor in found.items()} == fetched["tensors"]
    q = town.workers["sponsor"].worker.library.get(view.federation.model_root, view.model_digest())
    expected = dequantise(q, view.terms.frac_bits).astype(np.float32)
    assert np.array_equal(np.concatenate([found[name].ravel() for name in fetched["tensors"]]), expected)


def test_model_fetch__genesis__round_zero(world: World, town: Town) -> None:
    out = world.folder / "genesis.safetensors"
    assert world.json("model", "fetch", "--round", 0, "--out", out)["root"] == "0x" + town.view().terms.model_root.hex()


def test_model_fetch__round_not_final__not_found(world: World, workplace: Path) -> None:
    result = world.run("model", "fetch", "--round", 2, "--out", workplace / "m")
    assert result.exit_code == ExitCode.NOT_FOUND
    assert not list(workplace.iterdir())


def test_model_fetch__genesis_was_tampered_with__refused_and_nothing_written(
    world: World, town: Town, workplace: Path
) -> None:
    """P-20, P-23: the first model is made of nothing else."""
    fetched = world.json("model", "fetch", "--round", 0, "--out", workplace / "m")
    (workplace / "m").unlink()
    with _tampered(town, fetched["cid"]):
        result = world.run("model", "fetch", "--round", 0, "--out", workplace / "m")
    assert result.exit_code == ExitCode.CONTENT
    assert "damaged" in result.stderr
    assert not list(workplace.iterdir())


def test_model_fetch__model_was_tampered_with__is_rebuilt_and_the_store_healed(
    world: World, town: Town, workplace: Path
) -> None:
    """P-20, P-23: what does not hash to the root is never used; the model follows from the updates of its round."""
    cid = world.json("round", "list")[0]["model"]
    world.json("model", "fetch", "--out", workplace / "sound")
    with _tampered(town, cid) as path:
        damaged = path.read_bytes()
        world.json("model", "fetch", "--out", workplace / "m")
        sound, rebuilt = load_file(workplace / "sound"), load_file(workplace / "m")
        assert sound.keys() == rebuilt.keys()
        assert all(np.array_equal(sound[name], rebuilt[name]) for name in sound)
        assert path.read_bytes() != damaged


@contextmanager
def _tampered(town: Town, cid: str) -> Iterator[Path]:
    """Flip a bit of an object in the store, for a while."""
    (path,) = (town.folder / "store" / "objects").rglob(cid)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    yield path
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def test_model_fetch__store_is_empty__says_what_is_missing(world: World, workplace: Path) -> None:
    result = world.run("model", "fetch", "--store", workplace / "empty", "--out", workplace / "m")
    assert result.exit_code == ExitCode.CONTENT
    assert "is not in" in result.stderr
    assert not (workplace / "m").exists()


def test_json__all_reading_verbs__nothing_else_on_standard_output(world: World) -> None:
    verbs = ["round list", "round show", "federation list", "federation show", "status", "account list", "task show"]
    for verb in verbs:
        result = world.run(*verb.split(), "--json")
        assert result.exit_code == 0, result.output
        json.loads(result.stdout)
        assert result.stderr == ""


def test_reward_tree__of_the_claims__is_the_root_on_chain(world: World, town: Town) -> None:
    """P-12: the accounts that the commands tell are all there are."""
    dues = [world.json("claim", name, "--dry") for name in NAMES[1:]]
    ledger = {due["index"]: Account(due["operator"], due["cumulative"]) for due in dues if due["index"] is not None}
    root = town.contracts.reward_vault.functions.booksOf(town.fid).call()[1]
    assert RewardTree(ledger, town.view().terms.reward_depth).root == root
