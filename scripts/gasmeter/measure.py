"""Plays federations of several sizes and picks, for each call, the row of the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing

from gasmeter.actors import Operator, Protocol
from gasmeter.chain import Chain
from gasmeter.court import Disputed
from gasmeter.play import Cost, Federation, Members
from parley.chain.compiler import compile_contracts, project_root
from parley.chain.contracts import CORE, TOKEN
from parley.numerics.rules import Rule

STEADY = 3
"""The round that is measured: slots hold earlier rounds' values."""

TARGETS: Mapping[str, int] = {
    "commitUpdate": 43_500,
    "commitUpdate, last of its phase": 43_500,
    "revealUpdate": 50_000,
    "revealUpdate, last of its phase": 50_000,
    "commitScores": 43_500,
    "commitScores, last of its phase": 43_500,
    "revealScores, 100 trainers": 60_000,
    "openValidation": 40_000,
    "settle, 10 trainers": 80_000,
    "settle, 256 trainers": 110_000,
    "advance, 10 trainers": 100_000,
    "advance, 100 trainers": 100_000,
    "advance, 256 trainers": 100_000,
    "claim": 60_000,
    "join, trainer": 130_000,
    "join, evaluator": 130_000,
    "join, aggregator": 130_000,
    **{
        f"{call}, {size} trainers": limit
        for size, limit in ((10, 120_000), (100, 225_000))
        for call in (
            "disproveArithmetic, mean",
            "disproveArithmetic, trimmed mean",
            "disproveArithmetic, median",
            "disproveUpdate",
        )
    },
    "supply, 256 nodes": 360_000,
}
"""Gas that a row must not exceed; rows without a target are told for information."""

SIZE_LIMIT = 20_480
"""Bytes of runtime code that no contract may exceed."""


def measure(url: str) -> tuple[dict[str, int], dict[str, int]]:
    """Gas of every row, and the size of every contract in bytes.

    Args:
        url: of an Anvil that nobody else uses, its chain id 31337, its first block not mined yet.
    """
    compilation = compile_contracts(project_root(), (*CORE, TOKEN))
    sizes = {name: len(artifact.runtime) for name, artifact in compilation.artifacts.items()}
    with closing(Chain(url)) as chain:
        protocol = Protocol(chain, compilation)
        trainers = protocol.operators([f"trainer {i}" for i in range(256)])
        evaluators = protocol.operators([f"evaluator {i}" for i in range(9)])
        (aggregator,) = protocol.operators(["aggregator"])
        rows = _small(Federation(protocol, Members(trainers[:10], evaluators[:3], aggregator), 3))
        rows |= _sized(protocol, trainers, evaluators, aggregator)
        (prover,) = protocol.operators(["prover"])
        for size in (10, 100):
            rows |= _disputes(protocol, Members(trainers[:size], evaluators[:3], aggregator), prover)
        drawn = Federation(protocol, Members(trainers[:10], evaluators, aggregator), 4)
        rows |= {f"{call}, drawn seats": gas for call, gas in _rounds(drawn).items() if call.endswith("Scores")}
    return dict(sorted(rows.items())), dict(sorted(sizes.items()))


def _small(federation: Federation) -> dict[str, int]:
    """Ten trainers: every call, first rounds and claims included."""
    steady = _rounds(federation)
    federation.claim("claim, first", 0)
    federation.play()
    federation.claim("claim", 0)
    first = {f"{call}, first round": gas for call, gas in _row(federation.costs, 1).items()}
    rows = {call: gas for call, gas in steady.items() if call not in ("settle", "advance")}
    rows |= {"settle, 10 trainers": steady["settle"], "advance, 10 trainers": steady["advance"]}
    rows |= {cost.call: cost.gas for cost in federation.costs if cost.call.startswith("claim")}
    joins = [cost for cost in federation.costs if cost.call.startswith("join")]
    return {**rows, **first, **{cost.call: cost.gas for cost in joins}}


def _sized(
    protocol: Protocol, trainers: list[Operator], evaluators: list[Operator], aggregator: Operator
) -> dict[str, int]:
    """What may depend on the number of trainers, and what must not (P-13)."""
    rows: dict[str, int] = {}
    for size in (100, 256):
        costs = _rounds(Federation(protocol, Members(trainers[:size], evaluators[:3], aggregator), 3))
        rows |= {
            f"{call}, {size} trainers": costs[call]
            for call in ("commitUpdate", "revealUpdate", "commitScores", "revealScores", "settle", "advance")
        }
    return rows


def _disputes(protocol: Protocol, members: Members, prover: Operator) -> dict[str, int]:
    """Proofs, demands and answers, committed, by a prover that has a balance, after a first conviction (D = 17)."""
    found: dict[str, int] = {}
    for rule in (Rule.MEAN, Rule.TRIMMED_MEAN, Rule.MEDIAN):
        federation = Disputed(protocol, members, 3, rule=rule, prover=prover)
        federation.open()
        if rule is Rule.MEAN:
            federation.play()  # what is disproved then continues a final model and final rewards
        federation.dispute()
        found[f"disproveArithmetic, {rule.name.lower().replace('_', ' ')}"] = federation.arithmetic()
        if rule is Rule.MEAN:
            found |= federation.proofs()
            fixed = federation.fixed()
    size = len(members.trainers)
    return fixed | {f"{call}, {size} trainers": gas for call, gas in found.items()}


def _rounds(federation: Federation) -> dict[str, int]:
    """Play to the end of the measured round; its row."""
    federation.open()
    for _ in range(STEADY):
        federation.play()
    return _row(federation.costs, STEADY)


def _row(costs: Iterable[Cost], number: int) -> dict[str, int]:
    """The dearest transaction of each call in a round; those that end a phase by being the last are told apart."""
    found: dict[str, int] = {}
    for cost in costs:
        if cost.round_number == number and not cost.call.startswith(("join", "claim")):
            name = f"{cost.call}, last of its phase" if cost.last else cost.call
            found[name] = max(found.get(name, 0), cost.gas)
    return found
