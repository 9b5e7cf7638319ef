"""What an audit finds: one sheet on which every comparison is counted and every difference noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from parley.audit.checks import Check
from parley.text import printable

MAX_FINDINGS = 1_000
"""Findings of one kind that are kept in full; of more than that only the number is."""

MAX_TEXT = 400
"""Characters of a value that are shown."""


class Outcome(StrEnum):
    """How a finding counts."""

    WRONG = "wrong"
    """Something is not what it must be."""
    GONE = "unavailable"
    """Content that is needed to tell is not to be had."""
    DIFFERENT = "different"
    """Scores, run again, are others: machines compute floats differently, so this proves nothing by itself."""
    REMARK = "remark"
    """Nothing is wrong, but somebody may want to know."""


class Party(StrEnum):
    """Who is responsible."""

    TRAINER = "trainer"
    EVALUATOR = "evaluator"
    AGGREGATOR = "aggregator"
    SPONSOR = "sponsor"
    MEMBER = "member"
    PROVER = "prover"
    CONTRACTS = "contracts"
    NODE = "node"
    STORE = "store"
    AUDITOR = "auditor"
    """Files that an earlier run of the audit left."""
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was compared, and who answers for it.

    Attributes:
        what: it is about, a clause.
        party: who is responsible if it does not hold.
        who: that party's address, or where it is; empty if there is only one.
        round: number, or `None` if it belongs to no round.
        by_hand: how anybody can look: transactions, CIDs, commands.
    """

    what: str
    party: Party
    who: str = ""
    round: int | None = None
    by_hand: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Whatever it is about, it is shown on terminals."""
        object.__setattr__(self, "what", printable(self.what))
        object.__setattr__(self, "who", printable(self.who))
        object.__setattr__(self, "by_hand", tuple(map(printable, self.by_hand)))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold.

    Attributes:
        check: which check found it.
        outcome: how it counts.
        place: where, and who is responsible.
        expected: what it must be.
        actual: what it is.
    """

    check: Check
    outcome: Outcome
    place: Place
    expected: str = ""
    actual: str = ""


@dataclass(slots=True)
class Sheet:
    """The comparisons of an audit, or of a part of it.

    Attributes:
        compared: how many there were, by check.
        counts: how many findings there were, by check and outcome.
        findings: the findings themselves, as far as they are kept.
        skipped: checks that were left out, and why.
    """

    compared: Counter[Check] = field(default_factory=Counter)
    counts: Counter[tuple[Check, Outcome]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    skipped: dict[Check, str] = field(default_factory=dict)

    def same(self, check: Check, expected: object, actual: object, place: Place) -> bool:
        """Compare two values, which must be equal."""
        return self.holds(check, expected == actual, place, expected=expected, actual=actual)

    def holds(self, check: Check, condition: bool, place: Place, *, expected: object = "", actual: object = "") -> bool:
        """Note whether something holds that must."""
        self.compared[check] += 1
        if not condition:
            self.note(Finding(check, Outcome.WRONG, place, shown(expected), shown(actual)))
        return condition

    def gone(self, check: Check, place: Place, why: str) -> None:
        """Content is not to be had, so that something cannot be told."""
        self.compared[check] += 1
        self.note(Finding(check, Outcome.GONE, place, "", shown(why)))

    def remark(self, check: Check, place: Place, why: str) -> None:
        """Say something that is no fault."""
        self.note(Finding(check, Outcome.REMARK, place, "", shown(why)))

    def skip(self, check: Check, why: str) -> None:
        """A check is left out."""
        self.skipped.setdefault(check, shown(why))

    def refused(self, check: Check, why: str) -> None:
        """A check is left out because the node does not tell what it takes, as one that hides something would."""
        if check not in self.skipped:
            self.skip(check, why)
            self.gone(check, Place("what the check takes", Party.NODE), why)

    def note(self, finding: Finding) -> None:
        """Take in a finding that was made elsewhere."""
        key = finding.check, finding.outcome
        self.counts[key] += 1
        if self.counts[key] <= MAX_FINDINGS:
            self.findings.append(finding)

    def add(self, other: Sheet) -> None:
        """Take in another sheet."""
        self.compared.update(other.compared)
        for check, why in other.skipped.items():
            self.skip(check, why)
        before = Counter(self.counts)
        for finding in other.findings:
            self.note(finding)
        for key, count in other.counts.items():
            self.counts[key] = before[key] + count

    def total(self, outcome: Outcome) -> int:
        """How many findings count as that."""
        return sum(count for (_, kind), count in self.counts.items() if kind is outcome)


def merged(sheets: Iterable[Sheet]) -> Sheet:
    """One sheet of several, in their order."""
    whole = Sheet()
    for sheet in sheets:
        whole.add(sheet)
    return whole


def shown(value: object) -> str:
    """A value as reports show it: bytes as 0x..., nothing endless, and nothing that moves a cursor."""
    if isinstance(value, bytes | bytearray):
        text = "0x" + bytes(value).hex()
    elif isinstance(value, tuple | list):
        text = "(" + ", ".join(map(shown, value)) + ")"
    else:
        text = str(value)
    return printable(text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + "...")
