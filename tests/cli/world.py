"""A chain with the contracts on it, and `parley` configured for it by one file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from parley.cli.app import app
from tests.support.anvil import AnvilNode

PASSWORD = "secret"


@dataclass(frozen=True)
class World:
    """What commands see.

    Attributes:
        node: the chain.
        folder: of everything that commands write.
        config: the configuration file.
    """

    node: AnvilNode
    folder: Path
    config: Path

    def run(self, *arguments: object) -> Result:
        """Run one command line with the world's configuration."""
        line = ["--config", str(self.config), *map(str, arguments)]
        return CliRunner().invoke(app, line)

    def json(self, *arguments: object) -> Any:  # noqa: ANN401 - whatever the command prints
        """Run a command that must succeed; return what it prints as JSON, alone on standard output."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def newcomer(self, name: str, tokens: int = 1000) -> str:
        """A registered operator with ether, tokens and a free stake of half of them; return its address."""
        (entry,) = self.json("account", "new", name, "--light")
        self.json("devnet", "fund", name)
        self.json("token", "mint", tokens, "-a", name)
        self.json("operator", "register", "-a", name)
        self.json("stake", "deposit", tokens // 2, "-a", name)
        return str(entry["address"])


def make_world(node: AnvilNode, folder: Path, **settings: object) -> World:
    """Write the configuration; deploy nothing yet."""
    password = folder / "password"
    password.write_text(PASSWORD + "\n")
    values = {
        "rpc_url": node.url,
        "home": "home",
        "deployments": "deployments",
        "password_file": "password",
        "poll_seconds": 0.1,
        **settings,
    }
    config = folder / "parley.toml"
    config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))
    return World(node, folder, config)


def deployed_world(node: AnvilNode, folder: Path) -> World:
    """A world with the contracts on its chain; the deployer's key is called `deployer`."""
    world = make_world(node, folder)
    key = folder / "deployer.key"
    key.write_text(node.private_keys[0])
    world.json("account", "import", "deployer", "--file", key, "--light")
    world.json("deploy", "-a", "deployer")
    return world
