"""Every attack of `parley demo --attack`, end to end: real Anvil, contracts and training, the attackers' own code.

What an attacker earns is held against the bound that docs/threat-model.md states, and the books are checked to the wei:
whoever is honest gets exactly what P-12 gives it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from hexbytes import HexBytes

from parley.chain.view import View
from parley.cli.demo.attacks.registry import ATTACKS, Measure, attack_named
from parley.cli.demo.attacks.table import harm, promise
from parley.cli.demo.attacks.verdict import Standing, Verdict
from parley.errors import ConfigError
from parley.roles.books import scores_of, votes_of
from tests.support.anvil import AnvilNode
from tests.support.attacks import Arena, arena

PROVABLE = ("lying-aggregator", "withholding-aggregator", "clip-violation")
THREAT_MODEL = Path(__file__).parents[2] / "docs" / "threat-model.md"


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Liars make watchers loud."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


@dataclass(frozen=True)
class Result:
    """An attack that is over.

    Attributes:
        arena: who played.
        view: the federation at the end.
        verdict: what it came to.
    """

    arena: Arena
    view: View
    verdict: Verdict

    @property
    def attackers(self) -> list[Standing]:
        """How they came out."""
        return [one for one in self.verdict.standings if one.attacks]

    def of(self, name: str) -> Standing:
        """How somebody came out."""
        return next(one for one in self.verdict.standings if one.name == name)

    def convictions(self) -> list[str]:
        """The calls that convicted, in order."""
        town = self.arena.town
        found = [c for _, record in sorted(self.view.records.items()) for c in record.convictions]
        calls = [town.w3.eth.get_transaction(HexBytes(conviction.transaction))["input"] for conviction in found]
        return [town.contracts.disputes.decode_function_input(data)[0].fn_name for data in calls]


def played(node: AnvilNode, folder: Path, name: str, variant: str | None = None, *, rounds: int, task: str) -> Result:
    """Play an attack; whatever it is, the books balance to the wei and no bound is broken."""
    attack = attack_named(name)
    stage = arena(node, folder, attack, attack.variant(variant), task_name=task, rounds=rounds)
    view = stage.play()
    earned = stage.claim_all(view)
    assert [check for check in stage.check(earned) if not check.holds] == []
    verdict = stage.weigh(view, earned)
    assert list(verdict.failures()) == []
    return Result(stage, view, verdict)


@pytest.mark.integration
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("variant", "call"), [("word", "disproveArithmetic"), ("median", "disproveMedian"), ("reward", "disproveReward")]
)
def test_attack__lying_aggregator__loses_its_bond_and_the_next_one_settles(
    anvil: AnvilNode, tmp_path: Path, variant: str, call: str
) -> None:
    """F-31, F-37, P-12, P-15, P-16, P-17: one wrong word, median or reward costs more than whoever proves it gets."""
    done = played(anvil, tmp_path, "lying-aggregator", variant, rounds=1, task="breast-cancer")
    assert done.convictions() == [call] * 2
    bond = done.view.policy.bond
    assert [one.net for one in done.attackers] == [-bond, -bond]
    assert done.of("watcher").net == bond
    assert done.verdict.value < 0


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_attack__withholding_aggregator__falls_by_its_silence(anvil: AnvilNode, tmp_path: Path) -> None:
    """F-31, F-37, F-88, P-22, P-23: roots that nobody can open cost the bond; silence convicts."""
    done = played(anvil, tmp_path, "withholding-aggregator", rounds=1, task="breast-cancer")
    assert done.convictions() == ["expire"] * 2
    bond = done.view.policy.bond
    assert [one.net for one in done.attackers] == [-bond, -bond]
    assert done.of("watcher").net == bond


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_attack__lazy_aggregator__earns_nothing_and_delays(anvil: AnvilNode, tmp_path: Path) -> None:
    """F-25, P-27: silence costs turns, not the round, and nobody's stake."""
    done = played(anvil, tmp_path, "lazy-aggregator", rounds=1, task="breast-cancer")
    assert [one.net for one in done.attackers] == [0, 0]
    header = done.view.final_records()[0].header
    assert header is not None
    assert header.turn >= 2


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_attack__clip_violation__is_slashed_once_a_round(anvil: AnvilNode, tmp_path: Path) -> None:
    """F-37, F-42, P-16, P-17: what is beyond the clip costs stake; the settlement stands, the update is left out."""
    done = played(anvil, tmp_path, "clip-violation", rounds=1, task="breast-cancer")
    slash = done.view.policy.clip_slash
    assert [one.net for one in done.attackers] == [-slash]
    assert done.of("watcher").net == slash // 2
    assert done.convictions() == []


@pytest.mark.integration
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("copycat", None),
        ("free-rider", None),
        ("nan", None),
        ("replayer", "aggregate"),
        ("replayer", "noised"),
        ("opposed-pair", None),
        ("freezer", None),
    ],
)
def test_attack__trainers_without_data__earn_next_to_nothing(
    anvil: AnvilNode, tmp_path: Path, name: str, variant: str | None
) -> None:
    """F-10, F-84, F-91, F-92, F-98, P-9, P-12, P-25: what does not improve the model on sealed data is not paid."""
    done = played(anvil, tmp_path, name, variant, rounds=2, task="digits")
    assert all(one.lost == 0 for one in done.attackers)


@pytest.mark.integration
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["val-trainer", "sybil", "booster", "backdoor", "sign-flip"])
def test_attack__trainers_with_something_to_train_on__earn_no_more_than_their_bound(
    anvil: AnvilNode, tmp_path: Path, name: str
) -> None:
    """F-1, F-33, F-94, F-97, F-99, F-101, P-24, P-25: size, names and opened shards do not pay beyond the data."""
    done = played(anvil, tmp_path, name, rounds=3, task="digits")
    assert all(one.lost == 0 for one in done.attackers)


@pytest.mark.integration
@pytest.mark.timeout(300)
@pytest.mark.parametrize("variant", ["exclude", "promote"])
def test_attack__four_of_ten_evaluators_collude__exclude_nobody_and_promote_nobody(
    anvil: AnvilNode, tmp_path: Path, variant: str
) -> None:
    """F-21, F-24, P-11: fewer than half of the panel cannot leave anyone out, nor pay a friend."""
    done = played(anvil, tmp_path, "colluding-evaluators", variant, rounds=1, task="breast-cancer")
    record = done.view.final_records()[0]
    colluders = {done.arena.town.senders[one.worker].address for one in done.arena.assigned}
    votes = [vote for vote in votes_of(done.view, record) if vote.evaluator.operator not in colluders]
    assert len(votes) == len(record.vectors) - 4 == 6
    for score, honest in zip(
        scores_of(done.view, record).scores, zip(*(vote.vector.scores for vote in votes), strict=True), strict=True
    ):
        assert min(honest) <= score <= max(honest)


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_attack__score_copier__earns_a_fraction_of_a_judges_pay(anvil: AnvilNode, tmp_path: Path) -> None:
    """F-22, F-23, P-26: last round's medians are worth less than looking."""
    played(anvil, tmp_path, "score-copier", rounds=2, task="digits")


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_attack__a_third_of_everybody_stops__rounds_go_on(anvil: AnvilNode, tmp_path: Path) -> None:
    """F-13, F-25, P-10, principle 3: dropouts are paid for what they did, lose no stake and stop nobody."""
    done = played(anvil, tmp_path, "dropout", rounds=2, task="breast-cancer")
    assert [done.view.records[number].final for number in (1, 2)] == [True] * 2
    assert all(one.lost == 0 for one in done.attackers)


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_attack__silent_sponsor__pays_all_the_same(anvil: AnvilNode, tmp_path: Path) -> None:
    """F-32, P-24: no key in time means an equal split; silence saves the sponsor nothing."""
    done = played(anvil, tmp_path, "silent-sponsor", rounds=2, task="breast-cancer")
    assert done.view.keys == {}
    trainers = [one.earned for one in done.verdict.standings if one.kind == "trainer"]
    assert trainers == [2 * (done.view.policy.trainer_pool // len(trainers))] * len(trainers)


@pytest.mark.unit
def test_attacks__threat_model__states_the_bounds_of_the_registry() -> None:
    """The bounds in the documentation are those that the demo and these tests hold runs against."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| (.+?) \| (.+?) \|$", THREAT_MODEL.read_text(), re.MULTILINE)
    stated = {name: (sentence, earn, lose) for name, sentence, earn, lose in rows if name in ATTACKS}
    assert stated == {name: (a.sentence, promise(a), harm(a)) for name, a in ATTACKS.items()}


@pytest.mark.unit
def test_attacks__provable_ones__are_those_whose_bound_is_below_zero() -> None:
    """P-17: what a contract can recompute costs money; all else is merely unpaid (principle 2)."""
    assert tuple(a.name for a in ATTACKS.values() if a.bound.measure is Measure.NET) == PROVABLE


@pytest.mark.unit
@pytest.mark.parametrize(("name", "variant"), [("sybils", None), ("copycat", "better"), ("replayer", "worse")])
def test_attacks__unknown_name_or_variant__is_refused_with_those_that_exist(name: str, variant: str | None) -> None:
    """The error lists what there is."""
    with pytest.raises(ConfigError) as error:
        attack_named(name).variant(variant)
    assert error.value.hint
