// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rule} from "../../contracts/interfaces/ParleyTypes.sol";
import {Scoring} from "../../contracts/libraries/Scoring.sol";
import {WordMath} from "../../contracts/libraries/WordMath.sol";
import {WordTree} from "../../contracts/libraries/WordTree.sol";

/// @title NumericsHarness
/// @notice The numeric libraries behind external functions, for Solidity tests and for the differential test in Python.
/// @dev Every function first fills scratch and free memory with junk, so that assembly which relies on zeroes is found
/// out.
contract NumericsHarness {
    /// @notice A word of every included update, of the previous and of the old model, and how to combine them.
    struct RuleCase {
        Rule rule;
        uint256 trimBps;
        uint256 beta;
        uint256[] scales;
        uint256[] scores;
        bytes32[] updates;
        bytes32 previous;
        bytes32 old;
    }

    /// @notice A round's revealed vectors, what the other side made of them, and the pools.
    struct ScoringCase {
        bytes[] vectors;
        uint256[] own;
        bytes medians;
        uint256 trainerPool;
        uint256 evaluatorPool;
    }

    /// @notice What a round's vectors come to.
    struct Scores {
        bytes medians;
        uint256 norm;
        uint256 included;
        uint256[] qualities;
        uint256[] trainerShares;
        uint256[] evaluatorShares;
    }

    modifier brutalized() {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(0x00, not(0))
            mstore(0x20, not(free))
            for { let p := free } lt(p, add(free, 0x4000)) { p := add(p, 0x20) } { mstore(p, not(p)) }
        }
        _;
    }

    /*//////////////////////////////////////////////////////////////////////////
                                      WORD TREE
    //////////////////////////////////////////////////////////////////////////*/

    function wordsFor(uint256 params) external pure brutalized returns (uint256) {
        return WordTree.wordsFor(params);
    }

    function depth(uint256 words) external pure brutalized returns (uint256) {
        return WordTree.depth(words);
    }

    function rootFrom(bytes32 leaf, uint256 index, bytes32[] calldata path) external pure brutalized returns (bytes32) {
        return WordTree.rootFrom(leaf, index, path);
    }

    function verify(bytes32 root, bytes32 leaf, uint256 index, bytes32[] calldata path, uint256 levels)
        external
        pure
        brutalized
        returns (bool)
    {
        return WordTree.verify(root, leaf, index, path, levels);
    }

    function foldWords(bytes calldata nodes) external pure brutalized returns (bytes32) {
        return WordTree.foldWords(nodes);
    }

    function uniformRoot(bytes32 leaf, uint256 levels) external pure brutalized returns (bytes32) {
        return WordTree.uniformRoot(leaf, levels);
    }

    function rowLeaf(bytes calldata row) external pure brutalized returns (bytes32) {
        return WordTree.rowLeaf(row);
    }

    function rewardLeaf(uint256 operator, uint256 cumulative) external pure brutalized returns (bytes32) {
        address account;
        uint128 amount;
        assembly ("memory-safe") {
            // upper bits stay dirty on purpose
            account := operator
            amount := cumulative
        }
        return WordTree.rewardLeaf(account, amount);
    }

    /*//////////////////////////////////////////////////////////////////////////
                                      WORD MATH
    //////////////////////////////////////////////////////////////////////////*/

    function lane(bytes32 word, uint256 index) external pure brutalized returns (uint256) {
        return WordMath.lane(word, index);
    }

    function pick(uint256 quad, uint256 index) external pure brutalized returns (uint256) {
        return WordMath.pick(quad, index);
    }

    /// @notice The word of the next model in each case, one lane at a time.
    function nextWords(RuleCase[] calldata cases) external pure brutalized returns (bytes32[] memory words) {
        words = new bytes32[](cases.length);
        for (uint256 i; i < cases.length; ++i) {
            uint256 word;
            for (uint256 l; l < 8; ++l) {
                word = word << 32 | nextLane(cases[i], l);
            }
            words[i] = bytes32(word);
        }
    }

    /// @notice The word of the aggregate in each case, four lanes at a time; means only.
    function meanWords(RuleCase[] calldata cases) external pure brutalized returns (bytes32[] memory words) {
        words = new bytes32[](cases.length);
        for (uint256 i; i < cases.length; ++i) {
            words[i] = _meanWord(cases[i]);
        }
    }

    /// @notice The lane of the next model.
    function nextLane(RuleCase calldata c, uint256 l) public pure returns (uint256) {
        return WordMath.nextLane(WordMath.lane(c.old, l), WordMath.lane(c.previous, l), aggregateLane(c, l), c.beta);
    }

    /// @notice The lane of the aggregate, by sorting.
    function aggregateLane(RuleCase calldata c, uint256 l) public pure returns (uint256) {
        uint256[] memory x = scaledLane(c, l);
        uint256 n = x.length;
        if (c.rule == Rule.WeightedMean) return _weighted(x, c.scores);
        (uint256 from, uint256 to) = (0, n);
        if (c.rule == Rule.TrimmedMean) {
            from = WordMath.trimCount(n, c.trimBps);
            to = n - from;
        } else if (c.rule == Rule.Median && n > 0) {
            from = WordMath.medianRank(n);
            to = from + 1;
        }
        Scoring.sort(x);
        uint256 sum;
        for (uint256 i = from; i < to; ++i) {
            sum += x[i];
        }
        return WordMath.meanLane(sum, to - from);
    }

    /// @notice The rescaled lane of each update.
    function scaledLane(RuleCase calldata c, uint256 l) public pure returns (uint256[] memory x) {
        x = new uint256[](c.updates.length);
        for (uint256 i; i < x.length; ++i) {
            x[i] = WordMath.rescaleLane(WordMath.lane(c.updates[i], l), c.scales[i]);
        }
    }

    function _weighted(uint256[] memory x, uint256[] calldata weights) private pure returns (uint256) {
        (uint256 sum, uint256 total) = (0, 0);
        for (uint256 i; i < x.length; ++i) {
            sum += x[i] * weights[i];
            total += weights[i];
        }
        return WordMath.meanLane(sum, total);
    }

    function _meanWord(RuleCase calldata c) private pure returns (bytes32) {
        (uint256 high, uint256 low, uint256 total) = (0, 0, 0);
        for (uint256 i; i < c.updates.length; ++i) {
            uint256 weight = c.rule == Rule.WeightedMean ? c.scores[i] : 1;
            high = WordMath.accumulate(high, WordMath.rescale(WordMath.high(c.updates[i]), c.scales[i]), weight);
            low = WordMath.accumulate(low, WordMath.rescale(WordMath.low(c.updates[i]), c.scales[i]), weight);
            total += weight;
        }
        return WordMath.join(_meanQuad(high, total), _meanQuad(low, total));
    }

    function _meanQuad(uint256 sums, uint256 total) private pure returns (uint256 quad) {
        for (uint256 i; i < 4; ++i) {
            quad = quad << 64 | WordMath.meanLane(WordMath.pick(sums, i), total);
        }
    }

    /*//////////////////////////////////////////////////////////////////////////
                                       SCORING
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice Everything that follows from a round's vectors, in each case.
    function scores(ScoringCase[] calldata cases) external pure brutalized returns (Scores[] memory results) {
        results = new Scores[](cases.length);
        for (uint256 i; i < cases.length; ++i) {
            results[i] = score(cases[i]);
        }
    }

    /// @notice Everything that follows from a round's vectors.
    function score(ScoringCase calldata c) public pure returns (Scores memory result) {
        Scoring.requireShape(c.vectors, c.medians.length / 4);
        for (uint256 i; i < c.medians.length / 4; ++i) {
            result.medians = bytes.concat(result.medians, bytes4(uint32(Scoring.settledEntry(c.vectors, c.own, i))));
        }
        result.norm = Scoring.settledNorm(c.vectors);
        result.included = Scoring.includedCount(c.medians);
        result.qualities = new uint256[](c.vectors.length);
        for (uint256 k; k < c.vectors.length; ++k) {
            result.qualities[k] = Scoring.evaluatorQuality(c.vectors[k], c.medians, c.own[k]);
        }
        result.trainerShares = Scoring.trainerShares(c.trainerPool, c.medians);
        result.evaluatorShares = Scoring.evaluatorShares(c.evaluatorPool, c.vectors, c.own, c.medians);
    }

    function lowerMedian(uint256[] calldata sorted) external pure brutalized returns (uint256) {
        return Scoring.lowerMedian(sorted);
    }

    function upperMedian(uint256[] calldata sorted) external pure brutalized returns (uint256) {
        return Scoring.upperMedian(sorted);
    }

    function requireShape(bytes[] calldata vectors, uint256 count) external pure brutalized {
        Scoring.requireShape(vectors, count);
    }

    function settledNorm(bytes[] calldata vectors) external pure brutalized returns (uint256) {
        return Scoring.settledNorm(vectors);
    }

    function settledEntry(bytes[] calldata vectors, uint256[] calldata own, uint256 index)
        external
        pure
        brutalized
        returns (uint256)
    {
        return Scoring.settledEntry(vectors, own, index);
    }

    function trainerShares(uint256 pool, bytes calldata medians) external pure brutalized returns (uint256[] memory) {
        return Scoring.trainerShares(pool, medians);
    }

    function evaluatorShares(uint256 pool, bytes[] calldata vectors, uint256[] calldata own, bytes calldata medians)
        external
        pure
        brutalized
        returns (uint256[] memory)
    {
        return Scoring.evaluatorShares(pool, vectors, own, medians);
    }

    function quality(bytes calldata vector, bytes calldata medians, uint256 own)
        external
        pure
        brutalized
        returns (uint256)
    {
        return Scoring.evaluatorQuality(vector, medians, own);
    }
}
