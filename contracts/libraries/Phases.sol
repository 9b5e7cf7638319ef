// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Phase} from "../interfaces/ParleyTypes.sol";
import {FederationWord} from "./FederationState.sol";
import {EVALUATOR, MemberState, MemberWord} from "./MemberState.sol";
import {RoundWord} from "./RoundState.sol";
import {Sortition} from "./Sortition.sol";

/// @title Phases
/// @notice Where a round stands, derived from its state and `block.timestamp`; shared by coordinator and lens.
library Phases {
    /// @dev Turns 0 to 3 are drawn, turn 4 is anybody's, from turn 5 on the round is void (P-27).
    uint256 internal constant LAST_TURN = 4;

    /// @notice The phase. What is too few is known at the end of its phase (P-10).
    /// @param minTrainers Fewer commits or reveals void the round.
    /// @param quorum Fewer score vectors void it.
    /// @param settle Length of a turn, seconds.
    function phaseOf(FederationWord f, RoundWord w, uint256 minTrainers, uint256 quorum, uint256 settle)
        internal
        view
        returns (Phase)
    {
        if (!f.live()) return f.closed() ? Phase.Closed : Phase.Idle;
        uint256 time = block.timestamp;
        if (time < w.trainEnd()) return Phase.Train;
        if (w.committed() < minTrainers) return Phase.Voidable;
        if (time < w.revealEnd()) return Phase.Reveal;
        if (w.revealed() < minTrainers) return Phase.Voidable;
        if (time < w.keyEnd()) return Phase.Key;
        if (time < w.scoreCommitEnd()) return Phase.ScoreCommit;
        if (w.scoresCommitted() < quorum) return Phase.Voidable;
        if (time < w.scoreRevealEnd()) return Phase.ScoreReveal;
        if (w.scoresRevealed() < quorum) return Phase.Voidable;
        if (w.finalAt() != 0) return inChallenge(w) ? Phase.Challenge : Phase.Finalizable;
        return turnOf(w, settle) > LAST_TURN ? Phase.Voidable : Phase.Settle;
    }

    /// @notice True if a settlement is posted and can still be deleted: there is one in a live round only.
    function inChallenge(RoundWord w) internal view returns (bool) {
        return w.finalAt() != 0 && (block.timestamp < w.finalAt() || w.contested());
    }

    /// @notice The turn that is running. Only for rounds whose scores are revealed.
    function turnOf(RoundWord w, uint256 settle) internal view returns (uint256) {
        return w.attempt() + (block.timestamp - w.scoreRevealEnd()) / settle;
    }

    /// @notice A member's seat on the round's panel. Everybody has one if there are enough; else they are drawn (P-27).
    /// @param seed Of the round; meaningless until it is captured, when nobody is seated by lot.
    function seatOf(FederationWord f, RoundWord w, MemberWord m, bytes32 seed)
        internal
        pure
        returns (bool seated, uint256 seat)
    {
        uint256 round = w.round();
        uint256 position = m.positionAtOpening(EVALUATOR, round);
        if (!m.acts(round, EVALUATOR) || position == MemberState.NO_POSITION) return (false, 0);
        if (!w.drawn()) return (true, position);
        if (!w.seeded()) return (false, 0);
        seat = Sortition.seatOf(seed, f.evaluatorsAtOpening(), w.seats(), position);
        return seat < w.seats() ? (true, seat) : (false, 0);
    }
}
