"""Everything behind the page: the index, and the threads that keep it up to date."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from web3 import Web3

from parley.chain.contracts import Contracts
from parley.chain.reader import Tag
from parley.explorer.api.context import Context
from parley.explorer.api.models import ContentEvent, Links, RoundEvent
from parley.explorer.background import Background
from parley.explorer.content import Contents
from parley.explorer.follow import Follow
from parley.explorer.index.database import Database
from parley.explorer.news import News
from parley.explorer.quality import Quality
from parley.explorer.queries import Chain
from parley.explorer.sync import identity_of, watched
from parley.storage import ContentStore

CONTENT_PAUSE = 2.0
END_SECONDS = 5.0
"""How long a thread may take to end; one that waits for a node is left behind."""


@dataclass(frozen=True, slots=True)
class Options:
    """What may be chosen.

    Attributes:
        index: file of the index.
        rebuild: throw an old one away.
        stores: addresses of the content stores, for the process that measures.
        measure: measure models.
        task_file: one's own copy of the code of a task that is not built in.
        read_at: how sure the chain must be of a block.
        poll_seconds: how often the chain is looked at.
        links: where to look things up elsewhere.
    """

    index: Path
    rebuild: bool = False
    stores: Sequence[str] = ()
    measure: bool = True
    task_file: Path | None = None
    read_at: Tag = "latest"
    poll_seconds: float = 1.0
    links: Links = field(default_factory=Links)


class Service:
    """The index and its threads; a context manager.

    Args:
        w3: connection, of which the service is the only user from now on.
        contracts: the deployment.
        store: where documents come from.
        options: what was chosen.

    Raises:
        Conflict: another process writes to the index.
        ContentError: the index cannot be made.
        ChainError: the node does not answer.
    """

    def __init__(self, w3: Web3, contracts: Contracts, store: ContentStore, options: Options) -> None:
        self.news = News()
        chain = Chain(w3.eth.chain_id, contracts.coordinator.address)
        self.database = Database(options.index, identity_of(w3, contracts), rebuild=options.rebuild)
        stopping = threading.Event()
        self._follow = Follow(w3, contracts, self.database, self.news, options.read_at, stopping)
        self.context = Context(
            database=self.database,
            chain=chain,
            contracts=_addresses(contracts),
            progress=lambda: self._follow.progress,
            news=self.news,
            links=options.links,
        )
        contents = Contents(self.database, store, partial(tell_texts, self.news))
        self._quality = Quality(
            self.database, chain, options.stores, options.task_file, partial(tell_measured, self.news)
        )
        self._threads = [
            Background("chain", self._follow.work, options.poll_seconds, self._follow.tell, stopping),
            Background("content", contents.work, CONTENT_PAUSE),
        ]
        if options.measure:
            self._threads.append(Background("quality", self._quality.work, CONTENT_PAUSE))

    def start(self) -> None:
        """Begin to follow the chain."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the threads, and let go of the index."""
        self.news.close()
        for thread in self._threads:
            thread.stop()
        self._quality.stop()
        still = [thread for thread in self._threads if not thread.join(END_SECONDS)]
        self._quality.close()
        if not still:
            self.database.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def tell_measured(news: News, fid: int, number: int) -> None:
    """Tell that a round's model was measured."""
    news.publish("round", RoundEvent(fid=fid, round=number, phase=None, state="final").model_dump())


def tell_texts(news: News, count: int) -> None:
    """Tell that documents came."""
    news.publish("content", ContentEvent(documents=count).model_dump())


def _addresses(contracts: Contracts) -> dict[str, str]:
    """Addresses by name."""
    found = {name: str(contract.address) for name, contract in watched(contracts).items()}
    found["RoundLens"] = str(contracts.lens.address)
    if contracts.token is not None:
        found["ParleyToken"] = str(contracts.token.address)
    return found
