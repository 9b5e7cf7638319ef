"""Two reports compared: what one machine lacks is no fault of the other, and what does not recur is not confirmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from parley.audit import report
from parley.audit.canonical import Json
from parley.audit.checks import Check
from parley.audit.compare import compare
from parley.audit.findings import MAX_FINDINGS, Finding, Outcome, Party, Place, Sheet, merged
from parley.audit.form import Body, FindingPart
from parley.audit.rescored import TOLERANCE, Likeness
from parley.audit.results import RoundResult
from parley.audit.story import Story
from parley.audit.verify import Verified
from parley.chain.view import Block, Recorded
from parley.errors import ExitCode
from tests.roles.builders import POLICY, TERMS

pytestmark = pytest.mark.unit

WHO = "0x" + "77" * 20
HASH = "0x" + "ab" * 32
DERIVED: dict[str, Json] = {
    "medians": "0x01",
    "norm": 7,
    "earned": 9,
    "reward_root": HASH,
    "row_root": HASH,
    "model_root": HASH,
}
CODE = {"RoundCoordinator": {"address": "0x" + "44" * 20, "code": "0x" + "02" * 32}}


class Machine:
    """An audit of three rounds of three evaluators, all of it right, to be changed.

    Attributes:
        whole: what belongs to no round's content.
        rounds: what was found in each, by number.
    """

    def __init__(self) -> None:
        self.whole = Sheet()
        self.whole.holds(Check.LOGS, True, Place("events", Party.NODE))
        self.whole.holds(Check.TASK, True, Place("the task", Party.SPONSOR))
        self.rounds = {number: self._round(number) for number in (1, 2, 3)}
        self.options = {"scores": True, "every_block": True}
        self.contracts = CODE

    @staticmethod
    def _round(number: int) -> RoundResult:
        sheet = Sheet()
        for check in (Check.UPDATES, Check.MODELS, Check.NORM, Check.SCALES, Check.ROWS):
            sheet.holds(check, True, Place("content", Party.TRAINER, WHO, number))
        sheet.compared[Check.SCORES] += 3
        scores = {kind.value: 3 * (kind is Likeness.EQUAL) for kind in Likeness}
        return RoundResult(number, "final", HASH, {**DERIVED, "model_digest": HASH}, scores, sheet)

    def change(self, number: int, **derived: Json) -> None:
        """Derive something else in a round."""
        result = self.rounds[number]
        self.rounds[number] = replace(result, derived={**result.derived, **derived})

    def score(self, number: int, **counts: int) -> None:
        """Let scores come out otherwise."""
        found = {kind.value: counts.get(kind.name.lower(), 0) for kind in Likeness}
        self.rounds[number] = replace(self.rounds[number], scores=found)
        self.rounds[number].sheet.compared[Check.SCORES] = sum(found.values()) - found[Likeness.UNTOLD]

    def body(self) -> Body:
        """The report."""
        told = Recorded(31337, "0x" + "44" * 20, 1, Block(9, b"h" * 32, 1_000_000), TERMS, {1: POLICY}, {}, {}, {})
        story = Story(told, "0x" + "55" * 20, (), (), {}, {}, 5, None)
        whole = merged([self.whole, *(result.sheet for result in self.rounds.values())])
        return Body.model_validate(report.build(story, self.contracts, list(self.rounds.values()), whole, self.options))


Change = Callable[[Machine], None]


def found(theirs: Change | None, own: Change | None = None, *, edit: dict[str, object] | None = None) -> Verified:
    """What a re-check says of a report."""
    machines = Machine(), Machine()
    for machine, change in zip(machines, (theirs, own), strict=True):
        if change is not None:
            change(machine)
    said, here = (machine.body() for machine in machines)
    sheet = Sheet()
    compare(said.model_copy(update=edit or {}), here, sheet)
    return Verified(sheet, None, said.verdict, here.verdict)


def place(number: int | None = 2, party: Party = Party.STORE, what: str = "words of update 1") -> Place:
    return Place(what, party, "" if party is Party.STORE else WHO, number)


def model_gone(machine: Machine) -> None:
    """The last model is nowhere; what follows from it is not derived."""
    machine.rounds[3].sheet.gone(Check.MODELS, place(3, what="the model"), "missing here")
    machine.rounds[3].sheet.gone(Check.ROWS, place(3, what="a settlement"), "content is gone")
    machine.change(3, row_root=None, model_root=None, model_digest=None)


def other_content_gone(machine: Machine) -> None:
    """An update of round 2 that the settlement includes is nowhere."""
    machine.rounds[2].sheet.gone(Check.UPDATES, place(2), "missing there")
    for check in (Check.NORM, Check.SCALES):
        machine.rounds[2].sheet.compared[check] = 0
        machine.rounds[2].sheet.gone(check, place(2, what="R and scales of score vectors"), "updates [1] are gone")
    machine.score(2, untold=3)
    machine.change(2, row_root=None, model_root=None, model_digest=None)


def unused_gone(machine: Machine) -> None:
    """An update that nobody relied on is nowhere (P-23)."""
    sheet = machine.rounds[1].sheet
    sheet.remark(Check.UPDATES, place(1, Party.TRAINER), "missing")
    for check in (Check.NORM, Check.SCALES):
        sheet.compared[check] = 0
        sheet.remark(check, place(1, what="R and scales of score vectors"), "updates [1] are gone")
    machine.score(1, equal=1, untold=2)


def damaged(machine: Machine) -> None:
    """The store has other bytes, but the model was rebuilt."""
    machine.rounds[2].sheet.note(Finding(Check.MODELS, Outcome.WRONG, place(2, what="the model"), "", "other bytes"))


def cache_damaged(machine: Machine) -> None:
    machine.whole.holds(Check.CACHE, False, Place("what was kept", Party.AUDITOR, "/home"), actual="damaged")


def no_receipts(machine: Machine) -> None:
    """The node tells no receipts."""
    machine.whole.compared[Check.LOGS] = 0
    machine.whole.skip(Check.LOGS, "the node does not tell the receipts of a block")


def node_refuses(machine: Machine) -> None:
    """The node tells no receipts, as one that hides something would not: the audit is not clean (P-19)."""
    no_receipts(machine)
    machine.whole.gone(Check.LOGS, Place("what the check takes", Party.NODE), "the method does not exist")


def no_torch(machine: Machine) -> None:
    """Scores cannot be run again."""
    for number in machine.rounds:
        machine.score(number, untold=3)
    machine.whole.skip(Check.SCORES, "torch is not installed")


def node_lies(machine: Machine) -> None:
    """What the node told was found to be wrong, and a round is another."""
    machine.whole.holds(Check.BLOCKS, False, Place("a header", Party.NODE), actual="another hash")
    machine.rounds[1] = replace(machine.rounds[1], inputs="0x" + "cd" * 32)


CONTENT = (model_gone, other_content_gone, unused_gone, damaged, cache_damaged)
HONEST = (*CONTENT, no_receipts, node_refuses, no_torch, node_lies)


def test_compare__two_machines_that_found_the_same__confirm_each_other() -> None:
    verified = found(None)
    assert verified.confirmed
    assert verified.sheet.findings == []
    assert verified.exit_code() is ExitCode.OK
    assert verified.sheet.compared[Check.REPORT_REPEAT] > 100


@pytest.mark.parametrize("theirs", [None, *HONEST])
@pytest.mark.parametrize("own", [None, *HONEST])
def test_compare__honest_report_of_a_machine_that_lacks_something__is_never_called_wrong(
    theirs: Change | None, own: Change | None
) -> None:
    verified = found(theirs, own)
    assert [f for f in verified.sheet.findings if f.outcome is Outcome.WRONG and f.place.party is Party.REPORT] == []
    assert (verified.exit_code() is ExitCode.WRONG) == (verified.verdict == "wrong")
    quiet = theirs is own or (theirs in (None, no_receipts, no_torch) and own in (None, unused_gone))
    assert verified.confirmed == quiet, verified.sheet.findings


@pytest.mark.parametrize("own", [model_gone, damaged, cache_damaged, node_refuses, node_lies])
def test_compare__fault_of_this_machine__is_shown_as_what_it_is(own: Change) -> None:
    verified = found(None, own)
    shown = [(f.check, f.outcome, f.place.party) for f in verified.sheet.findings]
    machine = Machine()
    own(machine)
    whole = merged([machine.whole, *(result.sheet for result in machine.rounds.values())])
    assert {(f.check, f.outcome, f.place.party) for f in whole.findings} <= set(shown)
    assert verified.exit_code() is ExitCode.UNAVAILABLE


def test_compare__content_that_the_report_had_not__does_not_hide_what_is_wrong_here() -> None:
    """The report could not tell; this machine can."""

    def wrong(machine: Machine) -> None:
        machine.rounds[3].sheet.same(Check.ROWS, 1, 2, place(3, Party.AGGREGATOR, "a settlement"))

    verified = found(model_gone, wrong)
    assert (Check.ROWS, Party.AGGREGATOR) in {(f.check, f.place.party) for f in verified.sheet.findings}
    assert verified.exit_code() is ExitCode.WRONG
    verified = found(wrong, model_gone)
    assert Outcome.WRONG not in {f.outcome for f in verified.sheet.findings if f.check is Check.REPORT_REPEAT}
    verified = found(other_content_gone, wrong)
    assert Outcome.WRONG in {f.outcome for f in verified.sheet.findings if f.check is Check.REPORT_REPEAT}


# ---------------------------------------------------------------------------------------------- what is not so


def invented(outcome: Outcome, check: Check = Check.ROWS, party: Party = Party.AGGREGATOR) -> Change:
    def change(machine: Machine) -> None:
        machine.rounds[2].sheet.note(Finding(check, outcome, place(2, party), "", "invented"))

    return change


def different(machine: Machine) -> None:
    """An evaluator's scores come out otherwise."""
    machine.score(1, equal=2, different=1)
    spot = Place("the scores, run again", Party.EVALUATOR, WHO, 1)
    machine.rounds[1].sheet.note(Finding(Check.SCORES, Outcome.DIFFERENT, spot, "(1, 2)", "(3, 4)"))


def test_compare__different_scores_that_do_not_recur__are_said_but_not_confirmed() -> None:
    """Machines compute floats differently: neither right nor wrong."""
    verified = found(different)
    (finding,) = [f for f in verified.sheet.findings if f.outcome is not Outcome.REMARK]
    assert (finding.outcome, finding.place.party) == (Outcome.DIFFERENT, Party.REPORT)
    assert "not reproduced" in finding.actual
    assert not verified.confirmed
    assert verified.exit_code() is ExitCode.UNAVAILABLE
    assert found(different, different).confirmed
    assert not found(None, different).confirmed


def test_compare__scores_within_tolerance_on_one_machine__are_a_remark() -> None:
    verified = found(lambda machine: machine.score(1, equal=2, within=1))
    assert [f.outcome for f in verified.sheet.findings] == [Outcome.REMARK]
    assert verified.confirmed


def test_compare__other_software__is_a_remark() -> None:
    verified = found(None, edit={"software": {"parley": "0.0.1"}})
    assert "0.0.1" in verified.sheet.findings[0].actual
    assert verified.confirmed


@pytest.mark.parametrize("outcome", [Outcome.WRONG, Outcome.REMARK])
def test_compare__invented_finding_that_any_machine_would_make__is_wrong(outcome: Outcome) -> None:
    verified = found(invented(outcome))
    assert verified.exit_code() is ExitCode.WRONG
    assert verified.sheet.total(Outcome.WRONG) >= 1
    assert found(None, invented(outcome)).sheet.total(Outcome.WRONG) >= 1
    assert found(invented(outcome), invented(outcome)).confirmed


@pytest.mark.parametrize(
    "change",
    [
        invented(Outcome.GONE),
        invented(Outcome.GONE, Check.UPDATE_COMMITMENT, Party.TRAINER),
        invented(Outcome.REMARK, Check.UPDATES, Party.TRAINER),
        invented(Outcome.WRONG, Check.MODELS, Party.STORE),
        invented(Outcome.WRONG, Check.CACHE, Party.AUDITOR),
    ],
)
def test_compare__invented_finding_of_another_machine__is_not_confirmed(change: Change) -> None:
    verified = found(change)
    assert not verified.confirmed
    assert verified.exit_code() is not ExitCode.OK


def _less_work(machine: Machine) -> None:
    machine.rounds[2].sheet.compared[Check.ROWS] = 7


def _nothing_derived(machine: Machine) -> None:
    machine.change(2, model_root=None)


def _gone_elsewhere(machine: Machine) -> None:
    """What is gone in round 3 excuses nothing in round 2."""
    model_gone(machine)
    machine.change(2, model_root=None)


def _other_model(machine: Machine) -> None:
    machine.change(2, model_root="0x" + "cd" * 32)


def _other_beside_gone(machine: Machine) -> None:
    """What is not gone must be right."""
    model_gone(machine)
    machine.change(3, norm=8)


def _more_scores(machine: Machine) -> None:
    machine.score(1, equal=99)


def _scores_untold(machine: Machine) -> None:
    machine.score(1, equal=2, untold=1)


def _left_out(machine: Machine) -> None:
    machine.whole.skip(Check.ROWS, "no time")


def _other_inputs(machine: Machine) -> None:
    machine.rounds[2] = replace(machine.rounds[2], inputs="0x" + "cd" * 32)


def _other_code(machine: Machine) -> None:
    machine.contracts = {"RoundCoordinator": {**CODE["RoundCoordinator"], "code": "0x" + "03" * 32}}


def _no_blocks_but_counted(machine: Machine) -> None:
    """It was asked to leave ancestry out, and says that it did not."""
    machine.options["every_block"] = False
    machine.whole.compared[Check.ANCESTRY] = 100


def _asked_out(machine: Machine) -> None:
    machine.options["every_block"] = False
    machine.whole.skip(Check.ANCESTRY, "there are 9 blocks: add --every-block")


@pytest.mark.parametrize(
    ("theirs", "own"),
    [
        (_less_work, None),
        (_nothing_derived, None),
        (_gone_elsewhere, None),
        (_gone_elsewhere, model_gone),
        (_other_model, None),
        (_other_model, model_gone),
        (_other_beside_gone, model_gone),
        (_more_scores, None),
        (_more_scores, no_torch),
        (_scores_untold, None),
        (_left_out, None),
        (_other_inputs, damaged),
        (_other_code, None),
        (_no_blocks_but_counted, _asked_out),
    ],
)
def test_compare__what_is_not_so__is_the_reports_fault(theirs: Change, own: Change | None) -> None:
    verified = found(theirs, own)
    wrong = {f.place.party for f in verified.sheet.findings if f.outcome is Outcome.WRONG and f.check.startswith("rep")}
    assert wrong == {Party.REPORT}
    assert verified.exit_code() is ExitCode.WRONG
    assert not verified.confirmed


def _edits() -> dict[str, dict[str, object]]:
    """Changes that leave a report at odds with itself."""
    body = Machine().body()
    first = body.rounds[0]
    check = body.checks[0]

    def rounds(**update: object) -> dict[str, object]:
        return {"rounds": [first.model_copy(update=update), *body.rounds[1:]]}

    def checks(**update: object) -> dict[str, object]:
        return {"checks": [check.model_copy(update=update), *body.checks[1:]]}

    return {
        "verdict": {"verdict": "unavailable"},
        "tolerance": {"options": body.options.model_copy(update={"score_tolerance": TOLERANCE + 1})},
        "outputs": rounds(outputs="0x" + "cd" * 32),
        "round wrong": rounds(wrong=1),
        "round gone": rounds(unavailable=1),
        "scores": rounds(scores={Likeness.EQUAL: 1, Likeness.DIFFERENT: 2}),
        "state": rounds(state="void"),
        "no such round": {"rounds": [*body.rounds, first.model_copy(update={"number": 99})]},
        "round twice": {"rounds": [*body.rounds, first]},
        "round less": {"rounds": body.rounds[1:]},
        "check wrong": checks(wrong=1),
        "check gone": checks(unavailable=1),
        "check different": checks(different=1),
        "check remark": checks(remark=1),
        "meaning": checks(meaning="whatever"),
        "requirements": checks(requirements=["P-1"]),
        "check twice": {"checks": [*body.checks, check]},
        "check less": {"checks": body.checks[1:]},
    }


@pytest.mark.parametrize("name", _edits())
def test_compare__report_at_odds_with_itself__is_wrong(name: str) -> None:
    verified = found(None, edit=_edits()[name])
    assert verified.exit_code() is ExitCode.WRONG, verified.sheet.findings
    assert {f.place.party for f in verified.sheet.findings if f.outcome is Outcome.WRONG} == {Party.REPORT}


@pytest.mark.parametrize("outcome", Outcome)
def test_compare__escape_sequences_in_a_report__are_not_shown(outcome: Outcome) -> None:
    """P-20: what only a report says reaches a terminal as text."""
    hostile = "\x1b[2J\x9b"
    body = Machine().body()
    item = FindingPart(
        check=Check.ROWS,
        outcome=outcome,
        round=1,
        what=hostile,
        responsible=Party.AGGREGATOR,
        who=hostile,
        expected=hostile,
        actual=hostile,
        by_hand=[hostile],
    )
    checks = [check.model_copy(update={"skipped": hostile}) for check in body.checks]
    software = {hostile: hostile}
    verified = found(None, edit={"findings": [item], "checks": checks, "software": software})
    texts = [(f.place.what, f.place.who, f.expected, f.actual, *f.place.by_hand) for f in verified.sheet.findings]
    assert len(texts) > 10
    assert all(text.isprintable() for found in texts for text in found)


def test_compare__more_findings_than_are_kept__are_compared_by_their_number() -> None:
    def many(count: int) -> Change:
        def change(machine: Machine) -> None:
            for number in range(count):
                machine.whole.same(Check.TERMS, number, -1, Place("terms", Party.SPONSOR, WHO))

        return change

    assert found(many(MAX_FINDINGS + 5), many(MAX_FINDINGS + 5)).confirmed
    assert not found(many(MAX_FINDINGS + 5), many(MAX_FINDINGS + 6)).confirmed
