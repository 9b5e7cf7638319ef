"""What an audit found in a round, as it stands in the journal and in reports. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parley.audit.canonical import Json, plain
from parley.audit.checks import Check
from parley.audit.findings import Finding, Outcome, Party, Place, Sheet


@dataclass(frozen=True, slots=True)
class RoundResult:
    """A round that was audited.

    Attributes:
        number: of the round.
        state: "final", "void" or "open".
        inputs: digest of all chain data that the rest follows from.
        derived: what was derived anew, by name: integers and hexadecimal texts.
        scores: how many evaluators' scores came out how, run again.
        sheet: comparisons and findings.
    """

    number: int
    state: str
    inputs: str
    derived: Mapping[str, Json]
    scores: Mapping[str, int]
    sheet: Sheet


def to_json(result: RoundResult) -> dict[str, Json]:
    """As JSON."""
    return {
        "number": result.number,
        "state": result.state,
        "inputs": result.inputs,
        "derived": dict(result.derived),
        "scores": dict(result.scores),
        "sheet": sheet_to_json(result.sheet),
    }


def from_json(value: Any) -> RoundResult:  # noqa: ANN401 - whatever was parsed
    """Back from JSON.

    Raises:
        ValueError: it is no result.
    """
    try:
        return RoundResult(
            int(value["number"]),
            str(value["state"]),
            str(value["inputs"]),
            dict(value["derived"]),
            {str(key): int(count) for key, count in value["scores"].items()},
            sheet_from_json(value["sheet"]),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no result of a round: {error!r:.120}") from error


def sheet_to_json(sheet: Sheet) -> dict[str, Json]:
    """A sheet as JSON."""
    return {
        "compared": {check.value: count for check, count in sorted(sheet.compared.items())},
        "counts": [[check.value, outcome.value, count] for (check, outcome), count in sorted(sheet.counts.items())],
        "findings": [finding_to_json(finding) for finding in sheet.findings],
        "skipped": {check.value: why for check, why in sorted(sheet.skipped.items())},
    }


def sheet_from_json(value: Any) -> Sheet:  # noqa: ANN401 - whatever was parsed
    """Back from JSON.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is no sheet.
    """
    sheet = Sheet()
    sheet.compared.update({Check(name): int(count) for name, count in value["compared"].items()})
    sheet.counts.update({(Check(name), Outcome(kind)): int(count) for name, kind, count in value["counts"]})
    sheet.findings.extend(finding_from_json(item) for item in value["findings"])
    sheet.skipped.update({Check(name): str(why) for name, why in value["skipped"].items()})
    return sheet


def finding_to_json(finding: Finding) -> dict[str, Json]:
    """A finding as JSON, flat: who is responsible stands beside what was found."""
    place = finding.place
    return {
        "check": finding.check.value,
        "outcome": finding.outcome.value,
        "round": place.round,
        "what": place.what,
        "responsible": place.party.value,
        "who": place.who,
        "expected": finding.expected,
        "actual": finding.actual,
        "by_hand": plain(place.by_hand),
    }


def finding_from_json(value: Any) -> Finding:  # noqa: ANN401 - whatever was parsed
    """Back from JSON.

    Raises:
        ValueError, KeyError, TypeError: it is no finding.
    """
    number = value["round"]
    place = Place(
        str(value["what"]),
        Party(value["responsible"]),
        str(value["who"]),
        None if number is None else int(number),
        tuple(str(line) for line in value["by_hand"]),
    )
    return Finding(
        Check(value["check"]), Outcome(value["outcome"]), place, str(value["expected"]), str(value["actual"])
    )
