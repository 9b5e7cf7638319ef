"""The journal of a key: durable, of one process, bounded, and never taken for what it is not."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from parley.chain.errors import JournalError
from parley.chain.fees import Fees
from parley.chain.outbox import KEPT, Outbox, Slot, SlotState
from parley.chain.transactions import Attempt, Intent, Outgoing, round_of

pytestmark = pytest.mark.unit

TARGET = "0x" + "22" * 20


def slot(nonce: int, key: str | None = None, data: bytes = b"deed") -> Slot:
    """Something to send."""
    return Slot(nonce, Outgoing("deed", TARGET, data), 50_000, 7, None if key is None else Intent(key, 99, 10**20))


def attempt(nonce: int, name: str, fee: int = 10, size: int = 4) -> Attempt:
    """A signed offer."""
    return Attempt("deed", nonce, Fees(fee, 1), f"0x{name}", bytes(size))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a journal."""
    return tmp_path / "outbox" / "1-0xab.sqlite"


def test_enter__closed_and_opened_again__all_is_there(path: Path) -> None:
    """P-18: what was signed survives the process."""
    with Outbox(path) as outbox:
        known = outbox.enter(slot(3, "commitUpdate/1/7"), attempt(3, "aa"))
        outbox.enter(known, attempt(3, "bb", fee=10**19))
    assert path.stat().st_mode & 0o777 == 0o600
    with Outbox(path) as outbox:
        assert outbox.open_slots() == [known]
        assert known.intent == Intent("commitUpdate/1/7", 99, 10**20)
        assert [(offer.hash, offer.fees.max_fee, offer.raw) for offer in outbox.offers(3)] == [
            ("0xaa", 10, bytes(4)),
            ("0xbb", 10**19, bytes(4)),
        ]
        assert outbox.highest_nonce == 3
        assert outbox.watermark("commitUpdate", 1) == 7


def test_enter__other_content_for_an_open_nonce__takes_its_place(path: Path) -> None:
    with Outbox(path) as outbox:
        first = outbox.enter(slot(3, "one"), attempt(3, "aa"))
        second = outbox.enter(slot(3, "two"), attempt(3, "bb"))
        assert outbox.open_slots() == [second]
        assert outbox.slot(first.id).state is SlotState.REPLACED
        assert [offer.slot for offer in outbox.offers(3)] == [first.id, second.id]
        home = outbox.home("one", 3)
        assert home is not None, "it may still be mined"
        assert home.id == first.id
        assert outbox.home("one", 4) is None


def test_settle__mined__other_bytes_are_let_go_and_the_deed_is_found(path: Path) -> None:
    with Outbox(path) as outbox:
        known = outbox.enter(slot(0, "one"), attempt(0, "aa"))
        outbox.enter(known, attempt(0, "bb"))
        outbox.settle(known, SlotState.MINED, "0xaa", ok=True)
        assert [offer.raw for offer in outbox.offers(0)] == [bytes(4), b""]
        done = outbox.done("one")
        assert done is not None
        assert (done.mined, done.ok) == ("0xaa", True)
        assert outbox.settled_from(0) == [done]
        assert outbox.settled_from(1) == []
        assert outbox.reopen(done) == outbox.open_slots()[0] == known


def test_settle__for_years__file_is_bounded_and_the_watermark_stays(path: Path) -> None:
    """F-58: old slots are let go, what must never be contradicted is not."""
    with Outbox(path) as outbox:
        outbox._connection.execute("PRAGMA synchronous = OFF")
        sizes = []
        for nonce in range(3 * KEPT):
            number = 9 if nonce == 5 else 1
            known = outbox.enter(slot(nonce, f"settle/4/{number}"), attempt(nonce, f"{nonce:04x}", size=4000))
            outbox.settle(known, SlotState.MINED, f"0x{nonce:04x}", ok=True)
            sizes.append(path.stat().st_size)
        assert sizes[-1] <= sizes[KEPT] * 1.5
        assert len(outbox.settled_from(0)) == KEPT
        assert outbox.offers(5) == []
        assert (outbox.watermark("settle", 4), outbox.watermark("settle", 5), outbox.highest_nonce) == (9, -1, 767)


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("commitUpdate/1/7", ("commitUpdate", 1, 7)),
        ("settle/12/3/2", ("settle", 12, 3)),
        ("openValidation/1/7", None),
        ("commitUpdate/1", None),
        ("commitUpdate/x/7", None),
        ("", None),
    ],
)
def test_round_of__key__tells_deed_federation_and_round(key: str, place: object) -> None:
    assert round_of(key) == place


@pytest.mark.parametrize("content", [b"not a database" * 100, b"{}"])
def test_open__damaged__says_what_to_do_and_leaves_it(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(JournalError, match="is damaged") as error:
        Outbox(path)
    assert "move the file away" in str(error.value.hint)
    assert path.read_bytes() == content


def test_open__a_page_is_damaged__says_so(path: Path) -> None:
    with Outbox(path) as outbox:
        for nonce in range(50):
            outbox.enter(slot(nonce), attempt(nonce, f"{nonce:04x}", size=500))
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    path.write_bytes(content)
    with pytest.raises(JournalError, match="is damaged"):
        Outbox(path)


def test_open__of_a_newer_version__is_refused(path: Path) -> None:
    Outbox(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(JournalError, match="is of a newer Parley: version 2, and this one knows 1") as error:
        Outbox(path)
    assert "use the newer Parley" in str(error.value.hint)


def test_open__twice__the_second_is_refused(path: Path) -> None:
    """F-57: besides the key's lock, the journal itself is of one process."""
    with Outbox(path), pytest.raises(JournalError, match="another process uses the journal"):
        Outbox(path)
    Outbox(path).close()


def test_open__no_folder_can_be_made__says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot write the journal"):
        Outbox(tmp_path / "file" / "journal.sqlite")


FULL_DISK = """
import resource, sys
from pathlib import Path
from parley.chain.errors import JournalError
from parley.chain.outbox import Outbox
from tests.chain.test_outbox import attempt, slot

outbox = Outbox(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
for nonce in range(1000):
    try:
        outbox.enter(slot(nonce), attempt(nonce, f"{nonce:04x}", size=10_000))
    except JournalError as error:
        print(nonce, len(outbox.open_slots()), error.message, "|", error.hint)
        sys.exit()
"""


def test_enter__disk_full__is_an_error_and_nothing_half_written(path: Path) -> None:
    """F-60: where the journal cannot be written nothing is sent; what was written before is whole."""
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    nonce, there, rest = done.stdout.split(maxsplit=2)
    assert int(nonce) == int(there) > 0
    assert rest.startswith("cannot write the journal")
    assert "nothing was sent; is the disk full" in rest
    with Outbox(path) as outbox:
        assert len(outbox.open_slots()) == int(nonce)
        assert outbox.highest_nonce == int(nonce) - 1
