// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Scoring} from "../../contracts/libraries/Scoring.sol";
import {NumericsHarness} from "./NumericsHarness.sol";
import {Test} from "forge-std/Test.sol";

/// @title ScoringTest
/// @notice Medians (P-11), trainers' shares (P-12) and evaluators' shares (P-26).
contract ScoringTest is Test {
    NumericsHarness internal harness = new NumericsHarness();

    uint256 internal constant NONE = type(uint256).max;

    /*//////////////////////////////////////////////////////////////////////////
                                        SORTING
    //////////////////////////////////////////////////////////////////////////*/

    function testFuzz_Sort(uint256[] memory values) external pure {
        if (values.length > 64) _truncate(values, 64);
        uint256[] memory before = _copy(values);
        Scoring.sort(values);
        for (uint256 i; i < values.length; ++i) {
            if (i > 0) assertLe(values[i - 1], values[i]);
            assertEq(_count(values, values[i]), _count(before, values[i]));
        }
    }

    /// @dev P-11: as many values lie at or below the lower median as at or above the upper one, and half of all.
    function testFuzz_Medians(uint256[] memory values) external pure {
        vm.assume(values.length > 0);
        if (values.length > 64) _truncate(values, 64);
        Scoring.sort(values);
        uint256 m = values.length;
        assertEq(Scoring.lowerMedian(values), values[(m - 1) / 2]);
        assertEq(Scoring.upperMedian(values), values[m / 2]);
        assertLe(Scoring.lowerMedian(values), Scoring.upperMedian(values));
        if (m % 2 == 1) assertEq(Scoring.lowerMedian(values), Scoring.upperMedian(values));
    }

    function test_RevertWhen_MedianOfNothing() external {
        vm.expectRevert(Scoring.Scoring_NoVectors.selector);
        harness.lowerMedian(new uint256[](0));
    }

    function test_RevertWhen_UpperMedianOfNothing() external {
        vm.expectRevert(Scoring.Scoring_NoVectors.selector);
        harness.upperMedian(new uint256[](0));
    }

    function test_RevertWhen_NormOfNothing() external {
        vm.expectRevert(Scoring.Scoring_NoVectors.selector);
        harness.settledNorm(new bytes[](0));
    }

    /*//////////////////////////////////////////////////////////////////////////
                                        MEDIANS
    //////////////////////////////////////////////////////////////////////////*/

    /// @dev P-11: three votes settle at the middle one, scores and scales apart.
    function test_SettledEntry_ThreeVotes() external view {
        assertEq(_settle3(_entry(10, 7), _entry(30, 5), _entry(20, 6)), _entry(20, 6));
    }

    /// @dev P-11: one of three who votes (0, 0) neither excludes nor has a say in the scale.
    function test_SettledEntry_UnfitVoteHasNoScale() external view {
        assertEq(_settle3(_entry(10, 9), 0, _entry(20, 3)), _entry(10, 3));
    }

    /// @dev P-11: an update scored 0 but fit has a say in the scale.
    function test_SettledEntry_HarmfulVoteHasAScale() external view {
        assertEq(_settle3(_entry(10, 9), _entry(0, 1), _entry(20, 3)), _entry(10, 3));
        assertEq(_settle3(_entry(0, 9), _entry(0, 1), _entry(20, 3)), 0);
    }

    /// @dev P-11: half of an even panel excludes nobody, and what is not excluded scores at least 1.
    function test_SettledEntry_HalfOfAnEvenPanelExcludesNobody() external view {
        uint256[] memory votes = new uint256[](4);
        (votes[2], votes[3]) = (_entry(50, 4), _entry(60, 8));
        assertEq(_settleVotes(votes), _entry(1, 4));
    }

    /// @dev P-11: a majority does.
    function test_SettledEntry_MajorityExcludes() external view {
        uint256[] memory votes = new uint256[](5);
        (votes[3], votes[4]) = (_entry(50, 4), _entry(60, 8));
        assertEq(_settleVotes(votes), 0);
    }

    /// @dev P-11: fewer than three votes leave an update out, whatever they say.
    function testFuzz_SettledEntry_TooFewVotes(uint256 count, uint32 vote) external view {
        uint256[] memory votes = new uint256[](bound(count, 0, 2));
        for (uint256 i; i < votes.length; ++i) {
            votes[i] = vote;
        }
        assertEq(_settleVotes(votes), 0);
    }

    /// @dev P-11: nobody votes on its own operator's update.
    function testFuzz_SettledEntry_OwnVoteDoesNotCount(uint32 biased, uint16[3] calldata scores) external view {
        bytes[] memory vectors = new bytes[](4);
        uint256[] memory own = new uint256[](4);
        for (uint256 k; k < 3; ++k) {
            (vectors[k], own[k]) = (_vector(0, _entry(scores[k], k)), NONE);
        }
        (vectors[3], own[3]) = (_vector(0, biased), 0);
        uint256 with = harness.settledEntry(vectors, own, 0);
        vectors[3] = _vector(0, 0);
        assertEq(with, harness.settledEntry(vectors, own, 0));
    }

    /// @dev P-11: the settled entry does not depend on the order of the vectors.
    function testFuzz_SettledEntry_OrderDoesNotMatter(uint32[7] calldata votes, uint256 rotation) external view {
        uint256[] memory one = new uint256[](7);
        uint256[] memory other = new uint256[](7);
        for (uint256 i; i < 7; ++i) {
            one[i] = votes[i];
            other[(i + rotation % 7) % 7] = votes[i];
        }
        assertEq(_settleVotes(one), _settleVotes(other));
    }

    /// @dev F-21: while the colluders are the minority, the settled score stays within the honest range.
    function testFuzz_SettledEntry_MinorityCannotLeaveTheHonestRange(
        uint16[4] calldata honest,
        uint16[3] calldata bribed
    ) external view {
        uint256[] memory votes = new uint256[](7);
        (uint256 least, uint256 most) = (type(uint256).max, 0);
        for (uint256 i; i < 4; ++i) {
            uint256 score = uint256(honest[i]) + 1 > 65_535 ? 65_535 : uint256(honest[i]) + 1;
            votes[i] = _entry(score, 0);
            if (score < least) least = score;
            if (score > most) most = score;
        }
        for (uint256 i; i < 3; ++i) {
            votes[4 + i] = _entry(bribed[i], 0);
        }
        uint256 settled = _settleVotes(votes) >> 16;
        assertGe(settled, least);
        assertLe(settled, most);
    }

    function testFuzz_SettledNorm(uint64[] memory norms) external view {
        vm.assume(norms.length > 0 && norms.length <= 32);
        bytes[] memory vectors = new bytes[](norms.length);
        uint256[] memory sorted = new uint256[](norms.length);
        for (uint256 k; k < norms.length; ++k) {
            (vectors[k], sorted[k]) = (abi.encodePacked(norms[k]), norms[k]);
        }
        Scoring.sort(sorted);
        assertEq(harness.settledNorm(vectors), sorted[(sorted.length - 1) / 2]);
    }

    /// @dev F-45: a vector of another length is refused.
    function testFuzz_RevertWhen_VectorHasAnotherLength(uint256 length, uint256 count) external {
        length = bound(length, 0, 2000);
        count = bound(count, 0, 256);
        vm.assume(length != 8 + 4 * count);
        bytes[] memory vectors = new bytes[](2);
        (vectors[0], vectors[1]) = (new bytes(8 + 4 * count), new bytes(length));
        vm.expectRevert(abi.encodeWithSelector(Scoring.Scoring_BadVector.selector, 1, length, 8 + 4 * count));
        harness.requireShape(vectors, count);
    }

    function testFuzz_RequireShape_AcceptsTheRightLength(uint256 count) external view {
        count = bound(count, 0, 256);
        bytes[] memory vectors = new bytes[](2);
        (vectors[0], vectors[1]) = (new bytes(8 + 4 * count), new bytes(8 + 4 * count));
        harness.requireShape(vectors, count);
    }

    /*//////////////////////////////////////////////////////////////////////////
                                    TRAINERS' SHARES
    //////////////////////////////////////////////////////////////////////////*/

    /// @dev P-12: by the score less one; what was merely harmless earns nothing.
    function test_TrainerShares() external view {
        bytes memory medians = _entries(_entry(0, 0), _entry(1, 3), _entry(3, 3), _entry(5, 3));
        uint256[] memory shares = harness.trainerShares(100, medians);
        assertEq(shares[0], 0);
        assertEq(shares[1], 0);
        assertEq(shares[2], 33);
        assertEq(shares[3], 66);
    }

    /// @dev P-12: where nobody has merit, nobody is paid.
    function testFuzz_TrainerShares_NoMerit(uint128 pool, uint8 count) external view {
        bytes memory medians;
        for (uint256 i; i < count; ++i) {
            medians = bytes.concat(medians, bytes4(uint32(_entry(i % 2, 0))));
        }
        uint256[] memory shares = harness.trainerShares(pool, medians);
        assertEq(shares.length, count);
        assertEq(_sum(shares), 0);
    }

    /// @dev P-12, F-6, F-24: floors never pay more than the pool, and lose less than a unit for each trainer.
    function testFuzz_TrainerShares_SumIsThePoolButForFloors(uint128 pool, uint16[] calldata scores) external view {
        vm.assume(scores.length > 0 && scores.length <= 256);
        bytes memory medians;
        bool merit;
        for (uint256 i; i < scores.length; ++i) {
            medians = bytes.concat(medians, bytes4(uint32(_entry(scores[i], 0))));
            if (scores[i] > 1) merit = true;
        }
        uint256 sum = _sum(harness.trainerShares(pool, medians));
        assertLe(sum, pool);
        if (merit) assertGt(sum + scores.length, pool);
    }

    /*//////////////////////////////////////////////////////////////////////////
                                   EVALUATORS' SHARES
    //////////////////////////////////////////////////////////////////////////*/

    /// @dev P-26: a constant vector carries no information and has no quality.
    function testFuzz_Quality_OfAConstantIsZero(uint16 constantScore, uint16[] calldata settled) external view {
        vm.assume(settled.length <= 64);
        bytes memory vector = abi.encodePacked(uint64(1));
        bytes memory medians;
        for (uint256 i; i < settled.length; ++i) {
            vector = bytes.concat(vector, bytes4(uint32(_entry(constantScore, 0))));
            medians = bytes.concat(medians, bytes4(uint32(_entry(settled[i], 0))));
        }
        assertEq(harness.quality(vector, medians, NONE), 0);
    }

    /// @dev P-26, by hand: n = 2, K = 1, f(1) = 5000, f(5001) = 10000.
    function test_Quality_ByHand() external view {
        bytes memory medians = _entries(_entry(1, 0), _entry(5001, 0));
        assertEq(harness.quality(bytes.concat(bytes8(0), medians), medians, NONE), 15_000 - 10_000);
        bytes memory swapped = _entries(_entry(5001, 0), _entry(1, 0));
        assertEq(harness.quality(bytes.concat(bytes8(0), swapped), medians, NONE), 0);
    }

    /// @dev P-26: its own update does not count, whatever it says of it.
    function testFuzz_Quality_OwnDoesNotCount(uint32 biased, uint32 settledOwn, uint256 own) external view {
        own = bound(own, 0, 4);
        bytes memory medians;
        bytes memory vector = abi.encodePacked(uint64(1));
        for (uint256 i; i < 5; ++i) {
            uint256 x = i == own ? settledOwn : _entry(1 + 100 * i * i, 0);
            medians = bytes.concat(medians, bytes4(uint32(x)));
            vector = bytes.concat(vector, bytes4(uint32(i == own ? biased : x)));
        }
        bytes memory without;
        for (uint256 i; i < 5; ++i) {
            if (i != own) without = bytes.concat(without, bytes4(uint32(_entry(1 + 100 * i * i, 0))));
        }
        uint256 expected = harness.quality(bytes.concat(bytes8(0), without), without, NONE);
        assertEq(harness.quality(vector, medians, own), expected);
        assertGt(expected, 0);
    }

    /// @dev P-26: with at most one update to judge there is no quality.
    function testFuzz_Quality_OfOneUpdateIsZero(uint32 vote, uint32 settled) external view {
        assertEq(harness.quality(_vector(0, vote), _one(settled), NONE), 0);
        assertEq(harness.quality(_vector(0, vote), _one(settled), 0), 0);
        assertEq(harness.quality(abi.encodePacked(uint64(7)), "", NONE), 0);
    }

    /// @dev P-26: where all qualities are 0, those who voted as settled share equally.
    function test_EvaluatorShares_AllQualitiesZero() external view {
        bytes[] memory vectors = new bytes[](3);
        uint256[] memory own = new uint256[](3);
        for (uint256 k; k < 3; ++k) {
            (vectors[k], own[k]) = (_vector(k, _entry(k == 2 ? 9 : 4, k)), NONE);
        }
        uint256[] memory shares = harness.evaluatorShares(101, vectors, own, _one(_entry(4, 1)));
        assertEq(shares[0], 50);
        assertEq(shares[1], 50);
        assertEq(shares[2], 0);
    }

    /// @dev P-26: who has no update to judge but its own agrees with all the others.
    function test_EvaluatorShares_OnlyOwnUpdateCountsAsAgreement() external view {
        bytes[] memory vectors = new bytes[](1);
        uint256[] memory own = new uint256[](1);
        vectors[0] = _vector(0, _entry(9, 0));
        assertEq(harness.evaluatorShares(100, vectors, own, _one(0))[0], 100);
        own[0] = NONE;
        assertEq(harness.evaluatorShares(100, vectors, own, _one(0))[0], 0);
    }

    /// @dev P-26, F-6: pay is by the square of quality, and floors never pay more than the pool.
    function testFuzz_EvaluatorShares(uint256 seed, uint256 evaluators, uint256 count, uint128 pool) external view {
        evaluators = bound(evaluators, 1, 9);
        count = bound(count, 0, 12);
        bytes[] memory vectors = new bytes[](evaluators);
        uint256[] memory own = new uint256[](evaluators);
        bytes memory medians = _randomEntries(seed, count);
        for (uint256 k; k < evaluators; ++k) {
            vectors[k] = bytes.concat(bytes8(0), _randomEntries(uint256(keccak256(abi.encode(seed, k / 2))), count));
            own[k] = k % 3 == 0 && k < count ? k : NONE;
        }
        uint256[] memory shares = harness.evaluatorShares(pool, vectors, own, medians);
        uint256[] memory squares = new uint256[](evaluators);
        for (uint256 k; k < evaluators; ++k) {
            squares[k] = harness.quality(vectors[k], medians, own[k]) ** 2;
        }
        uint256 total = _sum(squares);
        assertLe(_sum(shares), pool);
        for (uint256 k; k < evaluators; ++k) {
            if (total > 0) assertEq(shares[k], uint256(pool) * squares[k] / total);
        }
    }

    /*//////////////////////////////////////////////////////////////////////////
                                         HELPERS
    //////////////////////////////////////////////////////////////////////////*/

    function _settle3(uint256 a, uint256 b, uint256 c) internal view returns (uint256) {
        uint256[] memory votes = new uint256[](3);
        (votes[0], votes[1], votes[2]) = (a, b, c);
        return _settleVotes(votes);
    }

    function _settleVotes(uint256[] memory votes) internal view returns (uint256) {
        bytes[] memory vectors = new bytes[](votes.length);
        uint256[] memory own = new uint256[](votes.length);
        for (uint256 k; k < votes.length; ++k) {
            (vectors[k], own[k]) = (_vector(1000, votes[k]), NONE);
        }
        return harness.settledEntry(vectors, own, 0);
    }

    function _entry(uint256 score, uint256 stored) internal pure returns (uint256) {
        return score << 16 | stored;
    }

    function _vector(uint256 norm, uint256 entry) internal pure returns (bytes memory) {
        return abi.encodePacked(uint64(norm), uint32(entry));
    }

    function _one(uint256 entry) internal pure returns (bytes memory) {
        return abi.encodePacked(uint32(entry));
    }

    function _entries(uint256 a, uint256 b) internal pure returns (bytes memory) {
        return abi.encodePacked(uint32(a), uint32(b));
    }

    function _entries(uint256 a, uint256 b, uint256 c, uint256 d) internal pure returns (bytes memory) {
        return abi.encodePacked(uint32(a), uint32(b), uint32(c), uint32(d));
    }

    function _randomEntries(uint256 seed, uint256 count) internal pure returns (bytes memory entries) {
        for (uint256 i; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 score = random % 4 == 0 ? 0 : (random >> 8) % (seed % 2 == 0 ? 10 : 65_536);
            entries = bytes.concat(entries, bytes4(uint32(_entry(score, (random >> 64) % 65_536))));
        }
    }

    function _sum(uint256[] memory values) internal pure returns (uint256 sum) {
        for (uint256 i; i < values.length; ++i) {
            sum += values[i];
        }
    }

    function _count(uint256[] memory values, uint256 value) internal pure returns (uint256 n) {
        for (uint256 i; i < values.length; ++i) {
            if (values[i] == value) ++n;
        }
    }

    function _copy(uint256[] memory values) internal pure returns (uint256[] memory copy) {
        copy = new uint256[](values.length);
        for (uint256 i; i < values.length; ++i) {
            copy[i] = values[i];
        }
    }

    function _truncate(uint256[] memory values, uint256 length) internal pure {
        assembly ("memory-safe") {
            mstore(values, length)
        }
    }
}
