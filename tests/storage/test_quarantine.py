"""Content that is not read again: bad by proof, or by the death of its readers (P-20)."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.failpoints import VARIABLE, Failpoint
from parley.storage import ContentCondemned, InvalidCid, Quarantine, quarantine

DIGEST = hashlib.sha256(b"crafted").digest()
OTHER = hashlib.sha256(b"honest").digest()

READ = """
import sys
from pathlib import Path
from parley.storage import Quarantine
with Quarantine(Path(sys.argv[1])).reading(bytes.fromhex(sys.argv[2])):
    print("alive", flush=True)
"""


def leave_note(folder: Path, digest: bytes) -> None:
    """Leave what a reader leaves that was killed."""
    (folder / "reading" / f"{digest.hex()}.{os.urandom(8).hex()}").touch()


@pytest.mark.unit
def test_condemned__by_another_instance__is_bad_for_all_and_after_a_restart(tmp_path: Path) -> None:
    """P-20: a verdict outlives its process, and concerns one digest only."""
    first, second = Quarantine(tmp_path), Quarantine(tmp_path)
    assert not first.is_bad(DIGEST)
    first.condemn(DIGEST, "wrong root\n\x1b[31m of 0xab")
    assert second.is_bad(DIGEST)
    assert second.why(DIGEST) == "wrong root  [31m of 0xab"
    assert Quarantine(tmp_path).is_bad(DIGEST)
    assert not second.is_bad(OTHER)


@pytest.mark.unit
def test_reading__what_is_bad__does_not_run(tmp_path: Path) -> None:
    """P-20: bad content is not parsed again."""
    found = Quarantine(tmp_path)
    found.condemn(DIGEST, "wrong size")
    with pytest.raises(ContentCondemned, match="wrong size"), found.reading(DIGEST):
        pytest.fail("parsed")
    found.check(OTHER)


@pytest.mark.unit
@pytest.mark.parametrize("error", [None, ValueError("no such header"), MemoryError()])
def test_reading__whose_process_lives__leaves_no_note(tmp_path: Path, error: Exception | None) -> None:
    """An error of the parser is no death."""
    found = Quarantine(tmp_path)
    for _ in range(3):
        with suppress(ValueError, MemoryError), found.reading(DIGEST):
            assert len(list((tmp_path / "reading").iterdir())) == 1
            if error is not None:
                raise error
    assert not list((tmp_path / "reading").iterdir())
    assert not found.is_bad(DIGEST)


@pytest.mark.unit
def test_deaths__two_of_one_digest__condemn_it(tmp_path: Path) -> None:
    """One death may be chance; a reader that is alive counts for none."""
    found = Quarantine(tmp_path)
    leave_note(tmp_path, DIGEST)
    leave_note(tmp_path, OTHER)
    with found.reading(OTHER):
        assert not found.is_bad(OTHER)
    assert not found.is_bad(DIGEST)
    leave_note(tmp_path, DIGEST)
    assert found.is_bad(DIGEST)
    leave_note(tmp_path, OTHER)
    assert not found.is_bad(OTHER), "who came out alive cleared it"


@pytest.mark.unit
def test_bounds__more_verdicts_and_notes_than_are_kept__drop_the_oldest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P-20: peers cannot fill the disk with names."""
    monkeypatch.setattr(quarantine, "MAX_CONDEMNED", 3)
    monkeypatch.setattr(quarantine, "MAX_NOTES", 2)
    found = Quarantine(tmp_path)
    digests = [bytes([i]) * 32 for i in range(6)]
    for age, digest in enumerate(digests):
        found.condemn(digest, "bad")
        os.utime(tmp_path / "bad" / digest.hex(), ns=(age, age))
        leave_note(tmp_path, digest)
    assert [found.is_bad(digest) for digest in digests] == [False, False, False, True, True, True]
    Quarantine(tmp_path)
    assert len(list((tmp_path / "reading").iterdir())) == 2


@pytest.mark.unit
@given(name=st.binary(max_size=64).filter(lambda b: len(b) != 32))
def test_names__that_are_no_digest__are_refused(tmp_path_factory: pytest.TempPathFactory, name: bytes) -> None:
    """F-89: nothing but 32 bytes names a file, and those only in hexadecimal."""
    found = Quarantine(tmp_path_factory.getbasetemp() / "names")
    for ask in (found.is_bad, found.check, lambda digest: found.condemn(digest, "bad")):
        with pytest.raises(InvalidCid):
            ask(name)


@pytest.mark.unit
@given(digest=st.one_of(st.binary(min_size=32, max_size=32), st.just(b"../../../../../../etc/passwd\0...")))
def test_names__of_any_digest__stay_in_the_folder(tmp_path_factory: pytest.TempPathFactory, digest: bytes) -> None:
    """F-89: a digest chosen by a peer never becomes a path outside."""
    folder = tmp_path_factory.getbasetemp() / "any" / "quarantine"
    found = Quarantine(folder)
    found.condemn(digest, "bad")
    assert (folder / "bad" / digest.hex()).is_file()
    assert [path.name for path in folder.parent.iterdir()] == ["quarantine"]


@pytest.mark.integration
def test_killed__twice_while_parsing__is_condemned_at_the_next_start(tmp_path: Path) -> None:
    """P-18, P-20: a crash note is on disk before the parser runs."""
    command = [sys.executable, "-c", READ, str(tmp_path), DIGEST.hex()]
    killing = {**os.environ, VARIABLE: Failpoint.IN_PARSING}
    assert subprocess.run(command, env=killing, check=False).returncode == -signal.SIGKILL
    assert not Quarantine(tmp_path).is_bad(DIGEST)
    assert subprocess.run(command, env=killing, check=False).returncode == -signal.SIGKILL
    third = subprocess.run(command, capture_output=True, check=False)
    assert third.returncode != 0
    assert b"2 processes died while they read it" in third.stderr
    assert b"alive" not in third.stdout
