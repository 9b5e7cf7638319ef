// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rule} from "../interfaces/ParleyTypes.sol";
import {Scoring} from "./Scoring.sol";
import {WordMath} from "./WordMath.sol";
import {WordTree} from "./WordTree.sol";

/// @title Disproof
/// @notice What is wrong with a settlement, as pure questions about committed data (section 7).
/// @dev Each answers yes only if the settlement lies, whatever else the caller supplies, and each lie has a call that
/// answers yes: sound and complete. Nothing here panics on committed data. The caller has authenticated rows and words by
/// their roots, and medians by their hash, whose length is four bytes for each of at most 256 revealed updates.
library Disproof {
    /// @notice What P-6 needs of a policy.
    /// @param rule Aggregation rule.
    /// @param trimBps For the trimmed mean: share cut at each end, in basis points, below 5000.
    /// @param beta Server momentum in units of 2**-16.
    struct Rules {
        Rule rule;
        uint256 trimBps;
        uint256 beta;
    }

    /// @notice Words of the models at the end of a row: the previous, the old and the new one.
    uint256 internal constant MODELS = 3;

    /// @dev From the end of a row to these words of it, in words.
    uint256 private constant PREVIOUS = 3;
    uint256 private constant OLD = 2;
    uint256 private constant NEW = 1;

    /// @notice Thrown when a witness is not the value of its rank, so that nothing is shown (P-15).
    /// @param witness The value, offset-binary.
    /// @param rank How many values are to be below it (or, for the upper witness, above it), at most.
    /// @param beyond How many values are below (above) it.
    /// @param upTo How many values are below (above) it or equal.
    error Disproof_WitnessInvalid(uint256 witness, uint256 rank, uint256 beyond, uint256 upTo);

    /// @notice Thrown when fewer updates are included than the slot asks for.
    /// @param slot Position among the included updates, from 0.
    /// @param included How many there are.
    error Disproof_NoSuchSlot(uint256 slot, uint256 included);

    /* ------------------------------------------- ROWS --------------------------------------------- */

    /// @notice The length of a row.
    /// @param included The number of included updates N.
    /// @return length `32 * (N + 3)` bytes.
    function rowLength(uint256 included) internal pure returns (uint256 length) {
        return 32 * (included + MODELS);
    }

    /// @notice Whether a row whose words are all beyond the model is anything but words of zero parameters, or has a wrong
    /// length.
    /// @param row The row.
    /// @param medians The settled entries.
    function wrongPadding(bytes calldata row, bytes calldata medians) internal pure returns (bool) {
        if (row.length != rowLength(Scoring.includedCount(medians))) return true;
        for (uint256 i; i < row.length; i += 32) {
            if (_word(row, i) != WordTree.Z) return true;
        }
        return false;
    }

    /// @notice Whether a lane of the new model's word is not what P-6 makes of the row, or the row has a wrong length.
    /// @param rules What P-6 needs of the policy.
    /// @param row The row.
    /// @param medians The settled entries.
    /// @param lane The lane, 0 (leftmost) to 7; reverts beyond.
    /// @param lo Witness: of the scaled values the smallest that the trimmed mean keeps, or the median; ignored by means.
    /// @param hi Witness: the largest that the trimmed mean keeps; ignored by the others.
    function wrongArithmetic(
        Rules memory rules,
        bytes calldata row,
        bytes calldata medians,
        uint256 lane,
        uint256 lo,
        uint256 hi
    ) internal pure returns (bool) {
        if (lane > 7) revert WordMath.WordMath_NoLane(lane);
        (uint256[] memory x, uint256[] memory scores) = scaledLane(row, medians, lane);
        if (row.length != rowLength(x.length)) return true;
        uint256 aggregate = _aggregate(rules, x, scores, lo, hi);
        uint256 next = WordMath.nextLane(_model(row, OLD, lane), _model(row, PREVIOUS, lane), aggregate, rules.beta);
        return next != _model(row, NEW, lane);
    }

    /// @notice Whether a word of an update is not the one in its slot of the row. A row too short for the slot is wrong.
    /// @param row The row.
    /// @param slot Position among the included updates, from 0.
    /// @param word The word under the update's revealed root.
    function wrongUpdate(bytes calldata row, uint256 slot, bytes32 word) internal pure returns (bool) {
        return 32 * slot + 32 > row.length || _word(row, 32 * slot) != word;
    }

    /// @notice Whether a word of the last final model (or the one before it) is not the one in the row. A row that is no
    /// row of any number of updates is wrong.
    /// @dev If the row has a wrong length, the word may be sought in a wrong place: the settlement is wrong all the same.
    /// @param row The row.
    /// @param previous True for the model before the last final one.
    /// @param word The word under the model's root.
    function wrongOldModel(bytes calldata row, bool previous, bytes32 word) internal pure returns (bool) {
        return _misshapen(row) || _modelWord(row, previous ? PREVIOUS : OLD) != word;
    }

    /// @notice Whether a word of the posted model is not the one in the row; as {wrongOldModel}.
    /// @param row The row.
    /// @param word The word under the posted model root.
    function wrongNewModel(bytes calldata row, bytes32 word) internal pure returns (bool) {
        return _misshapen(row) || _modelWord(row, NEW) != word;
    }

    /// @notice The reveal index of an included update.
    /// @param medians The settled entries.
    /// @param slot Position among the included updates, from 0; reverts beyond.
    /// @return index Its reveal index.
    function revealIndex(bytes calldata medians, uint256 slot) internal pure returns (uint256 index) {
        uint256 left = slot;
        for (uint256 end = medians.length / 4; index < end; ++index) {
            if (Scoring.medianEntry(medians, index) >> 16 == 0) continue;
            if (left == 0) return index;
            --left;
        }
        revert Disproof_NoSuchSlot(slot, slot - left);
    }

    /* ------------------------------------------- RULES -------------------------------------------- */

    /// @notice One lane of every included update at the norm that the round allows, and their scores (P-6).
    /// @dev Reads whatever calldata follows a row that is too short; the caller compares the lengths.
    /// @param row The row.
    /// @param medians The settled entries.
    /// @param lane The lane, 0 to 7.
    /// @return x The scaled values, offset-binary, in reveal order.
    /// @return scores Their settled scores.
    function scaledLane(bytes calldata row, bytes calldata medians, uint256 lane)
        internal
        pure
        returns (uint256[] memory x, uint256[] memory scores)
    {
        assembly ("memory-safe") {
            // both arrays have room for all revealed updates and, in the end, the length of the included ones
            let room := add(shl(3, medians.length), 0x20)
            x := mload(0x40)
            scores := add(x, room)
            mstore(0x40, add(scores, room))
            let to := add(x, 0x20)
            let word := row.offset
            let entry := medians.offset
            for { let end := add(entry, medians.length) } lt(entry, end) { entry := add(entry, 4) } {
                let score := shr(240, calldataload(entry))
                if score {
                    let c := add(and(shr(224, calldataload(entry)), 0xFFFF), 1)
                    let u := and(shr(sub(224, shl(5, lane)), calldataload(word)), 0xFFFFFFFF)
                    // WordMath.rescaleLane
                    mstore(to, sub(add(shr(16, mul(u, c)), 0x80000000), shl(15, c)))
                    mstore(add(to, room), score)
                    to := add(to, 0x20)
                    word := add(word, 0x20)
                }
            }
            let n := sub(shr(5, sub(to, x)), 1)
            mstore(x, n)
            mstore(scores, n)
        }
    }

    /// @dev What the rule makes of the scaled values; q = 0 of none. Sums stay below 256 * 2^16 * 2^32.
    function _aggregate(Rules memory rules, uint256[] memory x, uint256[] memory scores, uint256 lo, uint256 hi)
        private
        pure
        returns (uint256)
    {
        if (x.length == 0) return WordMath.OFFSET;
        if (rules.rule == Rule.TrimmedMean) {
            return _trimmedMean(x, WordMath.trimCount(x.length, rules.trimBps), lo, hi);
        }
        if (rules.rule == Rule.Median) return _ranked(x, WordMath.medianRank(x.length), lo);
        (uint256 sum, uint256 total) = (0, 0);
        bool weighted = rules.rule == Rule.WeightedMean;
        unchecked {
            for (uint256 i; i < x.length; ++i) {
                uint256 weight = weighted ? scores[i] : 1;
                sum += weight * x[i];
                total += weight;
            }
        }
        return WordMath.meanLane(sum, total);
    }

    /// @dev P-15: `lo` is the value of rank k from below, `hi` that of rank k from above, each held up by two counts, so
    /// that neither a value between two others nor a neighbour passes. What lies strictly between is summed; of the values
    /// equal to a witness those are added that are not among the k left out.
    function _trimmedMean(uint256[] memory x, uint256 k, uint256 lo, uint256 hi) private pure returns (uint256) {
        (uint256 below, uint256 upToLo, uint256 above, uint256 downToHi, uint256 sum) = (0, 0, 0, 0, 0);
        unchecked {
            for (uint256 i; i < x.length; ++i) {
                uint256 value = x[i];
                if (value < lo) ++below;
                if (value <= lo) ++upToLo;
                if (value > hi) ++above;
                if (value >= hi) ++downToHi;
                if (lo < value && value < hi) sum += value;
            }
            _requireRank(lo, k, below, upToLo);
            _requireRank(hi, k, above, downToHi);
            // k < x.length / 2, so lo <= hi; if they are equal, all that is kept is
            if (lo == hi) return lo;
            return (sum + lo * (upToLo - k) + hi * (downToHi - k)) / (x.length - 2 * k);
        }
    }

    /// @dev P-15: the value of a rank from below, given as a witness.
    function _ranked(uint256[] memory x, uint256 rank, uint256 witness) private pure returns (uint256) {
        (uint256 below, uint256 upTo) = (0, 0);
        unchecked {
            for (uint256 i; i < x.length; ++i) {
                if (x[i] < witness) ++below;
                if (x[i] <= witness) ++upTo;
            }
        }
        _requireRank(witness, rank, below, upTo);
        return witness;
    }

    /// @dev At most `rank` values lie beyond the witness, and more than `rank` do or are equal to it: sorted, the value at
    /// `rank` is neither smaller nor larger.
    function _requireRank(uint256 witness, uint256 rank, uint256 beyond, uint256 upTo) private pure {
        if (beyond > rank || upTo <= rank) revert Disproof_WitnessInvalid(witness, rank, beyond, upTo);
    }

    /* ------------------------------------------ REWARDS ------------------------------------------- */

    /// @notice A member's leaf of the reward tree: zero while it has earned nothing (P-12).
    /// @param operator Whose.
    /// @param cumulative All it ever earned, below 2**128, in units of the token's decimals.
    /// @return leaf The leaf.
    function rewardLeaf(address operator, uint256 cumulative) internal pure returns (bytes32 leaf) {
        return cumulative == 0 ? bytes32(0) : WordTree.rewardLeaf(operator, uint128(cumulative));
    }

    /// @notice The exact sum of what a round pays (P-12, P-26).
    /// @param pools What trainers, evaluators and the aggregator share.
    /// @param vectors All revealed vectors.
    /// @param own The reveal index of each evaluator's own update, or `Scoring.NONE`.
    /// @param medians The settled entries.
    /// @return sum In units of the token's decimals.
    function earned(uint256[3] memory pools, bytes[] calldata vectors, uint256[] memory own, bytes calldata medians)
        internal
        pure
        returns (uint256 sum)
    {
        sum = pools[2] + _sum(Scoring.trainerShares(pools[0], medians));
        sum += _sum(Scoring.evaluatorShares(pools[1], vectors, own, medians));
    }

    function _sum(uint256[] memory values) private pure returns (uint256 sum) {
        for (uint256 i; i < values.length; ++i) {
            sum += values[i];
        }
    }

    /* ------------------------------------------- CLIP --------------------------------------------- */

    /// @notice Whether a parameter is larger than the clip allows (P-2).
    /// @param word The word it is in.
    /// @param lane Its lane, 0 (leftmost) to 7; reverts beyond.
    /// @param clip The largest |q|, at most 2**31 - 1.
    function beyondClip(bytes32 word, uint256 lane, uint256 clip) internal pure returns (bool) {
        uint256 u = WordMath.lane(word, lane);
        return u > WordMath.OFFSET + clip || u + clip < WordMath.OFFSET;
    }

    /* ------------------------------------------ PRIVATE ------------------------------------------- */

    /// @dev Too short for three models, or not of whole words: wrong for every number of updates.
    function _misshapen(bytes calldata row) private pure returns (bool) {
        return row.length < rowLength(0) || row.length % 32 != 0;
    }

    /// @dev The word at a byte offset of a row.
    function _word(bytes calldata row, uint256 offset) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := calldataload(add(row.offset, offset))
        }
    }

    /// @dev A model's word, counted from the end of a row that has at least three.
    function _modelWord(bytes calldata row, uint256 fromEnd) private pure returns (bytes32) {
        return _word(row, row.length - 32 * fromEnd);
    }

    function _model(bytes calldata row, uint256 fromEnd, uint256 lane) private pure returns (uint256) {
        return WordMath.lane(_modelWord(row, fromEnd), lane);
    }
}
