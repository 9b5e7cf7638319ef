"""Text of strangers is shown as one bounded line of what can be seen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.explorer.plain import MAX_MARKS, plain

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Digits of hospitals", "Digits of hospitals"),
        ("  two\n\tlines\r\nand\u2028more ", "two lines and more"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("admin\u202egpj.exe", "admingpj.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("nul\0", "nul"),
        ("e\u0301 is fine", "e\u0301 is fine"),
        ("Z" + "\u0300" * 50, "Z" + "\u0300" * MAX_MARKS),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\ud800 lone", "lone"),
        ("", ""),
        ("\u200b\x07", ""),
    ],
)
def test_plain__text__is_what_can_be_seen(text: str, shown: str) -> None:
    assert plain(text, 60) == shown


def test_plain__too_long__ends_in_dots() -> None:
    assert plain("word " * 100, 12) == "word word..."
    assert plain("x" * 10**7, 10) == "xxxxxxx..."


@given(st.text(), st.integers(4, 50))
def test_plain__any_text__is_bounded_and_holds_nothing_unseen(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert len(shown) <= limit
    assert shown == " ".join(shown.split())
    assert all(unicodedata.category(character)[0] != "C" for character in shown)
    shown.encode()
