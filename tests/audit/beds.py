"""What an auditor works with, to be tampered with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from parley.audit.findings import Sheet
from parley.audit.pool import Crew
from parley.audit.run import Wishes, examine
from parley.audit.story import Story
from parley.chain.contracts import Contracts
from parley.chain.events import Event
from parley.numerics.fixed_point import size_for
from parley.storage import Cid, Codec
from parley.tasks.document import TaskDocument
from tests.audit.towns import QUIET, Audited, Silent
from tests.chain.lying_node import LyingNode


@dataclass
class Bed:
    """What an auditor works with, all of it the test's own.

    Attributes:
        audited: the federation.
        story: as it was really told.
        contracts: of the deployment.
        store: folder of content.
        home: of the auditor, who has audited before.
        node: through which the auditor sees the chain.
    """

    audited: Audited
    story: Story
    contracts: Contracts
    store: Path
    home: Path
    node: LyingNode

    def event(self, name: str, place: int = 0) -> Event:
        """An event by its name, the first by default."""
        return [event for event in self.story.events if event.name == name][place]

    def vector_file(self, digest: bytes) -> Path:
        """Where the content store keeps a vector."""
        return self.file(Cid.from_digest(digest, size_for(self.story.told.terms.params)))

    def file(self, cid: Cid) -> Path:
        """Where the content store keeps an object."""
        return self.store / "objects" / str(cid)[-2:] / str(cid)

    def task_file(self) -> Path:
        """Where it keeps the task document."""
        return self.file(Cid(Codec.RAW, self.story.told.terms.task_digest))

    def shard_file(self, number: int) -> Path:
        """Where it keeps a round's shard."""
        ref = TaskDocument.decode(self.task_file().read_bytes()).shard(number)
        assert ref is not None
        return self.file(Cid.parse(ref.cid))

    def kept(self) -> Path:
        """The audit's file of blocks."""
        (found,) = self.home.rglob("blocks.sqlite")
        return found

    @property
    def journal(self) -> Path:
        """Folder of the audit's journal."""
        (folder,) = (self.home / "audit").glob("*/*/*")
        return folder / "rounds"

    def stop_midway(self, store: Path | None = None) -> None:
        """Leave the journal of an audit that was stopped, with another store if wanted."""
        crew = Crew((str(store or self.store),), self.journal, 1, QUIET)
        examine(self.story, crew, Wishes(), Sheet(), Silent())
