"""Numbers, names and lists in English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from parley.amounts import tokens
from parley.chain.model import Phase
from parley.numerics.rules import BASIS
from parley.text import printable

SHORTEST = 10
"""Characters of a shortened address, `0x` included."""


class Names:
    """What operators are called: by name where one is known, and by as much of the address as tells them apart.

    Args:
        operators: all addresses that may be told of.
        own: names by address.
    """

    def __init__(self, operators: Iterable[str], own: Mapping[str, str] | None = None) -> None:
        self._known = frozenset(operators)
        self._own = {operator: printable(name) for operator, name in (own or {}).items()}

    def __call__(self, operator: str) -> str:
        """The name of one, with the beginning of its address."""
        short = shortened(operator, self._known)
        return f"{self._own[operator]} ({short})" if operator in self._own else short

    def brief(self, operator: str) -> str:
        """The name of one alone, or the beginning of its address."""
        return self._own.get(operator) or shortened(operator, self._known)


def shortened(operator: str, others: Iterable[str]) -> str:
    """The beginning of an address that no other one has: whoever grinds an address like another gains nothing."""
    rivals = [other.lower() for other in others if other.lower() != operator.lower()]
    lengths = (n for n in range(SHORTEST, len(operator)) if not any(r.startswith(operator[:n].lower()) for r in rivals))
    return operator[: next(lengths, len(operator))]


def count(number: int, one: str, many: str | None = None) -> str:
    """A number of things: "1 vote", "2 votes", "no votes"."""
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def listing(items: Sequence[str]) -> str:
    """Several things: "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "nothing"


def amount(wei: int) -> str:
    """An amount of tokens, exact."""
    text = tokens(wei)
    return f"{text} token" if text == "1" else f"{text} tokens"


def share(points: int) -> str:
    """Basis points as a percentage: 1250 is "12.5 %"."""
    return f"{points * 100 / BASIS:.2f}".rstrip("0").rstrip(".") + " %"


def phase_name(phase: Phase) -> str:
    """A phase as people write it: "score commit"."""
    return phase.name.lower().replace("_", " ")


def hexed(value: bytes) -> str:
    """Bytes as `0x...`."""
    return "0x" + value.hex()
