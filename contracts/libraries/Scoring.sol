// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Scoring
/// @notice What the evaluators' vectors come to, and what everybody earns by them (P-11, P-12, P-26).
/// @dev A *vector* is what an evaluator reveals: the norm R as a uint64, then per reveal index an *entry*, the score
/// and the scale less one as uint16, all big-endian. *Medians* are the settled entries, without a norm. `own[k]` is the
/// reveal index of the update of the operator of vector k, or {NONE}. Lengths are not checked again here: call
/// {requireShape} on vectors that no hash in storage vouches for. The mirror of this library is
/// `parley.numerics.scoring`.
library Scoring {
    /// @notice The own index of an evaluator that trained nothing.
    uint256 internal constant NONE = type(uint256).max;

    /// @notice With fewer votes an update is left out (P-11).
    uint256 internal constant MIN_VOTES = 3;

    /// @notice How many shifted comparisons an evaluator's quality is measured against, at most (P-26).
    uint256 internal constant PEERS = 3;

    /// @notice Basis points to the whole.
    uint256 internal constant BASIS = 10_000;

    /// @dev Bytes of a vector before its first entry.
    uint256 private constant NORM_BYTES = 8;

    /// @dev Bytes of an entry.
    uint256 private constant ENTRY_BYTES = 4;

    /// @notice Thrown by {requireShape} when a vector does not score exactly the revealed updates.
    /// @param index Which vector.
    /// @param length Its length, in bytes.
    /// @param expected The length of a vector over all revealed updates, in bytes.
    error Scoring_BadVector(uint256 index, uint256 length, uint256 expected);

    /// @notice Thrown where a median of nothing is asked for.
    error Scoring_NoVectors();

    /*//////////////////////////////////////////////////////////////////////////
                                       MEDIANS
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice Revert unless every vector scores exactly `count` updates.
    /// @param vectors The vectors.
    /// @param count The number of revealed updates.
    function requireShape(bytes[] calldata vectors, uint256 count) internal pure {
        uint256 expected = NORM_BYTES + ENTRY_BYTES * count;
        for (uint256 k; k < vectors.length; ++k) {
            if (vectors[k].length != expected) revert Scoring_BadVector(k, vectors[k].length, expected);
        }
    }

    /// @notice The settled entry of one update (P-11): the score is 0 if the upper median of the votes is 0, else their
    /// lower median but at least 1; the scale is the lower median over the votes other than (0, 0); fewer than
    /// {MIN_VOTES} give (0, 0).
    /// @param vectors All revealed vectors.
    /// @param own The reveal index of each evaluator's own update, on which it has no vote, or {NONE}.
    /// @param index The reveal index of the update.
    /// @return entry `score << 16 | (scale - 1)`, 0 if the update is left out.
    function settledEntry(bytes[] calldata vectors, uint256[] memory own, uint256 index)
        internal
        pure
        returns (uint256 entry)
    {
        uint256[] memory scores = new uint256[](vectors.length);
        uint256[] memory scales = new uint256[](vectors.length);
        uint256 votes;
        uint256 fit;
        for (uint256 k; k < vectors.length; ++k) {
            if (own[k] == index) continue;
            uint256 vote = vectorEntry(vectors[k], index);
            scores[votes++] = vote >> 16;
            if (vote != 0) scales[fit++] = vote & 0xFFFF;
        }
        if (votes < MIN_VOTES) return 0;
        _truncate(scores, votes);
        _truncate(scales, fit);
        sort(scores);
        if (upperMedian(scores) == 0) return 0;
        sort(scales);
        uint256 score = lowerMedian(scores);
        return (score == 0 ? 1 : score) << 16 | lowerMedian(scales);
    }

    /// @notice The settled norm: the lower median of all R (P-11).
    /// @param vectors All revealed vectors, at least one.
    /// @return norm The norm, in units of q.
    function settledNorm(bytes[] calldata vectors) internal pure returns (uint256 norm) {
        uint256[] memory norms = new uint256[](vectors.length);
        for (uint256 k; k < vectors.length; ++k) {
            norms[k] = vectorNorm(vectors[k]);
        }
        sort(norms);
        return lowerMedian(norms);
    }

    /// @notice The (m-1)/2-th of m sorted values, counted from 0; reverts if there is none.
    /// @param sorted The values, in ascending order.
    /// @return median The lower median.
    function lowerMedian(uint256[] memory sorted) internal pure returns (uint256 median) {
        if (sorted.length == 0) revert Scoring_NoVectors();
        return sorted[(sorted.length - 1) / 2];
    }

    /// @notice The m/2-th of m sorted values, counted from 0; reverts if there is none.
    /// @param sorted The values, in ascending order.
    /// @return median The upper median.
    function upperMedian(uint256[] memory sorted) internal pure returns (uint256 median) {
        if (sorted.length == 0) revert Scoring_NoVectors();
        return sorted[sorted.length / 2];
    }

    /// @notice Sort in place, in ascending order, by insertion: there are at most as many values as evaluators' seats.
    /// @param values The values.
    function sort(uint256[] memory values) internal pure {
        assembly ("memory-safe") {
            let first := add(values, 0x20)
            let end := add(first, shl(5, mload(values)))
            for { let next := add(first, 0x20) } lt(next, end) { next := add(next, 0x20) } {
                let value := mload(next)
                let place := next
                for {} gt(place, first) { place := sub(place, 0x20) } {
                    let before := mload(sub(place, 0x20))
                    if iszero(gt(before, value)) { break }
                    mstore(place, before)
                }
                mstore(place, value)
            }
        }
    }

    /*//////////////////////////////////////////////////////////////////////////
                                       SHARES
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice How many updates the medians include: those with a score above 0.
    /// @param medians The settled entries.
    /// @return n The number of included updates.
    function includedCount(bytes calldata medians) internal pure returns (uint256 n) {
        for (uint256 i; i < medians.length / ENTRY_BYTES; ++i) {
            if (medianEntry(medians, i) >> 16 != 0) ++n;
        }
    }

    /// @notice What each revealed update earns, by its merit, the settled score less 1 (P-12).
    /// @param pool What the trainers share, below 2^128, in units of the token's decimals.
    /// @param medians The settled entries.
    /// @return shares By reveal index, `floor(pool * merit / sum(merit))`; all 0 if no update has merit.
    function trainerShares(uint256 pool, bytes calldata medians) internal pure returns (uint256[] memory shares) {
        shares = new uint256[](medians.length / ENTRY_BYTES);
        for (uint256 i; i < shares.length; ++i) {
            uint256 score = medianEntry(medians, i) >> 16;
            if (score > 1) shares[i] = score - 1;
        }
        _share(pool, shares);
    }

    /// @notice What each evaluator who revealed earns (P-26): by the square of its quality or, where all qualities are
    /// 0, equally among those whose scores are the settled ones on every update but their own.
    /// @param pool What the evaluators share, below 2^128, in units of the token's decimals.
    /// @param vectors All revealed vectors.
    /// @param own The reveal index of each evaluator's own update, or {NONE}.
    /// @param medians The settled entries.
    /// @return shares By position in `vectors`, each floored; all 0 if nobody agrees.
    function evaluatorShares(uint256 pool, bytes[] calldata vectors, uint256[] memory own, bytes calldata medians)
        internal
        pure
        returns (uint256[] memory shares)
    {
        shares = new uint256[](vectors.length);
        bool informative;
        for (uint256 k; k < vectors.length; ++k) {
            uint256 quality = evaluatorQuality(vectors[k], medians, own[k]);
            shares[k] = quality * quality;
            if (quality != 0) informative = true;
        }
        if (!informative) {
            for (uint256 k; k < vectors.length; ++k) {
                if (agrees(vectors[k], medians, own[k])) shares[k] = 1;
            }
        }
        _share(pool, shares);
    }

    /// @notice How much more an evaluator's scores agree with the settled ones than shifted ones do (P-26).
    /// @dev Over the n updates that are not its own, renumbered from 0 in reveal order, with t its scores, x the
    /// settled ones, f(0) = 0, f(s) = s - 1 + floor(10000 / n) and K = min(3, n - 1): `max(0, K * sum_i min(f(t_i),
    /// f(x_i)) - sum_(k=1..K) sum_i min(f(t_i), f(x_((i+k) mod n))))`.
    /// @param vector The evaluator's vector.
    /// @param medians The settled entries.
    /// @param own The reveal index of its own update, or {NONE}.
    /// @return quality The quality, below 2^26; 0 if there is at most one update to judge.
    function evaluatorQuality(bytes calldata vector, bytes calldata medians, uint256 own)
        internal
        pure
        returns (uint256 quality)
    {
        uint256 count = medians.length / ENTRY_BYTES;
        uint256 n = own < count ? count - 1 : count;
        if (n <= 1) return 0;
        uint256 peers = n > PEERS ? PEERS : n - 1;
        uint256[] memory mine = _informativeScores(vector[NORM_BYTES:], own, n, 0);
        uint256[] memory theirs = _informativeScores(medians, own, n, peers);
        uint256 agreed = peers * _overlap(mine, theirs, 0);
        uint256 byChance;
        for (uint256 k = 1; k <= peers; ++k) {
            byChance += _overlap(mine, theirs, k);
        }
        return agreed > byChance ? agreed - byChance : 0;
    }

    /// @notice Whether an evaluator's scores are the settled ones on every update but its own.
    /// @param vector The evaluator's vector.
    /// @param medians The settled entries.
    /// @param own The reveal index of its own update, or {NONE}.
    /// @return True if all are equal; scales do not matter.
    function agrees(bytes calldata vector, bytes calldata medians, uint256 own) internal pure returns (bool) {
        for (uint256 i; i < medians.length / ENTRY_BYTES; ++i) {
            if (i != own && vectorEntry(vector, i) >> 16 != medianEntry(medians, i) >> 16) return false;
        }
        return true;
    }

    /*//////////////////////////////////////////////////////////////////////////
                                     WIRE FORMAT
    //////////////////////////////////////////////////////////////////////////*/

    /// @notice The norm R of a vector.
    /// @param vector A vector of at least 8 bytes.
    /// @return norm The norm, in units of q.
    function vectorNorm(bytes calldata vector) internal pure returns (uint256 norm) {
        assembly ("memory-safe") {
            norm := shr(192, calldataload(vector.offset))
        }
    }

    /// @notice An entry of a vector.
    /// @param vector A vector that scores more than `index` updates.
    /// @param index The reveal index.
    /// @return entry `score << 16 | (scale - 1)`.
    function vectorEntry(bytes calldata vector, uint256 index) internal pure returns (uint256 entry) {
        assembly ("memory-safe") {
            entry := shr(224, calldataload(add(add(vector.offset, NORM_BYTES), shl(2, index))))
        }
    }

    /// @notice A settled entry.
    /// @param medians The settled entries, more than `index`.
    /// @param index The reveal index.
    /// @return entry `score << 16 | (scale - 1)`.
    function medianEntry(bytes calldata medians, uint256 index) internal pure returns (uint256 entry) {
        assembly ("memory-safe") {
            entry := shr(224, calldataload(add(medians.offset, shl(2, index))))
        }
    }

    /*//////////////////////////////////////////////////////////////////////////
                                       PRIVATE
    //////////////////////////////////////////////////////////////////////////*/

    /// @dev f of each of n scores but that at `own` (0 stays 0, all else is lifted by an equal share), then of the
    /// first `again` ones once more, so that shifted comparisons need no modulo.
    function _informativeScores(bytes calldata entries, uint256 own, uint256 n, uint256 again)
        private
        pure
        returns (uint256[] memory informative)
    {
        informative = new uint256[](n + again);
        uint256 lift = BASIS / n;
        assembly ("memory-safe") {
            let to := add(informative, 0x20)
            let entry := entries.offset
            let skipped := add(entry, shl(2, own))
            if gt(own, n) { skipped := 0 }
            for { let end := add(to, shl(5, n)) } lt(to, end) { to := add(to, 0x20) } {
                if eq(entry, skipped) { entry := add(entry, 4) }
                let score := shr(240, calldataload(entry))
                if score { mstore(to, add(sub(score, 1), lift)) }
                entry := add(entry, 4)
            }
            mcopy(to, add(informative, 0x20), shl(5, again))
        }
    }

    /// @dev The sum of `min(mine[i], theirs[i + shift])` over all of `mine`; `theirs` is longer by at least `shift`.
    function _overlap(uint256[] memory mine, uint256[] memory theirs, uint256 shift)
        private
        pure
        returns (uint256 sum)
    {
        assembly ("memory-safe") {
            let left := add(mine, 0x20)
            let right := add(theirs, shl(5, add(shift, 1)))
            for { let end := add(left, shl(5, mload(mine))) } lt(left, end) { left := add(left, 0x20) } {
                let a := mload(left)
                let b := mload(right)
                sum := add(sum, xor(b, mul(xor(a, b), lt(a, b))))
                right := add(right, 0x20)
            }
        }
    }

    /// @dev Replace weights by floored shares of the pool; weights that are all 0 stay so.
    function _share(uint256 pool, uint256[] memory weights) private pure {
        uint256 total;
        for (uint256 i; i < weights.length; ++i) {
            total += weights[i];
        }
        if (total == 0) return;
        for (uint256 i; i < weights.length; ++i) {
            weights[i] = pool * weights[i] / total;
        }
    }

    /// @dev Shorten an array in place.
    function _truncate(uint256[] memory values, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(values, length)
        }
    }
}
