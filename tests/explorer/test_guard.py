"""Only those who ask by the server's own name are answered, and every answer keeps a browser in check."""

from __future__ import annotations

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from parley.explorer.api.guard import HEADERS, Guard
from tests.explorer.asking import ask

pytestmark = pytest.mark.unit


async def open_door(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("in")(scope, receive, send)


def asked(host: str, listened: str = "127.0.0.1", names: tuple[str, ...] = ()) -> int:
    return ask(Guard(open_door, listened, names), "/", host=host).status


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8600", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8600"])
def test_guard__own_name__is_answered(host: str) -> None:
    assert asked(host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8600",
        "127.0.0.1@evil.example",
        "192.168.1.5",
        "[::1]evil",
        "[fe80::1]",
        "localhost:x",
        "",
        "0.0.0.0",  # noqa: S104 - not bound
        "127.0.0.1, evil.example",
    ],
)
def test_guard__another_name__is_refused(host: str) -> None:
    """DNS rebinding: a name elsewhere that leads to this machine."""
    assert asked(host) == 421


def test_guard__address_that_is_listened_at__is_a_name() -> None:
    assert asked("192.168.1.5:8600", "192.168.1.5") == 200
    assert asked("192.168.1.6", "192.168.1.5") == 421
    assert asked("[fe80::1]:1", "fe80::1") == 200
    assert asked("page.example", "192.168.1.5", ("page.example",)) == 200


@pytest.mark.parametrize("listened", ["0.0.0.0", "::"])  # noqa: S104 - not bound
def test_guard__listening_everywhere__any_address_is_a_name_but_no_word_is(listened: str) -> None:
    assert asked("10.1.2.3:8600", listened) == 200
    assert asked("[2001:db8::1]", listened) == 200
    assert asked("evil.example", listened) == 421


def test_guard__refusal__has_the_shape_of_every_error_and_the_headers() -> None:
    answer = ask(Guard(open_door, "127.0.0.1"), "/", host="evil.example")
    assert set(answer.json["error"]) == {"message", "hint"}
    assert {name: answer.headers[name.lower()] for name in HEADERS} == HEADERS


def test_guard__policy__allows_own_files_only() -> None:
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    sources = {source for part in policy.values() for source in part.split()}
    assert sources == {"'none'", "'self'", "data:", "'script'"}
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["img-src"] == "'self' data:"
