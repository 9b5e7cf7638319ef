"""Reads scene after scene of a federation, and goes on when the node goes away and comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from parley.chain.contracts import Contracts
from parley.chain.reader import Reader
from parley.chain.view import View
from parley.cli.actions.chronicle import read_charter
from parley.cli.watch.changes import Change, changes
from parley.cli.watch.scene import Moment, Own, Scene
from parley.errors import ParleyError
from parley.history.charter import Charter
from parley.history.stories import Stories
from parley.roles.agenda import agenda
from parley.text import printable


class Source:
    """The federation as it is now.

    Args:
        contracts: the deployment.
        reader: of the federation.
        own: names by one's own operators.
        confirmations: as of `sponsor.decide`.

    Raises:
        ChainError: the node does not answer, or its logs are incomplete.
    """

    def __init__(self, contracts: Contracts, reader: Reader, own: Mapping[str, str], confirmations: int = 1) -> None:
        self._reader = reader
        self._own = dict(own)
        self._confirmations = confirmations
        self._stories = Stories()
        self._charter = read_charter(contracts, reader.view())
        self._last: Scene | None = None

    def scene(self) -> Scene:
        """Read it; the same scene as long as there is no new block.

        Raises:
            ChainError: the node does not answer, or its logs are incomplete.
        """
        view = self._reader.view()
        if self._last is None or self._last.view != view:
            self._last = self._read(view)
        return self._last

    def _read(self, view: View) -> Scene:
        events = self._reader.events
        self._charter = self._with_policies(view)
        return Scene(
            view=view,
            charter=self._charter,
            rounds=self._stories.of(self._charter, events, now=view.time),
            events=events,
            own=tuple(own for operator, name in self._own.items() if (own := self._standing(view, operator, name))),
            reorgs=self._reader.reorgs,
        )

    def _with_policies(self, view: View) -> Charter:
        """The charter with the policies of all rounds."""
        versions = {record.version for record in view.records.values()} | {view.federation.version}
        known = self._charter.policies
        missing = {version: self._reader.policy(version) for version in versions - known.keys()}
        return replace(self._charter, policies={**known, **missing}) if missing else self._charter

    def _standing(self, view: View, operator: str, name: str) -> Own | None:
        """One of one's own operators; `None` if it has no part in the federation."""
        seen = self._reader.seen_by(view, operator)
        if not seen.me.roles and view.federation.sponsor != operator:
            return None
        return Own(operator, name, seen.free_stake, tuple(agenda(seen, confirmations=self._confirmations)))


class Follower(threading.Thread):
    """Looks again and again, in a thread of its own, so that a node that does not answer holds up nothing else.

    Args:
        scene: reads the newest scene; raises a `ParleyError` where it cannot.
        tell: told of every change, in order.
        seconds: between two looks.

    Attributes:
        moment: the newest.
        failed: what ended the thread before it was stopped: a fault of Parley itself.
    """

    def __init__(self, scene: Callable[[], Scene], tell: Callable[[Change], None], seconds: float) -> None:
        super().__init__(name="watch", daemon=True)
        self._scene = scene
        self._tell = tell
        self._seconds = seconds
        self._over = threading.Event()
        self._current: Scene | None = None
        self._since = time.monotonic()
        self._trouble: str | None = None
        self.failed: BaseException | None = None

    @property
    def moment(self) -> Moment:
        """What is known now."""
        return Moment(self._current, time.monotonic() - self._since, self._trouble)

    def stop(self) -> None:
        """Look no more."""
        self._over.set()

    def run(self) -> None:
        """Look until stopped."""
        try:
            while not self._over.is_set():
                self.look()
                self._over.wait(self._seconds)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for the end
            self.failed = error

    def look(self) -> None:
        """Look once."""
        try:
            scene = self._scene()
        except ParleyError as error:
            self._note(printable(error.message))
            return
        self._note(None)
        before, self._current = self._current, scene
        if before is None or before.view.block.hash != scene.view.block.hash:
            self._since = time.monotonic()
        if before is not scene:
            for change in changes(before, scene):
                self._tell(change)

    def _note(self, trouble: str | None) -> None:
        """Say once that the node is away, and once that it is back."""
        before, self._trouble = self._trouble, trouble
        if (before is None) == (trouble is None):
            return
        text = "the node answers again" if trouble is None else f"the node is away, trying again: {trouble}"
        moment, height = self.moment, 0 if self._current is None else self._current.view.block.number
        self._tell(Change(moment.now, height, "recovered" if trouble is None else "trouble", text))
