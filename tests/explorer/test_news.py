"""News reach whoever listens, in order and once, also after a lost connection; nobody waits for a slow one."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator

import pytest

from parley.explorer.api.stream import MAX_LISTENERS, TooManyListeners, framed, require_place, stream
from parley.explorer.news import KEPT, Item, News
from tests.support.loops import apart, run

pytestmark = pytest.mark.unit


def heads(*numbers: int) -> list[dict[str, int]]:
    return [{"number": number} for number in numbers]


def publish(news: News, *numbers: int) -> None:
    for data in heads(*numbers):
        news.publish("head", data)


def test_since__place__gives_what_came_after_it() -> None:
    news = News()
    publish(news, 1, 2, 3)
    place, items = news.since(1)
    assert (place, [item.data for item in items]) == (3, heads(2, 3))
    assert news.since(place) == (3, [])


def test_place_of__last_id_of_this_process__goes_on_from_there() -> None:
    news = News()
    publish(news, 1, 2, 3)
    _, items = news.since(0)
    assert news.since(news.place_of(items[0].id))[1] == items[1:]
    assert news.since(news.place_of(items[2].id))[1] == []


@pytest.mark.parametrize("last", ["", "x", "deadbeef-1", "-", "deadbeef-", "1" * 60, "\u0661-\u0662"])
def test_place_of__id_of_another_process__asks_for_everything_again(last: str) -> None:
    """After a restart nobody knows what a listener missed."""
    news = News()
    publish(news, 1)
    _, items = news.since(news.place_of(last))
    assert [(item.kind, item.data) for item in items] == [("reorg", {"from_block": 0})]


def test_since__listener_too_far_behind__asks_for_everything_again() -> None:
    news = News()
    publish(news, *range(KEPT + 2))
    place, items = news.since(0)
    assert [(item.kind, item.data) for item in items] == [("reorg", {"from_block": 0})]
    assert news.since(place) == (KEPT + 2, [])
    assert len(news.since(2)[1]) == KEPT


def test_place_of__number_beyond_the_last__is_the_last() -> None:
    news = News()
    publish(news, 1)
    boot = news.since(0)[1][0].id.partition("-")[0]
    assert news.since(news.place_of(f"{boot}-9")) == (1, [])


def test_framed__item__is_an_event_on_the_wire() -> None:
    frame = framed(Item("b-7", "round", {"fid": 1, "text": "a\n\nevent: evil\ndata: x"}))
    lines = frame.decode().split("\n")
    assert lines[:2] == ["id: b-7", "event: round"]
    assert json.loads(lines[2].removeprefix("data: "))["text"] == "a\n\nevent: evil\ndata: x"
    assert lines[3:] == ["", ""]


async def first(answers: AsyncIterator[bytes], count: int) -> list[bytes]:
    return [await asyncio.wait_for(anext(answers), 5) for _ in range(count)]


def test_stream__news_from_another_thread__come_at_once() -> None:
    async def listened() -> list[bytes]:
        news = News()
        publish(news, 1)
        answers = stream(news, None, heartbeat=60)
        got = await first(answers, 1)
        threading.Timer(0.05, publish, (news, 2, 3)).start()
        got += await first(answers, 2)
        await answers.aclose()
        assert news.listeners == 0
        return got

    retry, *events = run(listened())
    assert retry.startswith(b"retry: ")
    assert [event.split(b"data: ")[1] for event in events] == [b'{"number": 2}\n\n', b'{"number": 3}\n\n']


def test_stream__last_id__begins_with_what_was_missed() -> None:
    async def listened() -> list[bytes]:
        news = News()
        publish(news, 1, 2)
        last = news.since(0)[1][0].id
        answers = stream(news, last, heartbeat=60)
        got = await first(answers, 2)
        await answers.aclose()
        return got

    assert b'{"number": 2}' in run(listened())[1]


def test_stream__silence__is_broken_by_comments() -> None:
    async def listened() -> list[bytes]:
        answers = stream(News(), None, heartbeat=0.01)
        got = await first(answers, 3)
        await answers.aclose()
        return got

    assert run(listened())[1:] == [b": alive\n\n"] * 2


def test_stream__news_end__ends() -> None:
    async def listened() -> int:
        news = News()
        answers = stream(news, None, heartbeat=60)
        await first(answers, 1)
        threading.Timer(0.05, news.close).start()
        return len([frame async for frame in answers])

    assert run(listened()) == 0


def test_publish__loop_of_a_listener_is_gone__harms_nobody() -> None:
    news = News()

    async def abandoned() -> object:
        answers = stream(news, None, heartbeat=60)
        await first(answers, 1)
        return answers

    def left_behind() -> object:
        loop = asyncio.new_event_loop()
        kept = loop.run_until_complete(abandoned())
        loop.close()
        return kept

    kept = apart(left_behind)
    publish(news, 1)
    assert kept is not None


def test_require_place__too_many__are_refused() -> None:
    news = News()
    wakes = [lambda number=number: number for number in range(MAX_LISTENERS)]
    for wake in wakes:
        require_place(news)
        news.listen(wake)  # type: ignore[arg-type] # what it returns is nobody's business
    with pytest.raises(TooManyListeners):
        require_place(news)
    news.leave(wakes[0])  # type: ignore[arg-type]
    require_place(news)
