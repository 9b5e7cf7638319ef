"""What an RPC endpoint's answer means: pure, and wary of whatever the bytes are (P-20)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json
from web3.types import RPCResponse

from parley.chain.endpoint_http import NoAnswer
from parley.chain.errors import NodeRefused
from parley.chain.refusals import Refusal, refusal_of

_THROTTLE = re.compile(r"rate.?limit|too many requests|compute units|request count exceeded", re.IGNORECASE)

_TOO_MANY = 429

_REVERTED = 3
"""Error code of a call that a contract refused; web3 turns it into an exception with the revert data."""

_BLIND = ("header not found", "unknown block", "block not found", "missing trie node")
"""Refusals of an endpoint that does not have the block asked about; another one may."""


def decoded(raw: bytes, number: int) -> RPCResponse:
    """The answer to request `number`.

    Raises:
        NoAnswer: it is no JSON-RPC, or asks to be left alone.
    """
    return _answer(_parsed(raw), number)


def all_decoded(raw: bytes, numbers: Sequence[int]) -> list[RPCResponse]:
    """The answers to several requests that were sent at once, in their order.

    Raises:
        NoAnswer: an answer is missing or no JSON-RPC, or the endpoint asks to be left alone.
    """
    responses = _parsed(raw)
    if not isinstance(responses, list):
        _refuse_throttle(responses)
        raise NoAnswer("it does not take several requests at once")
    found = [response for response in responses if isinstance(response, dict)]
    by_number = {number: response for response in found if isinstance(number := response.get("id"), int)}
    return [_answer(by_number.get(number), number) for number in numbers]


def _parsed(raw: bytes) -> Any:  # noqa: ANN401 - whatever JSON says
    try:
        # with a bound of its own on nesting: py_ecc raises Python's so far that json overruns the C stack
        return from_json(raw, allow_inf_nan=False)
    except ValueError:
        return None


def _answer(response: object, number: int) -> RPCResponse:
    """What was parsed, if it is the answer to request `number`."""
    _refuse_throttle(response)
    frame = ("2.0", number)
    if not isinstance(response, dict) or (response.get("jsonrpc"), response.get("id")) != frame:
        raise NoAnswer("what came back is no JSON-RPC")
    if not response.get("error") and "result" not in response:
        raise NoAnswer("what came back is no JSON-RPC")
    answer: RPCResponse = response  # type: ignore[assignment] # checked just now
    return answer


def _refuse_throttle(response: object) -> None:
    error = response.get("error") if isinstance(response, dict) else None
    if error and _is_throttle(error):
        raise NoAnswer("it asks for fewer requests", outcome="throttled", retry_after=1.0)


def number_of(value: object) -> int | None:
    """A quantity of JSON-RPC, `None` if it is none."""
    try:
        return int(value, 16) if isinstance(value, str) and len(value) <= 66 else None
    except ValueError:
        return None


def _is_throttle(error: object) -> bool:
    """Whether an error means too many requests; providers have no common code for it."""
    if not isinstance(error, dict):
        return False
    return error.get("code") == _TOO_MANY or bool(_THROTTLE.search(str(error.get("message", ""))[:500]))


def _message(response: RPCResponse) -> str:
    error: Any = response.get("error")
    return str(error.get("message", "")).lower() if isinstance(error, dict) else str(error or "").lower()


def is_blind(response: RPCResponse) -> bool:
    """Whether an endpoint refuses because it does not have the block asked about."""
    return any(words in _message(response) for words in _BLIND)


def is_known(response: RPCResponse) -> bool:
    """Whether an endpoint refuses a transaction because it has it."""
    return refusal_of(_message(response)) is Refusal.KNOWN


def raise_refusal(method: str, response: RPCResponse) -> None:
    """Raise `NodeRefused` for an error that is not a contract's refusal."""
    if not response.get("error"):
        return
    error = refused(method, response)
    reverted = error.code == _REVERTED or "revert" in error.reason.lower()
    if method not in ("eth_call", "eth_estimateGas") or not reverted:
        raise error


def refused(method: str, response: RPCResponse) -> NodeRefused:
    """An answer that is an error, as one of Parley's own."""
    error: Any = response.get("error")
    details = error if isinstance(error, dict) else {"message": str(error)}
    code = details.get("code", 0)
    return NodeRefused(method, code if isinstance(code, int) else 0, str(details.get("message", "")))
