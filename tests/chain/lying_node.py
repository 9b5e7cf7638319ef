"""A node that hands requests to another, and changes what it answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.chain.http_servers import serving

Lie = Callable[[str, list[Any], Any], Any]
"""From method, parameters and true result to the result that is told."""


def truth(_method: str, _params: list[Any], result: Any) -> Any:  # noqa: ANN401 - JSON
    """No lie."""
    return result


@dataclass
class LyingNode:
    """A running node.

    Attributes:
        url: where it is found.
        lie: what it does to results; may be changed at any time.
        asked: how often each method was asked for.
    """

    url: str
    lie: Lie = truth
    asked: Counter[str] = field(default_factory=Counter)


@contextmanager
def lying_node(target: str, lie: Lie = truth) -> Iterator[LyingNode]:
    """Serve on a free port of 127.0.0.1 in front of another node."""
    node = LyingNode("", lie)

    def reply(body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        node.asked[asked["method"]] += 1
        answer = requests.post(target, body, headers={"Content-Type": "application/json"}, timeout=10).json()
        if "result" in answer:
            answer["result"] = node.lie(asked["method"], asked["params"], answer["result"])
        return 200, json.dumps(answer).encode()

    with serving(reply) as node.url:
        yield node
