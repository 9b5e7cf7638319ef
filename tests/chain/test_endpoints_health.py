"""Who is behind and who is outvoted: pure judgements."""

from __future__ import annotations

from email.utils import formatdate
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from parley.chain.endpoint import Endpoint
from parley.chain.endpoint_answers import decoded
from parley.chain.endpoint_health import behind, best_head, outvoted, settle_chain
from parley.chain.endpoint_http import NoAnswer, retry_after

pytestmark = pytest.mark.unit


def test_behind__one_lags__is_put_aside_and_must_catch_up_by_half() -> None:
    """F-67: no flapping at the border."""
    assert behind({0: 100, 1: 95, 2: 94}, 5) == set()
    assert behind({0: 100, 1: 100, 2: 94}, 5) == {2}
    assert behind({0: 100, 1: 100, 2: 97}, 5, {2}) == {2}
    assert behind({0: 100, 1: 100, 2: 98}, 5, {2}) == set()
    assert behind({0: 100, 1: 90}, 5) == {1}
    assert behind({}, 5) == set()


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=6), st.integers(2000, 10**18))
def test_behind__one_lies_about_its_head__puts_nobody_else_aside(honest: list[int], lie: int) -> None:
    """F-67: a head that nobody else has reached sets no standard."""
    heads = dict(enumerate([*honest, lie]))
    assert best_head(heads.values()) == max(honest)
    assert not {n for n, head in heads.items() if head == max(honest)} & behind(heads, 5)


@pytest.mark.parametrize(
    ("hashes", "verdict"),
    [
        ({}, (set(), False)),
        ({0: "a"}, (set(), False)),
        ({0: "a", 1: "a"}, (set(), False)),
        ({0: "a", 1: "b"}, ({1}, True)),
        ({0: "a", 1: "b", 2: "b"}, ({0}, False)),
        ({0: "a", 1: "b", 2: "c"}, ({1, 2}, True)),
        ({0: "a", 1: "a", 2: "b", 3: "b"}, ({2, 3}, True)),
        ({0: "a", 1: "a", 2: "a", 3: "b"}, ({3}, False)),
        ({1: "b", 2: "a"}, ({2}, True)),
    ],
)
def test_outvoted__hashes_differ__needs_more_than_half(hashes: dict[int, str], verdict: tuple[set[int], bool]) -> None:
    """F-67: without a majority the preferred one is believed, and it is a dispute."""
    assert outvoted(hashes) == verdict


def silent(number: int) -> Endpoint:
    """An endpoint that never answers."""

    def post(_body: bytes, _seconds: float) -> bytes:
        raise NoAnswer("no connection")

    return Endpoint(number, f"http://node-{number}", post)


def test_settle_chain__nothing_was_expected__most_decide_then_the_preferred() -> None:
    """F-67: one that lies about its chain id does not decide which chain it is."""
    endpoints = [silent(number) for number in range(3)]
    for endpoint, served in zip(endpoints, (5, 7, 7), strict=True):
        endpoint.served = served
    settle_chain(endpoints)
    assert [endpoint.wrong_chain for endpoint in endpoints] == [True, False, False]
    assert endpoints[0].complaint() == "it serves chain 5, not 7"
    pair = [silent(0), silent(1)]
    pair[0].served, pair[1].served = 5, 7
    settle_chain(pair)
    assert [endpoint.wrong_chain for endpoint in pair] == [False, True]


def test_retry_after__number_date_or_nonsense__is_seconds_or_none() -> None:
    now = 1_800_000_000.0
    assert retry_after("12", now) == 12
    assert retry_after(formatdate(now + 90, usegmt=True), now) == 90
    assert retry_after(formatdate(now - 90, usegmt=True), now) == 0
    assert [retry_after(text, now) for text in (None, "", "soon", "inf", "nan", "-5", "1e400")] == [
        None, None, None, None, None, 0.0, None,
    ]  # fmt: skip


NOT_JSON_RPC = [
    b"",
    b"<html>",
    b"[]",
    b"7",
    b"null",
    b'{"jsonrpc": "2.0", "id": 1}',
    b'{"jsonrpc": "2.0", "id": 2, "result": "0x1"}',
    b'{"jsonrpc": "1.0", "id": 1, "result": "0x1"}',
    b'{"id": 1, "result": "0x1"}',
    b'{"jsonrpc": "2.0", "id": 1, "result": "\xff"}',
    b"[" * 200_000,
    b'{"jsonrpc": "2.0", "id": 1, "result": ' + b"9" * 10_000 + b"}",
]


@pytest.mark.parametrize("raw", NOT_JSON_RPC, ids=range(len(NOT_JSON_RPC)))
def test_decoded__anything_else__is_no_answer(raw: bytes) -> None:
    """F-66: garbage is a failure of the endpoint, never a value."""
    with pytest.raises(NoAnswer, match="no JSON-RPC"):
        decoded(raw, 1)


@pytest.mark.parametrize("error", [{"code": 429, "message": "slow"}, {"code": -32005, "message": "Rate limit reached"}])
def test_decoded__error_that_means_too_many_requests__asks_to_wait(error: dict[str, object]) -> None:
    """F-66: providers throttle in JSON, too."""
    raw = f'{{"jsonrpc": "2.0", "id": null, "error": {{"code": {error["code"]}, "message": "{error["message"]}"}}}}'
    with pytest.raises(NoAnswer) as told:
        decoded(raw.encode(), 1)
    assert (told.value.outcome, told.value.retry_after) == ("throttled", 1.0)


def test_endpoint__has_failed__is_not_asked_before_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parley.chain.endpoint.time", SimpleNamespace(monotonic=lambda: 1000.0))
    endpoint = silent(0)
    assert endpoint.begin(1)
    with pytest.raises(NoAnswer, match="no connection"):
        endpoint.ask("eth_blockNumber", [], 1)
    assert not endpoint.usable
    assert endpoint.complaint() == "no connection"
    assert 0 < endpoint.wait() < 0.2
    assert REGISTRY.get_sample_value("parley_rpc_usable", {"endpoint": "0"}) == 0
    failed = {"endpoint": "0", "outcome": "failed"}
    assert (REGISTRY.get_sample_value("parley_rpc_requests_total", failed) or 0) >= 1
