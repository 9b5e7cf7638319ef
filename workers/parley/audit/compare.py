"""Two reports on one block compared: what is exact must be the same; what a machine lacks, it cannot tell. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from parley.audit import canonical
from parley.audit.checks import MEANINGS, Check
from parley.audit.findings import MAX_FINDINGS, Finding, Outcome, Party, Place, Sheet, shown
from parley.audit.form import Body, CheckPart, DerivedPart, RoundPart
from parley.audit.report import verdict
from parley.audit.rescored import Likeness
from parley.audit.sides import LEFT_OUT, ROUNDS, Side, alike, is_exact, side_of


def compare(report: Body, again: Body, sheet: Sheet) -> None:
    """Compare a report with what this machine's audit found.

    Args:
        report: whose claims are checked.
        again: of this machine.
        sheet: on which everything is noted: what of the report is wrong; what cannot be told here; and what this
            machine found of its own files, node and store, as it is.
    """
    _Comparison(side_of(report), side_of(again), sheet).run()


class _Comparison:
    """A report against this machine's."""

    def __init__(self, theirs: Side, own: Side, sheet: Sheet) -> None:
        self._theirs, self._own, self._sheet = theirs, own, sheet
        self._misled = theirs.is_misled or own.is_misled

    def run(self) -> None:
        self._itself()
        self._asked()
        self._rounds()
        self._checks()
        self._findings()

    # ------------------------------------------------------------------------------------------ the report itself

    def _itself(self) -> None:
        """A report agrees with itself, whatever another machine finds."""
        body, sheet = self._theirs.body, self._theirs.sheet
        found = Counter((finding.check, finding.outcome) for finding in sheet.findings)
        for check in MEANINGS:
            counts = [sheet.counts[check, outcome] for outcome in Outcome]
            listed = [found[check, outcome] for outcome in Outcome]
            self._plain([min(count, MAX_FINDINGS) for count in counts], listed, f"the findings of {check.value}")
        self._plain(verdict(sheet), body.verdict, "the verdict")
        scores = sum((Counter(item.scores) for item in body.rounds), Counter[Likeness]())
        again = scores.total() - scores[Likeness.UNTOLD], scores[Likeness.DIFFERENT]
        counted = sheet.compared[Check.SCORES], sheet.counts[Check.SCORES, Outcome.DIFFERENT]
        self._plain(again, counted, "how many scores were run again")
        if all(count <= MAX_FINDINGS for count in sheet.counts.values()):
            self._round_counts()
        for item in body.rounds:
            derived = canonical.digest(item.derived.model_dump(exclude_unset=True))
            self._plain(derived, item.outputs, f"the digest of what was derived in round {item.number}")

    def _round_counts(self) -> None:
        """Each round counts its own findings."""
        noted = Counter((f.place.round, f.outcome) for f in self._theirs.sheet.findings if f.check in ROUNDS)
        for item in () if self._misled else self._theirs.body.rounds:
            expected = noted[item.number, Outcome.WRONG], noted[item.number, Outcome.GONE]
            self._plain(expected, (item.wrong, item.unavailable), f"how much is wrong or gone in round {item.number}")

    def _asked(self) -> None:
        """What was asked for, about what, and with what."""
        theirs, own = self._theirs.body, self._own.body
        self._plain(own.options, theirs.options, "the options")
        self._plain(_meanings(own), _meanings(theirs), "the checks and what they mean")
        self._same(own.contracts, theirs.contracts, Place("the contracts and their code", Party.REPORT))
        self._sheet.compared[Check.REPORT_REPEAT] += 1
        if own.software != theirs.software:
            place = Place("what computed", Party.REPORT)
            self._sheet.remark(Check.REPORT_REPEAT, place, f"{theirs.software}, and here {own.software}")

    # ---------------------------------------------------------------------------------------------------- rounds

    def _rounds(self) -> None:
        theirs, own = self._theirs.body.rounds, self._own.body.rounds
        place = Place("the rounds that are on the chain", Party.REPORT)
        self._same([item.number for item in own], [item.number for item in theirs], place)
        known = {item.number: item for item in theirs}
        for item in own:
            if item.number in known:
                self._round(item, known[item.number])

    def _round(self, own: RoundPart, theirs: RoundPart) -> None:
        number = own.number
        by_hand = (f"parley round show {number} --json",)
        place = Place(f"what round {number} was derived from", Party.REPORT, "", number, by_hand)
        self._same((own.state, own.inputs), (theirs.state, theirs.inputs), place)
        for key in DerivedPart.model_fields:
            place = Place(f"{key} of round {number}, derived anew", Party.REPORT, "", number, by_hand)
            self._derived(getattr(own.derived, key), getattr(theirs.derived, key), place)
        self._scores(own, theirs, replace(place, what=f"the scores of round {number}, run again"))

    def _derived(self, own: object, theirs: object, place: Place) -> None:
        """Nothing on one side cannot be compared, if that side lacked content."""
        lacking = (own is None and self._own.lacks(place.round)) or (theirs is None and self._theirs.lacks(place.round))
        if not lacking:
            self._same(own, theirs, place)

    def _scores(self, own: RoundPart, theirs: RoundPart, place: Place) -> None:
        """As many as were revealed; how they compare is a matter of floats."""
        here, there = Counter(own.scores), Counter(theirs.scores)
        self._same(here.total(), there.total(), place)
        vague = any(side.lacks(place.round) or Check.SCORES in side.sheet.skipped for side in (self._own, self._theirs))
        if vague:
            return
        self._same(here[Likeness.UNTOLD], there[Likeness.UNTOLD], place)
        if here != there:
            found, said = ({kind.value: count[kind] for kind in Likeness} for count in (here, there))
            self._sheet.remark(
                Check.REPORT_REPEAT, place, f"{said}, and here {found}: machines compute floats differently"
            )

    # ---------------------------------------------------------------------------------------------------- checks

    def _checks(self) -> None:
        """How much each check compared and found, as far as that is no matter of a machine."""
        known = {item.name: item for item in self._theirs.body.checks}
        for own in self._own.body.checks:
            if own.name in known:
                self._left_out(own, known[own.name])
                self._counted(own, known[own.name])

    def _left_out(self, own: CheckPart, theirs: CheckPart) -> None:
        place = Place(f"whether {own.name.value} was left out", Party.REPORT)
        if self._own.is_asked_out(own.name):
            self._same(own.skipped, theirs.skipped, place)
        elif own.skipped is not None and theirs.skipped is None:
            self._sheet.gone(Check.REPORT_REPEAT, place, f"here it was: {own.skipped}")
        elif theirs.skipped is not None and own.skipped is None:
            if own.name in LEFT_OUT:
                self._sheet.remark(Check.REPORT_REPEAT, place, f"it was: {theirs.skipped}")
            else:
                self._same(None, theirs.skipped, place)

    def _counted(self, own: CheckPart, theirs: CheckPart) -> None:
        if self._own.is_vague(own.name) or self._theirs.is_vague(own.name):
            return
        place = Place(f"how much {own.name.value} compared, found wrong and remarked", Party.REPORT)
        counts = (own.compared, own.wrong, own.remark)
        self._same(counts, (theirs.compared, theirs.wrong, theirs.remark), place)

    # -------------------------------------------------------------------------------------------------- findings

    def _findings(self) -> None:
        """Those that both made are confirmed; of the others it depends who can tell."""
        own, theirs = ({alike(f): f for f in side.sheet.findings} for side in (self._own, self._theirs))
        self._sheet.compared[Check.REPORT_REPEAT] += len(own.keys() | theirs.keys())
        for key, finding in theirs.items():
            if key not in own:
                self._invented(finding)
        for key, finding in own.items():
            if key not in theirs:
                self._untold(finding)

    def _invented(self, finding: Finding) -> None:
        """Only the report says so."""
        place = _about("only the report says", finding)
        if self._must_be_in(self._own, finding):
            self._note(Outcome.WRONG, place, finding.actual)
        elif finding.outcome is Outcome.DIFFERENT:
            self._note(Outcome.DIFFERENT, place, f"not reproduced, as floats may differ: {finding.actual}")
        else:
            self._note(Outcome.GONE, place, f"cannot be told here: {finding.actual}")

    def _untold(self, finding: Finding) -> None:
        """The report does not say so: it must, if its machine could tell; if not, the finding speaks for itself."""
        if self._must_be_in(self._theirs, finding):
            self._note(Outcome.WRONG, _about("the report does not say", finding), finding.actual)
        else:
            self._sheet.note(finding)

    def _must_be_in(self, side: Side, finding: Finding) -> bool:
        """Whether a machine must have found what the other did."""
        return is_exact(finding) and not self._misled and not side.may_miss(finding)

    def _note(self, outcome: Outcome, place: Place, actual: str) -> None:
        self._sheet.note(Finding(Check.REPORT_REPEAT, outcome, place, "", shown(actual)))

    # ---------------------------------------------------------------------------------------------------- values

    def _plain(self, expected: object, actual: object, what: str) -> None:
        """What must be so whatever a node tells."""
        self._sheet.same(Check.REPORT_REPEAT, expected, actual, Place(what, Party.REPORT))

    def _same(self, expected: object, actual: object, place: Place) -> None:
        """What must be the same on two machines, unless a node was found to lie."""
        if self._misled and expected != actual:
            self._sheet.gone(Check.REPORT_REPEAT, place, "differs, but a node was found to lie")
        else:
            self._sheet.same(Check.REPORT_REPEAT, expected, actual, place)


def _meanings(body: Body) -> list[tuple[Check, str, list[str]]]:
    return [(item.name, item.meaning, item.requirements) for item in body.checks]


def _about(where: str, finding: Finding) -> Place:
    """A finding that was made once, as a place."""
    what = f"{where}: {finding.check.value}: {finding.place.what}"
    return Place(what, Party.REPORT, "", finding.place.round, finding.place.by_hand)
