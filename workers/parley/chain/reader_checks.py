"""Whether the records, which come from events, say what the state says: pure.

Events are hints, state is truth (P-19): a node that leaves out a log is found out by the counts, roots and hashes that
the contracts keep.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.chain.view import RoundRecord, View


def contradictions(view: View, settlement: bytes | None = None) -> list[str]:
    """What records and state of one view say differently, for people; empty if they agree.

    Args:
        view: as it was read.
        settlement: hash of the standing settlement as the coordinator keeps it; `None` if there is none.
    """
    return [*_of_federation(view), *_of_round(view, settlement)]


def _of_federation(view: View) -> Iterator[str]:
    state = view.federation
    yield from _differ("rounds", len(view.records), state.round)
    yield from _differ("members with an index", len(view.members), state.member_count)
    yield from _differ("the last opened key", max(view.keys, default=0), state.key_round)
    final = view.final_records()
    header = final[-1].header if final else None
    root = view.terms.model_root if not final else header.model_root if header else b""
    yield from _differ("the model's root", root.hex(), state.model_root.hex())
    ended = sum(record.final or record.void for record in view.records.values())
    yield from _differ("rounds that ended", ended, state.round - state.live)


def _of_round(view: View, settlement: bytes | None) -> Iterator[str]:
    record, state = view.record, view.round
    if record is None or not view.federation.live:
        return
    yield from _differ("updates committed", len(record.commitments), state.committed)
    yield from _differ("updates revealed", _in_order(record), state.revealed)
    yield from _differ("score vectors committed", len(record.score_commitments), state.scores_committed)
    yield from _differ("score vectors revealed", len(record.vectors), state.scores_revealed)
    told = None if record.header is None else view.hash_of(record.number, record.header)
    yield from _differ("the settlement", told and told.hex(), settlement and settlement.hex())


def _in_order(record: RoundRecord) -> int:
    """How many reveals there are from index 0 on without a gap; -1 if more follow after one."""
    indices = [reveal.index for reveal in record.reveals]
    return len(indices) if indices == list(range(len(indices))) else -1


def _differ(what: str, told: object, kept: object) -> Iterator[str]:
    if told != kept:
        yield f"{what}: {told} by events, {kept} by state"
