// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundState, RoundWord} from "../../contracts/libraries/RoundState.sol";
import {Test} from "forge-std/Test.sol";

/// @title RoundStateTest
/// @notice What demands and convictions do to a round's word (P-22).
contract RoundStateTest is Test {
    uint256 internal constant START = 1_700_000_000;

    /// @dev P-22: the end only moves later, and nothing else in the word changes.
    function testFuzz_P22_PostponedOnlyRaisesTheEnd(uint32 finalAt, uint32 other, bool contested, bool before)
        external
        pure
    {
        RoundWord w = _settled(finalAt).postponed(0, before);
        RoundWord v = w.postponed(other, contested);
        assertEq(v.finalAt(), other > finalAt ? other : finalAt);
        assertEq(v.contested(), contested);
        assertTrue(v.demanded());
        _assertRest(v, w);
        assertEq(v.attempt(), w.attempt());
        assertEq(v.scoreRevealEnd(), w.scoreRevealEnd());
    }

    /// @dev P-22: a settlement without demands is neither demanded nor contested, and a conviction clears both.
    function testFuzz_P22_ConvictionClearsDemands(uint32 finalAt, bool contested, uint256 start) external pure {
        RoundWord w = _settled(finalAt);
        assertFalse(w.demanded());
        assertFalse(w.contested());
        w = w.postponed(0, contested);
        start = bound(start, w.scoreCommitEnd(), START + 180 days);
        RoundWord v = w.restartTurns(start);
        assertFalse(v.demanded());
        assertFalse(v.contested());
        assertTrue(v.convicted());
        assertEq(v.finalAt(), 0);
        assertEq(v.scoreRevealEnd(), start);
        assertEq(v.attempt(), w.attempt() + 1);
        _assertRest(v, w);
    }

    /// @dev However late a conviction comes, it goes through: the start of turns is cut off, and they have passed.
    function testFuzz_ConvictionIsNeverTooLate(uint256 start) external pure {
        RoundWord w = _settled(uint32(START + 1 days));
        uint256 limit = w.scoreCommitEnd() + type(uint24).max;
        start = bound(start, limit, type(uint40).max);
        RoundWord v = w.restartTurns(start);
        assertEq(v.scoreRevealEnd(), limit);
        assertEq(v.attempt(), w.attempt() + 1);
        _assertRest(v, w);
    }

    function _settled(uint32 finalAt) internal pure returns (RoundWord w) {
        w = RoundState.opened(7, 3, START, 10 | 8 << 24 | 25 << 48 | 10 << 72, 5, 4, true);
        w = w.withSeed().addCommit(START).addReveal(START).addScoreCommit(START).addScoreReveal(START);
        return w.settled(2, finalAt);
    }

    function _assertRest(RoundWord v, RoundWord w) internal pure {
        assertEq(v.round(), w.round());
        assertEq(v.version(), w.version());
        assertEq(v.trainEnd(), w.trainEnd());
        assertEq(v.revealEnd(), w.revealEnd());
        assertEq(v.keyEnd(), w.keyEnd());
        assertEq(v.scoreCommitEnd(), w.scoreCommitEnd());
        assertEq(v.committed(), w.committed());
        assertEq(v.revealed(), w.revealed());
        assertEq(v.scoresCommitted(), w.scoresCommitted());
        assertEq(v.scoresRevealed(), w.scoresRevealed());
        assertEq(v.trainers(), w.trainers());
        assertEq(v.seats(), w.seats());
        assertEq(v.drawn(), w.drawn());
        assertEq(v.seeded(), w.seeded());
    }
}
