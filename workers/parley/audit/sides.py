"""One of two reports that are compared: what stands in it, and what its machine could not tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parley.audit.checks import Check
from parley.audit.findings import MAX_FINDINGS, Finding, Outcome, Party, Sheet
from parley.audit.form import Body

CONTENT = frozenset(
    {Check.TASK, Check.GENESIS, Check.SHARDS, Check.UPDATES, Check.MODELS, Check.FITNESS, Check.NORM, Check.SCALES}
    | {Check.SCORES, Check.ROWS, Check.MODEL, Check.MODEL_CID, Check.CONVICTIONS, Check.CLIPS}
)
"""Checks that take content, which may be gone or damaged on one machine alone."""

ROUNDS = CONTENT - {Check.TASK, Check.GENESIS}
"""Those of them that each round counts."""

LEFT_OUT = frozenset({Check.BLOCKS, Check.LOGS, Check.ANCESTRY, Check.STATE, Check.SEED, Check.TOKENS, Check.SCORES})
"""Checks that an audit may leave out: where a node or a machine does not have what they take."""

_OWN = frozenset({Check.CACHE, Check.JOURNAL, Check.TOKENS})
"""Checks of the auditor's own files, and of balances, which are a node's word."""

_MACHINE = frozenset({Party.AUDITOR, Party.NODE, Party.STORE})
"""Who may be at fault on one machine and not on another."""

_UNUSED = frozenset({Check.UPDATES, Check.NORM, Check.SCALES})
"""Checks that only remark what is gone, where nobody relied on it (P-23)."""

_FOLLOWING: Mapping[Check, frozenset[Check]] = {
    **dict.fromkeys((Check.BLOCKS, Check.LOGS, Check.ANCESTRY), frozenset({Check.BLOCKS, Check.LOGS, Check.ANCESTRY})),
    **dict.fromkeys((Check.TERMS, Check.BUDGET, Check.CLAIMS, Check.STAKES, Check.TOKENS), frozenset({Check.STATE})),
}
"""Checks that compare less where others cannot be made."""


@dataclass(frozen=True, slots=True)
class Side:
    """A report.

    Attributes:
        body: of it.
        sheet: all that its audit noted.
        gaps: rounds of which its machine lacked content; `None` is in it where that is so of all of them.
    """

    body: Body
    sheet: Sheet
    gaps: frozenset[int | None]

    @property
    def is_misled(self) -> bool:
        """Whether its node was found to lie: then what it read need not be what another reads."""
        return any(f.outcome is Outcome.WRONG and f.place.party is Party.NODE for f in self.sheet.findings)

    def lacks(self, number: int | None) -> bool:
        """Whether it lacked content of a round, or of the federation."""
        return None in self.gaps or number in self.gaps

    def may_miss(self, finding: Finding) -> bool:
        """Whether its machine may not have been able to make a finding that another made."""
        check = finding.check
        return self.lacks(finding.place.round) if check in CONTENT else self.is_vague(check)

    def is_asked_out(self, check: Check) -> bool:
        """Whether it was asked to leave a check out."""
        options = self.body.options
        return (check is Check.SCORES and not options.scores) or (check is Check.ANCESTRY and not options.every_block)

    def is_vague(self, check: Check) -> bool:
        """Whether how much a check compared is a matter of this machine."""
        if check in _OWN or (check in CONTENT and self.gaps):
            return True
        return any(
            (other in self.sheet.skipped and not self.is_asked_out(other)) or self.sheet.counts[other, Outcome.GONE]
            for other in {check} | _FOLLOWING.get(check, frozenset())
        )


def side_of(body: Body) -> Side:
    """A report as one side of a comparison."""
    sheet = body.sheet()
    gaps: set[int | None] = {f.place.round for f in sheet.findings if _tells_of_a_gap(f)}
    gaps |= {item.number for item in body.rounds if item.unavailable}
    if any(count > MAX_FINDINGS and check in CONTENT for (check, _), count in sheet.counts.items()):
        gaps.add(None)  # not all of them are listed
    return Side(body, sheet, frozenset(gaps))


def is_exact(finding: Finding) -> bool:
    """Whether any machine that has the content makes this finding."""
    machine = finding.check in _OWN or finding.place.party in _MACHINE
    return not machine and finding.outcome in (Outcome.WRONG, Outcome.REMARK) and not _is_unused(finding)


def alike(finding: Finding) -> Finding:
    """What of a finding two machines have in common: neither the words of a store nor floats."""
    if is_exact(finding):
        return finding
    return replace(finding, expected="", actual=finding.actual if finding.outcome is Outcome.DIFFERENT else "")


def _is_unused(finding: Finding) -> bool:
    return finding.outcome is Outcome.REMARK and finding.check in _UNUSED


def _tells_of_a_gap(finding: Finding) -> bool:
    damaged = finding.outcome is Outcome.WRONG and finding.place.party is Party.STORE
    return finding.check in CONTENT and (damaged or finding.outcome is Outcome.GONE or _is_unused(finding))
