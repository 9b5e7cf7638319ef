"""What strangers call themselves, and a federation of theirs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from tests.support.federation import Town

IMAGE = "<img src=x onerror=window.pwned=1>"
SCRIPT = '"><script>window.pwned=1</script>'
LONG = "W" * 5_000
TURNED = "trainer\u202e\u2066elosnoc\u200b\ufeff\U000e0041"
PILED = "Z" + "\u0335\u0310\u0489" * 40
LINK = "javascript:window.pwned=1"
MIXED = f"{IMAGE} {SCRIPT} {TURNED} {PILED} {LINK} '-window.pwned=1-' `${{window.pwned=1}}`"
NAMES = (IMAGE, LONG, TURNED, SCRIPT, LINK, PILED, "{{7*7}}${7*7}<%= 7*7 %>", "\u0000\u001b[31mred\r\n")


def name_members(town: Town, names: Sequence[str] = NAMES) -> dict[str, str]:
    """Let members call themselves by hostile names; which is whose, by address."""
    members = [name for name in town.senders if name != "sponsor"]
    given = {}
    for member, name in zip(members, names, strict=False):
        digest = town.store.put(json.dumps({"name": name, "description": name}).encode()).digest
        town.senders[member].send(town.contracts.registry.functions.setMetadata(digest))
        given[town.senders[member].address] = name
    return given


def federation(town: Town, title: str = IMAGE) -> int:
    """Another federation of the same deployment, with a hostile task document; its id."""
    document = json.dumps({"schema": "parley/task/v1", "title": title, "description": SCRIPT + LONG}).encode()
    view = town.view()
    terms = replace(view.terms, task_digest=town.store.put(document).digest)
    federations = town.contracts.federations
    town.senders["sponsor"].send(federations.functions.createFederation(terms.to_abi(), view.policy.to_abi()))
    fid: int = federations.functions.federations().call()
    return fid
