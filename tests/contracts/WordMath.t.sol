// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rule} from "../../contracts/interfaces/ParleyTypes.sol";
import {WordMath} from "../../contracts/libraries/WordMath.sol";
import {NumericsHarness} from "./NumericsHarness.sol";
import {Test} from "forge-std/Test.sol";

/// @title WordMathTest
/// @notice The arithmetic of P-6 against signed arithmetic written down as it is spelt.
contract WordMathTest is Test {
    NumericsHarness internal harness = new NumericsHarness();

    int256 internal constant LOWEST = type(int32).min;
    int256 internal constant HIGHEST = type(int32).max;

    /*//////////////////////////////////////////////////////////////////////////
                                       ONE LANE
    //////////////////////////////////////////////////////////////////////////*/

    /// @dev P-1: eight big-endian lanes, leftmost first.
    function testFuzz_Lane(uint32[8] calldata lanes) external pure {
        bytes32 word = _word(lanes);
        for (uint256 i; i < 8; ++i) {
            assertEq(WordMath.lane(word, i), lanes[i]);
        }
    }

    function testFuzz_RevertWhen_LaneIsBeyondTheWord(bytes32 word, uint256 index) external {
        index = bound(index, 8, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(WordMath.WordMath_NoLane.selector, index));
        harness.lane(word, index);
    }

    function testFuzz_RevertWhen_PickIsBeyondTheQuad(uint256 quad, uint256 index) external {
        index = bound(index, 4, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(WordMath.WordMath_NoLane.selector, index));
        harness.pick(quad, index);
    }

    /// @dev P-6: `x = floor(q * c / 2^16)`.
    function testFuzz_RescaleLane(int32 q, uint256 c) external pure {
        c = bound(c, 1, 65_536);
        assertEq(_signed(WordMath.rescaleLane(_lane(q), c)), _floor(int256(q) * int256(c), 65_536));
    }

    function test_RescaleLane_Extremes() external pure {
        int32[6] memory qs = [type(int32).min, type(int32).min + 1, -1, int32(0), 1, type(int32).max];
        uint256[5] memory cs = [uint256(1), 2, 32_768, 65_535, 65_536];
        for (uint256 i; i < qs.length; ++i) {
            for (uint256 j; j < cs.length; ++j) {
                int256 expected = _floor(int256(qs[i]) * int256(cs[j]), 65_536);
                assertEq(_signed(WordMath.rescaleLane(_lane(qs[i]), cs[j])), expected);
            }
        }
    }

    /// @dev P-6: the mean of offset values is the offset floor of the mean.
    function testFuzz_MeanLane(int32[] calldata qs) external pure {
        vm.assume(qs.length > 0);
        (uint256 sum, int256 signedSum) = (0, 0);
        for (uint256 i; i < qs.length; ++i) {
            sum += _lane(qs[i]);
            signedSum += qs[i];
        }
        assertEq(_signed(WordMath.meanLane(sum, qs.length)), _floor(signedSum, int256(qs.length)));
    }

    function test_MeanLane_OfNothingIsZero() external pure {
        assertEq(_signed(WordMath.meanLane(0, 0)), 0);
    }

    /// @dev P-6: `look = clamp(old + floor(beta * (old - previous) / 2^16))`, `new = clamp(look + aggregate)`.
    function testFuzz_NextLane(int32 old, int32 previous, int32 aggregate, uint16 beta) external pure {
        _checkNext(old, previous, aggregate, beta);
    }

    function test_NextLane_Extremes() external pure {
        int32[5] memory edges = [type(int32).min, -1, int32(0), 1, type(int32).max];
        uint16[4] memory betas = [uint16(0), 1, 32_768, 65_535];
        for (uint256 i; i < 500; ++i) {
            _checkNext(edges[i % 5], edges[i / 5 % 5], edges[i / 25 % 5], betas[i / 125]);
        }
    }

    function testFuzz_ClampLane(int256 value) external pure {
        uint256 expected = value < 0 ? 0 : value > 0xFFFFFFFF ? 0xFFFFFFFF : uint256(value);
        assertEq(WordMath.clampLane(uint256(value)), expected);
    }

    /// @dev P-6: trimming never leaves nothing of something.
    function testFuzz_TrimCount(uint256 n, uint256 trimBps) external pure {
        n = bound(n, 1, 256);
        trimBps = bound(trimBps, 0, 4999);
        uint256 k = WordMath.trimCount(n, trimBps);
        assertGt(n, 2 * k);
        assertLe(k * 10_000, n * trimBps);
        assertGt((k + 1) * 10_000, n * trimBps);
    }

    /*//////////////////////////////////////////////////////////////////////////
                                      FOUR LANES
    //////////////////////////////////////////////////////////////////////////*/

    function testFuzz_QuadsOfAWord(bytes32 word) external pure {
        (uint256 high, uint256 low) = (WordMath.high(word), WordMath.low(word));
        assertEq(WordMath.join(high, low), word);
        for (uint256 i; i < 4; ++i) {
            assertEq(WordMath.pick(high, i), WordMath.lane(word, 2 * i));
            assertEq(WordMath.pick(low, i), WordMath.lane(word, 2 * i + 1));
        }
    }

    /// @dev P-6: four lanes at once are four times one lane.
    function testFuzz_Rescale(bytes32 word, uint256 c) external pure {
        c = bound(c, 1, 65_536);
        bytes32 scaled =
            WordMath.join(WordMath.rescale(WordMath.high(word), c), WordMath.rescale(WordMath.low(word), c));
        for (uint256 i; i < 8; ++i) {
            assertEq(WordMath.lane(scaled, i), WordMath.rescaleLane(WordMath.lane(word, i), c));
        }
    }

    /// @dev F-46: at the limit, 256 of the largest lanes at the largest score, no lane spills into its neighbour.
    function test_Accumulate_DoesNotOverflowAtTheLimit() external pure {
        uint256 sums;
        for (uint256 i; i < 256; ++i) {
            sums = WordMath.accumulate(sums, WordMath.low(bytes32(type(uint256).max)), 65_535);
        }
        for (uint256 i; i < 4; ++i) {
            assertEq(WordMath.pick(sums, i), 256 * 65_535 * uint256(0xFFFFFFFF));
        }
    }

    function testFuzz_Accumulate(bytes32[4] calldata words, uint16[4] calldata weights) external pure {
        uint256 sums;
        uint256[4] memory expected;
        for (uint256 k; k < 4; ++k) {
            sums = WordMath.accumulate(sums, WordMath.high(words[k]), weights[k]);
            for (uint256 i; i < 4; ++i) {
                expected[i] += WordMath.lane(words[k], 2 * i) * weights[k];
            }
        }
        for (uint256 i; i < 4; ++i) {
            assertEq(WordMath.pick(sums, i), expected[i]);
        }
    }

    function testFuzz_Comparisons(bytes32 word, bytes32 bounds, uint8 equalLanes) external pure {
        uint256 x = WordMath.high(word);
        uint256 y = WordMath.high(bounds);
        for (uint256 i; i < 4; ++i) {
            uint256 mask = uint256(type(uint64).max) << (64 * i);
            if (equalLanes >> i & 1 == 1) y = y & ~mask | x & mask;
        }
        (uint256 ge, uint256 gt) = (WordMath.atLeast(x, y), WordMath.above(x, y));
        uint256 kept = WordMath.keep(x, gt);
        for (uint256 i; i < 4; ++i) {
            (uint256 a, uint256 b) = (WordMath.pick(x, i), WordMath.pick(y, i));
            assertEq(WordMath.pick(ge, i), a >= b ? 1 : 0);
            assertEq(WordMath.pick(gt, i), a > b ? 1 : 0);
            assertEq(WordMath.pick(kept, i), a > b ? a : 0);
        }
    }

    /*//////////////////////////////////////////////////////////////////////////
                                         RULES
    //////////////////////////////////////////////////////////////////////////*/

    /// @dev P-6: means of packed words are means of lanes.
    function testFuzz_MeanWords(uint256 seed, uint256 n, bool weighted) external view {
        n = bound(n, 0, 24);
        NumericsHarness.RuleCase[] memory cases = new NumericsHarness.RuleCase[](1);
        cases[0] = _case(seed, n, weighted ? Rule.WeightedMean : Rule.Mean);
        bytes32 packed = harness.meanWords(cases)[0];
        for (uint256 l; l < 8; ++l) {
            assertEq(WordMath.lane(packed, l), harness.aggregateLane(cases[0], l));
        }
    }

    /// @dev P-6: whatever the rule, the aggregate lies within the rescaled updates.
    function testFuzz_AggregateIsWithinTheUpdates(uint256 seed, uint256 n, uint8 rule) external view {
        n = bound(n, 1, 24);
        NumericsHarness.RuleCase memory c = _case(seed, n, Rule(rule % 4));
        uint256[] memory x = harness.scaledLane(c, seed % 8);
        (uint256 least, uint256 most) = (type(uint256).max, 0);
        for (uint256 i; i < n; ++i) {
            if (x[i] < least) least = x[i];
            if (x[i] > most) most = x[i];
        }
        uint256 aggregate = harness.aggregateLane(c, seed % 8);
        assertGe(aggregate, least);
        assertLe(aggregate, most);
    }

    /*//////////////////////////////////////////////////////////////////////////
                                        HELPERS
    //////////////////////////////////////////////////////////////////////////*/

    function _case(uint256 seed, uint256 n, Rule rule) internal pure returns (NumericsHarness.RuleCase memory c) {
        c.rule = rule;
        c.trimBps = seed % 5000;
        (c.scales, c.scores, c.updates) = (new uint256[](n), new uint256[](n), new bytes32[](n));
        for (uint256 i; i < n; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            c.scales[i] = 1 + random % 65_536;
            c.scores[i] = 1 + (random >> 32) % 65_535;
            c.updates[i] = keccak256(abi.encode(random));
        }
    }

    function _checkNext(int256 old, int256 previous, int256 aggregate, uint256 beta) internal pure {
        int256 look = _clamp(old + _floor(int256(beta) * (old - previous), 65_536));
        assertEq(_signed(WordMath.lookLane(_lane(old), _lane(previous), beta)), look);
        uint256 next = WordMath.nextLane(_lane(old), _lane(previous), _lane(aggregate), beta);
        assertEq(_signed(next), _clamp(look + aggregate));
    }

    function _word(uint32[8] calldata lanes) internal pure returns (bytes32) {
        uint256 word;
        for (uint256 i; i < 8; ++i) {
            word = word << 32 | lanes[i];
        }
        return bytes32(word);
    }

    function _lane(int256 q) internal pure returns (uint256) {
        return uint256(q + 2 ** 31);
    }

    function _signed(uint256 u) internal pure returns (int256) {
        return int256(u) - 2 ** 31;
    }

    function _clamp(int256 value) internal pure returns (int256) {
        return value < LOWEST ? LOWEST : value > HIGHEST ? HIGHEST : value;
    }

    function _floor(int256 a, int256 b) internal pure returns (int256 quotient) {
        quotient = a / b;
        if (a % b < 0) --quotient;
    }
}
