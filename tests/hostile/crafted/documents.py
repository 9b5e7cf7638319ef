"""Task documents."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.hostile.crafted.texts import json_cases
from tests.hostile.parsers import valid


def edited(**changes: object) -> Callable[[], bytes]:
    """The document with some values replaced, in the canonical form."""

    def make() -> bytes:
        values = json.loads(valid("document"))
        for path, value in changes.items():
            *parents, last = path.split("__")
            place = values
            for parent in parents:
                place = place[parent]
            place[last] = value
        return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()

    return make


DOCUMENT: dict[str, Callable[[], bytes]] = json_cases(2**20) | {
    "more than a mebibyte": lambda: valid("document") + b" " * 2**20,
    "samples of 2^64 numbers": edited(data_schema__features=[65536] * 4),
    "samples of 2^25 numbers": edited(data_schema__features=[8192, 4096]),
    "a negative size": edited(data_schema__features=[-1]),
    "too many parameters": edited(params=2**32),
    "a parameter count that is a float": edited(params=1001.0),
    "an endless option": edited(hyper__options={"x": 10**4000}, params=0),
    "65 options": edited(hyper__options={f"o{k}": k for k in range(65)}),
    "an option that is a list": edited(hyper__options={"x": [1]}),
    "a million epochs": edited(hyper__epochs=10**6),
    "shards of 2^63 bytes": edited(validation__shards=[{"cid": "x", "size": 2**63}]),
    "20000 shards": edited(validation__shards=[1] * 20_000),
    "2000 commitments": edited(commitments={f"c{k}": "00" * 32 for k in range(2000)}),
    "code to fetch": edited(model={"kind": "url", "url": "http://x"}),
    "a path for a name": edited(name="../../etc"),
    "a key too many": edited(run="touch /tmp/x"),
    "trailing blank": lambda: valid("document") + b"\n",
}
