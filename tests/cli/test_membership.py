"""Operators, money and federations on a real chain, by the commands alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parley.errors import ExitCode
from tests.cli.world import World, deployed_world
from tests.support.anvil import AnvilNode

pytestmark = pytest.mark.integration

WEI = 10**18


@pytest.fixture(scope="module")
def world(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A chain with contracts, a sponsor with tokens, and one sealed task."""
    world = deployed_world(module_anvil, tmp_path_factory.mktemp("world"))
    world.newcomer("sponsor", tokens=100_000)
    return world


def create(world: World, plan: str = "") -> int:
    """A new federation by this plan, on a seal of its own; return its id."""
    path = world.folder / "plan.toml"
    path.write_text(plan)
    world.json("federation", "seal", "breast-cancer", "--rounds", 4)
    return int(world.json("federation", "create", path, "-a", "sponsor")["federation"])


def refusal(world: World, *arguments: object) -> tuple[int, str]:
    """Exit code and standard error of a command that must fail, printing no result."""
    result = world.run(*arguments)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.exit_code, result.stderr


# ------------------------------------------------------------------------------------------------------- operators


def test_operator__registered_and_rotated__identity_stays(world: World) -> None:
    """Section 2: worker keys come and go, the operator remains."""
    alice = world.newcomer("alice")
    hot, hotter = (entry["address"] for entry in world.json("account", "new", "hot", "hotter", "--light"))
    world.json("operator", "rotate", "hot", "-a", "alice")
    assert world.json("operator", "show", "hot") == {
        "operator": alice,
        "asked": hot,
        "workers": [hot],
        "metadata": None,
    }
    steps = world.json("operator", "rotate", "hotter", "-a", "alice")
    assert [step["action"] for step in steps] == ["nameWorker", "removeWorker"]
    assert world.json("operator", "show", "alice")["workers"] == [hotter]
    code, said = refusal(world, "operator", "show", "hot")
    assert code == ExitCode.NOT_FOUND
    assert "is neither an operator nor one's worker key" in said


def test_operator_register__with_metadata__stored_and_named(world: World) -> None:
    (world.folder / "about.json").write_text('{"name": "Bob"}')
    world.json("account", "new", "bob", "--light")
    world.json("devnet", "fund", "bob")
    world.json("operator", "register", "--metadata", world.folder / "about.json", "-a", "bob")
    cid = world.json("operator", "show", "bob")["metadata"]
    assert cid == world.json("cid", world.folder / "about.json")["cid"]


def test_operator_register__twice__contract_error_with_hint(world: World) -> None:
    code, said = refusal(world, "operator", "register", "-a", "sponsor")
    assert code == ExitCode.REVERT
    assert said.startswith("error: register was refused: ParticipantRegistry_AddressTaken(")
    assert "hint: use another key" in said


def test_operator_rotate__key_that_serves_another__former_keys_stay(world: World) -> None:
    world.newcomer("carol")
    (first, _) = world.json("account", "new", "carol-hot", "carol-hot2", "--light")
    world.json("operator", "rotate", "carol-hot", "-a", "carol")
    code, _ = refusal(world, "operator", "rotate", "sponsor", "-a", "carol")
    assert code == ExitCode.REVERT
    assert world.json("operator", "show", "carol")["workers"] == [first["address"]]


def test_key__no_ether__says_so(world: World) -> None:
    world.json("account", "new", "poor", "--light")
    code, said = refusal(world, "operator", "register", "-a", "poor")
    assert code == ExitCode.CHAIN
    assert "ether" in said.lower()


# ----------------------------------------------------------------------------------------------------------- money


def test_stake__deposited_and_withdrawn__to_the_wei(world: World) -> None:
    """P-17."""
    dora = world.newcomer("dora", tokens=1000)
    assert world.json("stake", "show", "dora") == {
        "operator": dora,
        "token": world.json("token", "balance", "dora")["token"],
        "free": 500 * WEI,
        "locked": 0,
    }
    steps = world.json("stake", "deposit", "0.000000000000000001", "-a", "dora")
    assert [step["action"] for step in steps] == ["approve", "deposit"]
    world.json("stake", "withdraw", "500.000000000000000001", "-a", "dora", "--to", "sponsor")
    assert world.json("stake", "show", "dora")["free"] == 0
    assert world.json("token", "balance", "dora")["tokens"] == 500 * WEI - 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("stake", "deposit", "9999999"), ExitCode.CHAIN, "parley token mint"),
        (("stake", "withdraw", "9999999"), ExitCode.REVERT, "StakeVault_BalanceTooSmall"),
        (("stake", "withdraw", "0"), ExitCode.REVERT, "StakeVault_NothingToMove"),
        (("stake", "deposit", "-1"), ExitCode.USAGE, ""),
        (("stake", "deposit", "much"), ExitCode.USAGE, "is no amount of tokens"),
        (("stake", "show", "nobody"), ExitCode.NOT_FOUND, "there is no key 'nobody'"),
        (("token", "balance", "0x12"), ExitCode.CONFIG, "is no address"),
    ],
)
def test_money__impossible__one_line(world: World, arguments: tuple[str, ...], code: int, said: str) -> None:
    actual, message = refusal(world, *arguments, "-a", "sponsor")
    assert actual == code
    assert said in message


def test_money__several_keys_none_chosen__names_them(world: World) -> None:
    code, said = refusal(world, "stake", "show")
    assert code == ExitCode.KEYSTORE
    assert "add --account NAME; known keys:" in said


# ----------------------------------------------------------------------------------------------------- federations


def test_federation__created_funded_joined_left__books_and_roster_follow(world: World) -> None:
    """P-8, P-12: what members and sponsor do by hand."""
    fid = create(world)
    facts = world.json("federation", "show", "-f", fid)
    assert (facts["summary"]["phase"], facts["admission"], facts["validation"]) == ("idle", "open", "sealed")
    assert facts["policy"]["train"] == 30
    assert "0 trainers" in facts["obstacle"]
    world.json("federation", "fund", 3000, "-f", fid, "-a", "sponsor")
    assert world.json("federation", "show", "-f", fid)["money"] == {"free": 3000 * WEI, "reserved": 0, "owed": 0}

    eve = world.newcomer("eve")
    world.json("federation", "join", "--role", "trainer", "--role", "aggregator", "-f", fid, "-a", "eve")
    assert world.json("stake", "show", "eve")["locked"] == 200 * WEI
    own = world.json("status", "-f", fid, "-a", "eve")["own"]
    assert (own["operator"], own["roles"], own["due"]) == (eve, "trainer+aggregator", 0)
    code, said = refusal(world, "federation", "join", "--role", "evaluator", "-f", fid, "-a", "eve")
    assert code == ExitCode.CHAIN
    assert "is a member of federation" in said

    world.json("federation", "leave", "-f", fid, "-a", "eve")
    world.json("federation", "unbond", "eve", "-f", fid, "-a", "sponsor")
    assert world.json("stake", "show", "eve")["locked"] == 0

    world.json("federation", "close", "-f", fid, "-a", "sponsor")
    world.json("federation", "withdraw", 3000, "-f", fid, "-a", "sponsor")
    facts = world.json("federation", "show", "-f", fid)
    assert (facts["summary"]["phase"], facts["money"]["free"]) == ("closed", 0)
    assert facts["obstacle"] == "the federation is closed"


def test_federation_join__too_little_stake__says_what_to_deposit(world: World) -> None:
    fid = create(world, '[policy]\ntrainer_stake = "700.5"')
    world.newcomer("finn", tokens=1000)
    code, said = refusal(world, "federation", "join", "-r", "trainer", "-f", fid, "-a", "finn")
    assert code == ExitCode.CHAIN
    assert "needs a free stake of 700.5 tokens" in said
    assert "hint: parley stake deposit 200.5" in said
    world.json("stake", "deposit", "200.5", "-a", "finn")
    assert world.json("federation", "join", "-r", "trainer", "-f", fid, "-a", "finn")["action"] == "join"


def test_federation_invite__invited_operator_joins__others_do_not(world: World) -> None:
    """Section 5: invitations are bound to operator and roles, and good once."""
    fid = create(world, 'admission = "invitation"')
    gina = world.newcomer("gina")
    world.newcomer("hugo")
    path = world.folder / "gina.json"
    invitation = world.json(
        "federation", "invite", "gina", "--role", "evaluator", "--out", path, "-f", fid, "-a", "sponsor"
    )
    assert (invitation["operator"], invitation["roles"]) == (gina, 2)
    assert json.loads(path.read_text()) == invitation

    code, said = refusal(world, "federation", "join", "-r", "evaluator", "-f", fid, "-a", "gina")
    assert code == ExitCode.CHAIN
    assert "admits by invitation only" in said
    code, said = refusal(world, "federation", "join", "--invitation", path, "-f", fid, "-a", "hugo")
    assert code == ExitCode.CHAIN
    assert f"the invitation is for {gina}" in said
    assert world.json("federation", "join", "--invitation", path, "-f", fid, "-a", "gina")["action"] == "joinInvited"
    world.json("federation", "leave", "-f", fid, "-a", "gina")
    world.json("federation", "unbond", "-f", fid, "-a", "gina")
    code, said = refusal(world, "federation", "join", "--invitation", path, "-f", fid, "-a", "gina")
    assert code == ExitCode.REVERT
    assert "FederationRegistry_InvitationInvalid" in said


def test_federation_invite__not_the_sponsor__refused_before_signing(world: World) -> None:
    fid = create(world, 'admission = "invitation"')
    world.newcomer("ivan")
    code, said = refusal(world, "federation", "invite", "ivan", "-r", "trainer", "-f", fid, "-a", "ivan")
    assert code == ExitCode.CHAIN
    assert "is not the sponsor" in said


@pytest.mark.parametrize("content", ["", "{}", '{"fid": 1, "operator": "0x"}', "[1]", "\xff"])
def test_federation_join__file_is_no_invitation__one_line(world: World, content: str) -> None:
    path = world.folder / "bad.json"
    path.write_text(content)
    code, said = refusal(world, "federation", "join", "--invitation", path, "-a", "sponsor")
    assert code == ExitCode.CONFIG
    assert f"{path} is no invitation" in said


def test_federation_amend__one_value__only_that_changes(world: World) -> None:
    """P-7."""
    fid = create(world)
    before = world.json("federation", "show", "-f", fid)["policy"]
    path = world.folder / "amend.toml"
    path.write_text('[policy]\nreward = "2000"\nclip = 4.0')
    world.json("federation", "amend", path, "-f", fid, "-a", "sponsor")
    facts = world.json("federation", "show", "-f", fid)
    assert facts["policy"] == {**before, "reward": 2000 * WEI, "clip": 4 << 24}
    assert facts["policy_version"] == 2


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("[policy]\ntrain = 4", "the policy's train is 4; it must be from 5 to"),
        ("[policy]\nquorum = 6", "the policy's quorum is 6; it must be from 3 to 5"),
        ("rounds = 5", "4 validation shards are sealed"),
        ("[policy]\nclip_slash = 101", "trainerStake"),
        ("[policy]\nfee = 1", "key 'fee' is unknown"),
    ],
)
def test_federation_create__plan_that_cannot_be__nothing_sent(world: World, plan: str, said: str) -> None:
    world.json("federation", "seal", "breast-cancer", "--rounds", 4)
    before = world.json("federation", "list")
    path = world.folder / "bad.toml"
    path.write_text(plan)
    code, message = refusal(world, "federation", "create", path, "-a", "sponsor")
    assert code == ExitCode.CONFIG
    assert said in message
    assert world.json("federation", "list") == before


def test_federation_create__public_validation__warned_of(world: World, tmp_path: Path) -> None:
    """P-24: anchor 0 comes with a warning wherever it is shown."""
    sealed = world.json("federation", "seal", "breast-cancer", "--rounds", 3, "--public")
    result = world.run("federation", "create", "--sealed", sealed["path"], "-a", "sponsor", "--json")
    assert result.exit_code == 0, result.output
    assert "warning: the validation set is public" in result.stderr
    fid = json.loads(result.stdout)["federation"]
    shown = world.run("federation", "show", "-f", fid)
    assert "warning: the validation set is public" in shown.stderr
    assert "public" in shown.stdout


def test_federation_create__seal_used_already__refused(world: World) -> None:
    """P-24: the keys of one federation must not open the shards of another."""
    fid = create(world)
    code, said = refusal(world, "federation", "create", "-a", "sponsor")
    assert code == ExitCode.CONFLICT
    assert f"federation {fid} uses this seal already" in said


def test_federation__several_none_chosen__asks_which(world: World) -> None:
    create(world)
    create(world)
    code, said = refusal(world, "federation", "show")
    assert code == ExitCode.CONFIG
    assert "which one?" in said


def test_federation__unknown__not_found(world: World) -> None:
    code, said = refusal(world, "federation", "show", "-f", 999)
    assert code == ExitCode.NOT_FOUND
    assert "there is no federation 999" in said


def test_round__none_yet__says_what_is_missing(world: World) -> None:
    fid = create(world)
    assert world.json("round", "list", "-f", fid) == []
    code, said = refusal(world, "round", "show", "-f", fid)
    assert code == ExitCode.NOT_FOUND
    assert f"no round of federation {fid} was opened yet" in said
    code, said = refusal(world, "round", "advance", "-f", fid, "-a", "sponsor")
    assert code == ExitCode.CHAIN
    assert "0 trainers, 0 evaluators and 0 aggregators are in" in said


@pytest.mark.parametrize("role", ["trainer", "evaluator", "aggregator"])
def test_run__not_a_member__says_join_first(world: World, role: str) -> None:
    fid = create(world)
    data = ("--data", world.folder / "none.npz") if role == "trainer" else ()
    code, said = refusal(world, role, "run", *data, "-f", fid, "-a", "sponsor")
    assert code == ExitCode.CHAIN
    assert f"`parley federation join --role {role}` comes first" in said


def test_sponsor_run__secret_is_elsewhere__says_which_file(world: World) -> None:
    """P-24."""
    fid = create(world)
    other = world.folder / "other-home"
    keystores = world.folder / "home" / "keystores"
    store = world.folder / "home" / "store"
    code, said = refusal(
        world, "sponsor", "run", "-f", fid, "-a", "sponsor", "--home", other, "--store", store, "--set",
        f"keystores={keystores}",
    )  # fmt: skip
    assert code == ExitCode.NOT_FOUND
    assert "leads to the federation's anchor" in said


def test_trainer_run__no_data_named__config_error(world: World) -> None:
    fid = create(world)
    code, said = refusal(world, "trainer", "run", "-f", fid, "-a", "sponsor")
    assert code == ExitCode.CONFIG
    assert "add --data FILE.npz" in said


def test_run__setting_operator_is_another__refused(world: World) -> None:
    fid = create(world)
    code, said = refusal(world, "aggregator", "run", "-f", fid, "-a", "sponsor", "--set", f"operator=0x{'12' * 20}")
    assert code == ExitCode.CONFIG
    assert "acts for" in said
