"""Only what comes from the sources at hand is exported."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from web3.exceptions import TransactionNotFound

from parley.chain.errors import StaleDeployment
from parley.errors import NotFound
from parley.explorer.export.verified import NotFromSources, Observed, check, observe
from tests.explorer.export.builders import ADDRESS, ARGUMENTS, BOX, DEPLOYED, SEEN, VERIFIED

pytestmark = pytest.mark.unit


def test_check__code_of_these_sources__arguments_are_the_chains() -> None:
    """Immutables aside; what the file says of arguments and block is not believed."""
    assert check(replace(DEPLOYED, encoded_arguments="0x1234", block=9), BOX, SEEN) == VERIFIED


@pytest.mark.parametrize(
    "seen",
    [
        replace(SEEN, code=b"\x01\xfe\xfe\x03"),
        replace(SEEN, code=SEEN.code + b"\x00"),
        replace(SEEN, code=b""),
        replace(SEEN, init_code=b"\x60\x02" + ARGUMENTS),
        replace(SEEN, init_code=b"\x60"),
    ],
    ids=["other-code", "longer-code", "no-code", "other-creation", "cut-creation"],
)
def test_check__anything_differs__is_refused(seen: Observed) -> None:
    with pytest.raises(NotFromSources, match=rf"Box at {ADDRESS} on chain 31337 does not come from .* nothing is") as e:
        check(DEPLOYED, BOX, seen)
    assert e.value.hint is not None
    assert "parley deploy --anew" in e.value.hint


@pytest.mark.parametrize("created", [None, "0x0000000000000000000000000000000000000001"])
def test_check__transaction_made_something_else__is_refused(created: str | None) -> None:
    with pytest.raises(StaleDeployment, match="did not make Box"):
        check(DEPLOYED, BOX, replace(SEEN, created=created))


class FakeEth:
    """A node that knows one transaction."""

    def __init__(self, to: str | None) -> None:
        self.to = to

    def get_transaction(self, number: bytes) -> dict[str, Any]:
        if bytes(number).hex() != DEPLOYED.transaction[2:]:
            raise TransactionNotFound("it is not here")
        return {"to": self.to, "input": SEEN.init_code}

    def get_transaction_receipt(self, number: bytes) -> dict[str, Any]:
        return {"contractAddress": ADDRESS, "blockNumber": 3}

    def get_code(self, address: str) -> bytes:
        assert address == ADDRESS
        return SEEN.code


class FakeNode:
    """As web3."""

    def __init__(self, to: str | None = None) -> None:
        self.eth = FakeEth(to)


def test_observe__creation__is_what_the_node_says() -> None:
    assert observe(FakeNode(), DEPLOYED) == SEEN  # type: ignore[arg-type]


def test_observe__call_of_a_contract__is_no_creation() -> None:
    """Its input is calldata, whatever it looks like."""
    assert observe(FakeNode(to=ADDRESS), DEPLOYED).init_code == b""  # type: ignore[arg-type]


def test_observe__node_forgot_the_transaction__says_so() -> None:
    with pytest.raises(NotFound, match="does not know transaction 0xcdcd"):
        observe(FakeNode(), replace(DEPLOYED, transaction="0x" + "cd" * 32))  # type: ignore[arg-type]


@pytest.mark.parametrize("transaction", ["", "0x12", "0x" + "zz" * 32, None, 7, ["0x" + "ab" * 32]])
def test_observe__file_names_no_transaction__is_refused(transaction: Any) -> None:  # noqa: ANN401 - of a file
    with pytest.raises(StaleDeployment, match="it names no transaction"):
        observe(FakeNode(), replace(DEPLOYED, transaction=transaction))  # type: ignore[arg-type]
