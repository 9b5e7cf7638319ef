"""Results for people and for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from pathlib import Path

import pytest

from parley.cli.output import emit, plain, show_rows, tokens_of, with_tokens

pytestmark = pytest.mark.unit


class Colour(IntEnum):
    """An enum."""

    DARK_RED = 1


class Flags(IntFlag):
    """A set."""

    A = 1
    B = 2


@dataclass
class Thing:
    """A dataclass."""

    name: str
    root: bytes
    path: Path


def test_plain__whatever_commands_return__json_values() -> None:
    facts = {"thing": Thing("x", b"\x01", Path("a/b")), Colour.DARK_RED: Flags.A | Flags.B, 3: (None, True, 1.5)}
    assert plain(facts) == {
        "thing": {"name": "x", "root": "0x01", "path": "a/b"},
        "dark_red": "a+b",
        "3": [None, True, 1.5],
    }
    assert plain(Flags(0)) == "none"


def test_emit__json__parses_back(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"wei": 10**30, "text": "ü\n"}, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"wei": 10**30, "text": "ü\n"}


def test_emit__text_of_others__no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"name": "[red]boo[/red]"}, as_json=False)
    assert capsys.readouterr().out == "name  [red]boo[/red]\n"


def test_show_rows__rows__table_with_their_keys(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([{"round_no": 1, "void": False}, {"round_no": 2, "void": None}])
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0] == ["round", "no", "void"]
    assert lines[2:] == [["1", "no"], ["2", "-"]]


def test_show_rows__none__says_so_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([], empty="no federations yet")
    assert capsys.readouterr() == ("", "no federations yet\n")


def test_show_facts__dict_of_several__one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"contracts": {"A": "0x1", "Long": "0x2"}, "one": {"x": 1}, "none": {}}, as_json=False)
    assert capsys.readouterr().out == "contracts  A     0x1\n           Long  0x2\none        x 1\nnone       -\n"


def test_with_tokens__some_are_amounts__whole_tokens_and_the_rest_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with_tokens("free", hide=("proof",))({"free": 15 * 10**17, "round": 10**18, "proof": [1]})
    assert capsys.readouterr().out == "free   1.5\nround  1000000000000000000\n"
    with_tokens("free")([{"free": 10**18}])
    assert capsys.readouterr().out.split()[-1] == "1"


def test_tokens_of__balances__rows() -> None:
    assert tokens_of({"a": 10**18}, "who", "amount") == [{"who": "a", "amount": "1"}]
