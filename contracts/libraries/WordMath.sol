// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title WordMath
/// @notice The arithmetic of the aggregation rules on packed words and on single parameters (P-1, P-6).
/// @dev A *lane* is a parameter in offset-binary, `u = q + 2^31` in 32 bits; a word holds eight, lane 0 leftmost. Sums
/// of many updates need more than 32 bits, so packed arithmetic works on *quads*: four lanes of 64 bits, each with a
/// value in its low bits. A word is two quads, {high} (lanes 0, 2, 4, 6) and {low} (lanes 1, 3, 5, 7). Floors of offset
/// values are offset floors, `floor((q + 2^31 * n) / n) = floor(q / n) + 2^31`, so that nothing here needs a sign. The
/// mirror of this library is `parley.numerics.rules`.
library WordMath {
    /// @notice What q = 0 is as a lane.
    uint256 internal constant OFFSET = 1 << 31;

    /// @notice The largest lane, q = 2^31 - 1.
    uint256 internal constant MAX_LANE = 0xFFFFFFFF;

    /// @notice The scale that leaves an update as it is; scales are 1 to this (P-25).
    uint256 internal constant UNIT_SCALE = 1 << 16;

    /// @notice Basis points to the whole.
    uint256 internal constant BASIS = 10_000;

    /// @dev The low 32 bits of each lane of a quad.
    uint256 private constant LOW_HALVES = 0x00000000FFFFFFFF00000000FFFFFFFF00000000FFFFFFFF00000000FFFFFFFF;

    /// @dev The lowest bit of each lane of a quad: multiplying by it copies a value to all four lanes.
    uint256 private constant ONES = 0x0000000000000001000000000000000100000000000000010000000000000001;

    /// @dev The highest bit of each lane of a quad: set, it lends to a subtraction in its own lane only.
    uint256 private constant TOPS = 0x8000000000000000800000000000000080000000000000008000000000000000;

    /// @notice Thrown when a word has no such lane.
    /// @param index The index asked for; lanes are 0 to 7, lanes of a quad 0 to 3.
    error WordMath_NoLane(uint256 index);

    /*//////////////////////////////////////////////////////////////////////////
                                      ONE LANE
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice One parameter of a word.
    /// @param word The word.
    /// @param index The lane, 0 (leftmost) to 7; reverts beyond.
    /// @return u The parameter, offset-binary.
    function lane(bytes32 word, uint256 index) internal pure returns (uint256 u) {
        if (index > 7) revert WordMath_NoLane(index);
        unchecked {
            u = (uint256(word) >> (224 - 32 * index)) & MAX_LANE;
        }
    }

    /// @notice An update's parameter at the norm that the round allows, `x = floor(q * c / 2^16)`, offset-binary (P-6).
    /// @param u The parameter q, offset-binary.
    /// @param c The scale, 1 to {UNIT_SCALE}.
    /// @return x `((u * c) >> 16) + 2^31 - (c << 15)`.
    function rescaleLane(uint256 u, uint256 c) internal pure returns (uint256 x) {
        unchecked {
            x = ((u * c) >> 16) + OFFSET - (c << 15);
        }
    }

    /// @notice The floored mean of a weighted sum of offset-binary parameters; q = 0 of nothing.
    /// @param sum The sum of `w * x`, x offset-binary.
    /// @param total The sum of the weights w.
    /// @return aggregate The mean, offset-binary.
    function meanLane(uint256 sum, uint256 total) internal pure returns (uint256 aggregate) {
        return total == 0 ? OFFSET : sum / total;
    }

    /// @notice How many of n values the trimmed mean leaves out at each end.
    /// @param n The number of included updates.
    /// @param trimBps The policy's trim, in basis points, below 5000.
    /// @return k `floor(n * trimBps / 10000)`.
    function trimCount(uint256 n, uint256 trimBps) internal pure returns (uint256 k) {
        return n * trimBps / BASIS;
    }

    /// @notice The rank of the median of n values, counted from 0: the lower one of two.
    /// @param n The number of included updates, not zero.
    /// @return rank `(n - 1) / 2`.
    function medianRank(uint256 n) internal pure returns (uint256 rank) {
        return (n - 1) / 2;
    }

    /// @notice Where local training starts: `clamp(old + floor(beta * (old - previous) / 2^16))` (P-6).
    /// @param old The parameter of the model that the round starts from, offset-binary.
    /// @param previous The parameter of the model before it, offset-binary.
    /// @param beta The server's momentum, in 2^-16, below 2^16.
    /// @return look The look-ahead point, offset-binary.
    function lookLane(uint256 old, uint256 previous, uint256 beta) internal pure returns (uint256 look) {
        assembly ("memory-safe") {
            // an arithmetic shift is a floor
            look := add(old, sar(16, mul(beta, sub(old, previous))))
        }
        return clampLane(look);
    }

    /// @notice The parameter of the model after the round: `clamp(look + aggregate)` (P-6).
    /// @param old The parameter of the model that the round starts from, offset-binary.
    /// @param previous The parameter of the model before it, offset-binary.
    /// @param aggregate What the updates come to, offset-binary.
    /// @param beta The server's momentum, in 2^-16, below 2^16.
    /// @return u The new parameter, offset-binary.
    function nextLane(uint256 old, uint256 previous, uint256 aggregate, uint256 beta)
        internal
        pure
        returns (uint256 u)
    {
        unchecked {
            // both are offset: one offset too many, and negative sums wrap, which the clamp expects
            return clampLane(lookLane(old, previous, beta) + aggregate - OFFSET);
        }
    }

    /// @notice The nearest value that a lane can hold.
    /// @param value A signed offset-binary value in two's complement.
    /// @return u `value` between 0 and {MAX_LANE}.
    function clampLane(uint256 value) internal pure returns (uint256 u) {
        assembly ("memory-safe") {
            u := mul(value, sgt(value, 0))
            if gt(u, MAX_LANE) { u := MAX_LANE }
        }
    }

    /*//////////////////////////////////////////////////////////////////////////
                                     FOUR LANES
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice Lanes 0, 2, 4 and 6 of a word as a quad.
    /// @param word The word.
    /// @return quad Four values below 2^32.
    function high(bytes32 word) internal pure returns (uint256 quad) {
        return (uint256(word) >> 32) & LOW_HALVES;
    }

    /// @notice Lanes 1, 3, 5 and 7 of a word as a quad.
    /// @param word The word.
    /// @return quad Four values below 2^32.
    function low(bytes32 word) internal pure returns (uint256 quad) {
        return uint256(word) & LOW_HALVES;
    }

    /// @notice The word of two quads.
    /// @param highQuad Lanes 0, 2, 4 and 6, each below 2^32.
    /// @param lowQuad Lanes 1, 3, 5 and 7, each below 2^32.
    /// @return word The eight lanes in their places.
    function join(uint256 highQuad, uint256 lowQuad) internal pure returns (bytes32 word) {
        return bytes32(highQuad << 32 | lowQuad);
    }

    /// @notice One value of a quad.
    /// @param quad The quad.
    /// @param index The lane, 0 (leftmost) to 3; reverts beyond.
    /// @return value The lane's 64 bits.
    function pick(uint256 quad, uint256 index) internal pure returns (uint256 value) {
        if (index > 3) revert WordMath_NoLane(index);
        unchecked {
            value = (quad >> (192 - 64 * index)) & type(uint64).max;
        }
    }

    /// @notice {rescaleLane} of four parameters at once.
    /// @param quad Four parameters, offset-binary.
    /// @param c The scale, 1 to {UNIT_SCALE}.
    /// @return scaled Four parameters, offset-binary.
    function rescale(uint256 quad, uint256 c) internal pure returns (uint256 scaled) {
        unchecked {
            // the offset's correction is a multiple of 2^16, so it may be added before the shift: a lane stays below
            // 2^49
            scaled = ((quad * c + ((1 << 47) - (c << 31)) * ONES) >> 16) & LOW_HALVES;
        }
    }

    /// @notice Add four weighted values to four sums.
    /// @dev No lane overflows while the weights sum to less than 2^32; at most 256 scores of 16 bits sum to less than
    /// 2^24.
    /// @param sums Four sums.
    /// @param quad Four values below 2^32.
    /// @param weight Their weight.
    /// @return added Four sums.
    function accumulate(uint256 sums, uint256 quad, uint256 weight) internal pure returns (uint256 added) {
        unchecked {
            added = sums + quad * weight;
        }
    }

    /// @notice Which of four values are at least their bounds.
    /// @param quad Four values below 2^63.
    /// @param bounds Four bounds below 2^63.
    /// @return flags 1 in each lane where value >= bound, else 0; flags of many quads add up to counts.
    function atLeast(uint256 quad, uint256 bounds) internal pure returns (uint256 flags) {
        unchecked {
            flags = (((quad | TOPS) - bounds) >> 63) & ONES;
        }
    }

    /// @notice Which of four values are above their bounds.
    /// @param quad Four values below 2^63.
    /// @param bounds Four bounds below 2^63.
    /// @return flags 1 in each lane where value > bound, else 0; flags of many quads add up to counts.
    function above(uint256 quad, uint256 bounds) internal pure returns (uint256 flags) {
        return atLeast(bounds, quad) ^ ONES;
    }

    /// @notice Keep the values whose flag is 1, and make the others 0.
    /// @param quad Four values below 2^32.
    /// @param flags 0 or 1 in each lane.
    /// @return kept Four values.
    function keep(uint256 quad, uint256 flags) internal pure returns (uint256 kept) {
        unchecked {
            kept = quad & (flags * MAX_LANE);
        }
    }
}
