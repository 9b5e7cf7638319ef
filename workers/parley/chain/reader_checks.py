"""Whether the records, which come from events, say what the state says: pure.

Events are hints, state is truth (P-19): a node that leaves out a log is found out by the counts, roots and hashes that
the contracts keep.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.chain.model import FederationState, RoundState
from parley.chain.view import Recorded, RoundRecord, View


def contradictions(view: View, settlement: bytes | None = None) -> list[str]:
    """What records and state of one view say differently, for people; empty if they agree.

    Args:
        view: as it was read.
        settlement: hash of the standing settlement as the coordinator keeps it; `None` if there is none.
    """
    return conflicts(view, view.federation, view.round, settlement)


def conflicts(
    told: Recorded, federation: FederationState, round_: RoundState, settlement: bytes | None = None
) -> list[str]:
    """The same of events and of a state that were read apart from each other."""
    return [*_of_federation(told, federation), *_of_round(told, federation, round_, settlement)]


def _of_federation(told: Recorded, state: FederationState) -> Iterator[str]:
    yield from _differ("rounds", len(told.records), state.round)
    yield from _differ("members with an index", len(told.members), state.member_count)
    yield from _differ("the last opened key", max(told.keys, default=0), state.key_round)
    final = told.final_records()
    header = final[-1].header if final else None
    root = told.terms.model_root if not final else header.model_root if header else b""
    yield from _differ("the model's root", root.hex(), state.model_root.hex())
    ended = sum(record.final or record.void for record in told.records.values())
    yield from _differ("rounds that ended", ended, state.round - state.live)


def _of_round(
    told: Recorded, federation: FederationState, state: RoundState, settlement: bytes | None
) -> Iterator[str]:
    record = told.records.get(state.round)
    if record is None or not federation.live:
        return
    yield from _differ("updates committed", len(record.commitments), state.committed)
    yield from _differ("updates revealed", _in_order(record), state.revealed)
    yield from _differ("score vectors committed", len(record.score_commitments), state.scores_committed)
    yield from _differ("score vectors revealed", len(record.vectors), state.scores_revealed)
    hashed = None if record.header is None else told.hash_of(record.number, record.header)
    yield from _differ("the settlement", hashed and hashed.hex(), settlement and settlement.hex())


def _in_order(record: RoundRecord) -> int:
    """How many reveals there are from index 0 on without a gap; -1 if more follow after one."""
    indices = [reveal.index for reveal in record.reveals]
    return len(indices) if indices == list(range(len(indices))) else -1


def _differ(what: str, told: object, kept: object) -> Iterator[str]:
    if told != kept:
        yield f"{what}: {told} by events, {kept} by state"
