"""What a report of an audit looks like: everything in it has its type and its bounds before anybody uses it (P-20)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, FailFast, Field, StringConstraints

from parley.audit.checks import Check
from parley.audit.findings import Finding, Outcome, Party, Place, Sheet
from parley.audit.rescored import Likeness


def _of_audits(check: Check) -> Check:
    """Refuse what checks reports: no audit finds it."""
    if check.value.startswith("report."):
        raise ValueError("no check of an audit")
    return check


Count = Annotated[int, Field(ge=0, lt=2**63)]
Id = Annotated[int, Field(ge=1, lt=2**63)]
Amount = Annotated[int, Field(ge=0, lt=2**256)]
Hash = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{64}$")]
Address = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$")]
Bytes = Annotated[str, StringConstraints(pattern=r"^0x([0-9a-f]{2})*$", max_length=1 << 16)]
Text = Annotated[str, StringConstraints(max_length=4096)]
Word = Annotated[str, StringConstraints(max_length=128)]
CheckName = Annotated[Check, Field(strict=False), AfterValidator(_of_audits)]
OutcomeName = Annotated[Outcome, Field(strict=False)]
PartyName = Annotated[Party, Field(strict=False)]
LikenessName = Annotated[Likeness, Field(strict=False)]


class _Part(BaseModel):
    """Immutable, every value of its own type, and nothing in it that is not named."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class BlockPart(_Part):
    """The block up to which was audited; its time in seconds."""

    number: Count
    hash: Hash
    time: Count


class ContractPart(_Part):
    """Where a contract is, and keccak256 of its code."""

    address: Address
    code: Hash


class OptionsPart(_Part):
    """What the audit was asked to do; the tolerance in basis points."""

    scores: bool
    every_block: bool
    score_tolerance: Count


class CheckPart(_Part):
    """A check with what came of it."""

    name: CheckName
    meaning: Text
    requirements: list[Word]
    compared: Count
    wrong: Count
    unavailable: Count
    different: Count
    remark: Count
    skipped: Text | None


class DerivedPart(_Part):
    """What was derived anew in a round, see `parley.audit.rounds.Derived`; nothing where that was not possible."""

    medians: Bytes | None = None
    norm: Amount | None = None
    earned: Amount | None = None
    reward_root: Hash | None = None
    row_root: Hash | None = None
    model_root: Hash | None = None
    model_digest: Hash | None = None


class RoundPart(_Part):
    """A round."""

    number: Count
    state: Literal["final", "void", "open"]
    inputs: Hash
    outputs: Hash
    derived: DerivedPart
    scores: dict[LikenessName, Count]
    wrong: Count
    unavailable: Count


class FindingPart(_Part):
    """Something that was found."""

    check: CheckName
    outcome: OutcomeName
    round: Count | None
    what: Text
    responsible: PartyName
    who: Text
    expected: Text
    actual: Text
    by_hand: Annotated[list[Text], Field(max_length=16)]

    def finding(self) -> Finding:
        """The same as audits note it."""
        place = Place(self.what, self.responsible, self.who, self.round, tuple(self.by_hand))
        return Finding(self.check, self.outcome, place, self.expected, self.actual)


class Body(_Part):
    """What is reported."""

    schema_: Literal["parley/audit/v1"] = Field(alias="schema")
    chain: Count
    coordinator: Address
    federation: Id
    block: BlockPart
    contracts: Annotated[dict[Word, ContractPart], Field(max_length=64)]
    software: Annotated[dict[Word, Word | None], Field(max_length=64)]
    options: OptionsPart
    verdict: Literal["clean", "unavailable", "wrong"]
    checks: Annotated[list[CheckPart], FailFast()]
    rounds: Annotated[list[RoundPart], FailFast()]
    findings: Annotated[list[FindingPart], FailFast()]

    def sheet(self) -> Sheet:
        """The whole of it as the audit noted it."""
        sheet = Sheet(findings=[item.finding() for item in self.findings])
        for item in self.checks:
            sheet.compared[item.name] += item.compared
            counts = (item.wrong, item.unavailable, item.different, item.remark)
            outcomes = (Outcome.WRONG, Outcome.GONE, Outcome.DIFFERENT, Outcome.REMARK)
            sheet.counts.update({(item.name, outcome): count for outcome, count in zip(outcomes, counts, strict=True)})
            if item.skipped is not None:
                sheet.skip(item.name, item.skipped)
        return sheet


class Signed(_Part):
    """A report with its digest and, if there is one, a signature."""

    report: Body
    digest: Hash
    signer: Address | None
    signature: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{130}$")] | None
