"""Metrics: names, and labels that no stranger can multiply."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from parley import bounded, metrics
from parley.bounded import OTHER, Counter, Gauge, Histogram
from parley.roles import actions

pytestmark = pytest.mark.unit

PACKAGE = Path(metrics.__file__).parent
ALL = {name: value for name, value in vars(metrics).items() if isinstance(value, Counter | Gauge | Histogram)}


@pytest.mark.parametrize("name", sorted(ALL))
@settings(max_examples=10)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=20))
def test_labels__hostile_values_offered__become_other(name: str, offered: list[str]) -> None:
    """F-65: whatever a peer, a node or an exception says, the series of a metric stay a fixed few."""
    metric = ALL[name]
    assert metric._labelnames == tuple(metric.allowed)
    if not metric.allowed:
        return
    for value in offered:
        child = metric.labels(**dict.fromkeys(metric.allowed, value))
        expected = tuple(value if value in allowed else OTHER for allowed in metric.allowed.values())
        assert child._labelvalues == expected
    for labels in metric._metrics:
        assert all(label in allowed for label, allowed in zip(labels, metric.allowed.values(), strict=True))


def test_labels__in_all__are_few() -> None:
    """F-65: the largest metric has a few hundred series, whatever happens."""
    for metric in ALL.values():
        size = 1
        for allowed in metric.allowed.values():
            size *= len(allowed)
        assert size <= 256, metric


def test_labels__a_hostile_line_break__does_not_reach_the_page() -> None:
    """F-65: nobody writes lines of their own into what Prometheus reads."""
    registry = CollectorRegistry()
    counter = Counter("hostile", "A counter.", {"what": ("known",)}, registry=registry)
    counter.labels('x"} 1\nforged_metric 7').inc()
    counter.labels(what="known").inc(2)
    page = generate_latest(registry).decode()
    assert 'hostile_total{what="other"} 1.0' in page
    assert 'hostile_total{what="known"} 2.0' in page
    assert "forged" not in page
    bounded._VALUES.pop("hostile")


def test_counters__before_anything_happened__are_there_at_zero() -> None:
    """F-65: an alert on the increase of a counter sees the first event, too."""
    registry = CollectorRegistry()
    Counter("rare", "A counter.", {"what": ("first",)}, registry=registry)
    Gauge("level", "A gauge.", {"place": ("0",)}, registry=registry)
    page = generate_latest(registry).decode()
    assert 'rare_total{what="first"} 0.0' in page
    assert "level{" not in page
    bounded._VALUES.pop("rare")
    bounded._VALUES.pop("level")


def test_actions__each_class__is_a_value_of_its_label() -> None:
    found = {
        name for name, value in vars(actions).items() if inspect.isclass(value) and value.__module__ == actions.__name__
    }
    assert found - {"Wait"} == set(metrics.ACTION_NAMES)


def test_labels__written_in_the_code__are_in_their_sets() -> None:
    """F-65: a value that the code counts by its name is not lost in `other`."""
    used = 0
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "labels"):
                continue
            metric = ALL.get(ast.unparse(node.func.value).rpartition(".")[2])
            if metric is None:
                continue
            values = dict(zip(metric.allowed, node.args, strict=False)) | {
                word.arg: word.value for word in node.keywords
            }
            for label, value in values.items():
                for text in words_of(value):
                    assert text in metric.allowed[str(label)], f"{path}:{node.lineno}: {text!r}"
                    used += 1
    assert used > 10


def words_of(value: ast.expr) -> list[str]:
    """The strings that an expression may be, as far as it names them."""
    if isinstance(value, ast.IfExp):
        return words_of(value.body) + words_of(value.orelse)
    return [value.value] if isinstance(value, ast.Constant) and isinstance(value.value, str) else []
