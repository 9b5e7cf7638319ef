"""The documents say what is there: commands with their options, settings, exit codes, targets, files and anchors."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from typer.exceptions import TyperException

from parley.audit.checks import MEANINGS
from parley.cli.app import GLOBAL_OPTIONS
from parley.config import OTHER_VARIABLES, PREFIX, Settings, known_keys
from parley.errors import ExitCode
from tests.docs import command_lines
from tests.docs.markdown import ROOT, anchors, documents, fenced, links, name_of, rows, spans

pytestmark = pytest.mark.unit

EACH = pytest.mark.parametrize("document", documents(), ids=name_of)


def _example_lines(epilog: str) -> list[str]:
    """The command lines in the end of a command's help."""
    return [line.split("$ ", 1)[1].replace("\\[", "[") for line in epilog.splitlines() if "$ parley" in line]


@EACH
def test_shell_blocks__each_command__is_one_that_parley_takes(document: Path) -> None:
    for block in fenced(document.read_text(), "sh"):
        for words in command_lines.calls(block):
            command_lines.parse(words)


@EACH
def test_code_spans__each_command__exists_with_its_options(document: Path) -> None:
    for span in spans(document.read_text()):
        for words in command_lines.calls(span):
            command, rest = command_lines.leaf(words)
            named = {word.partition("=")[0] for word in rest if word.startswith("-")} - {"--help"}
            assert named <= command_lines.flags(command) | set(GLOBAL_OPTIONS), span


@pytest.mark.parametrize(("path", "command"), sorted(command_lines.commands()), ids=str)
def test_help__of_each_command__ends_with_an_example_that_parses(path: str, command: object) -> None:
    lines = _example_lines(getattr(command, "epilog", None) or "")
    assert lines, f"`parley {path} --help` shows no example"
    for line in lines:
        (words,) = command_lines.calls(line)
        assert command_lines.leaf(words)[0] is command, line
        command_lines.parse(words)


@EACH
def test_links__within_the_project__lead_somewhere(document: Path) -> None:
    for link in links(document.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{name_of(document)}: {link}"
        assert target.is_relative_to(ROOT), f"{name_of(document)}: {link}"
        if anchor:
            assert anchor in anchors(target.read_text()), f"{name_of(document)}: {link}"


@EACH
def test_variables__with_our_prefix__are_known(document: Path) -> None:
    known = {PREFIX + key.upper() for key in known_keys()} | OTHER_VARIABLES
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", document.read_text())) <= known


@EACH
def test_make__targets_that_are_named__exist(document: Path) -> None:
    text = document.read_text()
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shell = "\n".join([*fenced(text, "sh"), *spans(text)])
    assert set(re.findall(r"^make ([a-z]+)", shell, re.MULTILINE)) <= targets


def test_exit_codes__in_the_table__are_those_of_the_program() -> None:
    table = rows((ROOT / "docs" / "cli.md").read_text(), "code")
    assert [(int(code), name) for code, name, _ in table] == [(code.value, code.name) for code in ExitCode]


def test_checks__in_the_table__are_all_that_an_audit_makes() -> None:
    table = rows((ROOT / "docs" / "audit.md").read_text(), "check")
    made = [[f"`{check.value}`", meaning.text, ", ".join(meaning.ids)] for check, meaning in MEANINGS.items()]
    assert [list(row) for row in table] == made


def test_settings__in_the_table__are_all_there_are_with_their_defaults() -> None:
    table = {row[0].strip("`"): row[1] for row in rows((ROOT / "docs" / "cli.md").read_text(), "setting")}
    assert tuple(table) == known_keys()
    for key, cell in table.items():
        default = Settings.model_fields[key].default
        assert default is None or str(default) == cell.strip("`"), key


def test_leaf__command_that_does_not_exist__is_found_out() -> None:
    """The checks above can fail: a wrong name, a wrong option and a missing argument are all refused."""
    with pytest.raises(LookupError):
        command_lines.leaf(["federation", "dissolve"])
    for words in (["stake", "deposit", "1", "--gently"], ["stake", "deposit"], ["round", "show", "last"]):
        with pytest.raises(TyperException, match=r"(?i)no such option|missing parameter|valid integer"):
            command_lines.parse(words)


def test_calls__in_shell__are_found_wherever_they_stand() -> None:
    shell = "until parley round list | grep x; do parley claim -a $n & done  # parley nothing\nparley run 2> 'a b'\n"
    assert command_lines.calls(shell) == [["round", "list"], ["claim", "-a", "$n"], ["run"]]
    assert command_lines.calls("x --home parley\nparley.toml `parley`") == []
