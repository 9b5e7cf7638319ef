// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The whole changing state of a round in one word (P-13).
///
/// | bits | field | |
/// |---|---|---|
/// | 0-23 | round | number, counted from 1 |
/// | 24-39 | version | policy version it opened with: its snapshot (P-7) |
/// | 40-71 | trainEnd | end of Train, seconds since the epoch |
/// | 72-95, 96-119, 120-143, 144-167 | lengths | of Reveal, Key, ScoreCommit, ScoreReveal, seconds |
/// | 168-199 | finalAt | end of Challenge, seconds since the epoch; 0 while there is no settlement |
/// | 200-208, 209-217 | committed, revealed | updates |
/// | 218-223, 224-229 | scoresCommitted, scoresRevealed | score vectors |
/// | 230-238, 239-244 | trainers, seats | how many are expected to act |
/// | 245-247 | attempt | first turn that may still settle, or the turn that did |
/// | 248 | drawn | more evaluators than seats (P-27) |
/// | 249 | seeded | the seed is captured |
/// | 250 | convicted | a settlement of this round was deleted |
/// | 251 | contested | data of the settlement is demanded and not supplied (P-22): it cannot become final |
/// | 252 | demanded | data of the settlement was demanded |
///
/// All later ends hang on the earlier ones, so ending a phase early is one subtraction.
type RoundWord is uint256;

using RoundState for RoundWord global;

/// @title RoundState
/// @notice Reads and changes a {RoundWord}.
/// @dev Additions never carry into the next field: counters stay below their expected counts (at most 256 and 32), lengths
/// and times are bounded at opening and only shrink, but for {restartTurns}, which caps them.
library RoundState {
    uint256 private constant TRAIN_END = 40;
    uint256 private constant REVEAL = 72;
    uint256 private constant KEY = 96;
    uint256 private constant SCORE_COMMIT = 120;
    uint256 private constant SCORE_REVEAL = 144;
    uint256 private constant FINAL_AT = 168;
    uint256 private constant COMMITTED = 200;
    uint256 private constant REVEALED = 209;
    uint256 private constant SCORES_COMMITTED = 218;
    uint256 private constant SCORES_REVEALED = 224;
    uint256 private constant TRAINERS = 230;
    uint256 private constant SEATS = 239;
    uint256 private constant ATTEMPT = 245;
    uint256 private constant DRAWN = 248;
    uint256 private constant SEEDED = 249;
    uint256 private constant CONVICTED = 250;
    uint256 private constant CONTESTED = 251;
    uint256 private constant DEMANDED = 252;
    uint256 private constant BOTH = 3;

    uint256 private constant U3 = 0x7;
    uint256 private constant U6 = 0x3F;
    uint256 private constant U9 = 0x1FF;
    uint256 private constant U24 = 0xFFFFFF;
    uint256 private constant U32 = 0xFFFFFFFF;

    /* ------------------------------------------- READ --------------------------------------------- */

    /// @notice Number of the round.
    function round(RoundWord w) internal pure returns (uint256) {
        return RoundWord.unwrap(w) & U24;
    }

    /// @notice Policy version.
    function version(RoundWord w) internal pure returns (uint256) {
        return (RoundWord.unwrap(w) >> 24) & 0xFFFF;
    }

    /// @notice End of Train, seconds since the epoch.
    function trainEnd(RoundWord w) internal pure returns (uint256) {
        return _at(w, TRAIN_END, U32);
    }

    /// @notice End of Reveal, seconds since the epoch.
    function revealEnd(RoundWord w) internal pure returns (uint256) {
        unchecked {
            uint256 x = RoundWord.unwrap(w);
            return (x >> TRAIN_END & U32) + (x >> REVEAL & U24);
        }
    }

    /// @notice End of Key, seconds since the epoch.
    function keyEnd(RoundWord w) internal pure returns (uint256) {
        unchecked {
            uint256 x = RoundWord.unwrap(w);
            return (x >> TRAIN_END & U32) + (x >> REVEAL & U24) + (x >> KEY & U24);
        }
    }

    /// @notice End of ScoreCommit, seconds since the epoch.
    function scoreCommitEnd(RoundWord w) internal pure returns (uint256) {
        unchecked {
            return keyEnd(w) + (RoundWord.unwrap(w) >> SCORE_COMMIT & U24);
        }
    }

    /// @notice End of ScoreReveal and start of turn `attempt`, seconds since the epoch.
    function scoreRevealEnd(RoundWord w) internal pure returns (uint256) {
        unchecked {
            return scoreCommitEnd(w) + (RoundWord.unwrap(w) >> SCORE_REVEAL & U24);
        }
    }

    /// @notice Start and end of Reveal, seconds since the epoch.
    function revealWindow(RoundWord w) internal pure returns (uint256 start, uint256 end) {
        unchecked {
            start = trainEnd(w);
            end = start + _at(w, REVEAL, U24);
        }
    }

    /// @notice Start and end of ScoreCommit, seconds since the epoch.
    function scoreCommitWindow(RoundWord w) internal pure returns (uint256 start, uint256 end) {
        unchecked {
            start = keyEnd(w);
            end = start + _at(w, SCORE_COMMIT, U24);
        }
    }

    /// @notice Start and end of ScoreReveal, seconds since the epoch.
    function scoreRevealWindow(RoundWord w) internal pure returns (uint256 start, uint256 end) {
        unchecked {
            start = scoreCommitEnd(w);
            end = start + _at(w, SCORE_REVEAL, U24);
        }
    }

    /// @notice End of Challenge, seconds since the epoch; 0 while there is no settlement.
    function finalAt(RoundWord w) internal pure returns (uint256) {
        return _at(w, FINAL_AT, U32);
    }

    /// @notice Updates committed.
    function committed(RoundWord w) internal pure returns (uint256) {
        return _at(w, COMMITTED, U9);
    }

    /// @notice Updates revealed.
    function revealed(RoundWord w) internal pure returns (uint256) {
        return _at(w, REVEALED, U9);
    }

    /// @notice Score vectors committed.
    function scoresCommitted(RoundWord w) internal pure returns (uint256) {
        return _at(w, SCORES_COMMITTED, U6);
    }

    /// @notice Score vectors revealed.
    function scoresRevealed(RoundWord w) internal pure returns (uint256) {
        return _at(w, SCORES_REVEALED, U6);
    }

    /// @notice Trainers at opening.
    function trainers(RoundWord w) internal pure returns (uint256) {
        return _at(w, TRAINERS, U9);
    }

    /// @notice Evaluators seated.
    function seats(RoundWord w) internal pure returns (uint256) {
        return _at(w, SEATS, U6);
    }

    /// @notice First turn that may still settle, or the turn that did.
    function attempt(RoundWord w) internal pure returns (uint256) {
        return _at(w, ATTEMPT, U3);
    }

    /// @notice More evaluators than seats.
    function drawn(RoundWord w) internal pure returns (bool) {
        return _at(w, DRAWN, 1) != 0;
    }

    /// @notice The seed is captured.
    function seeded(RoundWord w) internal pure returns (bool) {
        return _at(w, SEEDED, 1) != 0;
    }

    /// @notice A settlement of this round was deleted.
    function convicted(RoundWord w) internal pure returns (bool) {
        return _at(w, CONVICTED, 1) != 0;
    }

    /// @notice Data of the settlement is demanded and not supplied.
    function contested(RoundWord w) internal pure returns (bool) {
        return _at(w, CONTESTED, 1) != 0;
    }

    /// @notice Data of the settlement was demanded, whether supplied or not.
    function demanded(RoundWord w) internal pure returns (bool) {
        return _at(w, DEMANDED, 1) != 0;
    }

    /* ------------------------------------------- CHANGE ------------------------------------------- */

    /// @notice A new round: only the fields that are not zero at opening.
    /// @param lengths Lengths of Reveal, Key, ScoreCommit, ScoreReveal in 24 bits each, the first lowest.
    function opened(
        uint256 number,
        uint256 version_,
        uint256 trainEnd_,
        uint256 lengths,
        uint256 trainers_,
        uint256 seats_,
        bool drawn_
    ) internal pure returns (RoundWord) {
        uint256 flag = drawn_ ? 1 << DRAWN : 0;
        return RoundWord.wrap(
            number | version_ << 24 | trainEnd_ << TRAIN_END | lengths << REVEAL | trainers_ << TRAINERS | seats_
                << SEATS | flag
        );
    }

    /// @notice A round that is over: every phase lies in the past.
    function over(RoundWord w) internal pure returns (RoundWord) {
        return RoundWord.wrap(RoundWord.unwrap(w) & 0xFFFFFFFFFF);
    }

    /// @notice Counts a commitment; ends Train at `end` once all trainers committed.
    /// @param end The next second.
    function addCommit(RoundWord w, uint256 end) internal pure returns (RoundWord) {
        unchecked {
            w = RoundWord.wrap(RoundWord.unwrap(w) + (1 << COMMITTED));
            return committed(w) < trainers(w) ? w : _sub(w, TRAIN_END, trainEnd(w) - end);
        }
    }

    /// @notice Counts a reveal; ends Reveal at `end` once all commitments are revealed.
    function addReveal(RoundWord w, uint256 end) internal pure returns (RoundWord) {
        unchecked {
            w = RoundWord.wrap(RoundWord.unwrap(w) + (1 << REVEALED));
            return revealed(w) < committed(w) ? w : _sub(w, REVEAL, revealEnd(w) - end);
        }
    }

    /// @notice Ends Key at `end`.
    function endKey(RoundWord w, uint256 end) internal pure returns (RoundWord) {
        unchecked {
            return _sub(w, KEY, keyEnd(w) - end);
        }
    }

    /// @notice Counts a score commitment; ends ScoreCommit at `end` once all seats committed.
    function addScoreCommit(RoundWord w, uint256 end) internal pure returns (RoundWord) {
        unchecked {
            w = RoundWord.wrap(RoundWord.unwrap(w) + (1 << SCORES_COMMITTED));
            return scoresCommitted(w) < seats(w) ? w : _sub(w, SCORE_COMMIT, scoreCommitEnd(w) - end);
        }
    }

    /// @notice Counts a revealed score vector; ends ScoreReveal at `end` once all commitments are revealed.
    function addScoreReveal(RoundWord w, uint256 end) internal pure returns (RoundWord) {
        unchecked {
            w = RoundWord.wrap(RoundWord.unwrap(w) + (1 << SCORES_REVEALED));
            return scoresRevealed(w) < scoresCommitted(w) ? w : _sub(w, SCORE_REVEAL, scoreRevealEnd(w) - end);
        }
    }

    /// @notice The seed is captured.
    function withSeed(RoundWord w) internal pure returns (RoundWord) {
        return RoundWord.wrap(RoundWord.unwrap(w) | 1 << SEEDED);
    }

    /// @notice A settlement was posted in `turn` and is final at `finalAt_`.
    function settled(RoundWord w, uint256 turn, uint256 finalAt_) internal pure returns (RoundWord) {
        return RoundWord.wrap(
            RoundWord.unwrap(w) & ~(U3 << ATTEMPT | U32 << FINAL_AT) | turn << ATTEMPT | finalAt_ << FINAL_AT
        );
    }

    /// @notice Data is demanded: the settlement is final at `finalAt_` at the earliest, and not while it is contested.
    /// @param finalAt_ A time before the one that stands changes nothing.
    function postponed(RoundWord w, uint256 finalAt_, bool contested_) internal pure returns (RoundWord) {
        uint256 end = finalAt(w);
        if (finalAt_ > end) end = finalAt_;
        uint256 cleared = RoundWord.unwrap(w) & ~(U32 << FINAL_AT | BOTH << CONTESTED);
        return RoundWord.wrap(cleared | end << FINAL_AT | 1 << DEMANDED | (contested_ ? 1 << CONTESTED : 0));
    }

    /// @notice The settlement is deleted: the turn after the one it was posted in starts at `start`.
    /// @dev A start that the word cannot hold, 194 days after the score commitments, is cut off: turns then count from
    /// there, and the round is soon void. Reverting would let a settlement nobody cared to convict in time stand for ever.
    function restartTurns(RoundWord w, uint256 start) internal pure returns (RoundWord) {
        uint256 length = start - scoreCommitEnd(w);
        if (length > U24) length = U24;
        uint256 cleared = RoundWord.unwrap(w) & ~(U32 << FINAL_AT | U24 << SCORE_REVEAL | BOTH << CONTESTED);
        return RoundWord.wrap((cleared | length << SCORE_REVEAL | 1 << CONVICTED) + (1 << ATTEMPT));
    }

    function _at(RoundWord w, uint256 shift, uint256 mask) private pure returns (uint256) {
        return (RoundWord.unwrap(w) >> shift) & mask;
    }

    function _sub(RoundWord w, uint256 shift, uint256 amount) private pure returns (RoundWord) {
        unchecked {
            return RoundWord.wrap(RoundWord.unwrap(w) - (amount << shift));
        }
    }
}
