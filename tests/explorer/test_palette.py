"""Text on the page can be read: every pair of colours that meets there has the contrast of WCAG AA, in both schemes."""

from __future__ import annotations

import re

import pytest

from tests.docs.markdown import ROOT

pytestmark = pytest.mark.unit

SHEET = (ROOT / "workers/parley/explorer/page/style/base.css").read_text()
TEXT, DRAWING = 4.5, 3.0
"""Least contrast of text, and of what has to be told from its ground in a drawing."""

GROUNDS = ("ground", "surface")
PAIRS = [
    *((text, ground) for text in ("text", "muted", "accent", "good", "warn", "bad") for ground in GROUNDS),
    *((tone, f"{tone}-soft") for tone in ("accent", "good", "warn", "bad")),
    *((text, "sunken") for text in ("text", "muted")),
    *(("text", "accent-soft"), ("on-accent", "accent")),
    *(("text", f"level-{level}") for level in (1, 2, 3)),
    *(("on-level", f"level-{level}") for level in (4, 5)),
]


def colours(scheme: str) -> dict[str, str]:
    """The colours of a scheme by name; dark ones stand in the second block."""
    blocks = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
    assert len(blocks) == 2
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[("light", "dark").index(scheme)]))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast__black_on_white__is_the_greatest() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours__of_both_schemes__are_the_same_by_name(scheme: str) -> None:
    assert set(colours(scheme)) == set(colours("light"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text__on_its_ground__has_contrast(scheme: str, text: str, ground: str) -> None:
    known = colours(scheme)
    assert contrast(known[text], known[ground]) >= TEXT


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("series", range(7))
def test_series__of_a_chart__stand_out_from_the_surface(scheme: str, series: int) -> None:
    known = colours(scheme)
    assert contrast(known[f"series-{series}"], known["surface"]) >= DRAWING
