"""Reports: one text, one digest, a signature that anybody can check, and a page that believes nothing."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from eth_account import Account

from parley.audit import canonical, report
from parley.audit.checks import MEANINGS, Check
from parley.audit.findings import Outcome, Party, Place, Sheet
from parley.audit.page import render
from parley.audit.results import RoundResult
from parley.audit.story import Story
from parley.chain.view import Block, Recorded
from parley.errors import ContentError, ExitCode
from tests.roles.builders import POLICY, TERMS

pytestmark = pytest.mark.unit

KEY = Account.from_key("0x" + "01" * 32)
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def story() -> Story:
    told = Recorded(31337, "0x" + "44" * 20, 1, Block(9, b"h" * 32, 1_000_000), TERMS, {1: POLICY}, {}, {}, {})
    return Story(told, "0x" + "55" * 20, (), (), {}, {}, 5, None)


def body(sheet: Sheet | None = None) -> dict[str, Any]:
    whole = sheet or Sheet()
    rounds = [RoundResult(1, "final", "0x" + "aa" * 32, {"norm": 7}, {"equal": 3, "different": 0}, whole)]
    contracts = {"RoundCoordinator": {"address": "0x" + "44" * 20, "code": "0x" + "02" * 32}}
    return report.build(story(), contracts, rounds, whole, {"scores": True, "every_block": True})


def lying_sheet() -> Sheet:
    sheet = Sheet()
    sheet.holds(Check.ROWS, False, Place(HOSTILE, Party.AGGREGATOR, HOSTILE, 1, (HOSTILE,)), actual=HOSTILE)
    return sheet


def test_build__every_check__is_in_it_with_its_meaning() -> None:
    found = {item["name"]: item for item in body()["checks"]}
    assert set(found) == {check.value for check in Check if not check.value.startswith("report.")}
    assert found["settlement.rows"]["meaning"] == MEANINGS[Check.ROWS].text


@pytest.mark.parametrize(
    ("outcomes", "word", "code"),
    [
        ((), "clean", ExitCode.OK),
        ((Outcome.REMARK, Outcome.DIFFERENT), "clean", ExitCode.OK),
        ((Outcome.GONE,), "unavailable", ExitCode.UNAVAILABLE),
        ((Outcome.GONE, Outcome.WRONG), "wrong", ExitCode.WRONG),
    ],
)
def test_verdict__gravest_finding__decides(outcomes: tuple[Outcome, ...], word: str, code: ExitCode) -> None:
    """Scores that come out otherwise are no integer that does not hold."""
    sheet = Sheet()
    for outcome in outcomes:
        sheet.note(report_finding(outcome))
    assert report.verdict(sheet) == word
    assert report.exit_code(word) is code
    assert report.exit_code("anything else") is ExitCode.WRONG


def report_finding(outcome: Outcome) -> Any:  # noqa: ANN401 - a finding
    from parley.audit.findings import Finding

    return Finding(Check.ROWS, outcome, Place("rows", Party.AGGREGATOR))


def test_signed__by_a_key__tells_who_signed() -> None:
    signed = report.signed(body(), KEY)
    assert signed["signer"] == KEY.address
    assert report.signer_of(signed["digest"], signed["signature"]) == KEY.address
    assert report.signed(body(), KEY) == signed
    assert report.parse(canonical.encode(signed)) == signed


def test_signed__without_a_key__says_so() -> None:
    signed = report.signed(body(), None)
    assert (signed["signer"], signed["signature"]) == (None, None)
    assert report.parse(canonical.encode(signed)) == signed


def test_signer_of__report_changed_since__is_another() -> None:
    signed = report.signed(body(), KEY)
    changed = copy.deepcopy(signed["report"])
    changed["verdict"] = "wrong"
    assert report.signer_of(canonical.digest(changed), signed["signature"]) != KEY.address


@pytest.mark.parametrize("signature", [None, "", "0x", "0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "zz" * 65, 7])
def test_signer_of__garbage__is_nobody(signature: object) -> None:
    assert report.signer_of("0x" + "11" * 32, signature) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"{" * 100,
        b'{"report": {}, "digest": "", "signer": null, "signature": null}',
        json.dumps({"report": {"schema": "parley/audit/v9"}, "digest": "", "signer": None, "signature": None}).encode(),
        json.dumps({**report.signed(body(), None), "more": 1}).encode(),
        json.dumps({**report.signed(body(), None), "digest": 1.5}).encode(),
        json.dumps({**report.signed(body(), None), "report": {**body(), "block": 7}}).encode(),
        json.dumps({**report.signed(body(), None), "report": {**body(), "block": {}}}).encode(),
        json.dumps({**report.signed(body(), None), "report": {**body(), "chain": "x"}}).encode(),
        json.dumps({**report.signed(body(), None), "report": {**body(), "options": []}}).encode(),
        b'{"report": {"schema": "parley/audit/v1", "a": {' + b",".join(b'"%d":1' % n for n in range(65)) + b"}}}",
        b'{"report": {"schema": "parley/audit/v1"}, "digest": ' + b"9" * 5000 + b"}",
        b"[" * report.MAX_BYTES,
        b" " * (report.MAX_BYTES + 1),
    ],
)
def test_parse__what_is_no_report__is_an_error_of_content(data: bytes) -> None:
    """P-20: whatever a file holds."""
    with pytest.raises(ContentError):
        report.parse(data)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("chain",), -1),
        (("chain",), True),
        (("chain",), "31337"),
        (("coordinator",), "0x44"),
        (("federation",), 0),
        (("federation",), -1),
        (("federation",), 2**63),
        (("block", "number"), -1),
        (("block", "number"), 2**63),
        (("block", "number"), 2**300),
        (("block", "number"), 1.0),
        (("block", "hash"), "0x" + "AA" * 32),
        (("block", "time"), None),
        (("block", "more"), 1),
        (("contracts",), ["x"]),
        (("contracts",), {"a": "b"}),
        (("contracts",), {"a": {"address": 7, "code": 7}}),
        (("contracts",), {"a" * 129: {"address": "0x" + "44" * 20, "code": "0x" + "02" * 32}}),
        (("software",), []),
        (("software",), {"parley": 1}),
        (("options", "scores"), 1),
        (("options", "every_block"), None),
        (("options", "score_tolerance"), -1),
        (("verdict",), "fine"),
        (("verdict",), "clean\x1b[2J"),
        (("rounds",), 7),
        (("rounds",), {}),
        (("rounds",), [[]] * 1000),
        (("rounds", 0, "number"), [1]),
        (("rounds", 0, "state"), "fine"),
        (("rounds", 0, "inputs"), None),
        (("rounds", 0, "derived"), []),
        (("rounds", 0, "derived", "norm"), -1),
        (("rounds", 0, "derived", "norm"), 2**256),
        (("rounds", 0, "derived", "more"), 1),
        (("rounds", 0, "derived", "medians"), "0x" + "0" * (1 << 17)),
        (("rounds", 0, "scores"), {"equal": "many"}),
        (("rounds", 0, "scores"), {"splendid": 1}),
        (("rounds", 0, "wrong"), -1),
        (("checks",), 7),
        (("checks", 0, "name"), ["node.code"]),
        (("checks", 0, "name"), "node.unheard-of"),
        (("checks", 0, "name"), "report.digest"),
        (("checks", 0, "compared"), "many"),
        (("checks", 0, "skipped"), 7),
        (("checks", 0, "requirements"), "P-1"),
        (("findings",), 7),
        (("findings", 0), []),
        (("findings", 0, "check"), []),
        (("findings", 0, "outcome"), "fine"),
        (("findings", 0, "round"), "1"),
        (("findings", 0, "responsible"), "somebody"),
        (("findings", 0, "what"), "\ud800"),
        (("findings", 0, "what"), "x" * 4097),
        (("findings", 0, "by_hand"), [7]),
        (("findings", 0, "by_hand"), ["x"] * 17),
    ],
)
def test_parse__one_value_of_another_form__is_an_error_of_content(path: tuple[str | int, ...], value: object) -> None:
    """P-20: what comes after it may rely on every type and bound."""
    signed = report.signed(body(lying_sheet()), KEY)
    assert report.parse(canonical.encode(signed)) == signed
    *way, last = path
    place: Any = signed["report"]
    for key in way:
        place = place[key]
    place[last] = value
    with pytest.raises(ContentError, match=r"is not as audits write it"):
        report.parse(json.dumps(signed).encode())


@pytest.mark.parametrize(
    ("key", "value"), [("digest", "0x"), ("signer", "me"), ("signer", 7), ("signature", "0x"), ("signature", [])]
)
def test_parse__no_signature_or_digest__is_an_error_of_content(key: str, value: object) -> None:
    with pytest.raises(ContentError, match=key):
        report.parse(json.dumps({**report.signed(body(), KEY), key: value}).encode())


def test_render__hostile_text_of_others__is_escaped_and_nothing_is_fetched() -> None:
    """P-20: a page that runs nothing and asks nobody."""
    page = render(report.signed(body(lying_sheet()), KEY))
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"<[^>]*\b(src|href|on\w+)=", page)
    assert "default-src 'none'" in page
    assert KEY.address in page


@pytest.mark.parametrize("time", [0, 253_402_300_799, 253_402_300_800, 2**40, 2**63 - 1])
def test_render__any_time_that_a_block_may_have__is_a_date(time: int) -> None:
    told = body()
    told["block"]["time"] = time
    assert " UTC" in render(report.signed(told, None))


def test_render__what_does_not_hold__stands_with_who_is_responsible() -> None:
    sheet = Sheet()
    who = "0x" + "77" * 20
    sheet.same(Check.MODEL, b"\x01", b"\x02", Place("a settlement", Party.AGGREGATOR, who, 1, ("cast receipt 0x99",)))
    page = render(report.signed(body(sheet), None))
    for text in ("Something does not hold", "settlement.model", "aggregator", who, "0x01", "0x02", "cast receipt 0x99"):
        assert text in page
    assert "nobody: the report is not signed" in page
