"""`parley deploy` on a real chain, and what is said when node, chain or files are not what they must be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parley.errors import ExitCode
from tests.cli.world import World, deployed_world, make_world
from tests.support.anvil import AnvilNode, running_anvil

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def world(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> World:
    return deployed_world(module_anvil, tmp_path_factory.mktemp("world"))


@pytest.fixture
def other_chain() -> Iterator[AnvilNode]:
    with running_anvil(chain_id=31_340) as node:
        yield node


def refused(world: World, *arguments: object) -> tuple[int, str]:
    """Run a command that must fail; return its exit code and what it says, two lines without a traceback."""
    result = world.run(*arguments)
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if line.startswith(("error: ", "hint: "))]
    assert result.stderr.splitlines()[-2:] == lines
    return result.exit_code, result.stderr


def test_deploy__again__finds_the_same(world: World) -> None:
    first = world.json("deploy", "-a", "deployer")
    assert set(first["contracts"]) >= {"RoundCoordinator", "RoundLens", "ParleyToken"}
    height = world.json("status")["block"]
    assert world.json("deploy", "-a", "deployer") == first
    assert world.json("status")["block"] == height


def test_any_command__node_of_another_chain__wrong_id(world: World) -> None:
    code, said = refused(world, "federation", "list", "--set", "chain_id=1")
    assert code == ExitCode.CHAIN
    assert f"serves chain {world.node.chain_id}, not 1" in said


def test_any_command__nobody_listens__says_how_to_start_one(world: World) -> None:
    code, said = refused(world, "federation", "list", "--rpc-url", "http://127.0.0.1:9")
    assert code == ExitCode.CHAIN
    assert "the node at http://127.0.0.1:9 does not answer" in said
    assert "parley devnet up" in said


def test_any_command__chain_without_deployment__says_deploy(world: World, other_chain: AnvilNode) -> None:
    code, said = refused(world, "federation", "list", "--rpc-url", other_chain.url)
    assert code == ExitCode.NOT_FOUND
    assert "there is no deployment on chain 31340" in said
    assert "parley deploy" in said


def test_any_command__chain_started_anew__stale_deployment(world: World, tmp_path: Path) -> None:
    """No code at the addresses that the files name."""
    with running_anvil(chain_id=world.node.chain_id) as fresh:
        code, said = refused(world, "stake", "show", "--rpc-url", fresh.url, "-a", "deployer")
    assert code == ExitCode.CHAIN
    assert "there is no ParticipantRegistry at" in said
    assert "the chain was started anew" in said


@pytest.mark.parametrize(
    ("damage", "code", "said"),
    [
        (lambda path: path.write_text("{"), ExitCode.CHAIN, "is damaged"),
        (lambda path: path.unlink(), ExitCode.NOT_FOUND, "StakeVault.json is missing"),
        (
            lambda path: path.write_text(path.read_text().replace('"code_hash": "0x', '"code_hash": "0x00')),
            4,
            "is not the",
        ),
        (lambda path: path.write_text((path.parent / "RewardVault.json").read_text()), 4, "does not describe"),
    ],
)
def test_any_command__file_damaged__one_line(
    world: World, damage: Callable[[Path], None], code: int, said: str
) -> None:
    path = world.folder / "deployments" / str(world.node.chain_id) / "StakeVault.json"
    before = path.read_text()
    try:
        damage(path)
        actual, message = refused(world, "federation", "list")
    finally:
        path.write_text(before)
    assert actual == code
    assert said in message


def test_deploy__other_chain_than_expected__nothing_written(tmp_path: Path, other_chain: AnvilNode) -> None:
    world = make_world(other_chain, tmp_path, chain_id=1)
    code, said = refused(world, "deploy")
    assert code == ExitCode.CHAIN
    assert "serves chain 31340, not 1" in said
    assert not (tmp_path / "deployments").exists()


def test_deploy__no_key__says_which_are_known(tmp_path: Path, other_chain: AnvilNode) -> None:
    world = make_world(other_chain, tmp_path)
    code, said = refused(world, "deploy")
    assert code == ExitCode.KEYSTORE
    assert "no key is chosen" in said


def test_deploy__wrong_password__one_line_nothing_sent(world: World, tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("wrong")
    code, said = refused(world, "deploy", "-a", "deployer", "--password-file", tmp_path / "pw", "--anew")
    assert code == ExitCode.KEYSTORE
    assert "the password does not open" in said


def test_deploy__without_token__plan_must_name_one(tmp_path: Path, other_chain: AnvilNode) -> None:
    world = make_world(other_chain, tmp_path)
    (tmp_path / "key").write_text(other_chain.private_keys[0])
    world.json("account", "import", "deployer", "--file", tmp_path / "key", "--light")
    facts = world.json("deploy", "--no-token")
    assert "ParleyToken" not in facts["contracts"]
    code, said = refused(world, "token", "mint", 5)
    assert code == ExitCode.NOT_FOUND
    assert "no ParleyToken" in said
    assert json.loads((tmp_path / "deployments/31340/StakeVault.json").read_text())["chain_id"] == 31_340


def test_deploy__real_chain_with_token_but_no_supply__refused(tmp_path: Path) -> None:
    with running_anvil(chain_id=5000) as node:
        world = make_world(node, tmp_path)
        (tmp_path / "key").write_text(node.private_keys[0])
        world.json("account", "import", "deployer", "--file", tmp_path / "key", "--light")
        code, said = refused(world, "deploy", "--token")
        assert code == ExitCode.CONFIG
        assert "nobody can mint" in said
        code, said = refused(world, "devnet", "fund", "deployer")
        assert code == ExitCode.CHAIN
        assert "is no development chain" in said
