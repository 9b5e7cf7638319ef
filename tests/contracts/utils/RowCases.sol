// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rule} from "../../../contracts/interfaces/ParleyTypes.sol";
import {Disproof} from "../../../contracts/libraries/Disproof.sol";
import {Scoring} from "../../../contracts/libraries/Scoring.sol";
import {WordMath} from "../../../contracts/libraries/WordMath.sol";
import {NumericsHarness} from "../NumericsHarness.sol";

/// @notice A row and all that decides whether it is right, and honest witnesses for one of its lanes.
struct RowCase {
    Disproof.Rules rules;
    bytes medians;
    uint256[] scales;
    uint256[] scores;
    bytes32[] updates;
    bytes32 previous;
    bytes32 old;
    bytes32 next;
    uint256 lane;
}

/// @title RowCases
/// @notice Makes rows from a seed: none, one, some and 256 updates; ties, extremes and random values; scales that keep ties,
/// make ties, or neither. What is right is computed by sorting, in {NumericsHarness}.
library RowCases {
    /// @notice A row whose new lane is right.
    function make(NumericsHarness harness, uint256 seed, Rule rule) internal pure returns (RowCase memory c) {
        c.rules = Disproof.Rules(rule, _at(seed, "trim") % 5000, _beta(_at(seed, "beta")));
        c.lane = _at(seed, "lane") % 8;
        _fillMedians(c, seed);
        uint256 n = c.scales.length;
        c.updates = new bytes32[](n);
        for (uint256 i; i < n; ++i) {
            c.updates[i] = _wordOf(seed, i);
        }
        (c.previous, c.old, c.next) = (_wordOf(seed, 1000), _wordOf(seed, 1001), _wordOf(seed, 1002));
        c.next = withLane(c.next, c.lane, expected(harness, c));
    }

    /// @notice What the new lane must be.
    function expected(NumericsHarness harness, RowCase memory c) internal pure returns (uint256) {
        return harness.nextLane(_ruleCase(c), c.lane);
    }

    /// @notice The scaled values of the lane, sorted.
    function sorted(NumericsHarness harness, RowCase memory c) internal pure returns (uint256[] memory x) {
        x = harness.scaledLane(_ruleCase(c), c.lane);
        Scoring.sort(x);
    }

    /// @notice The honest witnesses; zeros where the rule needs none.
    function witnesses(NumericsHarness harness, RowCase memory c) internal pure returns (uint256 lo, uint256 hi) {
        uint256[] memory x = sorted(harness, c);
        if (x.length == 0) return (0, 0);
        uint256 k = WordMath.trimCount(x.length, c.rules.trimBps);
        if (c.rules.rule == Rule.TrimmedMean) return (x[k], x[x.length - 1 - k]);
        if (c.rules.rule == Rule.Median) return (x[(x.length - 1) / 2], 0);
    }

    /// @notice The row's bytes.
    function row(RowCase memory c) internal pure returns (bytes memory) {
        return abi.encodePacked(c.updates, c.previous, c.old, c.next);
    }

    /// @notice A word with another value in one lane.
    function withLane(bytes32 word, uint256 lane, uint256 u) internal pure returns (bytes32) {
        uint256 shift = 224 - 32 * lane;
        return bytes32(uint256(word) & ~(uint256(type(uint32).max) << shift) | u << shift);
    }

    function _fillMedians(RowCase memory c, uint256 seed) private pure {
        uint256 shape = _at(seed, "shape") % 8;
        uint256 revealed = shape == 0 ? 3 : shape == 1 ? 1 : shape == 2 ? 256 : 2 + _at(seed, "revealed") % 20;
        (uint256[] memory scales, uint256[] memory scores) = (new uint256[](revealed), new uint256[](revealed));
        uint256 n;
        for (uint256 i; i < revealed; ++i) {
            uint256 random = _at(seed, i);
            bool included = shape == 1 || shape == 2 || (shape != 0 && random % 4 != 0);
            scores[n] = 1 + (random >> 16) % (random >> 8 & 1 == 0 ? 300 : 65_535);
            scales[n] = _scale(seed, random >> 64);
            uint256 entry = included ? scores[n] << 16 | (scales[n] - 1) : 0;
            c.medians = bytes.concat(c.medians, bytes4(uint32(entry)));
            if (included) ++n;
        }
        assembly ("memory-safe") {
            mstore(scales, n)
            mstore(scores, n)
        }
        (c.scales, c.scores) = (scales, scores);
    }

    function _scale(uint256 seed, uint256 random) private pure returns (uint256) {
        uint256 kind = _at(seed, "scales") % 4;
        return kind == 0 ? 65_536 : kind == 1 ? 1 + random % 3 : 1 + random % 65_536;
    }

    /// @dev Eight lanes of a few values, of extremes, or of any.
    function _wordOf(uint256 seed, uint256 i) private pure returns (bytes32 word) {
        uint256 kind = _at(seed, "values") % 4;
        uint32[6] memory extremes = [0, 1, type(uint32).max >> 1, 1 << 31, type(uint32).max - 1, type(uint32).max];
        for (uint256 lane; lane < 8; ++lane) {
            uint256 random = uint256(keccak256(abi.encode(seed, "word", i, lane)));
            uint256 u = random >> 224;
            if (kind == 0) u = (1 << 31) + random % 3;
            if (kind == 1) u = extremes[random % 6];
            word = withLane(word, lane, u);
        }
    }

    function _beta(uint256 random) private pure returns (uint256) {
        uint256 kind = random % 4;
        return kind == 0 ? 0 : kind == 1 ? 32_768 : kind == 2 ? 65_535 : (random >> 8) % 65_536;
    }

    function _ruleCase(RowCase memory c) private pure returns (NumericsHarness.RuleCase memory) {
        return NumericsHarness.RuleCase({
            rule: c.rules.rule,
            trimBps: c.rules.trimBps,
            beta: c.rules.beta,
            scales: c.scales,
            scores: c.scores,
            updates: c.updates,
            previous: c.previous,
            old: c.old
        });
    }

    function _at(uint256 seed, string memory what) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what)));
    }

    function _at(uint256 seed, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, i)));
    }
}
