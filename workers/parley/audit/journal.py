"""What an audit has done so far, a file to a round, so that it goes on after Ctrl-C or a crash.

A round counts as done if its file is whole and was made from the very inputs it has now. The files go once the audit
is through: the next one looks at everything anew.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from parley import strict_json
from parley.audit import canonical
from parley.audit.checks import Check
from parley.audit.findings import Party, Place, Sheet
from parley.audit.results import RoundResult, from_json, to_json
from parley.files import read_at_most, write_whole

MAX_BYTES = 16 << 20
"""The longest file that is read."""


class Journal:
    """The rounds of one audit that are done.

    Args:
        folder: where they lie; made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, result: RoundResult) -> None:
        """Keep a round, all of it or nothing.

        Raises:
            OSError: the disk is full or failed.
        """
        value = to_json(result)
        sealed = {"result": value, "seal": canonical.digest(value)}
        write_whole(self._path(result.number), canonical.encode(sealed))

    def load(self, number: int, inputs: str, sheet: Sheet) -> RoundResult | None:
        """A round that is done, or `None`; a damaged file is noted on the sheet.

        Args:
            number: of the round.
            inputs: digest of the inputs that it has now.
            sheet: of the audit.
        """
        path = self._path(number)
        if not path.exists():
            return None
        place = Place(f"what was kept of round {number}", Party.AUDITOR, str(path), number)
        try:
            result = _unsealed(read_at_most(path, MAX_BYTES))
        except (OSError, ValueError, KeyError, TypeError) as error:
            sheet.holds(Check.JOURNAL, False, place, actual=f"{error}")
            return None
        sheet.holds(Check.JOURNAL, result.number == number, place, actual=f"round {result.number}")
        return result if (result.number, result.inputs) == (number, inputs) else None

    def clear(self) -> None:
        """Forget all rounds: the audit is through."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.json"


def _unsealed(data: bytes) -> RoundResult:
    """The result in a file.

    Raises:
        ValueError, KeyError, TypeError: it is not one that was written here.
    """
    value = strict_json.parse(data, MAX_BYTES)
    if canonical.digest(value["result"]) != value["seal"]:
        raise ValueError("it does not hash to its seal: it was changed")
    return from_json(value["result"])
