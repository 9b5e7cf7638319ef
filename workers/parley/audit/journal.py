"""What an audit has done so far, a file to a round, so that it goes on after Ctrl-C or a crash.

A round counts as done if its file is whole, was made from the very inputs it has now by the same software, and lacks
nothing: where content was gone or damaged, or scores could not be run again, that may have been put right since. (The
task's own code can be no other: the task document, which the inputs name, has its digest.) The files go once the audit
is through: the next one looks at everything anew.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from parley import strict_json
from parley.audit import canonical
from parley.audit.checks import Check
from parley.audit.findings import Outcome, Party, Place, Sheet
from parley.audit.report import software
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
        self._software = software()

    def save(self, result: RoundResult) -> None:
        """Keep a round, all of it or nothing.

        Raises:
            OSError: the disk is full or failed.
        """
        value = {"result": to_json(result), "software": self._software}
        write_whole(self._path(result.number), canonical.encode({**value, "seal": canonical.digest(value)}))

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
            result, made_with = _unsealed(read_at_most(path, MAX_BYTES))
        except (OSError, ValueError, KeyError, TypeError) as error:
            sheet.holds(Check.JOURNAL, False, place, actual=f"{error}")
            return None
        sheet.holds(Check.JOURNAL, result.number == number, place, actual=f"round {result.number}")
        same = (result.number, result.inputs, made_with) == (number, inputs, self._software)
        return result if same and _is_whole(result.sheet) else None

    def clear(self) -> None:
        """Forget all rounds: the audit is through."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.json"


def _is_whole(sheet: Sheet) -> bool:
    """Whether nothing was missing, neither content nor what it takes to run scores again."""
    store = any(finding.place.party is Party.STORE for finding in sheet.findings)
    return not (store or sheet.skipped or sheet.total(Outcome.GONE))


def _unsealed(data: bytes) -> tuple[RoundResult, object]:
    """The result in a file, and the software that it was made with.

    Raises:
        ValueError, KeyError, TypeError: it is not one that was written here.
    """
    value = strict_json.parse(data, MAX_BYTES)
    seal = value.pop("seal")
    if canonical.digest(value) != seal:
        raise ValueError("it does not hash to its seal: it was changed")
    return from_json(value["result"]), value["software"]
