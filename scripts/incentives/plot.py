"""The plot of `docs/incentives.md`: what each attacker takes, in honest trainers, as a drawing of dots (SVG)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from incentives.attacks import LINES, NOBODY
from incentives.campaign import SIZES, Results
from incentives.tables import everywhere

WIDTH, LEFT, RIGHT, TOP, ROW = 1140, 470, 40, 96, 24
LAST = 10.0
"""Honest trainers at the right edge; what is beyond sits on it."""

STYLE = """
      .title { font-size: 17px; font-weight: 700; fill: #1e293b }
      .label { font-size: 13px; fill: #334155 }
      .tick  { font-size: 12px; fill: #64748b; text-anchor: middle }
      .grid  { stroke: #e2e8f0 }
      .one   { stroke: #475569; stroke-dasharray: 4 3 }
      .naive { fill: #ffffff; stroke: #dc2626; stroke-width: 1.8 }
      .all   { fill: #2563eb; stroke: #2563eb; stroke-width: 1.8 }"""


@dataclass(frozen=True)
class Series:
    """One kind of mark.

    Attributes:
        rules: "naive" or "all".
        trainers: honest ones.
        title: in the legend.
    """

    rules: str
    trainers: int
    title: str


SERIES = [
    Series(rules, n, f"{'naive' if rules == 'naive' else 'all rules'}, {n} trainers")
    for rules in ("naive", "all")
    for n in SIZES
]


def svg(results: Results) -> str:
    """The drawing."""
    lines = [line for line in LINES if line is not NOBODY and results.of(line.name, "all", "iid", SIZES[0])]
    bottom = TOP + ROW * len(lines)
    body = [*_axis(bottom), *_legend()]
    for number, line in enumerate(lines):
        y = TOP + ROW * number + ROW // 2
        body.append(f'<text class="label" x="{LEFT - 16}" y="{y + 4}" text-anchor="end">{escape(line.title)}</text>')
        body.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        for series in SERIES:
            found = [one.relative for one in everywhere(results, line, series.rules, series.trainers)]
            if found:
                body.append(_mark(series, _x(float(np.mean(found))), y))
    return _page(bottom + 48, body)


def _x(value: float) -> float:
    """Where a number of honest trainers lies: on a scale of roots, which leaves room between 0 and 1."""
    share = np.sqrt(min(max(value, 0.0), LAST) / LAST)
    return round(float(LEFT + share * (WIDTH - RIGHT - LEFT)), 1)


def _mark(series: Series, x: float, y: float) -> str:
    """A round mark for 5 trainers, a square one for 10; hollow for naive rules."""
    if series.trainers == SIZES[0]:
        return f'<circle class="{series.rules}" cx="{x}" cy="{y}" r="5"/>'
    return f'<rect class="{series.rules}" x="{x - 4.5:.1f}" y="{y - 4.5}" width="9" height="9"/>'


def _axis(bottom: int) -> Iterator[str]:
    yield '<text class="title" x="24" y="34">What an attack earns, in honest trainers</text>'
    for value in (0, 0.25, 1, 2, 3, 4, 6, 8, 10):
        x = _x(value)
        kind = "one" if value == 1 else "grid"
        yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{TOP - 6}" y2="{bottom + 6}"/>'
        label = f"{value:g}" if value < LAST else f"≥ {value:g}"
        yield f'<text class="tick" x="{x}" y="{bottom + 24}">{label}</text>'


def _legend() -> Iterator[str]:
    for number, series in enumerate(SERIES):
        x = LEFT + 160 * number
        yield _mark(series, x, 62)
        yield f'<text class="label" x="{x + 12}" y="66">{series.title}</text>'


def _page(height: int, body: Sequence[str]) -> str:
    inner = "\n  ".join(body)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"
     role="img" aria-labelledby="t d" font-family="Inter, 'Segoe UI', Helvetica, Arial, sans-serif">
  <title id="t">What an attack earns, in honest trainers</title>
  <desc id="d">For each attack the pay of the attacker under naive and under all rules, with 5 and 10 trainers, as a
    multiple of an honest trainer's; the tables of docs/incentives.md hold the same figures.</desc>
  <style>{STYLE}
  </style>
  <rect width="{WIDTH}" height="{height}" rx="14" fill="#ffffff"/>
  {inner}
</svg>
"""
