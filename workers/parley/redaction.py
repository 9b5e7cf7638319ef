"""Texts without this process's secrets (P-21, F-64). A leaf module: every layer tells it what must not be shown.

Secrets are known by value, not guessed by their look: 64 hexadecimal digits are far more often a hash than a key.
Everything that leaves the process as text, logs of foreign libraries and tracebacks included, passes through `clean`.
"""

from __future__ import annotations

import ast
import base64
import json
import os
import re
import threading
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlsplit

HIDDEN = "[redacted]"

MIN_LENGTH = 8
"""Shorter ones are not looked for: a gap where an everyday word is expected would tell them. Good ones are longer."""

SECRET_VARIABLES = ("PARLEY_PRIVATE_KEY", "PARLEY_PASSWORD")
"""Environment variables that hold secrets: hidden in texts, and not handed on to child processes."""

_taken: dict[str, str] = {}

_KEY_BYTES = 32
_HEX_RUN = re.compile(r"[0-9a-fA-F]{64,}")
_DECIMAL_RUN = re.compile(r"\d{60,78}")
_BYTES = re.compile(r"""b'(?:[^'\\]|\\.){20,}'|b"(?:[^"\\]|\\.){20,}\"""")


class Redactor:
    """Knows secrets and takes them out of texts; may be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: frozenset[bytes] = frozenset()
        self._hexes: frozenset[str] = frozenset()
        self._words: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def hide(self, secret: str) -> None:
        """Hide a password, or any other text of at least `MIN_LENGTH` characters, in all the ways it may be written."""
        if len(secret) >= MIN_LENGTH:
            quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
            self._replace({secret, quote(secret, safe=""), quote(secret), *quoted}, HIDDEN)

    def hide_key(self, *keys: bytes) -> None:
        """Hide keys of 32 bytes: in hexadecimal, decimal, and as Python writes bytes."""
        with self._lock:
            self._keys |= {bytes(key) for key in keys if len(key) == _KEY_BYTES}
            self._hexes = frozenset(key.hex() for key in self._keys)

    def hide_url(self, url: str) -> None:
        """Hide what of an endpoint's URL may be a credential: user, password, path and query.

        What is no URL with a host, such as a folder, is left alone.
        """
        try:
            parts = urlsplit(url)
        except ValueError:
            return
        if not parts.scheme or not parts.hostname:
            return
        public = shown_url(url)
        if url.rstrip("/") != public:
            self._replace({url, url.rstrip("/")}, f"{public}/{HIDDEN}")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        queried = [value for _, value in parse_qsl(parts.query)]
        basic = base64.b64encode(f"{user}:{password}".encode()).decode() if user or password else ""
        for part in (user, password, basic, parts.path.strip("/"), parts.query, *parts.path.split("/"), *queried):
            self.hide(part)

    def hide_variable(self, value: str) -> None:
        """Hide what an environment variable held: a password, or a key with or without 0x."""
        digits = value.strip().removeprefix("0x")
        if len(digits) == 2 * _KEY_BYTES and _HEX_RUN.fullmatch(digits):
            self.hide_key(bytes.fromhex(digits))
        else:
            self.hide(value)

    def clean(self, text: str) -> str:
        """The same text with `[redacted]` in place of each secret."""
        with self._lock:
            keys, hexes, words, pattern = self._keys, self._hexes, self._words, self._pattern
        if pattern is not None:
            text = pattern.sub(lambda match: words.get(match[0].lower(), HIDDEN), text)
        if not keys:
            return text
        text = _BYTES.sub(lambda match: _without_bytes(match[0], keys), text)
        text = _HEX_RUN.sub(lambda match: _without_hex(match[0], hexes), text)
        return _DECIMAL_RUN.sub(lambda match: HIDDEN if _is_decimal(match[0], keys) else match[0], text)

    def forget(self) -> None:
        """Know no secret any more."""
        with self._lock:
            self._keys, self._hexes, self._words, self._pattern = frozenset(), frozenset(), {}, None

    def _replace(self, found: Iterable[str], instead: str) -> None:
        """Look for some texts from now on, in any case; the longest that fits is taken first."""
        with self._lock:
            words = {**self._words, **{text.lower(): instead for text in found}}
            longest_first = sorted(words, key=len, reverse=True)
            self._words, self._pattern = words, re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


REDACTOR = Redactor()
"""The process's one instance."""


def shown_url(url: str) -> str:
    """An endpoint as it may be shown: without user, password, path and query, where keys often stand (P-21).

    What has no scheme and host, such as a folder, is shown as it is.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return HIDDEN
    if not parts.scheme or not parts.hostname:
        return url
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def take_variables() -> None:
    """Take the secrets out of this process's environment, so that no child inherits them; `secret_variable` has them.

    What the kernel shows of the process's own start, `/proc/<pid>/environ`, stays as it was.
    """
    for name in SECRET_VARIABLES:
        value = os.environ.pop(name, None)
        if value is not None:
            _taken[name] = value


def secret_variable(name: str) -> str | None:
    """The value of one of `SECRET_VARIABLES`; `None` if it is not set, or empty."""
    value = os.environ.get(name) or _taken.get(name)
    if not value:
        return None
    REDACTOR.hide_variable(value)
    return value


def _without_hex(run: str, keys: frozenset[str]) -> str:
    """A run of hexadecimal digits without the keys in it, wherever they begin."""
    data, place, width = run.lower(), 0, 2 * _KEY_BYTES
    kept: list[str] = []
    while place < len(data):
        hidden = data[place : place + width] in keys
        kept.append(HIDDEN if hidden else run[place])
        place += width if hidden else 1
    return "".join(kept)


def _without_bytes(literal: str, keys: frozenset[bytes]) -> str:
    """A literal of bytes, or `[redacted]` if it holds a key."""
    try:
        value: bytes = ast.literal_eval(literal)
    except (ValueError, SyntaxError):
        return literal
    return HIDDEN if any(value[i : i + _KEY_BYTES] in keys for i in range(len(value) - _KEY_BYTES + 1)) else literal


def _is_decimal(digits: str, keys: frozenset[bytes]) -> bool:
    value = int(digits)
    return value < 1 << 8 * _KEY_BYTES and value.to_bytes(_KEY_BYTES, "big") in keys
