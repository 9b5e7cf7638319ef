"""`parley explorer serve` as a process: an address, an end, and errors that say what to do."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from parley.cli.actions.explorer import links_to, open_browser
from parley.cli.demo.page import address_in
from parley.errors import ConfigError, ExitCode
from tests.cli.world import World, deployed_world
from tests.support.anvil import AnvilNode

SECONDS = 60


@pytest.fixture(scope="module")
def world(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A chain with the contracts on it."""
    return deployed_world(module_anvil, tmp_path_factory.mktemp("world"))


@contextmanager
def served(world: World, *options: object) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A page that is being served, and what the command printed."""
    line = ["explorer", "serve", "--json", "--port", 0, "--no-measure", *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "parley", "--config", str(world.config), *map(str, line)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, json.loads(_json_of(process))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _json_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    text = ""
    while not text.endswith("}\n"):
        line = process.stdout.readline()
        assert line, process.communicate()
        text += line
    return text


@pytest.mark.integration
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.OK)])
def test_serve__stopped_while_somebody_listens__ends_at_once(world: World, number: signal.Signals, code: int) -> None:
    with served(world) as (process, facts):
        status = requests.get(facts["url"] + "/api/status", timeout=10).json()
        assert status["chain_id"] == world.node.chain_id
        assert Path(facts["index"]).is_file()
        with requests.get(facts["url"] + "/api/events", stream=True, timeout=10) as stream:
            assert next(stream.iter_lines()).startswith(b"retry: ")
            began = time.monotonic()
            process.send_signal(number)
            _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == code
        assert time.monotonic() - began < 10
        assert "Traceback" not in errors
        assert "serving; Ctrl-C stops it" in errors


@pytest.mark.integration
def test_serve__beside_another__refuses_index_and_port(world: World) -> None:
    with served(world) as (_, facts):
        same = world.run("explorer", "serve", "--port", 0)
        assert same.exit_code == ExitCode.CONFLICT
        assert "another process uses the index" in same.output
        port = int(facts["url"].rpartition(":")[2])
        taken = world.run("--home", world.folder / "elsewhere", "explorer", "serve", "--port", port)
        assert taken.exit_code == ExitCode.CONFLICT
        assert f"port {port} of 127.0.0.1 is in use" in taken.output
        assert "--port" in taken.output


@pytest.mark.integration
def test_serve__name_that_leads_here__is_not_answered(world: World) -> None:
    """DNS rebinding."""
    with served(world, "--explorer", "http://127.0.0.1:5100/", "--name", "parley.example") as (_, facts):
        for path in ("/", "/api/status", "/api/events"):
            assert requests.get(facts["url"] + path, headers={"Host": "evil.example"}, timeout=10).status_code == 421
        assert requests.get(facts["url"], headers={"Host": "Parley.example:443"}, timeout=10).status_code == 200
        status = requests.get(facts["url"] + "/api/status", timeout=10)
        assert status.json()["links"]["transaction"] == "http://127.0.0.1:5100/tx/{}"
        assert "server" not in status.headers


@pytest.mark.integration
@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--host", "203.0.113.7"), ExitCode.CONFIG, "cannot serve at 203.0.113.7"),
        (("--host", "\udc80"), ExitCode.CONFIG, "cannot serve at"),
        (("--explorer", "javascript:alert(1)"), ExitCode.CONFIG, "no address to link to"),
        (("--port", "65536"), ExitCode.USAGE, "65535"),
    ],
)
def test_serve__wrong_option__says_so(world: World, options: tuple[str, ...], code: int, said: str) -> None:
    result = world.run("explorer", "serve", "--port", "0", *options)
    assert result.exit_code == code
    assert said in result.output


@pytest.mark.integration
def test_serve__node_is_away__says_so(world: World) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    result = world.run("--rpc-url", url, "explorer", "serve", "--port", "0")
    assert result.exit_code == ExitCode.CHAIN


@pytest.mark.unit
@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "ftp://a",
        "http://",
        "http://a/?q={}",
        "http://a/{}",
        "javascript:alert(1)//a",
        "http://[::1",
        "http://[x]",
    ],
)
def test_links_to__no_address__is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        links_to(url, None)
    with pytest.raises(ConfigError):
        links_to(None, url)


@pytest.mark.unit
def test_links_to__addresses__become_templates() -> None:
    links = links_to("https://scan.example/base/", "http://127.0.0.1:8080")
    assert links.transaction == "https://scan.example/base/tx/{}"
    assert links.address == "https://scan.example/base/address/{}"
    assert links.cid == "http://127.0.0.1:8080/ipfs/{}"
    assert links_to(None, None).transaction is None


@pytest.mark.unit
def test_open_browser__no_windows__opens_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser for the terminal would take it over."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("opened one"))
    if sys.platform != "darwin":
        assert not open_browser("http://127.0.0.1:1")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", None),
        ("explorer: connecting\n", None),
        ('explorer: x\n{\n  "url": "http://127', None),
        ('explorer: x\n{\n  "url": "http://127.0.0.1:1",\n  "index": "i"\n}\nserving\n', "http://127.0.0.1:1"),
    ],
)
def test_address_in__log__is_found_once_it_is_whole(tmp_path: Path, text: str, url: str | None) -> None:
    log = tmp_path / "log"
    log.write_text(text)
    assert address_in(log) == url
