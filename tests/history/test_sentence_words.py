"""What sentences are made of: printable text, checks, numbers, names and lists."""

from __future__ import annotations

import pytest

from parley.chain.model import Phase
from parley.history.model import Step
from parley.history.sentences.model import Check, Kind, Sentence, named, run, sent
from parley.history.sentences.words import Names, amount, count, hexed, listing, phase_name, share, shortened
from parley.text import MAX_LENGTH, printable

pytestmark = pytest.mark.unit

A, B, C = "0xAbCdEf0123" + "00" * 15, "0xabcdef0123" + "11" * 15, "0x99" + "22" * 19


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\r\n\tand  blanks", "two lines and blanks"),
        ("\x1b[2J\x1b[31mred", "?[2J?[31mred"),
        ("right\u202eleft\u2066", "right?left?"),
        ("nul\x00 bell\x07 del\x7f", "nul? bell? del?"),
        ("zero\u200bwidth", "zero?width"),
        ("grün, Ω", "grün, Ω"),
        ("", ""),
    ],
)
def test_printable__hostile_text__moves_no_cursor(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert Sentence(text, named("baf")).text == shown


def test_printable__endless_text__is_cut() -> None:
    assert len(printable("x" * 10**6)) == MAX_LENGTH
    assert printable("x" * 10**6).endswith("...")


def test_check__of_each_kind__says_where_to_look() -> None:
    step = Step("Settled", 12, 1_000, b"\xab" * 32, 3)
    assert str(sent(step)) == f"transaction 0x{'ab' * 32} in block 12"
    assert str(named("bafk")) == "CID bafk"
    assert str(run(7, "round", "show", 3)) == "`parley round show 3 --federation 7`"
    assert run(7, "x") == Check(Kind.COMMAND, "parley x --federation 7", None)


def test_sentence__as_text__ends_in_its_check() -> None:
    assert str(Sentence("It is so.", named("bafk"))) == "It is so. Check: CID bafk"


@pytest.mark.parametrize(("number", "text"), [(0, "no votes"), (1, "1 vote"), (2, "2 votes"), (1000, "1000 votes")])
def test_count__each_number__singular_and_plural(number: int, text: str) -> None:
    assert count(number, "vote") == text


def test_count__irregular__takes_its_plural() -> None:
    assert [count(n, "entry", "entries") for n in (0, 1, 2)] == ["no entries", "1 entry", "2 entries"]


@pytest.mark.parametrize(
    ("items", "text"), [([], "nothing"), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listing__any_number__reads_as_english(items: list[str], text: str) -> None:
    assert listing(items) == text


@pytest.mark.parametrize(
    ("wei", "text"),
    [(0, "0 tokens"), (10**18, "1 token"), (1, "0.000000000000000001 tokens"), (1_500 * 10**18, "1,500 tokens")],
)
def test_amount__to_the_wei__singular_for_one(wei: int, text: str) -> None:
    assert amount(wei) == text


def test_share__basis_points__as_percentage() -> None:
    assert [share(points) for points in (0, 1, 1250, 10_000)] == ["0 %", "0.01 %", "12.5 %", "100 %"]


def test_shortened__nobody_alike__ten_characters() -> None:
    assert shortened(C, [A, B, C]) == C[:10]


def test_shortened__ground_address__is_told_apart() -> None:
    """Whoever grinds an address with another's beginning makes both longer, not alike."""
    assert shortened(A, [A, B, C]) == A[:13]
    assert shortened(B, [A, B, C]) == B[:13]
    assert shortened(A, [A, A.lower()]) == A[:10], "one address in two writings is one"


def test_names__own_key__is_called_by_name_and_address() -> None:
    names = Names([A, B, C], {C: "carol"})
    assert names(C) == f"carol ({C[:10]})"
    assert names.brief(C) == "carol"
    assert names(A) == names.brief(A) == A[:13]
    assert Names([])(A) == A[:10]


def test_hexed_and_phase_name__as_people_write_them() -> None:
    assert hexed(b"\x01\xff") == "0x01ff"
    assert [phase_name(phase) for phase in (Phase.TRAIN, Phase.SCORE_COMMIT)] == ["train", "score commit"]
