"""A report checked again: its digest, its signature, its chain, and all that it says by another audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from parley.audit import canonical
from parley.audit.checks import Check
from parley.audit.findings import Outcome, Party, Place, Sheet
from parley.audit.gather import Sources, block_at
from parley.audit.report import Report, signer_of
from parley.errors import ChainError

_OWN = ("kept.", "node.code")
"""Checks about the auditor's own files, which another machine has none of."""

_MACHINE = (Party.AUDITOR.value, Party.STORE.value)
"""Who may be responsible for what is wrong on one machine and right on another."""


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


def check(signed: Report, sources: Sources, repeat: Callable[[int], Report]) -> Verified:
    """Check a report.

    Args:
        signed: as it was read.
        sources: of the chain, of the federation that the report names.
        repeat: audits up to a block.

    Raises:
        ChainError: the node does not answer.
    """
    sheet = Sheet()
    body: Any = signed["report"]
    signer = _signature(signed, sheet)
    if not _chain(body, sources, sheet):
        return Verified(sheet, signer, str(body.get("verdict")), None)
    again: Any = repeat(body["block"]["number"])
    _compare(body, again, sheet)
    return Verified(sheet, signer, str(body.get("verdict")), str(again["verdict"]))


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


def _chain(body: Any, sources: Sources, sheet: Sheet) -> bool:  # noqa: ANN401 - a report
    """Whether the report is about this chain, these contracts and a block that is there."""
    place = Place("the chain, federation and contracts that the report is about", Party.REPORT)
    contracts = {name: item.address for name, item in sources.deployment.contracts.items()}
    named = {name: (item or {}).get("address") for name, item in (body.get("contracts") or {}).items()}
    expected = (sources.w3.eth.chain_id, sources.contracts.coordinator.address, sources.fid, contracts)
    actual = (body["chain"], body.get("coordinator"), body["federation"], named)
    same = sheet.same(Check.REPORT_CHAIN, expected, actual, place)
    number = body["block"]["number"]
    place = Place(f"block {number}", Party.REPORT, by_hand=(f"cast block {number}",))
    try:
        block = block_at(sources.w3, number)
    except ChainError as error:
        return sheet.holds(Check.REPORT_CHAIN, False, place, actual=error.message)
    known = (canonical.plain(block.hash), block.timestamp)
    return sheet.same(Check.REPORT_CHAIN, known, (body["block"].get("hash"), body["block"].get("time")), place) and same


def _compare(report: Any, again: Any, sheet: Sheet) -> None:  # noqa: ANN401 - reports
    """Everything that does not depend on the machine; what is gone here cannot be told."""
    theirs = {item.get("number"): item for item in report.get("rounds") or [] if isinstance(item, dict)}
    for item in again["rounds"]:
        _round(theirs.pop(item["number"], {}), item, sheet)
    place = Place("rounds that are not on the chain", Party.REPORT)
    sheet.same(Check.REPORT_REPEAT, [], sorted(map(str, theirs)), place)
    _checks(report, again, sheet)
    _findings(report, again, sheet)


def _round(theirs: Any, own: Any, sheet: Sheet) -> None:  # noqa: ANN401 - parts of reports
    number = own["number"]
    by_hand = (f"parley round show {number} --json",)
    place = Place(f"what round {number} was derived from, and what came of it", Party.REPORT, "", number, by_hand)
    if own["unavailable"] and not theirs.get("unavailable"):
        store = Place(place.what, Party.STORE, "", number, by_hand)
        sheet.gone(Check.REPORT_REPEAT, store, "content that the report had is gone here")
        keys: tuple[str, ...] = ("state", "inputs")
    else:
        keys = ("state", "inputs", "derived", "outputs")
    sheet.same(Check.REPORT_REPEAT, [own[key] for key in keys], [theirs.get(key) for key in keys], place)


def _checks(report: Any, again: Any, sheet: Sheet) -> None:  # noqa: ANN401 - reports
    """How much each check compared, as far as nothing is gone in either."""
    theirs = {item.get("name"): item for item in report.get("checks") or [] if isinstance(item, dict)}
    for own in again["checks"]:
        other = theirs.get(own["name"], {})
        if own["skipped"] and own["unavailable"] and not other.get("unavailable"):
            sheet.gone(Check.REPORT_REPEAT, Place(f"what {own['name']} takes", Party.NODE), own["skipped"])
        if own["name"].startswith(_OWN) or own["skipped"]:
            continue
        if own["unavailable"] or other.get("unavailable"):
            continue
        place = Place(f"how much {own['name']} compared", Party.REPORT)
        sheet.same(Check.REPORT_REPEAT, own["compared"], other.get("compared"), place)


def _findings(report: Any, again: Any, sheet: Sheet) -> None:  # noqa: ANN401 - reports
    """What is wrong, word by word, and the verdict."""
    own, theirs = ({canonical.digest(f): f for f in _wrong(body)} for body in (again, report))
    for key in sorted(own.keys() | theirs.keys()):
        finding = own.get(key) or theirs[key]
        where = "the report does not say" if key in own else "only the report says"
        place = Place(f"{where}: {finding.get('check')}: {finding.get('what')}", Party.REPORT, "", finding.get("round"))
        sheet.holds(Check.REPORT_REPEAT, key in own and key in theirs, place, actual=finding.get("actual"))
    gone = any(item["unavailable"] for item in again["checks"])
    if not gone:
        sheet.same(Check.REPORT_REPEAT, again["verdict"], report.get("verdict"), Place("the verdict", Party.REPORT))


def _wrong(body: Any) -> list[Any]:  # noqa: ANN401 - a report
    """Findings that say that something is wrong, and that any machine would make."""
    return [
        item
        for item in body.get("findings") or []
        if isinstance(item, dict)
        and item.get("outcome") == Outcome.WRONG.value
        and item.get("responsible") not in _MACHINE
        and not str(item.get("check")).startswith(_OWN)
    ]
