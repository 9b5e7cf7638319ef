"""A federation of ten rounds audits clean; each of many tamperings is found, and who is responsible is named."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from parley.audit import gather as gathering
from parley.audit import on_chain, run, work
from parley.audit.checks import Check
from parley.audit.compare import compare
from parley.audit.findings import Finding, Outcome, Party, Sheet, merged
from parley.audit.form import Body
from parley.audit.gather import block_at, gather
from parley.audit.kept import KeptBlocks
from parley.audit.pool import Crew
from parley.audit.report import Report
from parley.audit.run import Wishes, examine
from parley.audit.story import Story
from parley.audit.witness import Witness
from tests.audit.beds import Bed
from tests.audit.retellings import RETELLINGS, Retelling
from tests.audit.tampered_files import update_pin
from tests.audit.tampered_node import state_untold
from tests.audit.tamperings import MACHINES, Tampering
from tests.audit.towns import QUIET, ROUNDS, Audited, Silent, crooked, grown
from tests.chain.lying_node import lying_node
from tests.support.anvil import AnvilNode

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def audited(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """Ten final rounds and a void one."""
    return grown(module_anvil, tmp_path_factory.mktemp("grown"))


@pytest.fixture(scope="module")
def story(audited: Audited, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """What happened in them."""
    return read(audited, tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="module")
def first(audited: Audited, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    """The first audit, and the home it leaves."""
    home = tmp_path_factory.mktemp("auditor")
    return audited.audit(home), home


@pytest.fixture
def bed(audited: Audited, story: Story, first: tuple[Report, Path], tmp_path: Path) -> Iterator[Bed]:
    """Everything an auditor has, to be tampered with."""
    store, home = tmp_path / "store", tmp_path / "home"
    shutil.copytree(audited.store, store)
    shutil.copytree(first[1], home)
    with lying_node(audited.url) as node:
        yield Bed(audited, story, audited.sources().contracts, store, home, node)


def read(audited: Audited, folder: Path) -> Story:
    """A federation's story, proven by its blocks."""
    sheet, sources = Sheet(), audited.sources()
    kept = KeptBlocks(folder / "blocks.sqlite", pytest.fail)
    witness = Witness(sources.w3, kept, sheet)
    found = gather(sources, block_at(sources.w3, "latest"), witness, sheet, lambda _: None)
    assert sheet.findings == []
    return found


def wrong(report: Report) -> list[dict[str, Any]]:
    """What of a report is no remark."""
    return [finding for finding in report["findings"] if finding["outcome"] != "remark"]


def blamed(told: Report, again: Report) -> list[Finding]:
    """What a re-check finds wrong with a report."""
    sheet = Sheet()
    compare(Body.model_validate(told), Body.model_validate(again), sheet)
    return [f for f in sheet.findings if f.outcome is Outcome.WRONG and f.place.party is Party.REPORT]


def test_audit__ten_rounds__are_clean(first: tuple[Report, Path]) -> None:
    """P-6, P-9, P-11, P-12, P-17, P-24 to P-27: everything is derived again; every check had something to compare."""
    report, _ = first
    assert (report["verdict"], wrong(report)) == ("clean", [])
    states = [item["state"] for item in report["rounds"]]
    assert states.count("final") == ROUNDS
    assert "void" in states
    compared = {item["name"]: item["compared"] for item in report["checks"]}
    untried = {"kept.rounds", "dispute.clips"}
    assert {name for name, count in compared.items() if count == 0} == untried
    scores = [item["scores"] for item in report["rounds"]]
    assert sum(item["equal"] for item in scores) > 0
    assert sum(item["different"] + item["not run again"] for item in scores) == 0


def test_audit__second_time__is_the_same_report(audited: Audited, first: tuple[Report, Path], tmp_path: Path) -> None:
    report, home = first
    shutil.copytree(home, tmp_path / "home")
    again = audited.audit(tmp_path / "home")
    own = {"kept.blocks"}
    first_body, second_body = (
        {**body, "checks": [item for item in body["checks"] if item["name"] not in own]} for body in (report, again)
    )
    assert second_body == first_body


def test_audit__blocks__lead_from_the_first_to_the_last_unless_there_are_too_many(
    audited: Audited, first: tuple[Report, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P-19: one hash, that of the last block, vouches for all."""
    ancestry = next(item for item in first[0]["checks"] if item["name"] == "node.ancestry")
    assert ancestry["compared"] == first[0]["block"]["number"] - audited.sources().contracts.start_block + 1
    assert first[0]["options"]["every_block"] is True
    monkeypatch.setattr(run, "MOST", 100)
    report = audited.audit(tmp_path, wishes=Wishes(scores=False))
    assert report["options"] == {"scores": False, "every_block": False, "score_tolerance": 50}
    assert "add --every-block" in next(i["skipped"] for i in report["checks"] if i["name"] == "node.ancestry")


@pytest.mark.parametrize("tampering", MACHINES, ids=lambda tampering: tampering.name)
def test_audit__tampered_with__is_found_and_named(bed: Bed, first: tuple[Report, Path], tampering: Tampering) -> None:
    """P-5, P-19, P-20: what store, node or the auditor's own files make of it; no honest report is blamed for that."""
    tampering.apply(bed)
    sources = bed.audited.sources(bed.node.url)
    report = bed.audited.audit(bed.home, sources=sources, store=bed.store)
    found = {(item["check"], item["responsible"], item["outcome"]) for item in wrong(report)}
    assert (tampering.check, tampering.party, tampering.outcome) in found
    assert report["verdict"] == ("wrong" if tampering.outcome is Outcome.WRONG else "unavailable")
    assert not bed.journal.exists()
    assert blamed(report, report) == []
    if tampering.party is Party.TRAINER:
        return  # the audit believed what the node told of a trainer
    assert blamed(report, first[0]) == blamed(first[0], report) == []


@pytest.mark.parametrize("retelling", RETELLINGS, ids=lambda retelling: retelling.name)
def test_audit__told_otherwise__is_found_and_named(
    story: Story, audited: Audited, tmp_path: Path, retelling: Retelling
) -> None:
    """P-6 to P-12, P-16, P-17, P-24 to P-27: what the chain's part finds in a history that did not happen so."""
    other = retelling.tell(story)
    sheet = Sheet()
    if retelling.content:
        crew = Crew((str(audited.store),), tmp_path, 1, QUIET)
        results = examine(other, crew, Wishes(scores=False), sheet, Silent())
        sheet = merged([sheet, *(result.sheet for result in results)])
    else:
        on_chain.judge(other, sheet)
    named = [f for f in sheet.findings if f.check is retelling.check and f.outcome is Outcome.WRONG]
    assert retelling.party in {finding.place.party for finding in named}, sheet.findings
    assert all(finding.place.what for finding in named)
    if retelling.party in (Party.TRAINER, Party.EVALUATOR, Party.AGGREGATOR, Party.MEMBER):
        assert any(finding.place.who.startswith("0x") for finding in named)


@pytest.mark.parametrize("error", [ValueError, IndexError, RuntimeError])
def test_audit__code_of_the_task_that_fails__leaves_scores_out_and_nothing_else(
    story: Story, audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Section 6: what a task's own code does with samples of others proves nothing about the round."""

    def losses(*_: object) -> None:
        raise error("no such class")

    monkeypatch.setattr(work, "load_task", lambda *_: SimpleNamespace(losses=losses))
    sheet = Sheet()
    results = examine(story, Crew((str(audited.store),), tmp_path, 1, QUIET), Wishes(), sheet, Silent())
    whole = merged([sheet, *(result.sheet for result in results)])
    assert whole.findings == []
    assert "no such class" in whole.skipped[Check.SCORES]
    derived = [result.derived for result in results if result.state == "final"]
    assert all(values["model_root"] for values in derived)
    assert sum(result.scores["not run again"] for result in results) == sum(
        len(record.vectors) for record in story.told.records.values()
    )


def test_audit__too_many_federations__says_that_tokens_were_not_compared_with_all(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P-17: what the first thousand are owed is not all; the stake vault's tokens are compared all the same."""
    monkeypatch.setattr(gathering, "MAX_FEDERATIONS", 0)
    report = bed.audited.audit(bed.home, wishes=Wishes(scores=False))
    tokens = next(item for item in report["checks"] if item["name"] == "money.tokens")
    assert "too many federations" in tokens["skipped"]
    assert (tokens["compared"], report["verdict"]) == (1, "clean")


def test_audit__stopped_with_the_wrong_store__is_clean_with_the_right_one(bed: Bed) -> None:
    """P-20: what was gone then is looked for again."""
    bed.stop_midway(bed.home / "empty")
    assert len(list(bed.journal.glob("*.json"))) == len(bed.story.told.records)
    assert bed.audited.audit(bed.home, store=bed.store)["verdict"] == "clean"


def test_audit__update_of_an_earlier_round_gone__scores_are_not_said_to_be_others(bed: Bed) -> None:
    """Section 6: an evaluator looked for replays of it; without it, its honest scores might come out otherwise."""
    update_pin(bed)
    report = bed.audited.audit(bed.home, store=bed.store)
    gone = next(i for i, item in enumerate(report["rounds"]) if item["unavailable"])
    assert [item["scores"]["equal"] for item in report["rounds"][gone : gone + 2]] == [0, 0]
    assert sum(item["scores"]["different"] for item in report["rounds"]) == 0
    skipped = next(item["skipped"] for item in report["checks"] if item["name"] == "vote.scores")
    assert "updates of earlier rounds are gone" in skipped


def test_retellings__each__is_of_a_story_in_which_nothing_was_wrong(story: Story) -> None:
    sheet = Sheet()
    on_chain.judge(story, sheet)
    assert sheet.findings == []
    assert len({retelling.name for retelling in RETELLINGS}) == len(RETELLINGS)
    assert len(MACHINES) + len(RETELLINGS) >= 30


def test_audit__lies_that_nobody_disputed__are_found_in_each_round(module_anvil: AnvilNode, tmp_path: Path) -> None:
    """P-6, P-11, P-12: a wrong model, wrong medians and wrong rewards became final; the aggregator is named."""
    liar = crooked(module_anvil, tmp_path / "crooked")
    report = liar.audit(tmp_path / "home")
    assert report["verdict"] == "wrong"
    found = {(item["round"], item["check"]) for item in wrong(report) if item["responsible"] == "aggregator"}
    assert {(1, "settlement.model"), (1, "settlement.rows")} <= found
    assert (2, "settlement.medians") in found
    assert (3, "settlement.rewards") in found
    (who,) = {item["who"] for item in wrong(report) if item["responsible"] == "aggregator"}
    assert who == liar.sources().contracts.coordinator.w3.to_checksum_address(who)


def test_audit__node_without_receipts_of_blocks__says_what_it_could_not_prove(audited: Audited, tmp_path: Path) -> None:
    """P-19: an audit goes on, but is not clean: whoever refuses to prove a lie must not come off better for it."""
    with lying_node(audited.url) as node:
        node.refused.add("eth_getBlockReceipts")
        report = audited.audit(tmp_path, sources=audited.sources(node.url), wishes=Wishes(scores=False))
    skipped = {item["name"]: item["skipped"] for item in report["checks"] if item["skipped"]}
    assert "receipts" in skipped["node.logs"]
    assert "hidden events could not be looked for" in skipped["node.ancestry"]
    found = [(item["check"], item["responsible"], item["outcome"]) for item in wrong(report)]
    assert found == [("node.logs", "node", "unavailable")]
    assert report["verdict"] == "unavailable"


def test_audit__node_without_state__says_that_tokens_were_not_compared(bed: Bed) -> None:
    """P-17, P-19."""
    state_untold(bed)
    report = bed.audited.audit(bed.home, sources=bed.audited.sources(bed.node.url), wishes=Wishes(scores=False))
    skipped = {item["name"]: item["skipped"] for item in report["checks"] if item["skipped"]}
    assert set(skipped) == {"node.state", "money.tokens", "vote.scores"}
