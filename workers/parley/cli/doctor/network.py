"""The chain: each endpoint by itself, whether they agree, the contracts, and the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from parley.cli import failures
from parley.cli.doctor.examination import Finding, Status
from parley.cli.session import Session
from parley.errors import ExitCode, ParleyError
from parley.redaction import shown_url

if TYPE_CHECKING:
    from web3 import Web3

TIMEOUT = 5.0
"""Seconds that an endpoint has to answer."""
OLD_SECONDS = 120
"""A newest block of that age: the chain stands, or the node lags."""


def endpoints(session: Session) -> Iterator[Finding]:
    """Each endpoint answers for the right chain, and all tell the same history."""
    urls = session.settings.rpc_urls
    answers: dict[int, Web3] = {}
    silent: dict[int, Finding] = {}
    for place, url in enumerate(urls):
        try:
            answers[place] = _connected(url, session.settings.chain_id)
        except ParleyError as error:
            message, hint, code = failures.explain(error)
            silent[place] = Finding(f"endpoint {place}", Status.FAIL, message, hint, code)
    for place, url in enumerate(urls):
        if place in silent:
            one = silent[place]
            # One of several that does not answer is put aside by workers: no failure.
            yield Finding(one.check, Status.WARN, one.found, one.advice) if answers else one
        else:
            head = answers[place].eth.block_number
            chain_id = answers[place].eth.chain_id
            yield Finding(f"endpoint {place}", Status.OK, f"{shown_url(url)}: chain {chain_id}, block {head}")
    if len(answers) > 1:
        yield _agreement(answers, session.settings.max_lag)


def contracts(session: Session) -> Iterator[Finding]:
    """The contracts of `deployments`, with exactly the code that their files name."""
    from parley.chain.deployments import load_deployment

    w3, folder = session.w3, session.settings.deployments
    deployment = load_deployment(w3.eth.chain_id, folder, w3)
    found = f"{len(deployment.contracts)} contracts of {folder / str(deployment.chain_id)}, code as deployed"
    yield Finding("contracts", Status.OK, found)


def clock(session: Session) -> Iterator[Finding]:
    """The local clock against chain time. Phases follow the chain, so that a wrong clock misleads only people."""
    from parley.roles.clock import LIMIT

    behind = session.w3.eth.get_block("latest")["timestamp"] - time.time()
    if behind > LIMIT:
        found = f"the newest block is {behind:.0f} seconds in this machine's future"
        yield Finding("clock", Status.WARN, found, "let the clock be set by NTP: `timedatectl set-ntp true`")
    elif -behind > OLD_SECONDS:
        found = f"the newest block is {-behind:.0f} seconds old"
        yield Finding("clock", Status.WARN, found, "the chain makes no blocks, the node lags, or this clock is ahead")
    else:
        yield Finding("clock", Status.OK, f"the newest block is {max(0.0, -behind):.0f} seconds old")


def _connected(url: str, chain_id: int | None) -> Web3:
    from parley.chain.rpc import connect

    return connect(url, chain_id, timeout=TIMEOUT)


def _agreement(answers: Mapping[int, Web3], max_lag: int) -> Finding:
    """Whether endpoints serve one chain, at about the same height, with the same blocks."""
    chains = {place: w3.eth.chain_id for place, w3 in answers.items()}
    if len(set(chains.values())) > 1:
        said = ", ".join(f"{place} serves {chain}" for place, chain in chains.items())
        return Finding("agreement", Status.FAIL, f"different chains: {said}", "correct rpc_url", ExitCode.CHAIN)
    heads = {place: int(w3.eth.block_number) for place, w3 in answers.items()}
    common = min(heads.values())
    hashes = {bytes(w3.eth.get_block(max(0, common - 1))["hash"]) for w3 in answers.values()}
    if len(hashes) > 1:
        advice = "one of them follows a fork, or lies: ask its operator, or take it out of rpc_url"
        return Finding("agreement", Status.FAIL, f"different blocks at height {common - 1}", advice, ExitCode.CHAIN)
    slow = [place for place, head in heads.items() if max(heads.values()) - head > max_lag]
    if slow:
        found = f"endpoint {slow[0]} is {max(heads.values()) - heads[slow[0]]} blocks behind"
        return Finding("agreement", Status.WARN, found, "workers put it aside until it catches up")
    return Finding("agreement", Status.OK, f"the same blocks up to height {common}")
