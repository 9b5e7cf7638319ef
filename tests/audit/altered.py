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


def _resigned(change: Change) -> Change:
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


def _one_round_less(body: Json) -> None:
    body["rounds"].pop()


def _one_round_more(body: Json) -> None:
    body["rounds"].append({**body["rounds"][0], "number": 99})


def _block(body: Json) -> None:
    body["block"]["hash"] = "0x" + "12" * 32


def _later_block(body: Json) -> None:
    body["block"]["number"] += 10_000


def _other_contract(body: Json) -> None:
    body["contracts"]["RoundCoordinator"]["address"] = "0x" + "12" * 20


def _dirty(body: Json) -> None:
    body["verdict"] = "wrong"


ALTERED = (
    (_verdict, "report.digest"),
    (_redigested, "report.signature"),
    (_resigned(_model), "report.repeat"),
    (_resigned(_less_work), "report.repeat"),
    (_resigned(_invented), "report.repeat"),
    (_resigned(_one_round_less), "report.repeat"),
    (_resigned(_one_round_more), "report.repeat"),
    (_resigned(_dirty), "report.repeat"),
    (_resigned(_block), "report.chain"),
    (_resigned(_later_block), "report.chain"),
    (_resigned(_other_contract), "report.chain"),
)
