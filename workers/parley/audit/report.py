"""The report of an audit: one JSON text, its digest, and the auditor's signature under that. Pure but for the key.

What is signed is `Parley audit report 0x...`, the SHA-256 of the canonical text, as an EIP-191 personal message: any
wallet signs it, anybody can tell who did.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Any

from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct
from eth_account.signers.local import LocalAccount
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError as NoSignature
from pydantic import ValidationError

from parley import __version__, strict_json
from parley.audit import canonical
from parley.audit.canonical import Json
from parley.audit.checks import MEANINGS
from parley.audit.findings import Outcome, Sheet, shown
from parley.audit.form import Signed
from parley.audit.rescored import TOLERANCE
from parley.audit.results import RoundResult, finding_to_json
from parley.audit.story import Story
from parley.errors import ContentError, ExitCode

SCHEMA = "parley/audit/v1"

MAX_BYTES = 32 << 20
"""The longest report that is read: tens of thousands of rounds."""

MAX_KEYS = 64
"""Of an object in a report."""

LIBRARIES = ("numba", "numpy", "torch", "web3")

_SIGNATURE = re.compile(r"0x[0-9a-f]{130}")

Report = dict[str, Any]
"""What is reported, or that with its digest and signature: JSON."""


def build(
    story: Story,
    contracts: Mapping[str, Mapping[str, str]],
    results: Sequence[RoundResult],
    whole: Sheet,
    options: Mapping[str, Json],
) -> Report:
    """The report of an audit.

    Args:
        story: of the federation.
        contracts: address and hash of the code by contract.
        results: of the rounds, in order.
        whole: all comparisons and findings.
        options: what the audit was asked to do.
    """
    told = story.told
    return {
        "schema": SCHEMA,
        "chain": told.chain_id,
        "coordinator": told.coordinator,
        "federation": told.fid,
        "block": {"number": told.block.number, "hash": canonical.plain(told.block.hash), "time": told.block.timestamp},
        "contracts": canonical.plain(contracts),
        "software": software(),
        "options": {**options, "score_tolerance": TOLERANCE},
        "verdict": verdict(whole),
        "checks": _checks(whole),
        "rounds": [_round(result) for result in results],
        "findings": [finding_to_json(finding) for finding in whole.findings],
    }


def verdict(sheet: Sheet) -> str:
    """In a word: "wrong", "unavailable" or "clean"."""
    if sheet.total(Outcome.WRONG):
        return Outcome.WRONG.value
    return Outcome.GONE.value if sheet.total(Outcome.GONE) else "clean"


def exit_code(word: Json) -> ExitCode:
    """What a verdict ends the program with."""
    return {"clean": ExitCode.OK, Outcome.GONE.value: ExitCode.UNAVAILABLE}.get(str(word), ExitCode.WRONG)


def signed(report: Report, account: LocalAccount | None) -> Report:
    """The report with its digest and, if there is a key, a signature."""
    digest = canonical.digest(report)
    signature = None if account is None else "0x" + account.sign_message(message_of(digest)).signature.hex()
    signer = None if account is None else str(account.address)
    return {"report": report, "digest": digest, "signer": signer, "signature": signature}


def message_of(digest: str) -> SignableMessage:
    """What is signed (EIP-191)."""
    return encode_defunct(text=f"Parley audit report {digest}")


def signer_of(digest: str, signature: object) -> str | None:
    """Who signed a digest, or `None` if that is no signature."""
    if not isinstance(signature, str) or not _SIGNATURE.fullmatch(signature):
        return None
    try:
        return str(Account.recover_message(message_of(digest), signature=signature))
    except (BadSignature, NoSignature, ValueError):
        return None


def parse(data: bytes) -> Report:
    """The signed report in a file, all of it of the form that `parley.audit.form` says.

    Raises:
        ContentError: it is none.
    """
    hint = "is it a file that `parley audit` wrote?"
    try:
        value: Any = strict_json.parse(data, MAX_BYTES)
    except ValueError as error:
        raise ContentError(f"the report is no JSON: {error!s:.120}", hint=hint) from error
    if not isinstance(value, dict) or not isinstance(value.get("report"), dict) or not _is_small(value):
        raise ContentError("this is no report of an audit", hint=hint)
    if value["report"].get("schema") != SCHEMA:
        raise ContentError("the report is of another version", hint="use the version of Parley that made it")
    try:
        Signed.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ContentError(
            f"the report is not as audits write it: {shown(place)}: {first['msg']}", hint=hint
        ) from error
    return value


def _is_small(value: Any) -> bool:  # noqa: ANN401 - whatever was parsed
    """Whether no object has more keys than any in a report: each key too many would be an error in memory."""
    if isinstance(value, dict):
        return len(value) <= MAX_KEYS and all(map(_is_small, value.values()))
    return not isinstance(value, list) or all(map(_is_small, value))


def software() -> dict[str, Json]:
    """Versions of what computed."""
    found: dict[str, Json] = {"parley": __version__, "python": python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = None
    return found


def _checks(sheet: Sheet) -> list[Json]:
    """Every check with what came of it."""
    return [
        {
            "name": check.value,
            "meaning": meaning.text,
            "requirements": list(meaning.ids),
            "compared": sheet.compared[check],
            **{outcome.value: sheet.counts[check, outcome] for outcome in Outcome},
            "skipped": sheet.skipped.get(check),
        }
        for check, meaning in MEANINGS.items()
        if not check.value.startswith("report.")
    ]


def _round(result: RoundResult) -> Json:
    return {
        "number": result.number,
        "state": result.state,
        "inputs": result.inputs,
        "outputs": canonical.digest(result.derived),
        "derived": dict(result.derived),
        "scores": dict(result.scores),
        "wrong": result.sheet.total(Outcome.WRONG),
        "unavailable": result.sheet.total(Outcome.GONE),
    }
