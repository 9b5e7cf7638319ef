"""Two workers of one operator, each with a key of its own (F-57)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from parley.chain.verdicts import Pointless
from parley.roles.actions import CommitUpdate, RevealUpdate
from tests.roles.builders import ME
from tests.roles.trainees import trainer, view


@pytest.mark.unit
def test_reveal__another_worker_of_the_operator_committed__is_pointless_and_sends_nothing(tmp_path: Path) -> None:
    """F-57: two workers of one operator, with keys of their own: the last commitment counts, only its maker reveals."""
    sent: list[tuple[object, ...]] = []
    mine = trainer(tmp_path, sent)
    mine.execute(CommitUpdate(4), view())
    record = view().record
    assert record is not None
    theirs = replace(record, commitments={ME: b"another one".ljust(32)})
    with pytest.raises(Pointless, match="cannot be revealed") as caught:
        mine.execute(RevealUpdate(4), replace(view(), records={4: theirs}))
    assert "another worker of this operator" in str(caught.value.hint)
    assert [arguments[0] for arguments in sent] == ["commitUpdate"]
