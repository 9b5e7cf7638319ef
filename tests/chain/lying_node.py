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
        refused: methods that it does not know.
    """

    url: str
    lie: Lie = truth
    asked: Counter[str] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)


@contextmanager
def lying_node(target: str, lie: Lie = truth) -> Iterator[LyingNode]:
    """Serve on a free port of 127.0.0.1 in front of another node."""
    node = LyingNode("", lie)

    def reply(body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        answer = requests.post(target, body, headers={"Content-Type": "application/json"}, timeout=10).json()
        pairs = zip(asked, answer, strict=True) if isinstance(asked, list) else [(asked, answer)]
        for request, told in pairs:
            node.asked[request["method"]] += 1
            if request["method"] in node.refused:
                told.pop("result", None)
                told["error"] = {"code": -32601, "message": "the method does not exist"}
            elif "result" in told:
                told["result"] = node.lie(request["method"], request["params"], told["result"])
        return 200, json.dumps(answer).encode()

    with serving(reply) as node.url:
        yield node
