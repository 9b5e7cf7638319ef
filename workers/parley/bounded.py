"""Prometheus metrics whose labels take a fixed set of values (F-65). A leaf module.

Any other value counts as `other`: what a peer, a node or an exception says can neither make a new time series nor stand
in a monitoring system, whoever calls `labels`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Self

import prometheus_client

OTHER = "other"

_VALUES: dict[str, Mapping[str, frozenset[str]]] = {}
"""The values of each label, by the metric's name as it was declared."""


class _Bounded:
    """Adds the fixed sets to a class of prometheus_client; the children that it makes per value have them, too."""

    def __init__(self, name: str, documentation: str, labelnames: object = (), **rest: Any) -> None:  # noqa: ANN401
        if isinstance(labelnames, Mapping):
            _VALUES[name] = {label: frozenset(values) | {OTHER} for label, values in labelnames.items()}
        self._declared = name
        names = tuple(labelnames) if isinstance(labelnames, Collection) else ()
        super().__init__(name, documentation, labelnames=names, **rest)  # type: ignore[call-arg] # of prometheus_client
        if isinstance(labelnames, Mapping) and len(names) == 1:
            # Shown from the start: an increase from nothing to 1 is none to Prometheus.
            for value in _VALUES[name][names[0]]:
                self._shown_from_the_start(value)

    def labels(self, *values: object, **named: object) -> Self:
        """The series of some values; one that is not in its set counts as `other`."""
        allowed = _VALUES[self._declared]
        if values:
            named = dict(zip(allowed, values, strict=True))
        bounded = {label: _among(value, allowed.get(label, frozenset())) for label, value in named.items()}
        found: Self = super().labels(**bounded)  # type: ignore[misc] # of prometheus_client
        return found

    def _shown_from_the_start(self, value: str) -> None:
        """Make the series of a value, if this kind of metric is to have it before anything happened."""

    @property
    def allowed(self) -> Mapping[str, frozenset[str]]:
        """The values that each label may have, `other` included."""
        return _VALUES.get(self._declared, {})


class Counter(_Bounded, prometheus_client.Counter):
    """A counter: `Counter(name, documentation, {label: values})`. With one label, all of its series are there at 0."""

    def _shown_from_the_start(self, value: str) -> None:
        self.labels(value)


class Gauge(_Bounded, prometheus_client.Gauge):
    """A gauge, likewise."""


class Histogram(_Bounded, prometheus_client.Histogram):
    """A histogram, likewise."""


def _among(value: object, allowed: frozenset[str]) -> str:
    text = str(value)
    return text if text in allowed else OTHER
