"""What an audit keeps between its runs: believed only as far as it proves itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import rlp
from eth_utils.crypto import keccak

from parley.audit import canonical, journal
from parley.audit.checks import Check
from parley.audit.findings import Outcome, Party, Place, Sheet
from parley.audit.journal import Journal
from parley.audit.kept import KeptBlocks
from parley.audit.results import RoundResult, from_json, to_json
from parley.chain.proven import Header, read_header
from parley.errors import ContentError

pytestmark = pytest.mark.unit

PLACE = Place("a value", Party.TRAINER, "0x" + "11" * 20, 3, ("cast tx 0x12 input",))


def result(number: int = 3, inputs: str = "0xaa") -> RoundResult:
    sheet = Sheet()
    sheet.same(Check.ROWS, b"\x01", b"\x02", PLACE)
    return RoundResult(number, "final", inputs, {"norm": 7, "row_root": None}, {"equal": 3}, sheet)


def test_results__to_json_and_back__are_the_same() -> None:
    made = result()
    made.sheet.skip(Check.SCORES, "no task")
    assert from_json(json.loads(canonical.encode(to_json(made)))) == made


def test_journal__saved_round__is_taken_up(tmp_path: Path) -> None:
    journal, sheet = Journal(tmp_path / "rounds"), Sheet()
    journal.save(result())
    assert journal.load(3, "0xaa", sheet) == result()
    assert journal.load(4, "0xaa", sheet) is None
    assert sheet.total(Outcome.WRONG) == 0
    journal.clear()
    assert journal.load(3, "0xaa", sheet) is None


def test_journal__other_inputs__is_judged_anew(tmp_path: Path) -> None:
    journal, sheet = Journal(tmp_path), Sheet()
    journal.save(result())
    assert journal.load(3, "0xbb", sheet) is None
    assert sheet.findings == []


@pytest.mark.parametrize(
    "lack",
    [
        lambda sheet: sheet.skip(Check.SCORES, "no torch"),
        lambda sheet: sheet.gone(Check.UPDATES, replace(PLACE, party=Party.STORE), "no such object"),
        lambda sheet: sheet.holds(Check.MODELS, False, replace(PLACE, party=Party.STORE), actual="other bytes"),
    ],
    ids=["scores not run", "content gone", "content damaged"],
)
def test_journal__round_that_lacked_something__is_judged_anew(tmp_path: Path, lack: Callable[[Sheet], None]) -> None:
    """The right store, or torch, may be there the next time."""
    journal, sheet, made = Journal(tmp_path), Sheet(), result()
    lack(made.sheet)
    journal.save(made)
    assert journal.load(3, "0xaa", sheet) is None
    assert sheet.findings == []


def test_journal__made_with_other_software__is_judged_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer library may compute otherwise; nobody tampered with the file."""
    sheet = Sheet()
    Journal(tmp_path).save(result())
    monkeypatch.setattr(journal, "software", lambda: {"numpy": "1.0"})
    assert Journal(tmp_path).load(3, "0xaa", sheet) is None
    assert sheet.findings == []


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"norm":7', '"norm":8'),
        lambda text: text.replace('"outcome":"wrong"', '"outcome":"remark"'),
        lambda text: text[: len(text) // 2],
        lambda _: "",
        lambda _: "[1, 2.5]",
        lambda _: '{"result": {}, "seal": "0x"}',
        lambda text: text.replace('"python"', '"snake"'),
        lambda _: "{" * 100,
    ],
    ids=["a value", "a finding", "cut", "empty", "something else", "unsealed", "software", "nested"],
)
def test_journal__changed_file__is_found_and_judged_anew(tmp_path: Path, change: object) -> None:
    journal, sheet = Journal(tmp_path), Sheet()
    journal.save(result())
    path = tmp_path / "3.json"
    path.write_text(change(path.read_text()))  # type: ignore[operator]
    assert journal.load(3, "0xaa", sheet) is None
    (finding,) = sheet.findings
    assert (finding.check, finding.outcome, finding.place.party) == (Check.JOURNAL, Outcome.WRONG, Party.AUDITOR)


def test_journal__file_of_another_round_under_this_name__is_found(tmp_path: Path) -> None:
    journal, sheet = Journal(tmp_path), Sheet()
    journal.save(result(4))
    (tmp_path / "4.json").rename(tmp_path / "3.json")
    assert journal.load(3, "0xaa", sheet) is None
    assert [finding.check for finding in sheet.findings] == [Check.JOURNAL]


# -------------------------------------------------------------------------------------------------- kept blocks


def header(number: int = 5) -> Header:
    fields = [bytes([number])] * 7 + [b"", bytes([number]), b"\x01", b"\x01", b"\x09"] + [b""] * 3
    return read_header(rlp.encode(fields))


def test_kept__header_and_digest__are_there_in_the_next_run(tmp_path: Path) -> None:
    told: list[str] = []
    kept = KeptBlocks(tmp_path / "blocks.sqlite", told.append)
    kept.keep([header()], [(header().hash, b"about", b"digest")])
    kept.close()
    again = KeptBlocks(tmp_path / "blocks.sqlite", told.append)
    assert again.header(header().hash) == header()
    assert again.digest(header().hash, b"about") == b"digest"
    assert again.header(keccak(text="another")) is None
    assert again.digest(header().hash, b"something else") is None
    assert told == []


def test_kept__header_of_another_block__is_told_and_not_used(tmp_path: Path) -> None:
    told: list[str] = []
    kept = KeptBlocks(tmp_path / "blocks.sqlite", told.append)
    kept.keep([header()], [])
    with sqlite3.connect(tmp_path / "blocks.sqlite") as file:
        file.execute("UPDATE headers SET encoded = ?", (header(6).encoded,))
    assert kept.header(header().hash) is None
    assert told == [f"the header kept of block 0x{header().hash.hex()} does not hash to that"]


@pytest.mark.parametrize("value", [7, "text", None])
def test_kept__value_of_another_type__starts_afresh(tmp_path: Path, value: object) -> None:
    told: list[str] = []
    kept = KeptBlocks(tmp_path / "blocks.sqlite", told.append)
    kept.keep([header()], [])
    with sqlite3.connect(tmp_path / "blocks.sqlite") as file:
        file.execute("DROP TABLE headers")
        file.execute("CREATE TABLE headers (hash BLOB, encoded)")
        file.execute("INSERT INTO headers VALUES (?, ?)", (header().hash, value))
    assert kept.header(header().hash) is None
    assert len(told) == 1


def test_kept__garbage__is_told_and_made_anew(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "blocks.sqlite").write_bytes(b"no database at all" * 100)
    kept = KeptBlocks(tmp_path / "blocks.sqlite", told.append)
    kept.keep([header()], [])
    assert kept.header(header().hash) == header()
    assert len(told) == 1
    assert "damaged" in told[0]


def test_kept__folder_in_its_place__is_an_error(tmp_path: Path) -> None:
    (tmp_path / "blocks.sqlite").mkdir()
    with pytest.raises(ContentError, match="cannot be used"):
        KeptBlocks(tmp_path / "blocks.sqlite", lambda _: None)
