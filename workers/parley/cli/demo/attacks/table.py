"""The verdict on an attack: for people, and for programs."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from parley.cli.amounts import WEI
from parley.cli.demo.attacks.registry import ATTACKS, Attack, Measure
from parley.cli.demo.attacks.verdict import Verdict


def summary_of(verdict: Verdict) -> dict[str, Any]:
    """The machine-readable verdict; amounts in wei."""
    bound = verdict.attack.bound
    return {
        "name": verdict.attack.name,
        "variant": verdict.variant,
        "players": {
            one.name: {"attacks": one.attacks, "earned": one.earned, "lost": one.lost, "net": one.net}
            for one in verdict.standings
        },
        "measure": str(bound.measure),
        "value": verdict.value,
        "bound": bound.share,
        "tolerance": bound.tolerance,
        "accuracy": verdict.accuracy,
        "honest_accuracy": verdict.honest_accuracy,
        "harm": verdict.harm,
        "harm_bound": bound.harm,
        "backdoor": verdict.success,
        "not_kept": list(verdict.failures()),
    }


def render(verdict: Verdict) -> RenderableType:
    """Who earned what, and what it did to the model."""
    return Group(_title(verdict), _players(verdict), _bounds(verdict))


def listing() -> Table:
    """All attacks, for `--attack list`."""
    rows = Table("attack", "what the attackers do", "they earn at most", "variants", box=SIMPLE_HEAD, pad_edge=False)
    for attack in ATTACKS.values():
        rows.add_row(attack.name, attack.sentence, promise(attack), ", ".join(attack.variants))
    return rows


def promise(attack: Attack) -> str:
    """A bound on pay in words."""
    bound = attack.bound
    if bound.measure is Measure.NET:
        return "less than nothing, whoever proves it included"
    if bound.measure is Measure.KEPT:
        return "nothing: no more of the rewards than flooring leaves"
    if bound.share == 0 and bound.tolerance == 0:
        return "nothing"
    parts = "of an equal part each" if bound.measure is Measure.EACH else "of an equal part"
    together = ", all together" if bound.measure is Measure.TOGETHER and attack.count > 1 else ""
    return f"{bound.share:g} {parts}{together}; tolerance {bound.tolerance:g}"


def harm(attack: Attack) -> str:
    """A bound on the harm in words."""
    success = attack.bound.success
    return f"{attack.bound.harm:g}" + ("" if success is None else f"; the trigger works on {success:g} of the samples")


def _title(verdict: Verdict) -> Text:
    variant = f", {verdict.variant}" if verdict.variant else ""
    return Text.assemble((f"{verdict.attack.name}{variant}", "bold"), f": {verdict.attack.sentence}")


def _players(verdict: Verdict) -> Table:
    rows = Table("player", "earned", "slashed or paid for proofs", "net", box=SIMPLE_HEAD, pad_edge=False)
    for one in sorted(verdict.standings, key=lambda one: (not one.attacks, one.kind)):
        style = "red" if one.attacks else ""
        rows.add_row(Text(one.name, style), _tokens(one.earned), _tokens(-one.lost), Text(_tokens(one.net), style))
    return rows


def _tokens(wei: int) -> str:
    return f"{wei / WEI:,.1f}" if wei else "-"


def _bounds(verdict: Verdict) -> Table:
    bound = verdict.attack.bound
    rows = Table("bound of docs/threat-model.md", "at most", "measured", box=SIMPLE_HEAD, pad_edge=False)
    unit = " tokens" if bound.measure is Measure.NET else ""
    limit = "below 0" if bound.measure is Measure.NET else f"{bound.share:g} + {bound.tolerance:g}"
    rows.add_row(f"the attackers earn {promise(verdict.attack)}", limit, f"{verdict.value:.3f}{unit}")
    rows.add_row(
        f"accuracy {verdict.accuracy:.3f}, without the attackers {verdict.honest_accuracy:.3f}",
        f"{bound.harm_limit:g}",
        f"{verdict.harm:.3f}",
    )
    if bound.success is not None and verdict.success is not None:
        rows.add_row("the backdoor opens for this share of the samples", f"{bound.success:g}", f"{verdict.success:.3f}")
    return rows
