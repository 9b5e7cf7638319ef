"""Text of strangers on a terminal, wherever it is printed: it moves no cursor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from parley.chain.errors import NodeRefused
from parley.cli import failures, logs, output
from parley.text import MAX_LENGTH, printable, visible

pytestmark = pytest.mark.unit

HOSTILE = "\x1b]52;c;eA==\x07 \x1b[2J\u202e\x9b31m\r\nend"
SHOWN = "?]52;c;eA==? ?[2J??31m  end"


@pytest.fixture
def _root_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_visible__hostile__is_text_of_the_same_length() -> None:
    assert visible(HOSTILE) == SHOWN
    assert printable(HOSTILE) == SHOWN.replace("  ", " ")


@pytest.mark.parametrize("length", [MAX_LENGTH, MAX_LENGTH + 1, 10**6])
def test_printable__long__is_cut(length: int) -> None:
    assert len(printable("x" * length)) == MAX_LENGTH
    assert printable("x" * length).endswith("...") == (length > MAX_LENGTH)


def _logged() -> None:
    logs.configure("info", "human")
    structlog.get_logger("parley").warning("the node says", reason=HOSTILE)
    try:
        int(HOSTILE)
    except ValueError:
        logging.getLogger("web3").exception("%s", HOSTILE)


PRINTERS: dict[str, Callable[[], object]] = {
    "an error": lambda: failures.report(NodeRefused("eth_call", 3, HOSTILE), debug=False),
    "facts": lambda: output.show_facts({"symbol": HOSTILE, "nested": {"a": HOSTILE, "b": 1}}),
    "rows": lambda: output.show_rows([{"name": HOSTILE}]),
    "a heading": lambda: output.heading(HOSTILE),
    "a note": lambda: output.note(HOSTILE),
    "a log": _logged,
}


@pytest.mark.usefixtures("_root_as_before")
@pytest.mark.parametrize("printer", PRINTERS.values(), ids=PRINTERS)
def test_print__text_of_a_stranger__no_control_character(
    printer: Callable[[], object], capsys: pytest.CaptureFixture[str]
) -> None:
    """A node, a token's symbol or a report that would repaint the terminal only looks odd."""
    printer()
    out, err = capsys.readouterr()
    assert "]52;c;eA==" in out + err
    assert {c for c in out + err if not c.isprintable()} <= {"\n"}
