"""JSON and TOML that no reader takes."""

from __future__ import annotations

from collections.abc import Callable

from tests.hostile.parsers import valid


def json_cases(size: int) -> dict[str, Callable[[], bytes]]:
    """What no reader of JSON takes, each in `size` bytes at most, which is what the reader looks at."""
    half = size // 2 - 10
    return {
        "deep arrays": lambda: b'{"a":' + b"[" * half + b"]" * half + b"}",
        "deep objects": lambda: b'{"a":' * (half // 6) + b"1" + b"}" * (half // 6),
        "quotes that never close": lambda: b'{"' + b'\\"' * half,
        "backslashes": lambda: b'{"' + b"\\" * (size - 3),
        "an endless integer": lambda: b'{"schema":' + b"9" * (size - 20) + b"}",
        "many long integers": lambda: b"[" + b",".join([b"9" * 4300] * (size // 4400)) + b"]",
        "an exponent": lambda: b'{"schema":1e999999999}',
        "NaN": lambda: b'{"schema":NaN}',
        "minus infinity": lambda: b'{"schema":-Infinity}',
        "a repeated key": lambda: b'{"schema":1,"schema":2}',
        "no object": lambda: b"[]",
        "half a character": lambda: b'{"schema":"\xc3"}',
        "UTF-16": lambda: '{"schema":1}'.encode("utf-16"),
        "a byte order mark": lambda: b"\xef\xbb\xbf{}",
    }


TOML: dict[str, Callable[[], bytes]] = {
    "deep arrays": lambda: b"a = " + b"[" * 16_000,
    "deep tables": lambda: b"[" + b"a." * 8_000 + b"a]",
    "an endless integer": lambda: b"params = " + b"9" * 16_000,
    "a path": lambda: valid("toml").replace(b"mine.py", b"../mine.py"),
    "a key too many": lambda: b"run = 1\n" + valid("toml"),
    "samples of 2^64 numbers": lambda: valid("toml").replace(b"[3]", b"[65536, 65536, 65536, 65536]"),
}
