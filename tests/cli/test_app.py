"""The program as a whole: global options, help, errors, exit codes, start-up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from parley.cli.app import app, hoisted
from parley.config import known_keys
from parley.errors import ExitCode, ParleyError
from tests.cli.conftest import Run

pytestmark = pytest.mark.unit

HEAVY = ("torch", "numba", "web3", "sklearn", "scipy", "eth_account", "solcx", "apscheduler", "numpy")


def commands(
    group: TyperGroup | None = None, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    """Every command of the program with its words."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL = dict(commands())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["stake", "show", "--account", "a"], ["--account", "a", "stake", "show"]),
        (["stake", "-a", "a", "show", "--json"], ["-a", "a", "stake", "show", "--json"]),
        (["stake", "show", "--home=x", "--debug"], ["--home=x", "--debug", "stake", "show"]),
        (["cid", "--", "--debug"], ["cid", "--", "--debug"]),
        (["stake", "show", "--account"], ["--account", "stake", "show"]),
        (["demo", "--store", "kubo", "--home", "x"], ["--home", "x", "demo", "--store", "kubo"]),
        (["--store", "s", "demo"], ["--store", "s", "demo"]),
        ([], []),
    ],
)
def test_hoisted__options_anywhere__come_first(given: list[str], expected: list[str]) -> None:
    assert hoisted(given) == expected


def test_help__program__within_a_moment_and_without_heavy_modules() -> None:
    program = (
        "import sys\nfrom parley.cli.app import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "[]"
    assert "exit-codes" in done.stdout


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help__each_command__says_what_and_gives_an_example(words: tuple[str, ...], run: Run) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0, result.output
    assert ALL[words].help
    assert f"$ parley {' '.join(words)}" in result.stdout.replace("\n", " ")


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_options__each_command__none_shadows_a_global_one(words: tuple[str, ...]) -> None:
    from parley.cli.app import GLOBAL_OPTIONS, OWN_OPTIONS

    own = {option for parameter in ALL[words].params for option in parameter.opts}
    assert not own & (set(GLOBAL_OPTIONS) - OWN_OPTIONS.get(words[0], set()))


def test_run__no_command__shows_help(run: Run) -> None:
    result = run()
    assert result.exit_code == 0
    assert "Usage: parley" in result.stdout


def test_run__unknown_command__suggests_one(run: Run) -> None:
    result = run("confg")
    assert result.exit_code == ExitCode.USAGE
    assert result.stderr == "error: No such command 'confg'. Did you mean 'config'?\nhint: see `parley --help`\n"
    assert result.stdout == ""


def test_run__unknown_option__names_the_command_to_ask(run: Run) -> None:
    result = run("cid", "x", "--jsn")
    assert result.exit_code == ExitCode.USAGE
    assert "--jsn" in result.stderr
    assert "hint: see `parley cid --help`" in result.stderr


def test_config_show__json__everything_and_nothing_else(run: Run) -> None:
    result = run("config", "show", "--json", "--set", "poll-seconds=0.5", "-f", 7)
    assert result.exit_code == 0, result.stderr
    facts = json.loads(result.stdout)
    assert (facts["poll_seconds"], facts["federation"]) == (0.5, 7)
    assert facts["keystores"] == ".parley/keystores"
    assert result.stderr == ""


def test_config_show__explain__each_setting_with_value_source_and_meaning(
    run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What outranks what can be read off: a flag, the environment, the file, the default."""
    (workplace / "parley.toml").write_text("confirmations = 3\nmax_lag = 7\npoll_seconds = 9")
    monkeypatch.setenv("PARLEY_MAX_LAG", "8")
    result = run("config", "show", "--explain", "--json", "--set", "poll_seconds=2")
    assert result.exit_code == 0, result.stderr
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert set(rows) == set(known_keys())
    told = {
        name: (rows[name]["value"], rows[name]["source"])
        for name in ("poll_seconds", "max_lag", "confirmations", "home")
    }
    assert told == {
        "poll_seconds": (2.0, "flag"),
        "max_lag": (8, "environment"),
        "confirmations": (3, "parley.toml"),
        "home": (".parley", "default"),
    }
    assert all(row["meaning"].endswith(".") and len(row["meaning"]) > 10 for row in rows.values())
    assert rows["poll_seconds"]["meaning"] == "how often a worker looks at the chain."


def test_config_show__endpoints_with_credentials__are_shown_without(run: Run) -> None:
    """F-64, P-21: neither the page nor an error shows what may be a key."""
    url = "https://user:hunter2hunter2@rpc.example:8545/v3/0123456789abcdef?k=fedcba9876543210"
    for line in (["config", "show"], ["config", "show", "--explain"], ["config", "show", "--json"]):
        result = run(*line, "--rpc-url", f"{url},http://127.0.0.1:1", "--store", "/srv/a,http://u:password1@s:1/x")
        assert result.exit_code == 0
        assert "https://rpc.example:8545,http://127.0.0.1:1" in result.stdout
        assert "/srv/a,http://s:1" in result.stdout
    result = run("config", "show", "--rpc-url", url.replace("https", "ftp"))
    assert result.exit_code == ExitCode.CONFIG
    assert "0123456789abcdef" not in result.output
    assert "an RPC endpoint starts with http" in result.stderr


def test_config_show__unknown_key__one_error_one_hint(run: Run) -> None:
    result = run("config", "show", "--set", "pol_seconds=1")
    assert result.exit_code == ExitCode.CONFIG
    assert result.stderr == "error: setting 'pol_seconds' is unknown\nhint: did you mean 'poll_seconds'?\n"


def test_exit_codes__json__each_number_once_with_its_meaning(run: Run) -> None:
    codes = json.loads(run("exit-codes", "--json").stdout)
    assert [entry["code"] for entry in codes] == [int(code) for code in ExitCode]
    assert all(entry["meaning"].endswith((".", ").")) for entry in codes)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Make `parley version` raise what the test puts in."""
    errors: list[BaseException] = []

    def fail() -> None:
        raise errors[0]

    monkeypatch.setattr("parley.cli.actions.about.versions", fail)
    return errors


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            ParleyError("no\nsuch   thing", hint="do it", exit_code=ExitCode.CHAIN),
            4,
            "error: no such thing\nhint: do it\n",
        ),
        (ParleyError("bad"), 1, "error: bad\n"),
        (KeyboardInterrupt(), 130, ""),
        (typer.Abort(), 130, "error: stopped at a prompt\n"),
        (OSError(28, "No space left on device", "a.bin"), 7, "error: no space left for a.bin"),
        (OSError(98, "Address already in use"), 11, "error: the address is in use"),
        (PermissionError(13, "Permission denied", "a.bin"), 3, "error: cannot use a.bin: permission denied"),
        (FileNotFoundError(2, "No such file", "a.bin"), 9, "error: there is no a.bin"),
        (FileExistsError(17, "File exists", "a.bin"), 11, "error: a.bin is there already"),
        (ZeroDivisionError("x"), 1, "error: ZeroDivisionError: x\nhint: this is a fault of Parley"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_run__command_raises__one_line_a_code_no_traceback(
    failing: list[BaseException], run: Run, error: BaseException, code: int, said: str
) -> None:
    failing.append(error)
    result = run("version")
    assert result.exit_code == code
    assert result.stderr.startswith(said)
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_run__debug__traceback_as_well(failing: list[BaseException], run: Run) -> None:
    failing.append(ParleyError("bad"))
    result = run("version", "--debug")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("error: bad\n")
