"""Follows the chain of blocks: then the last block's hash vouches for all of them (P-19).

A block that proves its events proves nothing if nobody knows its hash. Each header names the hash of the one before it,
so that whoever knows the last block, from another node or an explorer, knows all. And each has a bloom of its logs, so
that a block whose events a node does not tell is noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from parley.audit.checks import Check
from parley.audit.findings import Party, Place, Sheet
from parley.audit.witness import Witness, look_at
from parley.chain.proven import Disproven, Header, Unproven

AT_ONCE = 64
"""Headers that are looked at together."""

MOST = 100_000
"""Blocks that are followed unasked: some ten seconds of work."""

Topics = Mapping[bytes, Collection[str]]
"""Addresses of contracts, in lower case, by what their logs are about."""


def follow(
    witness: Witness,
    sheet: Sheet,
    span: range,
    topics: Topics,
    known: Mapping[int, bytes],
    say: Callable[[int], None],
) -> None:
    """Follow the parent hashes, and look into blocks that might hide an event.

    Args:
        witness: asks the node.
        sheet: on which everything is noted.
        span: heights, one after the other.
        topics: what logs are looked for.
        known: hashes by height, of the blocks that were believed so far.
        say: told how many blocks were looked at.
    """
    parent: bytes | None = None
    for start in range(span.start, span.stop, AT_ONCE):
        headers = _headers(witness, sheet, range(start, min(start + AT_ONCE, span.stop)))
        if headers is None:
            return
        for header in headers:
            place = Place(f"block {header.number} among the others", Party.NODE, by_hand=look_at(header.number))
            expected = (parent or header.parent, known.get(header.number, header.hash))
            sheet.same(Check.ANCESTRY, expected, (header.parent, header.hash), place)
            parent = header.hash
        for topic, addresses in topics.items():
            hiding = [header for header in headers if _may_hide(witness, header, topic, addresses)]
            witness.compare(hiding, {}, addresses, topic)
        say(len(headers))
    if Check.LOGS in sheet.skipped:
        sheet.skip(Check.ANCESTRY, f"hidden events could not be looked for: {sheet.skipped[Check.LOGS]}")


def _headers(witness: Witness, sheet: Sheet, heights: range) -> Sequence[Header] | None:
    """The next headers, if they are to be had and prove themselves."""
    try:
        return witness.headers_at(heights)
    except Unproven as error:
        sheet.refused(Check.ANCESTRY, error.message)
    except Disproven as error:
        place = Place(f"blocks from {heights.start} on", Party.NODE, by_hand=look_at(heights.start))
        sheet.holds(Check.ANCESTRY, False, place, actual=error.message)
    return None


def _may_hide(witness: Witness, header: Header, topic: bytes, addresses: Collection[str]) -> bool:
    """Whether a block of which the node told no event might hold one."""
    if (header.number, topic) in witness.seen:
        return False
    return any(header.may_hold(bytes.fromhex(address[2:]), topic) for address in addresses)
