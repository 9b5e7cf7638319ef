"""Where things were compared, from events: with the transactions and commands by which anybody can look. Pure."""

from __future__ import annotations

from parley.audit.findings import Party, Place
from parley.chain.events import Event


def at(event: Event, what: str, party: Party, who: str = "") -> Place:
    """What an event says, in its round if it names one."""
    return Place(what, party, who, event.args.get("round"), (f"cast receipt 0x{event.transaction.hex()}",))


def called(event: Event, what: str, party: Party, who: str = "") -> Place:
    """What the calldata of an event's transaction say."""
    return Place(what, party, who, event.args.get("round"), (f"cast tx 0x{event.transaction.hex()} input",))
