"""Rounds judged one after the other by one process: what it opens once, and what it does for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import structlog

from parley.audit import canonical
from parley.audit.checks import Check
from parley.audit.content import Vector, Vectors, digests_of, note
from parley.audit.findings import Party, Place, Sheet
from parley.audit.on_settlements import Settled
from parley.audit.rescored import Bench, Likeness, check_votes, rerun
from parley.audit.results import RoundResult
from parley.audit.rounds import Case, derive
from parley.chain.view import Recorded, Reveal, RoundRecord
from parley.errors import ContentError, TaskError
from parley.numerics.fixed_point import Quantised
from parley.roles.hindsight import HISTORY, Hindsight, final_before, past_updates
from parley.roles.library import Library
from parley.roles.models import Models
from parley.roles.shards import OpenedShards
from parley.storage import ContentStore
from parley.storage.readonly import ReadOnlyStore
from parley.tasks.dataset import Dataset
from parley.tasks.document import TaskDocument
from parley.tasks.errors import ShardError
from parley.tasks.loading import load_task
from parley.tasks.protocol import Task


@dataclass(frozen=True, slots=True)
class Ground:
    """What all rounds of an audit have in common; goes to every process.

    Attributes:
        told: the federation.
        settled: what should have been settled, by round, without the accounts: reward roots stand for them.
        opened: rounds whose shard was opened in time.
        document: the task document, or `None` if it is not to be had.
        task_file: the auditor's copy of the task's code, if it is not built in.
        scores: whether scores are run again.
        seconds: that a vector's fetch may take.
    """

    told: Recorded
    settled: Mapping[int, Settled]
    opened: frozenset[int]
    document: TaskDocument | None
    task_file: Path | None
    scores: bool
    seconds: float

    def case(self, number: int) -> Case:
        """A round with what the chain says of it."""
        return Case(self.told, self.told.records[number], self.settled[number])

    def inputs(self, number: int) -> str:
        """Digest of all that a round's result follows from but content, which its roots stand for."""
        told, case = self.told, self.case(number)
        final = [record.header for record in final_before(told, number)[-2:]]
        past = [told.records[n].reveals for n in range(max(1, number - HISTORY), number) if n in told.records]
        return canonical.digest(
            {
                "domain": [told.chain_id, told.coordinator, told.fid],
                "terms": told.terms,
                "policy": told.policies.get(case.record.version),
                "record": case.record,
                "settled": case.settled,
                "models": [header.model_root for header in final if header is not None],
                "norm": case.last_norm if case.record.version in told.policies else 0,
                "past": past,
                "opened": number in self.opened,
                "scores": self.scores,
            }
        )


class Site:
    """What one process judges rounds with.

    Args:
        ground: of the audit.
        store: where content comes from; it is only read.
    """

    def __init__(self, ground: Ground, store: ContentStore) -> None:
        self._ground = ground
        self._store = ReadOnlyStore(store)
        self._library = Library(self._store, ground.told.terms.params, ground.seconds)
        self._vectors = Vectors(self._library, digests_of(ground.told))
        self._models = Models(self._library, ground.told.policies.__getitem__)
        self._hindsight = Hindsight(ground.told, self._library, ground.told.policies.__getitem__)

    def judge(self, number: int) -> RoundResult:
        """Judge a round."""
        sheet, case = Sheet(), self._ground.case(number)
        likeness: Counter[Likeness] = Counter()
        derived: Mapping[str, canonical.Json] = {}
        try:
            found, updates = derive(case, self._vectors, self._models, sheet)
            derived = found.values()
            check_votes(case, updates, sheet)
            likeness = self._scores(case, updates, sheet)
        except (ArithmeticError, LookupError, ValueError) as error:
            place = Place("a round that no contract lets be like this", Party.NODE, "", number)
            sheet.holds(Check.STATE, False, place, actual=repr(error))
        scores = {kind.value: likeness[kind] for kind in Likeness}
        return RoundResult(number, _state(case.record), self._ground.inputs(number), derived, scores, sheet)

    # ------------------------------------------------------------------------------------------------- scores

    def _scores(self, case: Case, updates: Mapping[int, Vector], sheet: Sheet) -> Counter[Likeness]:
        """How scores compare that were run again, as far as the task's code does it."""
        try:
            return self._rerun(case, updates, sheet)
        except Exception as error:  # noqa: BLE001 - a task's own code, on samples of others, may raise anything
            sheet.skip(Check.SCORES, f"round {case.record.number}: the task's code fails: {error!r:.200}")
            return Counter({Likeness.UNTOLD: len(case.vectors)})

    def _rerun(self, case: Case, updates: Mapping[int, Vector], sheet: Sheet) -> Counter[Likeness]:
        """Run the scores again, if all is there that they follow from."""
        untold = Counter({Likeness.UNTOLD: len(case.vectors)})
        shard, usable = self._shard(case, sheet)
        if not case.vectors or not self._ground.scores or not usable:
            return untold
        if self._task is None:
            sheet.skip(Check.SCORES, self._why)
            return untold
        past = self._past(case, sheet)
        try:
            look = self._hindsight.look(case.record)
        except ContentError:
            return untold  # noted where rows were derived
        return untold if past is None else rerun(case, updates, Bench(self._task, shard, look, past), sheet)

    def _shard(self, case: Case, sheet: Sheet) -> tuple[Dataset | None, bool]:
        """The round's shard, if it was opened, and whether that is known."""
        number, document = case.record.number, self._ground.document
        if self._shards is None or document is None:
            return None, False
        ref = document.shard(number)
        if ref is None or (any(self._ground.told.terms.anchor) and number not in self._ground.opened):
            return None, True
        place = Place(f"the validation shard, CID {ref.cid}", Party.SPONSOR, "", number, (f"ipfs cat {ref.cid}",))
        try:
            shard = self._shards.of(self._ground.told, number)
        except ContentError as error:
            note(sheet, Check.SHARDS, Vector(None, error), place, needed=True)
            return None, isinstance(error, ShardError)
        sheet.holds(Check.SHARDS, True, place)
        return shard, True

    def _past(self, case: Case, sheet: Sheet) -> list[Quantised] | None:
        """Revealed updates of the last three rounds, in which replays are looked for; `None` if one is gone.

        Who scored then had it: without it, an honest evaluator's scores would seem to be others. One that most
        evaluators of its round could not use either is passed over, or whoever withholds an update would hinder all.
        """
        lost: set[int] = set()

        def gone(record: RoundRecord, reveal: Reveal, _: ContentError) -> None:
            if reveal.index in self._ground.case(record.number).relied_on:
                lost.add(record.number)

        past = past_updates(self._library, case.told, case.record.number, gone)
        if not lost:
            return past
        rounds = ", ".join(map(str, sorted(lost)))
        sheet.skip(Check.SCORES, f"round {case.record.number}: updates of earlier rounds are gone: {rounds}")
        return None

    @cached_property
    def _shards(self) -> OpenedShards | None:
        document = self._ground.document
        return None if document is None else OpenedShards(self._store, document, structlog.stdlib.get_logger("parley"))

    @cached_property
    def _task(self) -> Task | None:
        if self._ground.document is None:
            return None
        try:
            return load_task(self._ground.document, self._ground.task_file)
        except TaskError as error:
            self._why = f"{error.message} ({error.hint})" if error.hint else error.message
            return None

    _why = "the task document is not to be had"


def _state(record: RoundRecord) -> str:
    return "final" if record.final else "void" if record.void else "open"
