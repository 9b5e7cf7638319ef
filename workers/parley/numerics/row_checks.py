"""What is wrong with one row: the questions of `contracts/libraries/Disproof.sol`, and how to ask them (P-6, P-15).

A row is word j of every included update, then of the previous, the old and the new model. Trimmed mean and median are
never sorted on chain: whoever asks names the values of the ranks in question as *witnesses*, and the answer counts.
Values are offset-binary here, as they are in words: `u = q + 2^31`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parley.numerics.errors import WitnessInvalid
from parley.numerics.fixed_point import LANES, WORD_BYTES, Z
from parley.numerics.rules import UNIT_BETA, UNIT_SCALE, Rule, trim_count
from parley.numerics.scoring import SettledScores
from parley.numerics.settlement import SettlementConfig

MODELS = 3
"""Words of models at the end of a row."""

PREVIOUS, OLD, NEW = -3, -2, -1
"""Their places, counted from the end."""

OFFSET = 2**31
MAX_LANE = 2**32 - 1

_LANE_BYTES = WORD_BYTES // LANES


@dataclass(frozen=True, slots=True)
class WrongLane:
    """A parameter of a row that is not what P-6 makes of it, as `disproveArithmetic` takes it.

    Attributes:
        lane: 0 (leftmost) to 7.
        lo: witness, 0 where the rule needs none.
        hi: witness, 0 where the rule needs none.
    """

    lane: int
    lo: int
    hi: int


def row_length(included: int) -> int:
    """The bytes of a row: `32 * (N + 3)`. Mirrors `Disproof.rowLength`."""
    return WORD_BYTES * (included + MODELS)


def words_of(row: bytes) -> list[bytes]:
    """The words of a row, 32 bytes each but perhaps the last."""
    return [row[i : i + WORD_BYTES] for i in range(0, len(row), WORD_BYTES)]


def lane_of(word: bytes, lane: int) -> int:
    """A parameter of a word, offset-binary. Mirrors `WordMath.lane`.

    Raises:
        ValueError: there is no such lane.
    """
    if not 0 <= lane < LANES:
        raise ValueError(f"a word has the lanes 0 to {LANES - 1}, not {lane}")
    return int.from_bytes(word[_LANE_BYTES * lane : _LANE_BYTES * (lane + 1)], "big")


def scaled_lane(row: bytes, settled: SettledScores, lane: int) -> list[int]:
    """One parameter of every included update at the norm that the round allows it. Mirrors `Disproof.scaledLane`.

    Args:
        row: at least as long as the medians want it.
        settled: the posted medians.
        lane: 0 to 7.
    """
    scales = [settled.scales[i] for i in settled.included]
    values = [lane_of(word, lane) for word in words_of(row)[: len(scales)]]
    return [
        value * scale // UNIT_SCALE + OFFSET - OFFSET * scale // UNIT_SCALE
        for value, scale in zip(values, scales, strict=True)
    ]


def witnesses(config: SettlementConfig, scaled: Sequence[int]) -> tuple[int, int]:
    """The honest `lo` and `hi` for the scaled values of one lane (P-15), 0 where the rule needs none."""
    ranked, n = sorted(scaled), len(scaled)
    if n and config.rule is Rule.TRIMMED_MEAN:
        k = trim_count(n, config.trim_bps)
        return ranked[k], ranked[n - 1 - k]
    if n and config.rule is Rule.MEDIAN:
        return ranked[(n - 1) // 2], 0
    return 0, 0


def wrong_padding(row: bytes, settled: SettledScores) -> bool:
    """Whether a row beyond the model is not all zero parameters, or of a wrong length. Mirrors `Disproof`."""
    return row != Z * (len(settled.included) + MODELS)


def wrong_arithmetic(config: SettlementConfig, settled: SettledScores, row: bytes, lane: int, lo: int, hi: int) -> bool:
    """Whether a new parameter is not what P-6 makes of the row, or the row has a wrong length. Mirrors `Disproof`.

    Args:
        config: rule, trim and momentum are read.
        settled: the posted medians.
        row: the posted row.
        lane: 0 to 7.
        lo: witness.
        hi: witness.

    Raises:
        WitnessInvalid: a witness that the rule needs is not the value of its rank.
        ValueError: there is no such lane.
    """
    if not 0 <= lane < LANES:
        raise ValueError(f"a word has the lanes 0 to {LANES - 1}, not {lane}")
    if len(row) != row_length(len(settled.included)):
        return True
    return honest_lane(config, settled, row, lane, lo, hi) != lane_of(words_of(row)[NEW], lane)


def honest_lane(config: SettlementConfig, settled: SettledScores, row: bytes, lane: int, lo: int, hi: int) -> int:
    """The new parameter that P-6 makes of the rest of a row, offset-binary.

    Args:
        config: rule, trim and momentum are read.
        settled: the posted medians.
        row: of the right length.
        lane: 0 to 7.
        lo: witness.
        hi: witness.

    Raises:
        WitnessInvalid: a witness that the rule needs is not the value of its rank.
        ValueError: there is no such lane.
    """
    scaled = scaled_lane(row, settled, lane)
    combined = _aggregate(config, scaled, [settled.scores[i] for i in settled.included], lo, hi)
    previous, old = (lane_of(words_of(row)[place], lane) for place in (PREVIOUS, OLD))
    look = _clamp(old + (config.beta * (old - previous)) // UNIT_BETA)
    return _clamp(look + combined - OFFSET)


def find_wrong_lane(config: SettlementConfig, settled: SettledScores, row: bytes) -> WrongLane | None:
    """The first lane of a row within the model that P-6 does not lead to, with its witnesses, or `None`.

    A row of wrong length has its first lane wrong, without witnesses.
    """
    if len(row) != row_length(len(settled.included)):
        return WrongLane(0, 0, 0)
    for lane in range(LANES):
        lo, hi = witnesses(config, scaled_lane(row, settled, lane))
        if wrong_arithmetic(config, settled, row, lane, lo, hi):
            return WrongLane(lane, lo, hi)
    return None


def wrong_update(row: bytes, slot: int, word: bytes) -> bool:
    """Whether the word of an update is not the one in its slot; a row too short for it is wrong. Mirrors `Disproof`."""
    return row[WORD_BYTES * slot : WORD_BYTES * (slot + 1)] != word


def wrong_model(row: bytes, place: int, word: bytes) -> bool:
    """Whether a model's word is not the one in the row; a misshapen row is wrong.

    Mirrors `Disproof.wrongOldModel` and `Disproof.wrongNewModel`.

    Args:
        row: the posted row.
        place: `PREVIOUS`, `OLD` or `NEW`.
        word: the word under the model's root.
    """
    misshapen = len(row) < row_length(0) or len(row) % WORD_BYTES != 0
    return misshapen or words_of(row)[place] != word


def _aggregate(config: SettlementConfig, scaled: Sequence[int], scores: Sequence[int], lo: int, hi: int) -> int:
    """What the rule makes of the scaled values, by counting and not by sorting; q = 0 of none."""
    if not scaled:
        return OFFSET
    if config.rule is Rule.TRIMMED_MEAN:
        return _trimmed_mean(scaled, trim_count(len(scaled), config.trim_bps), lo, hi)
    if config.rule is Rule.MEDIAN:
        _require_rank(lo, (len(scaled) - 1) // 2, [value < lo for value in scaled], [value <= lo for value in scaled])
        return lo
    weights = scores if config.rule is Rule.WEIGHTED_MEAN else [1] * len(scaled)
    return sum(weight * value for weight, value in zip(weights, scaled, strict=True)) // sum(weights)


def _trimmed_mean(scaled: Sequence[int], k: int, lo: int, hi: int) -> int:
    """The mean of what lies strictly between the witnesses and of as many of their equals as are kept."""
    up_to = [value <= lo for value in scaled]
    down_to = [value >= hi for value in scaled]
    _require_rank(lo, k, [value < lo for value in scaled], up_to)
    _require_rank(hi, k, [value > hi for value in scaled], down_to)
    if lo == hi:
        return lo
    between = sum(value for value in scaled if lo < value < hi)
    return (between + lo * (sum(up_to) - k) + hi * (sum(down_to) - k)) // (len(scaled) - 2 * k)


def _require_rank(witness: int, rank: int, beyond: Sequence[bool], up_to: Sequence[bool]) -> None:
    """At most `rank` values lie beyond the witness, and more than `rank` do or are equal to it."""
    if sum(beyond) > rank or sum(up_to) <= rank:
        raise WitnessInvalid(
            f"{witness} is not the value of rank {rank}: {sum(beyond)} beyond it, {sum(up_to)} up to it"
        )


def _clamp(value: int) -> int:
    return max(0, min(value, MAX_LANE))
