"""What nodes mean when they refuse a transaction."""

from __future__ import annotations

import pytest

from parley.chain.endpoint_answers import is_known
from parley.chain.refusals import Refusal, refusal_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("reason", "refusal"),
    [
        ("already known", Refusal.KNOWN),
        ("transaction already imported", Refusal.KNOWN),
        ("Known transaction", Refusal.KNOWN),
        ("AlreadyKnown", Refusal.KNOWN),
        ("nonce too low: next nonce 5, tx nonce 0", Refusal.NONCE_USED),
        ("OldNonce", Refusal.NONCE_USED),
        ("replacement transaction underpriced", Refusal.UNDERPRICED),
        ("transaction underpriced: tip needed 1, tip permitted 0", Refusal.UNDERPRICED),
        ("FeeTooLowToCompete", Refusal.UNDERPRICED),
        ("max fee per gas less than block base fee", Refusal.BASE_FEE),
        ("insufficient funds for gas * price + value", Refusal.POOR),
        ("Upfront cost exceeds account balance", Refusal.POOR),
        ("unknown transaction type", Refusal.OTHER),
        ("intrinsic gas too low", Refusal.OTHER),
        ("", Refusal.OTHER),
    ],
)
def test_refusal_of__words_of_clients__tell_what_to_do(reason: str, refusal: Refusal) -> None:
    """P-19: above all, an unknown type of transaction is not taken for a known transaction."""
    assert refusal_of(reason) is refusal


@pytest.mark.parametrize(("said", "known"), [("already known", True), ("unknown transaction type", False)])
def test_is_known__endpoints_words__are_read_as_the_sender_reads_them(said: str, known: bool) -> None:
    """P-19: an endpoint that does not know the type of a transaction has not taken it."""
    assert is_known({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": said}}) is known
