// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Phase, RoundView} from "../../../contracts/interfaces/ParleyTypes.sol";

/// @notice Watches a federation's phases: which may follow which (P-10).
abstract contract Transitions {
    Phase public lastPhase;
    uint256 public lastRound;
    bool public illegalTransition;

    /// @dev Within a round phases only go forward; a conviction goes from Challenge back to Settle or on to Voidable.
    function _seePhase(RoundView memory r) internal {
        if (r.round == lastRound && !_legal(lastPhase, r.phase)) illegalTransition = true;
        if (r.round < lastRound || r.round > lastRound + 1) illegalTransition = true;
        (lastPhase, lastRound) = (r.phase, r.round);
    }

    function _legal(Phase from, Phase to) private pure returns (bool) {
        if (from == to || to == Phase.Voidable) return from != Phase.Closed;
        if (from == Phase.Idle || from == Phase.Closed) return to == Phase.Closed;
        if (from == Phase.Challenge && to == Phase.Settle) return true;
        if (to == Phase.Idle || to == Phase.Closed) return from == Phase.Finalizable || from == Phase.Voidable;
        return uint256(to) > uint256(from) && from != Phase.Voidable;
    }
}
