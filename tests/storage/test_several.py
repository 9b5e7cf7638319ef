"""Several stores as one: raced, checked, in one deadline, and put aside when they fail (P-20)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from parley.errors import ConfigError
from parley.storage import (
    ContentMismatch,
    ContentMissing,
    ContentStore,
    SeveralStores,
    StorageError,
    StoreFull,
    StoreTimeout,
    StoreUnavailable,
    cid_of,
    everywhere,
    lanes,
    open_store,
)
from tests.storage.memory_store import MemoryStore

pytestmark = pytest.mark.unit

DATA = b"an update" * 1000
CID = cid_of(DATA)
SIZE = len(DATA)
SOON = 1.0
DOWN = StoreUnavailable("nobody answers", hint="start it")


@pytest.fixture
def three() -> list[MemoryStore]:
    """Three empty stores."""
    return [MemoryStore(name) for name in ("own", "second", "third")]


@pytest.fixture
def store(three: list[MemoryStore]) -> Iterator[SeveralStores]:
    """The three as one; no thread of its remains."""
    before = threading.active_count()
    with SeveralStores(three, hedge=0.3, put_deadline=2.0) as several:
        yield several
    assert threading.active_count() <= before


def usable(number: int) -> float | None:
    return REGISTRY.get_sample_value("parley_store_usable", {"store": str(number)})


def test_several__is_a_content_store(store: SeveralStores) -> None:
    assert isinstance(store, ContentStore)
    assert store.location == "own,second,third"


@pytest.mark.parametrize("names", [[], ["same", "same"]])
def test_several__none_or_one_twice__is_refused(names: list[str]) -> None:
    with pytest.raises(ConfigError):
        SeveralStores([MemoryStore(name) for name in names])


def test_open_store__several_locations__are_one(tmp_path: Path) -> None:
    with open_store([str(tmp_path / "a"), str(tmp_path / "b")], owner="me") as both:
        cid = both.put(iter([b"con", b"tent"]))
    for name in "ab":
        assert open_store(str(tmp_path / name)).get(cid, 7) == b"content"
        assert (tmp_path / name / "pins" / str(cid) / "me").exists()
    assert not list(tmp_path.glob("**/*.part"))
    assert open_store([str(tmp_path / "a")]).get(cid, 7) == b"content"


def test_get__own_has_it__nobody_else_is_asked(store: SeveralStores, three: list[MemoryStore]) -> None:
    three[0].put(DATA)
    assert store.get(CID, SIZE) == DATA
    assert three[1].calls["get"] == three[2].calls["get"] == 0


@pytest.mark.parametrize("fault", ["missing", "down", "hangs", "spoils"])
def test_get__own_fails__another_gives_it_and_own_keeps_it(
    store: SeveralStores, three: list[MemoryStore], fault: str
) -> None:
    """F-77: a store that is down, hangs, has lost or spoils content costs a moment, not the content."""
    own, second, _ = three
    second.put(DATA)
    if fault == "spoils":
        own.put(DATA)
    own.error, own.hangs, own.spoils = DOWN if fault == "down" else None, fault == "hangs", fault == "spoils"
    began = time.monotonic()
    assert store.get(CID, SIZE, deadline=5) == DATA
    assert time.monotonic() - began < 4
    if fault == "missing":
        assert own.objects == {CID: DATA}
        assert CID in own.pins
    assert usable(0) == (0 if fault in ("down", "spoils") else 1)


def test_get_to__two_give_it__one_file_and_no_scrap(
    store: SeveralStores, three: list[MemoryStore], tmp_path: Path
) -> None:
    for each in three:
        each.put(DATA)
    three[0].hangs = True
    store.get_to(CID, SIZE, tmp_path / "file", deadline=5)
    assert (tmp_path / "file").read_bytes() == DATA
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_get_document__from_another__is_kept(store: SeveralStores, three: list[MemoryStore]) -> None:
    three[2].put(DATA)
    assert store.get_document(CID, 2 * SIZE) == DATA
    assert CID in three[0].pins


def test_get__all_hang__ends_at_the_deadline(store: SeveralStores, three: list[MemoryStore]) -> None:
    """F-87: one total deadline, whatever the number of stores."""
    for each in three:
        each.hangs = True
    began = time.monotonic()
    with pytest.raises(StoreTimeout):
        store.get(CID, SIZE, deadline=SOON)
    assert SOON <= time.monotonic() - began < 2 * SOON


def test_get__store_hangs_for_ever__holds_few_threads(store: SeveralStores, three: list[MemoryStore]) -> None:
    """F-87: calls to a store that hangs do not pile up."""
    before = threading.active_count()
    three[0].put(DATA)
    three[1].put(DATA)
    three[0].hangs = True
    for _ in range(3 * lanes.CALLS):
        assert store.get(CID, SIZE, deadline=3) == DATA
        assert threading.active_count() <= before + lanes.CALLS + 1


ERRORS: dict[str, tuple[list[StorageError | None], type[StorageError]]] = {
    "nobody has it": ([None, None, None], ContentMissing),
    "one cannot be asked": ([None, DOWN, None], StoreUnavailable),
    "none can be asked": ([DOWN, DOWN, DOWN], StoreUnavailable),
    "one has something else": ([None, ContentMismatch("other"), None], ContentMismatch),
    "one has something else, one is down": ([DOWN, ContentMismatch("other"), None], StoreUnavailable),
}


@pytest.mark.parametrize("case", ERRORS)
def test_get__nobody_gives_it__error_tells_lost_from_unknown(
    store: SeveralStores, three: list[MemoryStore], case: str
) -> None:
    """P-20: bad content is told from a store that cannot be asked, which is worth another try."""
    errors, expected = ERRORS[case]
    for each, error in zip(three, errors, strict=True):
        each.error = error
    with pytest.raises(expected) as caught:
        store.get(CID, SIZE)
    assert type(caught.value) is expected


def test_missing_content__asked_for_again_and_again__takes_no_store_away(
    store: SeveralStores, three: list[MemoryStore]
) -> None:
    """F-77: whoever names content that nobody has, or that is not canonical, must not put the stores aside."""
    for fault in (None, ContentMismatch("not canonical")):
        for each in three:
            each.error = fault
        for _ in range(5):
            with pytest.raises(StorageError):
                store.get(CID, SIZE)
    assert [usable(number) for number in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(("alive", "left"), [(True, 1), (False, 0)])
def test_deadline_passed__store_that_answers_a_ping__is_not_put_aside(
    store: SeveralStores, three: list[MemoryStore], alive: bool, left: int
) -> None:
    """F-77: a node that searches the network in vain is healthy, one that hangs is not."""
    for each in three:
        each.hangs, each.alive = True, alive
    with pytest.raises(StoreTimeout):
        store.get(CID, SIZE, deadline=SOON)
    wait_until(lambda: [usable(number) for number in range(3)] == [left] * 3)
    assert [usable(number) for number in range(3)] == [left] * 3


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)


def test_put_aside__store_that_failed__is_taken_back(
    store: SeveralStores, three: list[MemoryStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-77: put aside after a failure, asked last meanwhile, taken back later."""
    monkeypatch.setattr(lanes, "FIRST_REST", 1.0)
    for each in three:
        each.put(DATA)
    three[0].error = DOWN
    store.get(CID, SIZE)
    asked = three[0].calls["get"]
    assert store.get(CID, SIZE) == DATA
    assert three[0].calls["get"] == asked, "it rests"
    three[0].error = None
    time.sleep(1.3)
    assert store.get(CID, SIZE) == DATA
    assert three[0].calls["get"] == asked + 1
    assert usable(0) == 1


def test_put_aside__all__are_asked_all_the_same(store: SeveralStores, three: list[MemoryStore]) -> None:
    for each in three:
        each.put(DATA)
        each.error = DOWN
    with pytest.raises(StoreUnavailable):
        store.get(CID, SIZE)
    three[2].error = None
    assert store.get(CID, SIZE) == DATA


def test_put__all_get_it(store: SeveralStores, three: list[MemoryStore]) -> None:
    assert store.put(DATA[at : at + 700] for at in range(0, SIZE, 700)) == CID
    assert all(each.objects == {CID: DATA} for each in three)


def test_put__another_hangs__own_is_enough_in_a_moment(
    store: SeveralStores, three: list[MemoryStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-77: a store that hangs holds up nobody, and gets the object when it is back."""
    monkeypatch.setattr(everywhere, "GRACE", 0.1)
    three[1].hangs = True
    began = time.monotonic()
    assert store.put(DATA) == CID
    assert time.monotonic() - began < 1.9
    three[1].hangs = False
    wait_until(lambda: CID in three[1].objects)
    assert three[1].objects == {CID: DATA}


@pytest.mark.parametrize("fault", [DOWN, StoreFull("no space left"), "hangs"])
def test_put__own_fails__another_is_enough_and_it_is_said(
    store: SeveralStores,
    three: list[MemoryStore],
    fault: StorageError | str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F-77: the update is published although one's own node is down; the log says so."""
    monkeypatch.setattr(everywhere, "PATIENCE", 0.1)
    three[0].hangs, three[0].error = fault == "hangs", fault if isinstance(fault, StorageError) else None
    said: list[str] = []
    monkeypatch.setattr(store, "_log", Told(said))
    assert store.put(DATA) == CID
    wait_until(lambda: all(CID in each.objects for each in three[1:]))
    assert three[1].objects == three[2].objects == {CID: DATA}
    assert said == ["one's own store fails; another holds the content for now"]
    three[0].hangs = False


class Told:
    """A log that keeps its warnings."""

    def __init__(self, said: list[str]) -> None:
        self._said = said

    def warning(self, event: str, **_facts: object) -> None:
        self._said.append(event)


def test_put__no_store_takes_it__is_an_error(store: SeveralStores, three: list[MemoryStore]) -> None:
    for each in three:
        each.error = DOWN
    with pytest.raises(StoreUnavailable):
        store.put(iter([DATA]))


def test_put__source_that_fails__its_own_error_and_no_object(store: SeveralStores, three: list[MemoryStore]) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        store.put(broken())
    assert not any(each.objects for each in three)


def test_pins__all_stores_follow(store: SeveralStores, three: list[MemoryStore]) -> None:
    store.put(DATA)
    assert store.has(CID)
    store.unpin(CID)
    assert not store.has(CID)
    assert not any(each.pins for each in three)
    store.pin(CID)
    assert all(each.pins == {CID} for each in three)


def test_has__own_lost_its_pin__is_false_whatever_others_say(store: SeveralStores, three: list[MemoryStore]) -> None:
    """F-79: others' pins are no reason not to renew one's own."""
    store.put(DATA)
    three[0].pins.clear()
    assert not store.has(CID)
    three[0].error = DOWN
    assert store.has(CID), "while one's own is down, another's word counts"


def test_pin__own_lost_the_object__another_keeps_it(store: SeveralStores, three: list[MemoryStore]) -> None:
    store.put(DATA)
    three[0].pins.clear()
    three[0].collect_garbage()
    store.pin(CID)
    with pytest.raises(ContentMissing):
        store.pin(cid_of(b"nobody has it"))
