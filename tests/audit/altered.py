"""Reports that somebody altered, and by which check that is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eth_account import Account

from parley.audit import canonical, report

Json = Any
"""A report."""

Change = Callable[[Json], None]


def _verdict(told: Json) -> None:
    told["report"]["verdict"] = "wrong"


def _redigested(told: Json) -> None:
    told["report"]["software"]["parley"] = "9.9"
    told["digest"] = canonical.digest(told["report"])


def resigned(change: Change) -> Change:
    def apply(told: Json) -> None:
        change(told["report"])
        told.update(report.signed(told["report"], Account.from_key("0x" + "08" * 32)))

    return apply


def _model(body: Json) -> None:
    body["rounds"][1]["derived"]["model_root"] = "0x" + "00" * 32


def _less_work(body: Json) -> None:
    next(item for item in body["checks"] if item["name"] == "settlement.rows")["compared"] = 1


def _invented(body: Json) -> None:
    place = {"round": 2, "what": "a settlement", "responsible": "aggregator", "who": "0x" + "11" * 20, "by_hand": []}
    body["findings"].append(
        {"check": "settlement.model", "outcome": "wrong", "expected": "0x01", "actual": "0x02", **place}
    )


def _different(body: Json) -> None:
    """An evaluator is said to have scored otherwise."""
    place = {"round": 2, "what": "the scores, run again", "responsible": "evaluator", "who": "0x" + "11" * 20}
    found = {"check": "vote.scores", "outcome": "different", "expected": "(1, 2)", "actual": "(3, 4)", "by_hand": []}
    body["findings"].append({**place, **found})


def _scores(body: Json) -> None:
    body["rounds"][0]["scores"] = {**body["rounds"][0]["scores"], "equal": 99}


def _no_ancestry_but_counted(body: Json) -> None:
    """The report says that it was asked not to follow blocks, and that it followed them."""
    body["options"]["every_block"] = False


def _tolerance(body: Json) -> None:
    body["options"]["score_tolerance"] = 5_000


def _code(body: Json) -> None:
    body["contracts"]["RoundCoordinator"]["code"] = "0x" + "12" * 32


def different_throughout(body: Json) -> None:
    """The same, and the report agrees with itself."""
    _different(body)
    next(item for item in body["checks"] if item["name"] == "vote.scores")["different"] = 1
    scores = body["rounds"][1]["scores"]
    body["rounds"][1]["scores"] = {**scores, "equal": scores["equal"] - 1, "different": 1}


def _one_round_less(body: Json) -> None:
    body["rounds"].pop()


def _one_round_more(body: Json) -> None:
    body["rounds"].append({**body["rounds"][0], "number": 99})


def _block(body: Json) -> None:
    body["block"]["hash"] = "0x" + "12" * 32


def _later_block(body: Json) -> None:
    body["block"]["number"] += 10_000


def _last_block_of_all(body: Json) -> None:
    body["block"]["number"] = 2**63 - 1


def _other_contract(body: Json) -> None:
    body["contracts"]["RoundCoordinator"]["address"] = "0x" + "12" * 20


def _dirty(body: Json) -> None:
    body["verdict"] = "wrong"


ALTERED = (
    (_verdict, "report.digest"),
    (_redigested, "report.signature"),
    (resigned(_model), "report.repeat"),
    (resigned(_less_work), "report.repeat"),
    (resigned(_invented), "report.repeat"),
    (resigned(_different), "report.repeat"),
    (resigned(_scores), "report.repeat"),
    (resigned(_no_ancestry_but_counted), "report.repeat"),
    (resigned(_tolerance), "report.repeat"),
    (resigned(_code), "report.repeat"),
    (resigned(_one_round_less), "report.repeat"),
    (resigned(_one_round_more), "report.repeat"),
    (resigned(_dirty), "report.repeat"),
    (resigned(_block), "report.chain"),
    (resigned(_later_block), "report.chain"),
    (resigned(_last_block_of_all), "report.chain"),
    (resigned(_other_contract), "report.chain"),
)
