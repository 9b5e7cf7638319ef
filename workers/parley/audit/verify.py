"""A report checked again: its digest, its signature, its chain, and all that it says by another audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parley.audit import canonical
from parley.audit.checks import Check
from parley.audit.compare import compare
from parley.audit.findings import Outcome, Party, Place, Sheet
from parley.audit.form import Body
from parley.audit.gather import Sources, block_at
from parley.audit.report import Report, exit_code, signer_of
from parley.errors import ChainError, ExitCode

_MACHINE = (Party.AUDITOR, Party.NODE, Party.STORE)
"""Who is at fault on this machine only, if at all."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What the re-check came to.

    Attributes:
        sheet: comparisons and differences.
        signer: who signed the report, or `None` if nobody did, or it was changed since.
        verdict: the report's own verdict.
        again: the verdict of this machine's audit; `None` if it could not be made.
    """

    sheet: Sheet
    signer: str | None
    verdict: str
    again: str | None

    @property
    def confirmed(self) -> bool:
        """Whether all that the report says was found again."""
        return self.again is not None and all(f.outcome is Outcome.REMARK for f in self.sheet.findings)

    def exit_code(self) -> ExitCode:
        """What a re-check ends the program with: 0 only if the report is right, and says that everything holds."""
        wrong = (f for f in self.sheet.findings if f.outcome is Outcome.WRONG)
        if any(f.place.party not in _MACHINE for f in wrong) or self.verdict == Outcome.WRONG:
            return ExitCode.WRONG
        return exit_code(self.verdict) if self.confirmed else ExitCode.UNAVAILABLE


def check(signed: Report, sources: Sources, repeat: Callable[[int], Report]) -> Verified:
    """Check a report.

    Args:
        signed: as it was read (`parley.audit.report.parse`).
        sources: of the chain, of the federation that the report names.
        repeat: audits up to a block.

    Raises:
        ChainError: the node does not answer.
    """
    sheet = Sheet()
    body = Body.model_validate(signed["report"])
    signer = _signature(signed, sheet)
    if not _chain(body, sources, sheet):
        return Verified(sheet, signer, body.verdict, None)
    again = Body.model_validate(repeat(body.block.number))
    compare(body, again, sheet)
    return Verified(sheet, signer, body.verdict, again.verdict)


def _signature(signed: Report, sheet: Sheet) -> str | None:
    """Digest and signature; who signed."""
    place = Place("the report's digest", Party.REPORT)
    digest = canonical.digest(signed["report"])
    sheet.same(Check.REPORT_DIGEST, digest, signed["digest"], place)
    if signed["signature"] is None and signed["signer"] is None:
        sheet.skip(Check.REPORT_SIGNATURE, "nobody signed the report")
        return None
    found = signer_of(digest, signed["signature"])
    place = Place("the report's signature", Party.REPORT, str(signed["signer"]))
    return found if sheet.same(Check.REPORT_SIGNATURE, signed["signer"], found, place) else None


def _chain(body: Body, sources: Sources, sheet: Sheet) -> bool:
    """Whether the report is about this chain, these contracts and a block that is there."""
    place = Place("the chain, federation and contracts that the report is about", Party.REPORT)
    contracts = {name: item.address for name, item in sources.deployment.contracts.items()}
    named = {name: item.address for name, item in body.contracts.items()}
    expected = (sources.w3.eth.chain_id, sources.contracts.coordinator.address, sources.fid, contracts)
    same = sheet.same(Check.REPORT_CHAIN, expected, (body.chain, body.coordinator, body.federation, named), place)
    number = body.block.number
    place = Place(f"block {number}", Party.REPORT, by_hand=(f"cast block {number}",))
    try:
        block = block_at(sources.w3, number)
    except ChainError as error:
        return sheet.holds(Check.REPORT_CHAIN, False, place, actual=error.message)
    known = (canonical.plain(block.hash), block.timestamp)
    return sheet.same(Check.REPORT_CHAIN, known, (body.block.hash, body.block.time), place) and same
